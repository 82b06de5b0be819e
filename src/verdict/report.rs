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
        name: member.module.name.clone(),
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
        unreadable: member.unreadable.clone(),
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
mod tests {
    use super::*;
    use crate::model::{
        Advice, Alert, AlertState, InboxId, Lock, Module, Plan, Probe, ProbeMethod, RepoCause,
        SkipReason, Status,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn member(id: &str, errors: u32) -> JudgedMember {
        let module = Module {
            name: None,
            node: None,
            uuid: "u".into(),
            no_data: false,
        };
        let cause = if errors == 0 {
            ModuleCause::Ok
        } else {
            ModuleCause::BackupError
        };
        JudgedMember {
            status: Some(Status {
                start: at(1000),
                end: at(1090),
                errors,
                size: Some(5),
                files: Some(2),
                node: None,
                layout: crate::model::Layout::A,
                message: None,
            }),
            ..JudgedMember::new(id.into(), module, cause)
        }
    }

    fn run(members: Vec<JudgedMember>) -> JudgedRun {
        let plan = Plan {
            enabled: true,
            destination: Some("d".into()),
            ..Plan::default()
        };
        JudgedRun {
            members,
            ..JudgedRun::new("r".into(), "1".into(), plan)
        }
    }

    fn probed(answers: &[(&str, RepoCause, Option<i64>)]) -> ProbeSet {
        ProbeSet {
            method: ProbeMethod::Restic,
            probes: answers
                .iter()
                .map(|(module, cause, newest)| Probe {
                    module: (*module).into(),
                    path: String::new(),
                    cause: *cause,
                    snapshots: newest.map(|_| 1),
                    newest: newest.map(at),
                    recent: Vec::new(),
                    size: None,
                    locks: Vec::new(),
                    message: None,
                    took_ms: 1,
                })
                .collect(),
            skipped: None,
            left_out: 0,
        }
    }

    const ALONE: Circumstances<'_> = Circumstances {
        state: None,
        alerts: &[],
        now: Timestamp::UNIX_EPOCH,
        notes: &[],
    };

    #[test]
    fn failed_modules_come_first_and_keep_the_plans_order() {
        let run = run(vec![
            member("a1", 0),
            member("b1", 1),
            member("c1", 0),
            member("d1", 1),
        ]);
        let report = of_run(&run, probed(&[]), ALONE);
        let order: Vec<&str> = report.members.iter().map(|m| m.module.as_str()).collect();
        assert_eq!(order, ["b1", "d1", "a1", "c1"]);
        assert_eq!((report.bad(), report.counted()), (2, 4));
    }

    #[test]
    fn size_and_files_are_shown_only_for_what_is_ok() {
        let report = of_run(
            &run(vec![member("a1", 1), member("b1", 0)]),
            probed(&[]),
            ALONE,
        );
        assert_eq!(
            (report.members[0].size, report.members[0].files),
            (None, None)
        );
        assert_eq!(report.members[0].duration_s, Some(90));
        assert_eq!(report.members[1].size, Some(5));
    }

    #[test]
    fn a_snapshot_newer_than_the_start_means_that_it_failed_after_the_backup() {
        let answers = [("a1", RepoCause::Reachable, Some(1050))];
        let report = of_run(&run(vec![member("a1", 1)]), probed(&answers), ALONE);
        assert_eq!(report.members[0].cause, ModuleCause::AfterBackup);
        assert_eq!(report.outcome, Outcome::Partial);
        assert_eq!(report.advice, [Advice::CheckRetention]);
    }

    #[test]
    fn data_is_at_risk_since_the_newest_snapshot_of_a_failed_module() {
        let answers = [("a1", RepoCause::Reachable, Some(500))];
        let report = of_run(&run(vec![member("a1", 1)]), probed(&answers), ALONE);
        assert_eq!(report.members[0].cause, ModuleCause::BackupError);
        assert_eq!(report.members[0].at_risk_since, Some(at(500)));
        assert_eq!(report.outcome, Outcome::RepoFailure);
        let destination = report.destination.unwrap();
        assert_eq!(destination.health, DestinationHealth::Fine);
        assert_eq!(report.advice, [Advice::ReadModuleLog]);
    }

    #[test]
    fn a_snapshot_of_a_later_run_does_not_excuse_the_one_that_failed() {
        let answers = [("a1", RepoCause::Reachable, Some(90_000))];
        let report = of_run(&run(vec![member("a1", 1)]), probed(&answers), ALONE);
        assert_eq!(report.members[0].cause, ModuleCause::BackupError);
        assert_eq!(report.members[0].at_risk_since, Some(at(90_000)));
    }

    #[test]
    fn with_the_destination_down_nothing_else_is_advised() {
        let answers = [("a1", RepoCause::Unreachable, None)];
        let report = of_run(
            &run(vec![member("a1", 1), member("b1", 0)]),
            probed(&answers),
            ALONE,
        );
        assert_eq!(report.outcome, Outcome::RepoFailure);
        assert_eq!(report.advice, [Advice::CheckDestination]);
    }

    #[test]
    fn a_stale_lock_is_a_warning_with_its_owner() {
        let mut probes = probed(&[("a1", RepoCause::Locked, None)]);
        probes.probes[0].locks = vec![Lock {
            owner: "root@node1".into(),
            since: Some(at(1)),
            exclusive: true,
        }];
        let report = of_run(&run(vec![member("a1", 1)]), probes, ALONE);
        assert_eq!(
            report.warnings,
            [Warning::StaleLock {
                module: "a1".into(),
                owner: "root@node1".into(),
                since: Some(at(1)),
            }]
        );
        assert_eq!(report.advice, [Advice::RemoveLock]);
    }

    #[test]
    fn what_was_not_checked_is_said_and_is_not_failed() {
        let probes = ProbeSet::skipped(ProbeMethod::Off, SkipReason::Off);
        let report = of_run(&run(vec![member("a1", 1), member("b1", 0)]), probes, ALONE);
        let destination = report.destination.unwrap();
        assert_eq!(destination.health, DestinationHealth::NotChecked);
        assert_eq!(destination.skipped, Some(SkipReason::Off));
        assert_eq!(report.outcome, Outcome::Partial);
    }

    #[test]
    fn only_harmless_labels_are_shown_and_each_alert_once() {
        let entry = |fingerprint: &str| InboxEntry {
            id: InboxId(1),
            alert: Alert {
                name: "BackupFailed".into(),
                state: AlertState::Firing,
                labels: BTreeMap::from([
                    ("alertname".into(), "Backup\r\nFailed".into()),
                    ("name".into(), "x".repeat(300)),
                    ("instance".into(), fingerprint.into()),
                ]),
                starts_at: None,
            },
            waiting_since: at(0),
            last_seen: at(0),
        };
        let (first, second) = (entry("1"), entry("2"));
        let alerts = [&first, &second];
        let around = Circumstances {
            alerts: &alerts,
            ..ALONE
        };
        let report = unknown_plans(&["9".into()], around);
        assert_eq!(report.alerts.len(), 1);
        assert_eq!(report.alerts[0]["alertname"], "Backup␍␊Failed");
        assert_eq!(report.alerts[0]["name"].chars().count(), 200);
        assert!(!report.alerts[0].contains_key("instance"));
        assert_eq!(report.outcome, Outcome::RepoFailure);
        assert_eq!(report.advice, [Advice::CheckAlertLabels]);
    }

    #[test]
    fn a_plan_that_cannot_be_understood_is_named_whatever_the_report_is_about() {
        let mut state = ClusterState {
            read_at: at(0),
            cluster_uuid: None,
            cluster_name: None,
            leader: None,
            nodes: BTreeMap::new(),
            modules: BTreeMap::new(),
            destinations: BTreeMap::new(),
            plans: BTreeMap::new(),
            statuses: BTreeMap::new(),
            voice: None,
            unreadable: Vec::new(),
        };
        state.unreadable.push(crate::model::Unreadable::new(
            "cluster/backup/5",
            crate::model::Reason::NotAHash,
        ));
        let around = Circumstances {
            state: Some(&state),
            ..ALONE
        };
        for report in [all_well(&[], around), unknown_plans(&["5".into()], around)] {
            assert!(
                matches!(&report.warnings[..], [Warning::UnreadableKey { key, .. }] if key == "cluster/backup/5"),
                "{:?}",
                report.warnings
            );
        }
    }

    #[test]
    fn a_plan_without_applications_asks_for_some() {
        let report = of_run(&run(Vec::new()), probed(&[]), ALONE);
        assert_eq!(report.outcome, Outcome::RepoFailure);
        assert_eq!(report.advice, [Advice::AddApplications]);
    }

    #[test]
    fn where_no_plan_is_watched_that_is_not_left_as_it_is() {
        assert_eq!(all_well(&[], ALONE).advice, [Advice::CheckPlans]);
    }

    #[test]
    fn all_well_is_a_success_with_the_last_runs() {
        let report = all_well(&[run(vec![member("a1", 0)])], ALONE);
        assert_eq!(report.outcome, Outcome::Success);
        assert_eq!(report.plans[0].last, Some(at(1090)));
        assert_eq!(report.advice, [Advice::Nothing]);
    }
}
