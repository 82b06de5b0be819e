//! Since when data is in no backup.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::names::{Joined, who};
use crate::model::{MemberResult, ModuleCause, Report, Severity};
use crate::notifier::format::Locale;

/// How many moments are told: the oldest few say it all, the table has the rest.
const SHOWN: usize = 3;

/// By the snapshots that were found, else by the last good backup, oldest
/// first.
pub(super) fn lines(report: &Report, locale: &Locale) -> Vec<String> {
    let exposed: Vec<&MemberResult> = report
        .members
        .iter()
        .filter(|member| {
            member.cause.severity() == Severity::Bad && member.cause != ModuleCause::AfterBackup
        })
        .collect();
    if exposed.is_empty() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let never = exposed.iter().filter(|m| m.never_saved);
    if let Some(joined) = Joined::of(never.map(|m| who(m)), locale) {
        lines.push(locale.words.never_saved(joined.names()));
    }
    let mut snapshots: BTreeMap<Timestamp, Vec<String>> = BTreeMap::new();
    let mut good: BTreeMap<Timestamp, Vec<String>> = BTreeMap::new();
    let mut unknown = 0;
    for member in exposed.iter().filter(|member| !member.never_saved) {
        match (member.at_risk_since, member.ok_before) {
            (Some(at), _) => snapshots.entry(at).or_default().push(who(member)),
            (None, Some(at)) => good.entry(at).or_default().push(who(member)),
            (None, None) => unknown += 1,
        }
    }
    for (at, names) in snapshots.into_iter().take(SHOWN) {
        if let Some(joined) = Joined::of(names.into_iter(), locale) {
            let written = locale.written(at);
            lines.push(locale.words.at_risk(joined.names(), written.past()));
        }
    }
    for (at, names) in good.into_iter().take(SHOWN) {
        if let Some(joined) = Joined::of(names.into_iter(), locale) {
            let written = locale.written(at);
            lines.push(locale.words.last_good(joined.names(), written.past()));
        }
    }
    if lines.is_empty() {
        lines.push(locale.words.risk_unknown().to_owned());
    } else if unknown > 0 {
        lines.push(locale.words.risk_unknown_of_others(unknown));
    }
    lines
}
