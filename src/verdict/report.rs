//! Putting a report together.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::advice;
use super::outcome::{cause_of, health, outcome};
use super::warnings::{of_keys, warnings};
use crate::model::{
    Advice, AlertLabels, ClusterState, DestinationHealth, DestinationResult, InboxEntry,
    JudgedMember, JudgedRun, MemberResult, ModuleCause, Outcome, Overview, PlanCause, PlanId,
    PlanLastRun, PlanOverview, PlanSummary, ProbeSet, Report, ReportKind, RunId, Severity,
    Standing, UncoveredModule, Warning, sanitize, truncate,
};

/// The labels of an alert that a report shows. All others may hold anything.
const SHOWN_LABELS: [&str; 6] = ["alertname", "id", "backup_id", "name", "node", "severity"];
/// How much of a label, and of a plan id that an alert named, is shown.
const LABEL_LENGTH: usize = 200;
/// How many different alerts, and unknown plans, a report names.
const NAMED_ALERTS: usize = 20;

/// What surrounds a report, whatever it is about.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The cluster as it was read; none when it could not be.
    pub state: Option<&'a ClusterState>,
    /// The alerts that led to the report.
    pub alerts: &'a [&'a InboxEntry],
    /// When it is made.
    pub now: Timestamp,
    /// Warnings that concern more than the report's plan.
    pub notes: &'a [Warning],
}

/// The report on one run, from its statuses and what the repositories said.
pub fn of_run(run: &JudgedRun, probes: ProbeSet, around: Circumstances<'_>) -> Report {
    let causes: Vec<ModuleCause> = run
        .members
        .iter()
        .map(|member| cause_of(member, &probes))
        .collect();
    let health = health(&probes.probes);
    let unreadable = around.state.map_or(&[][..], |state| &state.unreadable);
    let mut warnings = warnings(run, &causes, &probes, unreadable);
    warnings.extend(around.notes.iter().cloned());
    let mut members: Vec<MemberResult> = run
        .members
        .iter()
        .zip(&causes)
        .map(|(member, cause)| member_result(member, *cause, &probes, around.state))
        .collect();
    members.sort_by_key(|member| member.cause.rank());
    Report {
        outcome: outcome(&causes, health, run.kind),
        advice: advice::of_run(&members, run, health, &probes.probes, &warnings),
        run_kind: run.kind,
        at: run.at,
        applications: Some(applications(run)),
        took_s: run.took(),
        causes: run.causes.clone(),
        plan: Some(summary(&run.plan_id, run)),
        gone: run.gone.clone(),
        destination: destination(run, probes, health, around.state),
        members,
        warnings,
        ..blank(ReportKind::Run, run.id.clone(), around)
    }
}

/// How many applications the plan has, those included that the run is not of.
fn applications(run: &JudgedRun) -> usize {
    let named = run.plan.instances.iter();
    let live = named.filter(|id| !run.gone.contains(id)).count();
    live.max(run.members.len())
}

/// The report that alerts name plans which the cluster does not have.
pub fn unknown_plans(plans: &[PlanId], around: Circumstances<'_>) -> Report {
    let causes = vec![PlanCause::UnknownPlan];
    let id = RunId::new(format!("unknown-{}", around.now.as_second()));
    let unreadable = |plan| {
        around
            .state
            .is_some_and(|state| state.plan_is_unreadable(plan))
    };
    let advice = if plans.iter().all(unreadable) {
        vec![Advice::RepairPlan]
    } else {
        advice::of_causes(&causes)
    };
    Report {
        advice,
        causes,
        unknown_plans: plans
            .iter()
            .take(NAMED_ALERTS)
            .map(|plan| PlanId::new(shown(plan.as_str())))
            .collect(),
        ..blank(ReportKind::UnknownPlan, id, around)
    }
}

/// The report that Redis could not be read since `since`.
pub fn redis_unreachable(since: Timestamp, around: Circumstances<'_>) -> Report {
    let causes = vec![PlanCause::RedisUnreachable];
    let id = RunId::new(format!("outage-{}", since.as_second()));
    Report {
        advice: advice::of_causes(&causes),
        causes,
        unreachable_since: Some(since),
        ..blank(ReportKind::RedisUnreachable, id, around)
    }
}

/// The report that every enabled plan is fine.
pub fn all_well(runs: &[JudgedRun], around: Circumstances<'_>) -> Report {
    let id = RunId::new(format!("well-{}", around.now.as_second()));
    Report {
        outcome: Outcome::Success,
        advice: advice::of_well(runs.len()),
        plans: runs
            .iter()
            .map(|run| PlanLastRun {
                plan: summary(&run.plan_id, run),
                last: run.changed_at(),
            })
            .collect(),
        ..blank(ReportKind::AllWell, id, around)
    }
}

/// The report that applications which had a plan have none any more.
pub fn uncovered(modules: Vec<UncoveredModule>, around: Circumstances<'_>) -> Report {
    let id = RunId::new(format!("uncovered-{}", around.now.as_second()));
    Report {
        outcome: Outcome::Partial,
        advice: Vec::new(),
        uncovered: modules,
        ..blank(ReportKind::Uncovered, id, around)
    }
}

/// The weekly summary.
pub fn digest(overview: Overview, around: Circumstances<'_>) -> Report {
    let is_bad = |plan: &PlanOverview| plan.standing == Standing::Bad;
    let good = !overview.plans.iter().any(is_bad) && overview.uncovered.is_empty();
    let id = RunId::new(format!("digest-{}", around.now.as_second()));
    Report {
        outcome: if good {
            Outcome::Success
        } else {
            Outcome::Partial
        },
        advice: Vec::new(),
        overview: Some(overview),
        ..blank(ReportKind::Digest, id, around)
    }
}

fn blank(kind: ReportKind, run: RunId, around: Circumstances<'_>) -> Report {
    Report {
        cluster_name: around.state.and_then(cluster_name),
        warnings: of_keys(around.state.map_or(&[], |state| &state.unreadable))
            .chain(around.notes.iter().cloned())
            .collect(),
        alerts: alert_labels(around.alerts),
        ..Report::blank(kind, run, around.now)
    }
}

fn cluster_name(state: &ClusterState) -> Option<String> {
    let leader = || state.nodes.get(&state.leader?)?.name.clone();
    state.cluster_name.clone().or_else(leader)
}

/// The labels of `alerts` that a report shows, without repetitions.
pub fn alert_labels(alerts: &[&InboxEntry]) -> Vec<AlertLabels> {
    let mut all = Vec::new();
    for entry in alerts {
        let labels: BTreeMap<String, String> = SHOWN_LABELS
            .iter()
            .filter_map(|name| {
                let value = entry.alert.labels.get(*name)?;
                Some(((*name).to_owned(), shown(value)))
            })
            .collect();
        if all.len() < NAMED_ALERTS && !all.contains(&labels) {
            all.push(labels);
        }
    }
    all
}

fn shown(text: &str) -> String {
    sanitize(&truncate(text, LABEL_LENGTH))
}

fn summary(id: &PlanId, run: &JudgedRun) -> PlanSummary {
    PlanSummary {
        id: id.clone(),
        name: run.plan.name.clone(),
        schedule: run.plan.schedule.clone(),
        enabled: run.plan.enabled,
    }
}

fn other_plan(id: &PlanId, state: Option<&ClusterState>) -> PlanSummary {
    let plan = state.and_then(|state| state.plans.get(id));
    PlanSummary {
        id: id.clone(),
        name: plan.map(|plan| plan.name.clone()).unwrap_or_default(),
        schedule: plan.map(|plan| plan.schedule.clone()).unwrap_or_default(),
        enabled: plan.is_some_and(|plan| plan.enabled),
    }
}

fn member_result(
    member: &JudgedMember,
    cause: ModuleCause,
    probes: &ProbeSet,
    state: Option<&ClusterState>,
) -> MemberResult {
    let status = member.status.as_ref();
    let good = cause.severity() == Severity::Good;
    // After a failed backup NS8's size and files describe the snapshot before.
    let of_good = status.filter(|_| good);
    let probe = probes.of(&member.id);
    let node = member.module.node;
    MemberResult {
        module: member.id.clone(),
        name: member.module.name.as_deref().map(str::to_owned),
        node,
        node_name: state
            .zip(node)
            .and_then(|(state, node)| state.nodes.get(&node)?.name.clone()),
        cause,
        started: status.map(|status| status.start),
        duration_s: status
            .map(|status| status.end.as_second() - status.start.as_second())
            .filter(|seconds| *seconds >= 0),
        size: of_good.and_then(|status| status.size),
        files: of_good.and_then(|status| status.files),
        at_risk_since: probe.filter(|_| !good).and_then(|probe| probe.newest),
        never_saved: !good && probe.is_some_and(|probe| probe.snapshots == Some(0)),
        ok_before: member.ok_before,
        busy_with: member.busy_with.as_ref().map(|id| other_plan(id, state)),
        detail: detail(member),
        unreadable: member.unreadable.as_deref().cloned(),
    }
}

fn detail(member: &JudgedMember) -> Option<String> {
    match (&member.unreadable, &member.status) {
        (Some(what), _) => Some(format!("{}: {}", what.key, what.reason)),
        (None, Some(status)) => status.message.clone(),
        (None, None) => None,
    }
}

fn destination(
    run: &JudgedRun,
    probes: ProbeSet,
    health: DestinationHealth,
    state: Option<&ClusterState>,
) -> Option<DestinationResult> {
    let id = run.plan.destination.clone()?;
    let known = state.and_then(|state| state.destinations.get(&id)).cloned();
    let known = known.unwrap_or_default();
    Some(DestinationResult {
        id,
        name: known.name,
        provider: known.provider,
        url: known.url,
        health,
        method: probes.method,
        skipped: probes.skipped,
        probes: probes.probes,
        left_out: probes.left_out,
    })
}

#[cfg(test)]
mod tests;
