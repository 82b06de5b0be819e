use crate::model::{
    Advice, DestinationHealth, DestinationResult, MemberResult, Motive, NodeId, PlanCause,
    ProbeMethod, ReportKind, RunKind, SkipReason, Warning,
};
use crate::store::tests::{at, report};

use super::*;

fn member(module: &str, cause: ModuleCause) -> MemberResult {
    MemberResult {
        module: module.into(),
        name: Some("Mail".into()),
        node: Some(NodeId(1)),
        node_name: Some("rl1".into()),
        cause,
        started: Some(at(-60)),
        duration_s: Some(60),
        size: Some(1_000_000),
        files: Some(10),
        at_risk_since: None,
        never_saved: false,
        ok_before: Some(at(-90_000)),
        busy_with: None,
        detail: None,
        unreadable: None,
    }
}

/// A report on a good run with something in most fields.
fn good_run() -> Report {
    let mut report = report(ReportKind::Run, "1", "r");
    report.run_kind = RunKind::Scheduled;
    report.at = Some(at(-100));
    report.took_s = Some(90);
    report.motive = Some(Motive::Recovery { since: at(-200) });
    report.causes = vec![PlanCause::Disabled];
    report.members = vec![
        member("samba1", ModuleCause::Unreported),
        member("mail1", ModuleCause::Ok),
        member("nextcloud2", ModuleCause::Ok),
        member("n8n3", ModuleCause::NotDue),
    ];
    report.destination = Some(DestinationResult {
        id: "d".into(),
        name: "NAS".into(),
        provider: "smb".into(),
        url: "smb:x".into(),
        health: DestinationHealth::NotChecked,
        method: ProbeMethod::Off,
        skipped: Some(SkipReason::AllOk),
        probes: vec![],
        left_out: 0,
    });
    report.warnings = vec![Warning::StaleLock {
        module: "mail1".into(),
        owner: "x".into(),
        since: None,
    }];
    report.advice = vec![Advice::Nothing];
    report.alerts = vec![[("alertname".into(), "BackupFailed".into())].into()];
    report
}

#[test]
fn a_whole_body_is_the_report() {
    let report = good_run();
    assert_eq!(read(&whole(&report).unwrap()).unwrap(), report);
}

#[test]
fn a_shortened_body_lacks_only_the_details_of_what_was_ok() {
    let report = good_run();
    let short = shortened(&whole(&report).unwrap()).unwrap();
    let left = read(&short).unwrap();
    let mut expected = report.clone();
    for member in &mut expected.members {
        if member.cause == ModuleCause::Ok {
            let json = json!({ "module": member.module, "cause": "ok" });
            *member = serde_json::from_value(json).unwrap();
        }
    }
    assert_eq!(left, expected);
    assert_eq!(
        (left.bad(), left.counted()),
        (report.bad(), report.counted())
    );
    assert_eq!(shortened(&short).unwrap(), short, "once is enough");
}

#[test]
fn a_report_of_each_kind_can_be_read_when_it_is_shortened() {
    for kind in [
        ReportKind::Run,
        ReportKind::AllWell,
        ReportKind::Digest,
        ReportKind::Uncovered,
    ] {
        let report = report(kind, "", "r");
        let short = shortened(&whole(&report).unwrap()).unwrap();
        assert_eq!(read(&short).unwrap(), report);
    }
}

#[test]
fn what_is_no_report_is_not_shortened() {
    for body in ["", "{", "[]", "null", "{\"members\":[7]}", "{}"] {
        assert_eq!(shortened(body), None, "{body}");
    }
}
