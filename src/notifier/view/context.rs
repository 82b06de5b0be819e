//! Why a report is mailed, and what else belongs beside what happened.

use super::names::{Joined, who};
use super::verdict::{bad_for, is_by_hand, part};
use crate::model::{Motive, Outcome, Report, ReportKind, Severity};
use crate::notifier::format::Locale;
use crate::notifier::words::Reasoned;

/// A sentence each.
pub(super) fn lines(report: &Report, locale: &Locale) -> Vec<String> {
    let mut lines: Vec<String> = motive(report, locale).into_iter().collect();
    lines.extend(ok_again(report, locale));
    if is_by_hand(report) {
        lines.push(locale.words.started_by_hand(part(report)));
    }
    let uncovered = report.overview.iter().map(|all| all.uncovered.len());
    let uncovered = uncovered.filter(|n| report.kind == ReportKind::Digest && *n > 0);
    lines.extend(uncovered.map(|n| locale.words.in_no_plan(n)));
    lines.extend(report.muted.map(|muted| {
        let until = locale.moment_with_zone(muted.until);
        locale.words.held_back(muted.held_back, &until)
    }));
    lines
}

fn motive(report: &Report, locale: &Locale) -> Option<String> {
    let good = report.outcome == Outcome::Success;
    let reasoned = |why| Some(locale.words.reasoned(why));
    match report.motive? {
        Motive::Failure => None,
        Motive::Changed { since } => reasoned(Reasoned::Changed(locale.written(since).past())),
        Motive::Reminder { since } => reasoned(Reasoned::Reminder(locale.written(since).past())),
        Motive::FoundAtStart => reasoned(Reasoned::FoundAtStart),
        Motive::Recovery { since } => {
            let length = bad_for(report, since, locale);
            reasoned(Reasoned::Recovery(locale.written(since).past(), &length))
        }
        Motive::Correction => {
            let at = report.at.map(|at| locale.moment_with_zone(at));
            reasoned(Reasoned::Correction(at.as_deref()))
        }
        // Of a good run the alert is told among the reasons.
        Motive::Answer if good => None,
        Motive::Answer => reasoned(Reasoned::AsBefore),
        Motive::Every => reasoned(Reasoned::Every),
    }
}

/// What was not ok since the trouble began, and now is: everything else was ok
/// in one of its runs, and so later than its beginning.
fn ok_again(report: &Report, locale: &Locale) -> Option<String> {
    let Some(Motive::Recovery { since }) = report.motive else {
        return None;
    };
    let again = report.members.iter().filter(|member| {
        member.cause.severity() == Severity::Good && member.ok_before.is_none_or(|at| at < since)
    });
    let joined = Joined::of(again.map(who), locale)?;
    Some(locale.words.ok_again(joined.names()))
}
