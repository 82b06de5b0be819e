//! What subject and headline say.

use jiff::{SignedDuration, Timestamp};

use super::names::{Joined, labelled};
use super::{Tone, overview};
use crate::model::{Motive, Outcome, PlanCause, Report, ReportKind, RunKind};
use crate::notifier::format::{Locale, name};
use crate::notifier::words::{Headline, Told};

/// The verdict.
pub(super) fn headline(report: &Report) -> Headline {
    match report.kind {
        ReportKind::Run => Headline::Run(report.outcome, told(report)),
        ReportKind::UnknownPlan => Headline::UnknownPlan,
        ReportKind::RedisUnreachable => Headline::RedisUnreachable,
        ReportKind::AllWell if report.plans.is_empty() => Headline::NoPlan,
        ReportKind::AllWell => Headline::AllWell,
        ReportKind::Uncovered => Headline::Uncovered(report.uncovered.len()),
        ReportKind::Digest => Headline::Digest,
    }
}

fn told(report: &Report) -> Told {
    let good = report.outcome == Outcome::Success;
    match report.motive {
        Some(Motive::Changed { .. }) => Told::InAnotherWay,
        Some(Motive::Reminder { .. }) => Told::Again,
        Some(Motive::FoundAtStart) => Told::FoundAtStart,
        Some(Motive::Recovery { .. }) if good => Told::GoodAgain,
        Some(Motive::Correction) => Told::Corrected,
        Some(Motive::Answer) if !good => Told::AsBefore,
        None | Some(Motive::Failure | Motive::Every | Motive::Recovery { .. } | Motive::Answer) => {
            Told::Plainly
        }
    }
}

/// How good or bad it is.
pub(super) fn tone(report: &Report) -> Tone {
    match (report.kind, &report.overview) {
        (ReportKind::AllWell, _) if report.plans.is_empty() => Tone::Warning,
        (ReportKind::Uncovered, _) => Tone::Warning,
        (ReportKind::Digest, Some(overview)) => overview::tone(overview),
        _ => of_outcome(report.outcome),
    }
}

/// The tone of a run.
pub(super) fn of_outcome(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Success => Tone::Good,
        Outcome::Partial => Tone::Warning,
        Outcome::RepoFailure => Tone::Bad,
    }
}

/// What it is about.
pub(super) fn topic(report: &Report, locale: &Locale) -> Option<String> {
    match report.kind {
        ReportKind::Run => report.plan.as_ref().map(|plan| name(&plan.name)),
        ReportKind::UnknownPlan => {
            let ids = report.unknown_plans.iter().map(|id| name(id.as_str()));
            Joined::of_plans(ids, locale).map(|joined| joined.text)
        }
        ReportKind::Uncovered => {
            let names = report.uncovered.iter();
            let names = names.map(|lost| labelled(&lost.module, lost.name.as_deref()));
            Joined::of(names, locale).map(|joined| joined.text)
        }
        ReportKind::Digest => {
            let overview = report.overview.as_ref()?;
            Some(locale.words.glance(overview::glance(overview)))
        }
        ReportKind::RedisUnreachable | ReportKind::AllWell => None,
    }
}

/// How many failed, or for how long it was bad.
pub(super) fn counts(report: &Report, locale: &Locale) -> Option<String> {
    if report.kind != ReportKind::Run {
        return None;
    }
    if let (Told::GoodAgain, Some(Motive::Recovery { since })) = (told(report), report.motive) {
        return Some(locale.words.bad_for(&bad_for(report, since, locale)));
    }
    let failed = if report.bad() == 0 {
        None
    } else if report.causes.contains(&PlanCause::Missed) {
        Some(locale.words.no_sign().to_owned())
    } else {
        Some(locale.words.counts(report.bad(), report.counted()))
    };
    match (failed, is_by_hand(report)) {
        (Some(failed), true) => Some(format!("{failed}, {}", locale.words.by_hand(None))),
        (None, true) => Some(by_hand(report, locale)),
        (failed, false) => failed,
    }
}

/// From `since` to the end of the run that made it good.
pub(super) fn bad_for(report: &Report, since: Timestamp, locale: &Locale) -> String {
    let ends = report.members.iter().filter_map(|member| {
        let took = SignedDuration::from_secs(member.duration_s?);
        member.started?.checked_add(took).ok()
    });
    let end = ends.max().unwrap_or(report.made_at);
    locale.length(end.duration_since(since).as_secs())
}

/// Whether somebody started the run.
pub(super) fn is_by_hand(report: &Report) -> bool {
    matches!(report.run_kind, RunKind::HandPart | RunKind::HandWhole)
}

/// `started by hand: 2 of 7 applications`.
pub(super) fn by_hand(report: &Report, locale: &Locale) -> String {
    locale.words.by_hand(part(report))
}

/// Of how many of the plan's applications a run is, where somebody chose them.
pub(super) fn part(report: &Report) -> Option<(usize, usize)> {
    let n = report.counted();
    (report.run_kind == RunKind::HandPart).then(|| (n, report.applications.unwrap_or(n).max(n)))
}
