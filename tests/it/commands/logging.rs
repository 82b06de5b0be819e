//! The log as it comes out: one event, one line.

use serde_json::json;

use super::{configuration, one_of_two_failed, webhook};
use crate::support::process::wait_until;
use crate::support::service::Service;

fn begins_as_a_line(line: &str) -> bool {
    let levels = [" DEBUG ", " INFO ", " WARNING ", " ERROR "];
    line.get(25..)
        .is_some_and(|rest| levels.iter().any(|level| rest.starts_with(level)))
        && jiff::fmt::strtime::parse("%Y-%m-%d %H:%M:%S%:z", &line[..25]).is_ok()
}

#[test]
fn one_event_is_one_line_whatever_comes_in() {
    let cluster = one_of_two_failed();
    cluster.hset("cluster/backup/1", "name", "a\nb\r\n2026-11-21 forged");
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), &cluster) + "logging: {level: DEBUG}\n";
    let mut service = Service::start(&config, &[]);
    for id in [
        "1",
        "x\n2026-11-21 00:00:00+00:00 ERROR forged",
        "\u{1b}[2J",
    ] {
        for name in ["BackupFailed", "evil\r\nname"] {
            for status in ["resolved", "firing"] {
                let labels = json!({ "alertname": name, "id": id });
                assert_eq!(service.post_alert(&webhook(status, &labels)).status(), 200);
            }
        }
    }
    wait_until("a mail", || service.log().contains("mail delivered"));
    assert!(service.term().success());
    let log = service.log();
    for line in log.lines() {
        assert!(begins_as_a_line(line), "{line:?}");
        assert!(!line.contains(char::is_control), "{line:?}");
        assert!(!line[26..].starts_with("ERROR"), "{line}");
    }
    for words in ["ready, listening on", "report 1: ", "ending", "ended"] {
        assert_eq!(log.matches(words).count(), 1, "{words}: {log}");
    }
}
