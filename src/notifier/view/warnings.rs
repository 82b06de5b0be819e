//! What else should be known.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{Joined, node_label, who};
use crate::model::{
    MemberResult, ModuleCause, ModuleId, NodeId, Overview, Report, RunKind, Warning,
};
use crate::notifier::format::{Locale, clean, name};
use crate::notifier::words::{Things, WarningText};

/// A sentence each, up to a limit.
pub(super) fn lines(report: &Report, locale: &Locale) -> Vec<String> {
    const MAX: usize = 50;
    let known = Known::of(report);
    let mut lines: Vec<String> = unreported(report, locale).into_iter().collect();
    let shown = report.warnings.iter().take(MAX);
    lines.extend(shown.map(|warning| line(warning, report, locale, &known)));
    if report.warnings.len() > MAX {
        lines.push(
            locale
                .words
                .and_more(report.warnings.len() - MAX, Things::Warnings),
        );
    }
    if let Some(overview) = &report.overview {
        lines.extend(of_service(overview, locale));
    }
    lines
}

/// Applications of which no warning says when their snapshot was made.
fn unreported(report: &Report, locale: &Locale) -> Option<String> {
    let told: BTreeSet<&ModuleId> = report
        .warnings
        .iter()
        .filter_map(|warning| match warning {
            Warning::Unreported { module, .. } => Some(module),
            _ => None,
        })
        .collect();
    let silent = report
        .members
        .iter()
        .filter(|member| member.cause == ModuleCause::Unreported && !told.contains(&member.module));
    let joined = Joined::of(silent.map(who), locale)?;
    let text = WarningText::Unreported(joined.names(), None);
    Some(locale.words.warning(text))
}

/// What the report knows of names.
struct Known<'a>(BTreeMap<&'a ModuleId, &'a MemberResult>);

impl<'a> Known<'a> {
    fn of(report: &'a Report) -> Self {
        let members = report.members.iter();
        Self(members.map(|member| (&member.module, member)).collect())
    }

    fn who(&self, id: &ModuleId) -> String {
        self.0.get(id).map_or_else(|| name(id.as_str()), |m| who(m))
    }

    fn node(&self, id: NodeId) -> String {
        let on_it = self.0.values().find(|member| member.node == Some(id));
        node_label(
            Some(id),
            on_it.and_then(|member| member.node_name.as_deref()),
        )
    }

    fn joined(&self, modules: &[ModuleId], locale: &Locale) -> Option<Joined> {
        Joined::of(modules.iter().map(|id| self.who(id)), locale)
    }
}

fn line(warning: &Warning, report: &Report, locale: &Locale, known: &Known<'_>) -> String {
    const KEY: usize = 120;
    const REASON: usize = 200;
    let words = locale.words;
    match warning {
        Warning::UnreadableKey { key, reason } => words.warning(WarningText::UnreadableKey(
            &clean(key, KEY),
            &clean(&words.reason(reason), REASON),
        )),
        Warning::GoneMembers { modules } => {
            let Some(joined) = known.joined(modules, locale) else {
                return String::new();
            };
            words.warning(if report.run_kind == RunKind::AsFound {
                WarningText::GoneMembers(joined.names())
            } else {
                WarningText::LeftMembers(joined.names())
            })
        }
        Warning::UncoveredModules { modules } => known
            .joined(modules, locale)
            .map_or_else(String::new, |joined| {
                words.warning(WarningText::UncoveredModules(joined.names()))
            }),
        Warning::LongerThanInterval { .. }
        | Warning::LongerThanUsual { .. }
        | Warning::SkippedElapses { .. }
        | Warning::OwnVpnSuspect
        | Warning::NodeZone { .. }
        | Warning::ClockMoved { .. } => of_time(warning, locale, known),
        Warning::HistoryLost { kept_as } => words.warning(WarningText::HistoryLost(&name(kept_as))),
        Warning::NoFiles { module }
        | Warning::EndBeforeStart { module }
        | Warning::HealthyModuleProbe { module }
        | Warning::StaleLock { module, .. }
        | Warning::Shrunk { module, .. }
        | Warning::Unreported { module, .. }
        | Warning::SnapshotTooOld { module, .. } => {
            of_module(warning, &known.who(module), report, locale)
        }
    }
}

/// What concerns one application.
fn of_module(warning: &Warning, who: &str, report: &Report, locale: &Locale) -> String {
    let words = locale.words;
    match warning {
        Warning::NoFiles { .. } => words.warning(WarningText::NoFiles(who)),
        Warning::EndBeforeStart { .. } => words.warning(WarningText::EndBeforeStart(who)),
        Warning::HealthyModuleProbe { module } => {
            let mut probes = report.destination.iter().flat_map(|d| &d.probes);
            let probe = probes.find(|probe| probe.module == *module);
            let cause = probe.map(|probe| probe.cause);
            words.warning(WarningText::HealthyModuleProbe(who, cause))
        }
        Warning::StaleLock { owner, since, .. } => {
            let since = since.map(|since| locale.written(since));
            let since = since.as_ref().map(|since| since.past());
            words.warning(WarningText::StaleLock(who, &name(owner), since))
        }
        Warning::Shrunk { before, now, .. } => {
            let (before, now) = (locale.bytes(*before), locale.bytes(*now));
            words.warning(WarningText::Shrunk(who, &before, &now))
        }
        Warning::Unreported { snapshot, .. } => {
            let at = locale.moment_with_zone(*snapshot);
            let one = crate::notifier::words::Names {
                text: who,
                several: false,
            };
            words.warning(WarningText::Unreported(one, Some(&at)))
        }
        Warning::SnapshotTooOld {
            newest, success, ..
        } => {
            let success = locale.moment_with_zone(*success);
            let newest = newest.map(|newest| locale.written(newest));
            let newest = newest.as_ref().map(|newest| newest.past());
            words.warning(WarningText::SnapshotTooOld(who, &success, newest))
        }
        _ => String::new(),
    }
}

/// What concerns the run's time, nodes and clocks.
fn of_time(warning: &Warning, locale: &Locale, known: &Known<'_>) -> String {
    let words = locale.words;
    let long = |seconds: i64| locale.duration(seconds);
    match warning {
        Warning::LongerThanInterval { took, interval } => words.warning(
            WarningText::LongerThanInterval(&long(*took), &long(*interval)),
        ),
        Warning::LongerThanUsual { took, usual } => {
            words.warning(WarningText::LongerThanUsual(&long(*took), &long(*usual)))
        }
        Warning::SkippedElapses { elapses } => {
            let moments = elapses.iter().map(|at| locale.moment_with_zone(*at));
            Joined::of_elapses(moments, locale).map_or_else(String::new, |joined| {
                words.warning(WarningText::SkippedElapses(joined.names()))
            })
        }
        Warning::OwnVpnSuspect => words.warning(WarningText::OwnVpnSuspect),
        Warning::NodeZone { node, shift } => {
            let by = locale.length(shift.saturating_abs().saturating_mul(60));
            words.warning(WarningText::NodeZone(&known.node(*node), &by, *shift > 0))
        }
        Warning::ClockMoved { seconds } => {
            let by = locale.length(seconds.saturating_abs());
            words.warning(WarningText::ClockMoved(&by, *seconds > 0))
        }
        _ => String::new(),
    }
}

/// What a summary says of the program itself.
fn of_service(overview: &Overview, locale: &Locale) -> Vec<String> {
    const PROBLEM: usize = 200;
    let words = locale.words;
    let mut lines = Vec::new();
    if let Some(problem) = &overview.redis_problem {
        let problem = clean(problem, PROBLEM);
        let read = overview.read_at.map(|at| locale.written(at));
        let read = read.as_ref().map(|read| read.past());
        lines.push(words.warning(WarningText::StaleReading(&problem, read)));
    }
    if overview.undelivered_mails > 0 {
        lines.push(words.warning(WarningText::UndeliveredMails(overview.undelivered_mails)));
    }
    if overview.queued_mails > 0 {
        lines.push(words.warning(WarningText::QueuedMails(overview.queued_mails)));
    }
    lines
}
