//! The program itself, and how it reads the cluster.

use std::collections::BTreeMap;
use std::fmt;

use super::{Writer, reasons};
use crate::model::{Facts, Outcome, ReadFailure};

pub(super) fn write(facts: &Facts, writer: &mut Writer<'_>) -> fmt::Result {
    build(writer)?;
    cluster(facts, writer)?;
    work(facts, writer)
}

fn build(writer: &mut Writer<'_>) -> fmt::Result {
    // A gauge, as Prometheus' own programs do it: the classic text format has
    // no type `info`.
    writer.gauges(
        "build_info",
        "The version of the program, always 1.",
        [([("version", env!("CARGO_PKG_VERSION"))], 1_u32)],
    )
}

fn cluster(facts: &Facts, writer: &mut Writer<'_>) -> fmt::Result {
    writer.gauge(
        "redis_reachable",
        "Whether the cluster was read when it was tried last.",
        u32::from(facts.redis_reachable),
    )?;
    writer.moment(
        "last_read_timestamp",
        "When the cluster was last read, 0 for never.",
        facts.overview.read_at,
    )?;
    let failed = |why: ReadFailure| {
        let count = facts.totals.failed_reads.get(&why).copied();
        ([("reason", why.as_str())], count.unwrap_or_default())
    };
    writer.counters(
        "read_errors",
        "Reads of the cluster that failed, since the start.",
        ReadFailure::ALL.map(failed),
    )?;
    let mut unreadable: BTreeMap<&str, u64> = reasons::ALL.iter().map(|name| (*name, 0)).collect();
    for (reason, count) in &facts.unreadable {
        *unreadable.entry(reasons::name(reason)).or_default() += count;
    }
    writer.gauges(
        "unreadable_keys",
        "Keys and fields of the cluster that could not be understood at the last read.",
        unreadable
            .into_iter()
            .map(|(reason, count)| ([("reason", reason)], count)),
    )?;
    writer.gauge(
        "uncovered_modules",
        "Applications that no plan backs up.",
        facts.overview.uncovered.len(),
    )
}

fn work(facts: &Facts, writer: &mut Writer<'_>) -> fmt::Result {
    let (totals, overview) = (&facts.totals, &facts.overview);
    writer.gauge(
        "voice",
        "Whether this instance is the one that sends mails.",
        u32::from(overview.voice),
    )?;
    writer.counter(
        "alerts_received",
        "Alerts that came in and count.",
        totals.alerts,
    )?;
    let made = |outcome: Outcome| {
        let count = totals.reports.get(&outcome).copied();
        ([("outcome", outcome.as_str())], count.unwrap_or_default())
    };
    writer.counters(
        "reports",
        "Reports that were made, also those that nobody was mailed.",
        Outcome::ALL.map(made),
    )?;
    writer.counter(
        "mails_sent",
        "Mails that a server took, one per recipient.",
        totals.mails_sent,
    )?;
    writer.counter(
        "mails_given_up",
        "Mails that were given up or refused for good, one per recipient.",
        totals.mails_given_up,
    )?;
    writer.gauge(
        "mails_queued",
        "Mails that wait for another attempt.",
        overview.queued_mails,
    )
}
