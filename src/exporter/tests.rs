use std::collections::BTreeSet;

use super::*;
use crate::model::{
    Fault, ModuleFacts, NodeId, Outcome, Overview, PlanOverview, PlanSummary, ReadFailure, Reason,
    RepositoryFacts, RunKind, RunMark, Standing,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn mark(second: i64, outcome: Outcome) -> RunMark {
    RunMark {
        report: None,
        run: "r".into(),
        kind: RunKind::Scheduled,
        at: at(second),
        took_s: None,
        outcome: Some(outcome),
        bad: 0,
        counted: 1,
    }
}

fn plan(id: &str, name: &str) -> PlanOverview {
    PlanOverview {
        plan: PlanSummary {
            id: id.into(),
            name: name.into(),
            schedule: "daily".into(),
            enabled: true,
        },
        destination: None,
        destination_name: None,
        standing: Standing::Unknown,
        bad_since: None,
        applications: 1,
        last: None,
        open: None,
        next: None,
        muted_until: None,
        attention: Vec::new(),
        strip: Vec::new(),
    }
}

fn module(plan: &str, id: &str) -> ModuleFacts {
    ModuleFacts {
        plan: plan.into(),
        module: id.into(),
        node: None,
        ok_at: None,
        size: None,
        duration_s: None,
        ok: false,
    }
}

fn nothing() -> Facts {
    Facts::unknown(Overview::unknown(at(0)))
}

/// The lines with a value; every comment is left out.
fn series(facts: Facts) -> BTreeSet<String> {
    let text = render(facts).unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.strip_prefix("backup_monitor_").unwrap().to_owned())
        .collect()
}

#[track_caller]
fn has(series: &BTreeSet<String>, expected: &[&str]) {
    for line in expected {
        assert!(series.contains(*line), "no {line} in {series:#?}");
    }
}

#[test]
fn a_plan_that_never_ran_has_all_its_series() {
    let mut facts = nothing();
    facts.overview.plans = vec![plan("1", "Nightly")];
    let series = series(facts);
    has(
        &series,
        &[
            r#"plan_enabled{plan="1",name="Nightly"} 1"#,
            r#"plan_last_run_timestamp_seconds{plan="1",name="Nightly"} 0"#,
            r#"plan_last_success_timestamp_seconds{plan="1",name="Nightly"} 0"#,
            r#"plan_next_run_timestamp_seconds{plan="1",name="Nightly"} 0"#,
            r#"plan_bad_since_timestamp_seconds{plan="1",name="Nightly"} 0"#,
            r#"plan_muted_until_timestamp_seconds{plan="1",name="Nightly"} 0"#,
            r#"plan_last_outcome{plan="1",name="Nightly",outcome="SUCCESS"} 0"#,
            r#"plan_last_outcome{plan="1",name="Nightly",outcome="PARTIAL"} 0"#,
            r#"plan_last_outcome{plan="1",name="Nightly",outcome="REPO_FAILURE"} 0"#,
        ],
    );
}

#[test]
fn a_plan_tells_its_moments_and_its_last_outcome() {
    let mut facts = nothing();
    let mut bad = plan("1", "Nightly");
    bad.strip = vec![mark(100, Outcome::Success), mark(200, Outcome::Partial)];
    bad.last = bad.strip.last().cloned();
    bad.next = Some(at(300));
    bad.bad_since = Some(at(200));
    bad.muted_until = Some(at(400));
    let mut long_bad = plan("2", "Weekly");
    long_bad.strip = vec![mark(200, Outcome::RepoFailure)];
    facts.overview.plans = vec![bad, long_bad];
    facts.good_runs.insert("2".into(), at(50));
    let series = series(facts);
    has(
        &series,
        &[
            r#"plan_last_run_timestamp_seconds{plan="1",name="Nightly"} 200"#,
            r#"plan_last_success_timestamp_seconds{plan="1",name="Nightly"} 100"#,
            r#"plan_next_run_timestamp_seconds{plan="1",name="Nightly"} 300"#,
            r#"plan_bad_since_timestamp_seconds{plan="1",name="Nightly"} 200"#,
            r#"plan_muted_until_timestamp_seconds{plan="1",name="Nightly"} 400"#,
            r#"plan_last_outcome{plan="1",name="Nightly",outcome="SUCCESS"} 0"#,
            r#"plan_last_outcome{plan="1",name="Nightly",outcome="PARTIAL"} 1"#,
            r#"plan_last_success_timestamp_seconds{plan="2",name="Weekly"} 50"#,
        ],
    );
}

#[test]
fn an_application_without_any_backup_can_be_alerted_on() {
    let mut facts = nothing();
    facts.modules = vec![
        module("1", "samba1"),
        ModuleFacts {
            node: Some(NodeId(2)),
            ok_at: Some(at(160)),
            size: Some(48_318_382_080),
            duration_s: Some(412),
            ok: true,
            ..module("1", "mail1")
        },
    ];
    let series = series(facts);
    has(
        &series,
        &[
            r#"module_ok{plan="1",module="samba1",node=""} 0"#,
            r#"module_last_success_timestamp_seconds{plan="1",module="samba1",node=""} 0"#,
            r#"module_ok{plan="1",module="mail1",node="2"} 1"#,
            r#"module_last_success_timestamp_seconds{plan="1",module="mail1",node="2"} 160"#,
            r#"module_size_bytes{plan="1",module="mail1",node="2"} 48318382080"#,
            r#"module_duration_seconds{plan="1",module="mail1",node="2"} 412"#,
        ],
    );
    let samba = series.iter().filter(|line| line.contains("samba1"));
    assert_eq!(samba.count(), 2, "an unknown size is not 0 bytes");
}

#[test]
fn a_repository_that_was_asked_twice_is_told_once() {
    let mut facts = nothing();
    let answer = |reachable, second| RepositoryFacts {
        plan: "1".into(),
        module: "mail1".into(),
        destination: "d-1".into(),
        reachable,
        took_ms: 2_500,
        at: at(second),
    };
    facts.repositories = vec![answer(true, 100), answer(false, 200)];
    let series = series(facts);
    let labels = r#"{plan="1",module="mail1",destination="d-1"}"#;
    has(
        &series,
        &[
            &format!("repository_reachable{labels} 0"),
            &format!("repository_probe_duration_seconds{labels} 2.5"),
            &format!("repository_probe_timestamp_seconds{labels} 200"),
        ],
    );
    let told = series
        .iter()
        .filter(|line| line.starts_with("repository_reachable"));
    assert_eq!(told.count(), 1);
}

#[test]
fn the_program_tells_of_itself_before_it_knows_anything() {
    let series = series(nothing());
    has(
        &series,
        &[
            &format!("build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")),
            "redis_reachable 0",
            "last_read_timestamp_seconds 0",
            r#"read_errors_total{reason="unreachable"} 0"#,
            r#"read_errors_total{reason="refused"} 0"#,
            r#"read_errors_total{reason="answer"} 0"#,
            r#"unreadable_keys{reason="not_a_status"} 0"#,
            "uncovered_modules 0",
            "voice 0",
            "alerts_received_total 0",
            r#"reports_total{outcome="PARTIAL"} 0"#,
            "mails_sent_total 0",
            "mails_given_up_total 0",
            "mails_queued 0",
        ],
    );
}

#[test]
fn what_happened_is_counted() {
    let mut facts = nothing();
    facts.overview.queued_mails = 4;
    facts.overview.voice = true;
    facts.overview.read_at = Some(at(500));
    facts.redis_reachable = true;
    facts.totals.alerts = 1;
    facts.totals.mails_sent = 2;
    facts.totals.reports.insert(Outcome::Partial, 6);
    facts.totals.mails_given_up = 3;
    facts.totals.failed_reads.insert(ReadFailure::Refused, 5);
    let missing = |field: &str| Reason::Field(field.into(), Fault::Missing);
    facts.unreadable = [
        (missing("start"), 1),
        (missing("end"), 2),
        (Reason::Other("a word of a later version".into()), 1),
    ]
    .into();
    has(
        &series(facts),
        &[
            "redis_reachable 1",
            "last_read_timestamp_seconds 500",
            "voice 1",
            "alerts_received_total 1",
            "mails_sent_total 2",
            r#"reports_total{outcome="PARTIAL"} 6"#,
            "mails_given_up_total 3",
            "mails_queued 4",
            r#"read_errors_total{reason="refused"} 5"#,
            r#"read_errors_total{reason="answer"} 0"#,
            r#"unreadable_keys{reason="field_missing"} 3"#,
            r#"unreadable_keys{reason="other"} 1"#,
        ],
    );
}

#[test]
fn a_name_cannot_forge_a_series() {
    let mut facts = nothing();
    facts.overview.plans = vec![plan("1", "a\"} 1\nbackup_monitor_voice 7\n# EOF\n\\")];
    let series = series(facts);
    assert!(!series.contains("voice 7"), "{series:#?}");
    let escaped = r#"{plan="1",name="a\"} 1\nbackup_monitor_voice 7\n# EOF\n\\"}"#;
    has(&series, &[&format!("plan_enabled{escaped} 1")]);
}

#[test]
fn every_reason_has_a_name_of_its_own() {
    let fields = [
        Fault::Missing,
        Fault::Empty,
        Fault::Negative,
        Fault::TooLarge,
        Fault::NotWhole,
        Fault::NotANumber,
        Fault::InFuture,
        Fault::NotATime,
        Fault::NotAResult,
    ]
    .map(|fault| Reason::Field("end".into(), fault));
    let whole = [
        Reason::NotAHash,
        Reason::NotASet,
        Reason::NotAnObject,
        Reason::NotAStatus,
        Reason::NoModule,
        Reason::NoNodeId,
        Reason::NoPlanId,
        Reason::NoDestinationId,
        Reason::NoModuleId,
        Reason::NoModuleIdInside,
        Reason::NotASchedule,
        Reason::Other("x".into()),
    ];
    let names: BTreeSet<&str> = whole.iter().chain(&fields).map(reasons::name).collect();
    assert_eq!(names, reasons::ALL.into());
}
