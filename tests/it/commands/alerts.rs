//! What an alert leads to, beside the mail about a run.

use std::net::TcpStream;

use serde_json::{Value, json};

use super::{Ran, backup_failed, both_fine, configuration, mails_in, webhook};
use crate::support::process::wait_until;
use crate::support::service::Service;

fn reports(service: &Service) -> Vec<Value> {
    let list = Ran::of(service.run(&["report", "list", "--format", "json"])).exits(0);
    list.json()["reports"].as_array().unwrap().clone()
}

#[test]
fn only_what_fires_under_a_known_name_leads_to_a_report() {
    let cluster = both_fine();
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), &cluster) + "logging: {level: DEBUG}\n";
    let service = Service::start(&config, &[]);
    let post = |status, name, plan| {
        let labels = json!({ "alertname": name, "id": plan });
        let answer = service.post_alert(&webhook(status, &labels));
        assert_eq!(answer.status(), 200);
        answer.json()
    };
    let none = json!({ "accepted": 0, "repeated": 0, "ignored": 1 });
    assert_eq!(post("firing", "Watchdog", "1"), none);
    let stored = json!({ "accepted": 1, "repeated": 0, "ignored": 0 });
    assert_eq!(post("resolved", "BackupFailed", "1"), stored);
    let without_labels = json!({ "alerts": [{ "status": "firing" }] });
    assert_eq!(service.post_alert(&without_labels).json(), none);

    // Whatever those would lead to would be there before this one's report.
    post("firing", "BackupFailed", "77");
    wait_until("the report", || !reports(&service).is_empty());
    let all = reports(&service);
    assert_eq!((all.len(), &all[0]["kind"]), (1, &json!("unknown_plan")));

    // At most one a day, whatever the plan.
    post("firing", "BackupFailed", "78");
    post("firing", "BackupFailed", "1");
    wait_until("the run's report", || reports(&service).len() > 1);
    let all = reports(&service);
    assert_eq!((all.len(), &all[0]["kind"]), (2, &json!("run")));
    wait_until("both mails", || mails_in(folder.path()).len() == 2);

    let log = service.log();
    let ignored = log
        .lines()
        .find(|line| line.contains("another name ignored"));
    assert!(ignored.is_some_and(|line| line.contains("DEBUG") && line.contains("Watchdog")));
    assert!(log.contains("alert resolved"), "{log}");
}

#[test]
fn many_connections_that_say_nothing_keep_nobody_out() {
    let cluster = both_fine();
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&configuration(folder.path(), &cluster), &[]);
    let silent: Vec<TcpStream> = (0..100)
        .map(|_| TcpStream::connect(service.address()).unwrap())
        .collect();
    assert_eq!(service.post_alert(&backup_failed("1")).status(), 200);
    drop(silent);
    wait_until("the mail", || mails_in(folder.path()).len() == 1);
}
