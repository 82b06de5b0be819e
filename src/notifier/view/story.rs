//! The first screen: what happened, why, what is at risk, what to do.

use std::collections::BTreeMap;

use super::Step;
use super::names::{Joined, who};
use crate::model::{
    Advice, DestinationHealth, DestinationResult, Lock, MemberResult, ModuleCause, ModuleId,
    Outcome, PlanCause, RepoCause, Report, ReportKind, Severity, SkipReason, Warning,
};
use crate::notifier::format::{Locale, Written, clean, name};
use crate::notifier::words::{DestinationStory, Things, WarningText, What};

/// What happened.
pub(super) fn what(report: &Report, locale: &Locale) -> String {
    let (bad, counted) = (report.bad(), report.counted());
    let ids = Joined::of_plans(
        report.unknown_plans.iter().map(|id| name(id.as_str())),
        locale,
    );
    let since = report.unreachable_since.map(|since| locale.written(since));
    let what = match report.kind {
        ReportKind::UnknownPlan => ids
            .as_ref()
            .map_or(What::NoStatus, |ids| What::UnknownPlan(ids.names())),
        ReportKind::RedisUnreachable => {
            What::RedisUnreachable(since.as_ref().map(|since| since.past()))
        }
        ReportKind::AllWell | ReportKind::Uncovered | ReportKind::Digest => {
            What::AllWell(report.plans.len())
        }
        ReportKind::Run if report.members.is_empty() => What::NoMembers,
        ReportKind::Run if no_status(report) => What::NoStatus,
        ReportKind::Run if counted == 0 => What::NothingDue,
        ReportKind::Run if bad == 0 => What::AllGood(counted),
        ReportKind::Run if bad == counted => What::NoneGood(counted),
        ReportKind::Run => What::SomeFailed(bad, counted),
    };
    locale.words.what(what)
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
        if report.outcome == Outcome::Success && !report.alerts.is_empty() {
            lines.push(locale.words.alarmed().to_owned());
        }
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

fn by_cause(report: &Report, locale: &Locale) -> Vec<String> {
    ModuleCause::ALL
        .into_iter()
        .filter(|cause| cause.severity() == Severity::Bad)
        .filter_map(|cause| {
            let members = report.members.iter().filter(|m| m.cause == cause);
            let joined = Joined::of(members.map(who), locale)?;
            Some(locale.words.why(cause, joined.names()))
        })
        .collect()
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
        DestinationHealth::Fine if report.bad() == report.counted() && all_answer(destination) => {
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

/// Since when data is in no backup, oldest first.
pub(super) fn at_risk(report: &Report, locale: &Locale) -> Vec<String> {
    const SHOWN: usize = 3;
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
    let mut since: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for member in exposed.iter().filter(|member| !member.never_saved) {
        if let Some(at) = member.at_risk_since {
            since.entry(at).or_default().push(who(member));
        }
    }
    // The oldest few say it all; the table has the rest.
    for (at, names) in since.into_iter().take(SHOWN) {
        if let Some(joined) = Joined::of(names.into_iter(), locale) {
            let written = locale.written(at);
            lines.push(locale.words.at_risk(joined.names(), written.past()));
        }
    }
    let unknown = exposed
        .iter()
        .filter(|member| !member.never_saved && member.at_risk_since.is_none())
        .count();
    if lines.is_empty() {
        lines.push(locale.words.risk_unknown().to_owned());
    } else if unknown > 0 {
        lines.push(locale.words.risk_unknown_of_others(unknown));
    }
    lines
}

/// What to do.
pub(super) fn next(report: &Report, locale: &Locale) -> Vec<Step> {
    let nothing = report.advice.is_empty() && report.outcome == Outcome::Success;
    let advice: &[Advice] = if nothing {
        &[Advice::Nothing]
    } else {
        &report.advice
    };
    advice
        .iter()
        .map(|advice| Step {
            text: locale.words.advice(*advice).to_owned(),
            command: command(*advice, report),
        })
        .collect()
}

/// The commands of NS8 (`runagent`, `restic-wrapper`; a plan's timer is the
/// unit `backup<id>`, while a run that was started by hand in cluster-admin is a
/// task of the node's agent), built only from ids that no shell could misunderstand.
fn command(advice: Advice, report: &Report) -> Option<String> {
    let plan = report.plan.as_ref().map(|plan| plan.id.as_str());
    let plan = plan.filter(|id| shell_safe(id));
    let restic = |cause: RepoCause, verb: &str| {
        let module = probed(report, cause)?.as_str();
        let plan = plan?;
        shell_safe(module)
            .then(|| format!("runagent -m {module} restic-wrapper --backup {plan} {verb}"))
    };
    match advice {
        Advice::RemoveLock => restic(RepoCause::Locked, "unlock"),
        Advice::CheckRepository => restic(RepoCause::Corrupt, "check"),
        Advice::ReadModuleLog | Advice::CheckRetention => {
            Some(format!("journalctl -u backup{} -u agent@node", plan?))
        }
        Advice::CheckRedis => Some("systemctl status redis".into()),
        Advice::CheckDestination
        | Advice::CheckCredentials
        | Advice::CheckPassword
        | Advice::WaitForLock
        | Advice::FindRepository
        | Advice::RunByHand
        | Advice::CheckAlertLabels
        | Advice::EnablePlan
        | Advice::WaitForNextRun
        | Advice::AddApplications
        | Advice::CheckPlans
        | Advice::Nothing => None,
    }
}

fn probed(report: &Report, cause: RepoCause) -> Option<&ModuleId> {
    let probes = &report.destination.as_ref()?.probes;
    probes
        .iter()
        .find(|probe| probe.cause == cause)
        .map(|probe| &probe.module)
}

fn shell_safe(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// What else should be known.
pub(super) fn warnings(report: &Report, locale: &Locale) -> Vec<String> {
    const MAX: usize = 50;
    let unreported = report
        .members
        .iter()
        .filter(|member| member.cause == ModuleCause::Unreported);
    let mut lines: Vec<String> = Joined::of(unreported.map(who), locale)
        .map(|joined| {
            locale
                .words
                .warning(WarningText::Unreported(joined.names()))
        })
        .into_iter()
        .collect();
    let labels: BTreeMap<&ModuleId, &MemberResult> = report
        .members
        .iter()
        .map(|member| (&member.module, member))
        .collect();
    let known = |id: &ModuleId| labels.get(id).map_or_else(|| name(id.as_str()), |m| who(m));
    let shown = report.warnings.iter().take(MAX);
    lines.extend(shown.map(|warning| self::warning(warning, report, locale, &known)));
    if report.warnings.len() > MAX {
        lines.push(
            locale
                .words
                .and_more(report.warnings.len() - MAX, Things::Warnings),
        );
    }
    lines
}

fn warning(
    warning: &Warning,
    report: &Report,
    locale: &Locale,
    known: &impl Fn(&ModuleId) -> String,
) -> String {
    const KEY: usize = 120;
    const REASON: usize = 200;
    let words = locale.words;
    match warning {
        Warning::NoFiles { module } => words.warning(WarningText::NoFiles(&known(module))),
        Warning::EndBeforeStart { module } => {
            words.warning(WarningText::EndBeforeStart(&known(module)))
        }
        Warning::UnreadableKey { key, reason } => words.warning(WarningText::UnreadableKey(
            &clean(key, KEY),
            &clean(&words.reason(reason), REASON),
        )),
        Warning::GoneMembers { modules } => {
            let names = modules.iter().map(|id| name(id.as_str()));
            Joined::of(names, locale).map_or_else(String::new, |joined| {
                words.warning(WarningText::GoneMembers(joined.names()))
            })
        }
        Warning::HealthyModuleProbe { module } => {
            let probes = report.destination.iter().flat_map(|d| &d.probes);
            let cause = probes
                .filter(|probe| probe.module == *module)
                .map(|probe| probe.cause)
                .next();
            words.warning(WarningText::HealthyModuleProbe(&known(module), cause))
        }
        Warning::StaleLock {
            module,
            owner,
            since,
        } => {
            let since = since.map(|since| locale.written(since));
            words.warning(WarningText::StaleLock(
                &known(module),
                &name(owner),
                since.as_ref().map(|since| since.past()),
            ))
        }
        Warning::Shrunk { .. }
        | Warning::LongerThanInterval { .. }
        | Warning::LongerThanUsual { .. }
        | Warning::SkippedElapses { .. }
        | Warning::Unreported { .. }
        | Warning::UncoveredModules { .. }
        | Warning::SnapshotTooOld { .. }
        | Warning::OwnVpnSuspect
        | Warning::NodeZone { .. }
        | Warning::ClockMoved { .. } => String::new(),
    }
}

#[cfg(test)]
#[path = "story_tests.rs"]
mod tests;
