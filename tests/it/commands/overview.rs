//! `overview`: what is remembered, and the cluster as it is.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use ns8_backup_monitor::model::{
    ClockMark, ClusterState, Condition, Identity, Mailbox, ModuleCause, ModuleMemory, NewestRun,
    Outcome, OutgoingMail, PlanId, PlanWatch, Report, ReportKind, RunId, RunKind, Trouble,
    WholeWatch,
};
use ns8_backup_monitor::store::{Batch, Save, Store};
use serde_json::{Value, json};

use super::{Program, configuration, one_of_two_failed, program_for};
use crate::support::redis::Cluster;

fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

/// Leaves in `dir` what a service leaves that has seen plan 1 go bad: the last
/// run was 2 hours ago, the one before that was good.
pub(super) fn remember_a_bad_plan(program: &Program, cluster_uuid: Option<&str>) {
    let snapshot = program.run(&["snapshot"]).exits(0).json();
    let state: ClusterState = serde_json::from_value(snapshot["state"].clone()).unwrap();
    let (id, plan) = state.plans.into_iter().next().expect("a plan");
    let memory = ModuleMemory {
        ok_at: Some(hours_ago(26)),
        ..ModuleMemory::default()
    };
    let trouble = Trouble {
        since: hours_ago(2),
        first: "b".into(),
        bad: BTreeMap::from([("samba1".into(), ModuleCause::BackupError)]),
        told: None,
    };
    let watched = PlanWatch {
        plan: plan.clone(),
        baseline: hours_ago(2),
        handled: BTreeMap::new(),
        modules: BTreeMap::from([("samba1".into(), memory)]),
        runs: Vec::new(),
        hand: None,
        late: None,
        durations: [].into(),
        condition: Condition {
            trouble: Some(trouble),
            ..Condition::default()
        },
        newest: Some(NewestRun {
            id: "b".into(),
            at: hours_ago(2),
            answered: true,
        }),
    };
    let whole = WholeWatch {
        identity: Some(Identity {
            cluster: cluster_uuid.map(str::to_owned),
            module: None,
        }),
        clock: Some(ClockMark {
            wall: hours_ago(1),
            boot: 1,
            boot_id: "b".into(),
        }),
        ..WholeWatch::default()
    };
    let saves = [("a", 26, Outcome::Success), ("b", 2, Outcome::Partial)]
        .map(|(run, hours, outcome)| save(&id, run, hours_ago(hours), outcome));
    let batch = Batch {
        whole: Some(whole),
        plans: BTreeMap::from([(id, Some(watched))]),
        saves: saves.into(),
        ..Batch::default()
    };
    commit(&program.state(), batch);
}

fn save(plan: &PlanId, run: &str, at: Timestamp, outcome: Outcome) -> Save {
    let mut report = Report::blank(ReportKind::Run, RunId::from(run), at);
    report.run_kind = RunKind::Scheduled;
    report.at = Some(at);
    report.outcome = outcome;
    report.plan = Some(ns8_backup_monitor::model::PlanSummary {
        id: plan.clone(),
        name: "Nightly".into(),
        schedule: "daily".into(),
        enabled: true,
    });
    let mail = OutgoingMail {
        message_id: format!("<{run}@example.org>"),
        from: Mailbox::new("monitor@example.org"),
        to: vec![Mailbox::new("admin@example.org")],
        subject: "x".into(),
        raw: b"x".to_vec(),
    };
    Save {
        report,
        mails: vec![mail],
        answered: Vec::new(),
        replace: false,
    }
}

fn commit(dir: &Path, batch: Batch) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(dir).unwrap();
        store.commit(batch, Timestamp::now()).await.unwrap();
        store.shut_down().await;
    });
}

fn overview(program: &Program) -> Value {
    let shown = program.run(&["overview", "--format", "json"]).exits(0);
    shown.json()["overview"].clone()
}

#[test]
fn what_is_remembered_and_what_is_there_make_one_page() {
    let cluster = one_of_two_failed();
    cluster.module("wiki1", 1);
    let program = program_for(&cluster);
    remember_a_bad_plan(&program, None);
    let shown = program.run(&["overview"]).exits(0);
    for words in [
        "The backup plan is failing.",
        "❌ failing since ",
        "Nightly (1)",
        "  +!",
        "backup failed",
        "samba1",
        "Applications that no plan backs up:",
        "wiki1",
        "2 mails wait for another attempt.",
    ] {
        assert!(shown.out.contains(words), "no {words:?} in\n{}", shown.out);
    }
    assert_eq!(shown.err, "");

    let json = overview(&program);
    let plan = &json["plans"][0];
    assert_eq!(plan["standing"], "bad");
    assert_eq!(plan["applications"], 2);
    assert_eq!(plan["destination_name"], "NAS");
    assert_eq!(plan["last"]["outcome"], "PARTIAL");
    assert_eq!(plan["strip"].as_array().unwrap().len(), 2);
    assert_eq!(plan["attention"][0]["module"], "samba1");
    assert!(plan["next"].is_string(), "{plan}");
    assert_eq!(json["uncovered"][0]["module"], "wiki1");
    assert_eq!(json["redis_problem"], Value::Null);
    assert_eq!(json["queued_mails"], 2);
}

#[test]
fn the_page_is_in_the_language_of_the_mails() {
    let cluster = one_of_two_failed();
    let program = Program::without_configuration();
    let english = configuration(program.folder.path(), &cluster);
    program.configure(&english.replace("mail: {", "mail: {language: it, "));
    remember_a_bad_plan(&program, None);
    let shown = program.run(&["overview"]).exits(0);
    let sentence = "Test cluster: Il piano di backup è in errore.\n";
    assert!(shown.out.starts_with(sentence), "{shown:?}");
}

#[test]
fn before_the_service_ever_ran_the_plans_are_shown_as_not_seen() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    let shown = program.run(&["overview"]).exits(0);
    assert!(
        shown.out.contains("has not looked at this cluster yet"),
        "{shown:?}"
    );
    assert!(shown.out.contains("❓ not seen yet"), "{shown:?}");
    assert!(!program.state().exists(), "a view makes nothing");
}

#[test]
fn without_the_cluster_what_is_remembered_is_shown_and_the_reason_told() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    remember_a_bad_plan(&program, None);
    drop(cluster);
    let shown = program.run(&["overview"]).exits(0);
    for words in ["cannot be read now", "This is how it was on", "❌ failing"] {
        assert!(shown.out.contains(words), "no {words:?} in\n{}", shown.out);
    }
    let json = overview(&program);
    assert!(
        json["redis_problem"]
            .as_str()
            .unwrap()
            .contains("cannot be reached")
    );
    assert_eq!(json["plans"][0]["attention"][0]["module"], "samba1");
}

#[test]
fn nothing_to_tell_is_a_failure_of_its_own() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    drop(cluster);
    let shown = program.run(&["overview"]);
    shown.fails(3, &["nothing is known", "cannot be reached"]);
    program.configure("mail: {}\n");
    program.run(&["overview"]).fails(2, &["mistake"]);
}

#[test]
fn what_belongs_to_another_cluster_is_not_shown() {
    let cluster = Cluster::start();
    cluster.module("mail1", 1);
    cluster.plan("1", "Nightly").instances(["mail1"]);
    let program = program_for(&cluster);
    remember_a_bad_plan(&program, Some("11111111-0000-4000-8000-000000000000"));
    let plan = &overview(&program)["plans"][0];
    assert_eq!(plan["standing"], json!("unknown"));
    assert_eq!(plan["strip"], json!([]));
}
