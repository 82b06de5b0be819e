use super::*;
use crate::model::{
    Advice, Alert, AlertState, InboxId, Lock, Module, Modules, Plan, Probe, ProbeMethod, RepoCause,
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
        modules: Modules::default(),
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
