//! Name and value pairs about plan, run and cluster.

use serde::Serialize;

use super::verdict::by_hand;
use crate::model::{AlertLabels, Report, RunKind};
use crate::notifier::format::{Locale, clean, name};

/// A name with its value.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct Fact {
    /// What it is.
    pub label: &'static str,
    /// Its value.
    pub value: String,
}

/// What is known beside the results.
pub(super) fn of(report: &Report, locale: &Locale) -> Vec<Fact> {
    let labels = locale.words.labels();
    let mut facts = Vec::new();
    let mut add = |label, value| facts.push(Fact { label, value });
    if let Some(plan) = &report.plan {
        let id = name(plan.id.as_str());
        add(labels.plan, format!("{} (id {id})", name(&plan.name)));
        let schedule = name(&plan.schedule);
        let schedule = if plan.enabled {
            schedule
        } else {
            format!("{schedule} ({})", locale.words.switched_off())
        };
        add(labels.schedule, schedule);
    }
    if let Some(at) = report.at {
        let at = locale.moment_with_zone(at);
        match report.run_kind {
            RunKind::Scheduled => add(labels.planned, at),
            // It was no run: the moment is that of the look, which stands below.
            RunKind::AsFound => {}
            RunKind::HandPart | RunKind::HandWhole => {
                add(labels.run, format!("{at} ({})", by_hand(report, locale)));
            }
        }
    }
    if let Some(seconds) = report.took_s {
        add(labels.run_took, locale.duration(seconds));
    }
    if let Some(next) = report.next_run {
        add(labels.next_run, locale.moment_with_zone(next));
    }
    if let Some(cluster) = &report.cluster_name {
        add(labels.cluster, name(cluster));
    }
    add(labels.checked, locale.moment_with_zone(report.made_at));
    facts
}

/// `alertname=BackupFailed id=1 severity=critical`, the name first.
pub(super) fn alert_line(labels: &AlertLabels) -> String {
    const MAX: usize = 200;
    let mut ordered: Vec<_> = labels.iter().collect();
    ordered.sort_by_key(|(key, _)| key.as_str() != "alertname");
    let pairs: Vec<String> = ordered
        .into_iter()
        .map(|(key, text)| format!("{}={}", clean(key, MAX), clean(text, MAX)))
        .collect();
    pairs.join(" ")
}
