//! The destination and what its repositories answered.

use serde::Serialize;

use super::story::not_checked;
use super::{Mark, Tone};
use crate::model::{DestinationResult, Lock, Probe, RepoCause};
use crate::notifier::columns::{Align, lay_out};
use crate::notifier::format::{Locale, NOTHING, clean, name};

/// The destination.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct DestinationView {
    /// Its label.
    pub name: String,
    /// Its kind, as NS8 writes it.
    pub provider: String,
    /// Its address, without credentials.
    pub url: String,
    /// How it was asked, or why it was not.
    pub method: String,
    /// The repositories that were asked.
    pub probes: Vec<ProbeView>,
    /// The same as lines of plain text.
    pub lines: Vec<String>,
    /// How many were not asked.
    pub left_out: Option<String>,
}

/// One repository.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct ProbeView {
    /// The module that stores there.
    pub module: String,
    /// The path below the destination.
    pub path: String,
    /// What it answered.
    pub answer: Mark,
    /// How many snapshots there are.
    pub snapshots: String,
    /// When the newest one was made.
    pub newest: String,
    /// How long the answer took.
    pub took: String,
    /// Locks and messages, a line each.
    pub notes: Vec<String>,
}

/// The destination as it is shown.
pub(super) fn view(destination: &DestinationResult, locale: &Locale) -> DestinationView {
    let probes: Vec<ProbeView> = destination.probes.iter().map(|p| row(p, locale)).collect();
    DestinationView {
        name: name(&destination.name),
        provider: name(&destination.provider),
        url: clean(&destination.url, 200),
        method: if probes.is_empty() {
            not_checked(destination.skipped.as_ref(), locale)
        } else {
            locale.words.method(destination.method).to_owned()
        },
        lines: lines(&probes, locale),
        probes,
        left_out: (destination.left_out > 0)
            .then(|| locale.words.repositories_left_out(destination.left_out)),
    }
}

fn row(probe: &Probe, locale: &Locale) -> ProbeView {
    let mut notes: Vec<String> = probe.locks.iter().map(|l| lock(l, locale)).collect();
    notes.extend(message(probe, locale));
    ProbeView {
        module: name(probe.module.as_str()),
        path: clean(&probe.path, 120),
        answer: Mark::new(locale.words.answer(probe.cause), tone(probe.cause)),
        snapshots: probe
            .snapshots
            .map_or_else(|| NOTHING.into(), |n| locale.count(n)),
        newest: probe
            .newest
            .map_or_else(|| NOTHING.into(), |at| locale.moment_in_table(at)),
        took: locale.took(probe.took_ms),
        notes,
    }
}

fn message(probe: &Probe, locale: &Locale) -> Option<String> {
    let remark = probe.message.as_ref()?;
    Some(clean(&locale.words.remark(remark), 300))
}

fn lock(lock: &Lock, locale: &Locale) -> String {
    let since = lock.since.map(|since| locale.written(since));
    locale.words.lock(
        &name(&lock.owner),
        since.as_ref().map(|since| since.past()),
        lock.exclusive,
    )
}

fn tone(cause: RepoCause) -> Tone {
    match cause {
        RepoCause::Reachable => Tone::Good,
        RepoCause::Busy => Tone::Warning,
        RepoCause::NotProbed => Tone::Neutral,
        RepoCause::NotFound
        | RepoCause::WrongPassword
        | RepoCause::Locked
        | RepoCause::Forbidden
        | RepoCause::Unreachable
        | RepoCause::Timeout
        | RepoCause::Corrupt
        | RepoCause::Error => Tone::Bad,
    }
}

fn lines(probes: &[ProbeView], locale: &Locale) -> Vec<String> {
    if probes.is_empty() {
        return Vec::new();
    }
    let labels = locale.words.labels();
    let columns = [
        (labels.repository, Align::Left, 24),
        (labels.answer, Align::Left, 26),
        (labels.snapshots, Align::Right, 10),
        (labels.newest, Align::Left, 17),
        (labels.took, Align::Right, 11),
    ];
    let cells: Vec<(Vec<&str>, &[String])> = probes
        .iter()
        .map(|probe| {
            let cells = vec![
                probe.module.as_str(),
                &probe.answer.text,
                probe.snapshots.as_str(),
                probe.newest.as_str(),
                probe.took.as_str(),
            ];
            (cells, probe.notes.as_slice())
        })
        .collect();
    lay_out(&columns, &cells)
}
