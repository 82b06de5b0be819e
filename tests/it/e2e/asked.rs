//! An Alertmanager that posts to nobody and is asked, and a second instance of
//! the module.

use rustix::process::Signal;
use serde_json::json;

use super::alerts::two_plans;
use super::case::{Case, Labels, backup_failed};
use crate::support::alertmanager::{Alertmanager, Options};
use crate::support::process::wait_until;

/// Of NS8, as it stands: its webhook is somebody else's.
fn of_ns8() -> Alertmanager {
    Alertmanager::start("http://127.0.0.1:1/", &Options::default())
}

fn fire(alertmanager: &Alertmanager, labels: &Labels) {
    let labels: Vec<(&str, &str)> = labels.iter().map(|(n, v)| (*n, v.as_str())).collect();
    alertmanager.fire(&labels);
}

fn logged(case: &Case, what: &str) -> usize {
    let log = case.service.log();
    log.lines().filter(|line| line.contains(what)).count()
}

/// It asks at every reload, too.
fn ask_again(case: &Case, what: &str, times: usize) {
    case.service.signal(Signal::HUP);
    wait_until(what, || logged(case, what) >= times);
}

const FOUND: &str = "alerts found at Alertmanager";
const STILL: &str = "the alerts of alertmanager.url are still not known";
const NOT_KNOWN: &str = "the alerts of alertmanager.url are not known";

#[test]
fn an_alert_that_nobody_posts_is_answered_once() {
    let mut ns8 = of_ns8();
    let (weekly, nightly) = (
        backup_failed("2", "Weekly", 2),
        backup_failed("1", "Nightly", 1),
    );
    ns8.silence("id", "1");
    fire(&ns8, &weekly);
    fire(&ns8, &nightly);
    let mut other = weekly.clone();
    other[0].1 = "DiskFull".to_owned();
    fire(&ns8, &other);
    let world = two_plans().set("alertmanager.url", json!(ns8.url()));
    let mut case = world.serve();
    let letter = case.letters(1).remove(0);
    assert!(letter.subject.contains("Weekly"), "{letter:?}");
    letter.says(&["alertname=BackupFailed id=2 name=Weekly node=2 severity=critical"]);
    assert_eq!((logged(&case, FOUND), case.reports()), (1, 1));

    // Whoever silenced it there may still post it here.
    case.fire(&[&backup_failed("1", "Nightly", 1)]);
    case.letters(2);

    // A restart asks anew, and is told what it knows.
    case.service.restart();
    wait_until("the alert to be found again", || logged(&case, FOUND) == 2);
    assert!(case.service.latest_log().contains("repeated=1"));
    case.letters(2);

    // Another one, while the first goes on.
    fire(&ns8, &backup_failed("77", "Ghost", 1));
    ask_again(&case, FOUND, 3);
    assert!(case.letters(3)[2].subject.contains("77"));

    // What cannot be asked is no end of anything, and is told once.
    ns8.kill();
    ask_again(&case, NOT_KNOWN, 1);
    ask_again(&case, STILL, 1);
    ask_again(&case, STILL, 2);
    case.letters(3);
    assert_eq!(logged(&case, NOT_KNOWN), 1);
    assert_eq!(case.reports(), 3);
}

/// T29.
#[test]
fn two_instances_see_a_failure_and_one_tells_it() {
    let world = two_plans();
    for module in ["backup-monitor1", "backup-monitor2"] {
        world.cluster.module(module, 1);
    }
    world.cluster.voice("backup-monitor2");
    let second = world.another("backup-monitor2");
    let case = world.serve();
    wait_until("the first look of the second", || {
        second.log().contains("looked at for the first time")
    });
    wait_until("the first to say that it only collects", || {
        logged(&case, "another instance of this application sends") == 1
    });
    case.status(2, "2", "samba1", 1);
    let failed = super::case::webhook(&[("firing", &backup_failed("2", "Weekly", 2))]);
    case.post(&failed);
    wait_until("the report of the first", || case.reports() == 1);
    assert_eq!(case.mail.received().len(), 0);
    assert_eq!(second.post_alert(&failed).status(), 200);
    let letter = case.letters(1).remove(0);
    assert!(letter.subject.contains("❌"), "{letter:?}");

    // The cluster changes its mind.
    case.cluster.voice("backup-monitor1");
    let start = super::world::last_run() + 900;
    case.cluster.status_a(1, "1", "mail1", start, start + 60, 1);
    let failed = super::case::webhook(&[("firing", &backup_failed("1", "Nightly", 1))]);
    assert_eq!(second.post_alert(&failed).status(), 200);
    wait_until("the second to say that it only collects", || {
        second
            .log()
            .contains("another instance of this application sends")
    });
    case.letters(1);
    case.post(&failed);
    let letters = case.letters(2);
    assert!(letters[1].subject.contains("Nightly"), "{:?}", letters[1]);
}
