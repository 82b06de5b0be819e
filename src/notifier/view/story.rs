//! The first screen: what happened, and why.

use std::collections::BTreeMap;

use super::names::{Joined, labelled, node_label, plan_label, who};
use super::overview;
use crate::model::{
    DestinationHealth, DestinationResult, Lock, MemberResult, ModuleCause, ModuleId, Outcome,
    PlanCause, RepoCause, Report, ReportKind, RunKind, Severity, SkipReason, Warning, plan_of_key,
};
use crate::notifier::format::{Locale, Written, clean, name};
use crate::notifier::words::{DestinationStory, What};

/// What happened.
pub(super) fn what(report: &Report, locale: &Locale) -> String {
    let what = |what: What<'_>| locale.words.what(what);
    match report.kind {
        ReportKind::Run => run(report, locale),
        ReportKind::UnknownPlan => {
            let ids = report.unknown_plans.iter().map(|id| name(id.as_str()));
            let ids = Joined::of_plans(ids, locale);
            ids.map_or_else(
                || what(What::NoStatus),
                |ids| {
                    what(if of_unreadable_plans(report) {
                        What::UnreadablePlan(ids.names())
                    } else {
                        What::UnknownPlan(ids.names())
                    })
                },
            )
        }
        ReportKind::RedisUnreachable => {
            let since = report.unreachable_since.map(|since| locale.written(since));
            let since = since.as_ref().map(|since| since.past());
            what(What::RedisUnreachable(since))
        }
        ReportKind::AllWell => what(What::AllWell(report.plans.len())),
        ReportKind::Uncovered => uncovered(report, locale),
        ReportKind::Digest => digest(report, locale),
    }
}

/// Whether the plans that the report names are there, and make no sense.
fn of_unreadable_plans(report: &Report) -> bool {
    let unreadable = |warning: &Warning| match warning {
        Warning::UnreadableKey { key, .. } => plan_of_key(key),
        _ => None,
    };
    let named: Vec<_> = report.warnings.iter().filter_map(unreadable).collect();
    report.unknown_plans.iter().all(|plan| named.contains(plan))
}

fn run(report: &Report, locale: &Locale) -> String {
    let (bad, counted) = (report.bad(), report.counted());
    let part = report.run_kind == RunKind::HandPart;
    let at = report.at.map(|at| locale.moment_with_zone(at));
    locale.words.what(if report.members.is_empty() {
        What::NoMembers
    } else if report.causes.contains(&PlanCause::Missed) {
        What::Missed(at.as_deref())
    } else if no_status(report) {
        What::NoStatus
    } else if counted == 0 {
        What::NothingDue
    } else if part && bad > 0 {
        What::PartFailed(bad, counted)
    } else if part {
        What::PartGood(counted)
    } else if bad == 0 {
        What::AllGood(counted)
    } else if bad == counted {
        What::NoneGood(counted)
    } else {
        What::SomeFailed(bad, counted)
    })
}

fn uncovered(report: &Report, locale: &Locale) -> String {
    let names = report.uncovered.iter();
    let names = names.map(|lost| labelled(&lost.module, lost.name.as_deref()));
    let Some(joined) = Joined::of(names, locale) else {
        return locale.words.in_no_plan(0);
    };
    let single = match &report.uncovered[..] {
        [lost] => lost.plan.as_ref().map(|plan| (plan, lost.since)),
        _ => None,
    };
    let before = single.map(|(plan, until)| (plan_label(plan), until.map(|at| locale.written(at))));
    let before = before
        .as_ref()
        .map(|(plan, until)| (plan.as_str(), until.as_ref().map(Written::past)));
    locale.words.what(What::Uncovered(joined.names(), before))
}

fn digest(report: &Report, locale: &Locale) -> String {
    let Some(overview) = &report.overview else {
        return String::new();
    };
    let needy = overview.plans.iter();
    let needy = needy.filter(|plan| overview::needs_attention(plan));
    let names = Joined::of_plans(needy.map(|plan| overview::named(&plan.plan)), locale);
    let names = names.as_ref().map(Joined::names);
    locale
        .words
        .what(What::Digest(overview::glance(overview), names))
}

/// No member has ever had a status, in a run that was due.
fn no_status(report: &Report) -> bool {
    report.outcome == Outcome::RepoFailure
        && report
            .members
            .iter()
            .filter(|member| member.cause.severity() == Severity::Bad)
            .all(|member| member.cause == ModuleCause::NeverRan)
        && report.bad() == report.counted()
}

/// Why.
pub(super) fn why(report: &Report, locale: &Locale) -> Vec<String> {
    let mut lines: Vec<String> = report
        .causes
        .iter()
        .filter(|cause| **cause != PlanCause::UnknownPlan || !of_unreadable_plans(report))
        .map(|cause| locale.words.plan_cause(*cause).to_owned())
        .collect();
    if let Some(cause) = kind_cause(report.kind).filter(|cause| !report.causes.contains(cause)) {
        lines.push(locale.words.plan_cause(cause).to_owned());
    }
    if report.kind == ReportKind::Run {
        // A dead destination explains the rest, so it is told first.
        let destination = destination(report, locale);
        let failed = report
            .destination
            .as_ref()
            .is_some_and(|d| d.health == DestinationHealth::Failed);
        if failed {
            lines.push(destination.clone());
        }
        if !no_status(report) {
            lines.extend(by_cause(report, locale));
        }
        lines.extend(by_repository(report, failed, locale));
        if !failed && report.bad() > 0 {
            lines.push(destination);
        }
        lines.extend(of_alerts(report, locale));
    }
    if report.kind == ReportKind::Uncovered {
        let several = report.uncovered.len() > 1;
        lines.push(locale.words.why_uncovered(several).to_owned());
    }
    lines
}

fn kind_cause(kind: ReportKind) -> Option<PlanCause> {
    match kind {
        ReportKind::UnknownPlan => Some(PlanCause::UnknownPlan),
        ReportKind::RedisUnreachable => Some(PlanCause::RedisUnreachable),
        ReportKind::Run | ReportKind::AllWell | ReportKind::Uncovered | ReportKind::Digest => None,
    }
}

/// Why an alert came although nothing is wrong, or will stay on.
fn of_alerts(report: &Report, locale: &Locale) -> Vec<String> {
    let mut lines = Vec::new();
    if report.alerts.is_empty() {
        return lines;
    }
    let gone = report.gone.iter().map(|id| name(id.as_str()));
    if report.run_kind != RunKind::AsFound
        && let Some(joined) = Joined::of(gone, locale)
    {
        lines.push(locale.words.alert_of_the_gone(joined.names()));
    }
    if report.outcome == Outcome::Success {
        lines.push(locale.words.alarmed().to_owned());
    }
    lines
}

fn by_cause(report: &Report, locale: &Locale) -> Vec<String> {
    let missed = report.causes.contains(&PlanCause::Missed);
    ModuleCause::ALL
        .into_iter()
        .filter(|cause| cause.severity() == Severity::Bad)
        // Of a plan that no node ran, that is said of the plan.
        .filter(|cause| !(missed && *cause == ModuleCause::Missed))
        .flat_map(|cause| of_cause(report, cause, locale))
        .collect()
}

/// What failed for one cause, by what has to do with it: the node, the other
/// plan, the snapshot. Too many of those are not told apart.
fn of_cause(report: &Report, cause: ModuleCause, locale: &Locale) -> Vec<String> {
    const APART: usize = 3;
    let members = || report.members.iter().filter(|m| m.cause == cause);
    let mut apart: Vec<(Option<String>, Vec<String>)> = Vec::new();
    for member in members() {
        let by = by(member, locale);
        if let Some((_, names)) = apart.iter_mut().find(|(known, _)| *known == by) {
            names.push(who(member));
        } else if apart.len() == APART {
            apart = vec![(None, members().map(who).collect())];
            break;
        } else {
            apart.push((by, vec![who(member)]));
        }
    }
    apart
        .into_iter()
        .filter_map(|(by, names)| {
            let joined = Joined::of(names.into_iter(), locale)?;
            Some(locale.words.why(cause, joined.names(), by.as_deref()))
        })
        .collect()
}

fn by(member: &MemberResult, locale: &Locale) -> Option<String> {
    match member.cause {
        ModuleCause::NotFinished | ModuleCause::NodeUnreachable | ModuleCause::Missed => {
            let label = member.node_name.as_deref();
            Some(node_label(Some(member.node?), label))
        }
        ModuleCause::Busy => member.busy_with.as_ref().map(plan_label),
        ModuleCause::AfterBackup => member.at_risk_since.map(|at| locale.moment_with_zone(at)),
        _ => None,
    }
}

/// What the repositories of the failed modules answered; where the destination
/// as a whole failed, that is not said again for each.
fn by_repository(report: &Report, told: bool, locale: &Locale) -> Vec<String> {
    let Some(destination) = &report.destination else {
        return Vec::new();
    };
    let failed: BTreeMap<&ModuleId, &MemberResult> = report
        .members
        .iter()
        .filter(|member| member.cause.severity() == Severity::Bad)
        .map(|member| (&member.module, member))
        .collect();
    let mut causes: BTreeMap<RepoCause, Vec<(String, Option<&Lock>)>> = BTreeMap::new();
    for probe in &destination.probes {
        if let Some(member) = failed.get(&probe.module)
            && !(told && probe.cause.blames_destination())
        {
            let names = causes.entry(probe.cause).or_default();
            names.push((who(member), probe.locks.first()));
        }
    }
    causes
        .into_iter()
        .filter_map(|(cause, probes)| {
            let lock = match &probes[..] {
                [(_, lock)] => *lock,
                _ => None,
            };
            let since = lock
                .and_then(|lock| lock.since)
                .map(|at| locale.written(at));
            let owner = lock.map(|lock| name(&lock.owner));
            let lock = owner
                .as_deref()
                .map(|o| (o, since.as_ref().map(Written::past)));
            let joined = Joined::of(probes.into_iter().map(|(name, _)| name), locale)?;
            locale.words.why_repository(cause, joined.names(), lock)
        })
        .collect()
}

fn destination(report: &Report, locale: &Locale) -> String {
    let Some(destination) = &report.destination else {
        return not_checked(Some(&SkipReason::NoDestination), locale);
    };
    let label = label(destination);
    let story = match destination.health {
        DestinationHealth::Failed => DestinationStory::Failed(&label, worst(destination)),
        DestinationHealth::Fine if !all_answer(destination) => DestinationStory::ItselfFine(&label),
        DestinationHealth::Fine if report.bad() == report.counted() => {
            DestinationStory::FaultElsewhere(&label)
        }
        DestinationHealth::Fine => DestinationStory::Fine(&label),
        DestinationHealth::NotChecked if destination.probes.is_empty() => {
            return not_checked(destination.skipped.as_ref(), locale);
        }
        DestinationHealth::NotChecked => DestinationStory::Unclear(&label),
    };
    locale.words.destination(story)
}

/// No answer tells of a fault at the destination, as a lock or a damage would.
fn all_answer(destination: &DestinationResult) -> bool {
    let fine = |cause| matches!(cause, RepoCause::Reachable | RepoCause::NotProbed);
    destination.probes.iter().all(|probe| fine(probe.cause))
}

fn label(destination: &DestinationResult) -> String {
    match destination.name.trim() {
        "" => name(&destination.url),
        label => name(label),
    }
}

/// Why nobody asked, made harmless: there may be words from outside in it.
pub(super) fn not_checked(reason: Option<&SkipReason>, locale: &Locale) -> String {
    const MAX: usize = 300;
    let reason = reason.map(|reason| locale.words.skipped(reason));
    let reason = reason.map(|text| clean(text.trim().trim_end_matches('.'), MAX));
    locale
        .words
        .destination(DestinationStory::NotChecked(reason.as_deref()))
}

/// The cause that most of the answers gave.
fn worst(destination: &DestinationResult) -> RepoCause {
    let mut counts: BTreeMap<RepoCause, usize> = BTreeMap::new();
    let answers = destination.probes.iter();
    for probe in answers.filter(|probe| probe.cause.blames_destination()) {
        *counts.entry(probe.cause).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by_key(|(_, n)| *n)
        .map_or(RepoCause::Unreachable, |(cause, _)| cause)
}

#[cfg(test)]
#[path = "story_tests.rs"]
mod tests;
