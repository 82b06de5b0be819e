//! A dump of the database becomes that of another instance.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::process::{DeadPort, wait_until};
use crate::support::redis::Cluster;
use crate::support::service::Service;

/// Plan 1, whose only application failed or did not.
fn cluster() -> Cluster {
    let cluster = Cluster::start();
    cluster.module("mail1", 1).module("backup-monitor1", 1);
    cluster.destination("d-1").name("NAS");
    cluster
        .plan("1", "Nightly")
        .not_due_for_hours()
        .destination("d-1")
        .instances(["mail1"]);
    cluster
}

fn backed_up(cluster: &Cluster, errors: u32) {
    let start = Timestamp::now().as_second() - 60;
    cluster.status_a(1, "1", "mail1", start, start + 10, errors);
}

fn configuration(cluster: &Cluster, way: &Value) -> String {
    let mut mail = json!({ "from": "monitor@example.org", "to": ["admin@example.org"] });
    mail.as_object_mut()
        .unwrap()
        .extend(way.as_object().unwrap().clone());
    // JSON is YAML.
    json!({
        "mail": mail,
        "redis": { "address": cluster.redis.address().to_string() },
        "repo_check": { "method": "off" },
        "correlator": { "wait_seconds": 0 },
    })
    .to_string()
}

fn delivery(service: &Service) -> Option<String> {
    let shown = service.run(&["report", "show", "1", "--format", "json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).ok()?;
    shown["deliveries"][0]["state"].as_str().map(str::to_owned)
}

fn dump(service: &Service, to: &Path) {
    let ran = service.run(&["state", "dump", to.to_str().unwrap()]);
    assert!(ran.status.success(), "{ran:?}");
}

#[test]
fn what_was_queued_is_not_sent_by_who_was_restored_and_no_recovery_is_made_up() {
    let cluster = cluster();
    backed_up(&cluster, 1);
    let dead = DeadPort::take();
    let silent = json!({
        "transport": "smtp",
        "smtp": { "host": "127.0.0.1", "port": dead.number(), "encryption": "none" },
    });
    let first = Service::start(
        &configuration(&cluster, &silent),
        &[("MODULE_ID", "backup-monitor1"), ("NODE_ID", "1")],
    );
    // It was bad before it was looked at for the first time.
    wait_until("a mail that waits", || {
        delivery(&first).as_deref() == Some("queued")
    });
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("backup.db");
    dump(&first, &copy);
    drop(first);

    // Meanwhile all is well again.
    backed_up(&cluster, 0);
    cluster.command(&["HDEL", "cluster/module_node", "backup-monitor1"]);
    cluster.command(&["HDEL", "cluster/module_uuid", "backup-monitor1"]);
    cluster.module("backup-monitor2", 1);
    let mails = folder.path().join("mails");
    let sending = json!({ "transport": "file", "directory": mails });
    let mut second = Service::launch(
        &configuration(&cluster, &sending),
        &[("MODULE_ID", "backup-monitor2"), ("NODE_ID", "1")],
    );
    assert!(second.term().success());
    let state = second.state_dir();
    for file in std::fs::read_dir(&state).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    std::fs::copy(&copy, state.join("state.db")).unwrap();
    second.restart();
    wait_until("the mail to be withdrawn", || {
        delivery(&second).as_deref() == Some("not_sent")
    });
    assert!(second.term().success(), "{}", second.log());
    let sent = std::fs::read_dir(&mails).map_or(0, Iterator::count);
    assert_eq!(sent, 0, "{}", second.log());
    // The history is there all the same.
    let list = second.run(&["report", "list", "--format", "json"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(list["total"], 1);
}

#[test]
fn a_dump_is_told_and_so_is_that_there_is_nothing_to_dump() {
    let cluster = cluster();
    backed_up(&cluster, 0);
    let service = Service::start(
        &configuration(&cluster, &json!({ "transport": "smarthost" })),
        &[],
    );
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("backup.db");
    dump(&service, &copy);
    assert!(copy.metadata().unwrap().len() > 0);
    let nowhere = folder.path().join("nowhere/backup.db");
    let ran = service.run(&["state", "dump", nowhere.to_str().unwrap()]);
    assert_eq!(ran.status.code(), Some(1));
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(told.contains("nowhere/backup.db"), "{told}");
}
