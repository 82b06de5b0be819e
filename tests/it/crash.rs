//! `kill -9` between the accepted webhook and the delivered mail: nothing that
//! was accepted is lost, and no run is told twice in different words.

mod points;
mod random;
mod runs;

use std::collections::BTreeMap;

use jiff::Timestamp;
use ns8_backup_monitor::model::{PlanId, RecipientState, ReportKind};
use ns8_backup_monitor::store::{Pending, ReportFilter, ReportSummary, Store};
use serde_json::{Value, json};

use crate::probe::block_on;
use crate::support::redis::Cluster;
use crate::support::service::Service;
use crate::support::smtp::{MailServer, Received};

/// Alerts are answered at once, by a mail to `to`.
pub fn configuration(cluster: &Cluster, mail: &MailServer, to: &str) -> String {
    format!(
        "mail:\n  from: monitor@example.org\n  to: [{to}]\n  transport: smtp\n\
         \x20 smtp: {{host: 127.0.0.1, port: {}, encryption: none}}\n\
         redis: {{address: \"{}\"}}\n\
         correlator: {{wait_seconds: 0}}\n",
        mail.port("plain"),
        cluster.redis.address(),
    )
}

/// A plan with one application, whose newest run went well.
pub fn fine_plan(cluster: &Cluster, plan: &str, destination: &str) {
    plan_with(cluster, plan, destination, 0);
}

/// The same, and its newest run failed.
pub fn failed_plan(cluster: &Cluster, plan: &str, destination: &str) {
    plan_with(cluster, plan, destination, 1);
}

fn plan_with(cluster: &Cluster, plan: &str, destination: &str, errors: u32) {
    let now = Timestamp::now().as_second();
    // At one moment: a plan that is seen before its status would have been run
    // by hand in between.
    cluster.command(&["MULTI"]);
    cluster
        .plan(plan, &format!("Plan {plan}"))
        .not_due_for_hours()
        .destination(destination)
        .instances(["mail1"]);
    cluster.status_a(1, plan, "mail1", now - 120, now - 60, errors);
    cluster.command(&["EXEC"]);
}

/// An alert in the form of its webhook; an empty plan names none.
pub fn alert(plan: &str) -> Value {
    let mut labels = json!({"alertname": "BackupFailed", "node": "1", "severity": "critical"});
    if !plan.is_empty() {
        labels["id"] = plan.into();
    }
    json!({"status": "firing", "labels": labels, "startsAt": "2026-11-20T02:30:00Z"})
}

/// A whole webhook.
pub fn webhook(alerts: &[Value]) -> Value {
    json!({"version": "4", "status": "firing", "alerts": alerts})
}

/// The `Message-ID` header.
pub fn message_id(mail: &Received) -> String {
    let text = String::from_utf8_lossy(&mail.raw);
    let header = text.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("message-id").then_some(value)
    });
    header.expect("a Message-ID").to_owned()
}

/// What still waits; the service may be running.
pub fn pending(service: &Service) -> Pending {
    block_on(async {
        let store = Store::open(&service.state_dir()).unwrap();
        store.pending_counts().await.unwrap()
    })
}

/// Every report with the Message-ID of its only mail, once all is done, and
/// that the database is whole.
pub fn told(service: &Service) -> Vec<(ReportSummary, String)> {
    let database = rusqlite::Connection::open(service.state_dir().join("state.db")).unwrap();
    let whole = database.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
    assert_eq!(whole, Ok("ok".to_owned()));
    drop(database);
    let all = ReportFilter {
        limit: 10_000,
        ..ReportFilter::default()
    };
    block_on(async {
        let store = Store::open(&service.state_dir()).unwrap();
        let mut told = Vec::new();
        for report in store.reports(all).await.unwrap() {
            let deliveries = store.deliveries(report.id).await.unwrap();
            let [delivery] = &deliveries[..] else {
                panic!("{report:?}: {deliveries:?}");
            };
            assert_eq!(delivery.state, RecipientState::Sent, "{delivery:?}");
            told.push((report, delivery.message_id.clone()));
        }
        told
    })
}

/// Checks what must be true however often the service was killed, once all is
/// done: per plan one report, per report one Message-ID, per Message-ID one and
/// the same message. Returns how often each plan's mail came.
pub fn account(service: &Service, received: &[Received]) -> BTreeMap<PlanId, usize> {
    let output = service.run(&["report", "list", "--limit", "10000", "--format", "json"]);
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let told = told(service);
    assert_eq!(list["reports"].as_array().unwrap().len(), told.len());

    let mut came: BTreeMap<String, Vec<&Received>> = BTreeMap::new();
    for mail in received {
        came.entry(message_id(mail)).or_default().push(mail);
    }
    let mut times = BTreeMap::new();
    for (report, id) in told {
        assert_eq!(report.kind, ReportKind::Run);
        let plan = report.plan.expect("a report on a run has a plan");
        let mails = came.remove(&id).unwrap_or_default();
        assert!(!mails.is_empty(), "no mail came about plan {plan}");
        for mail in &mails {
            assert!(mail.raw == mails[0].raw, "two mails with the id {id}");
        }
        let doubled = times.insert(plan, mails.len());
        assert_eq!(doubled, None, "two reports on one run: {list}");
    }
    let foreign: Vec<_> = came.keys().collect();
    assert!(foreign.is_empty(), "mails without a report: {foreign:?}");
    times
}
