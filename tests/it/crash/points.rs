//! Kills at the moments that a random one seldom meets.

use std::fs;
use std::path::Path;

use super::{account, alert, configuration, failed_plan, fine_plan, pending, webhook};
use crate::probe::support;
use crate::support::process::wait_until;
use crate::support::redis::Cluster;
use crate::support::service::Service;
use crate::support::smtp::{MailServer, Step};

/// One failed plan, its alert accepted, its mail under way to a server that
/// holds it at `step`.
fn under_way(step: Step) -> (Cluster, MailServer, Service) {
    let (cluster, mail) = (Cluster::start(), MailServer::start());
    cluster.module("mail1", 1);
    cluster.destination("d-1");
    fine_plan(&cluster, "1", "d-1");
    mail.hold(step);
    let text = configuration(&cluster, &mail, "admin@example.org");
    let service = Service::start(&text, &[]);
    post(&service, "1");
    (cluster, mail, service)
}

fn post(service: &Service, plan: &str) {
    let answer = service.post_alert(&webhook(&[alert(plan)]));
    assert_eq!(answer.status(), 200, "{answer:?}");
}

/// Starts it again, and ends it when nothing is left to do.
pub fn settle(service: &mut Service) {
    service.relaunch();
    wait_until("everything to be delivered", || {
        let pending = pending(service);
        (pending.alerts, pending.deliveries) == (0, 0)
    });
    assert!(service.term().success());
}

/// How often the mail on each plan came.
pub fn times(service: &Service, mail: &MailServer) -> Vec<(String, usize)> {
    let times = account(service, &mail.received()).into_iter();
    times.map(|(plan, n)| (plan.to_string(), n)).collect()
}

#[test]
fn killed_between_report_and_delivery_it_sends_the_stored_mail() {
    let (_cluster, mail, mut service) = under_way(Step::Recipient);
    wait_until("the report", || {
        let pending = pending(&service);
        (pending.alerts, pending.deliveries) == (0, 1)
    });
    service.kill9();
    assert!(mail.received().is_empty());
    mail.release();
    settle(&mut service);
    assert_eq!(times(&service, &mail), [("1".into(), 1)]);
}

#[test]
fn killed_before_it_hears_that_the_mail_was_taken_it_sends_the_same_again() {
    let (_cluster, mail, mut service) = under_way(Step::Answer);
    wait_until("the mail", || mail.received().len() == 1);
    service.kill9();
    mail.release();
    settle(&mut service);
    assert_eq!(times(&service, &mail), [("1".into(), 2)]);
}

#[test]
fn killed_before_it_notes_that_the_mail_was_taken_it_sends_the_same_again() {
    let (_cluster, mail, mut service) = under_way(Step::Answer);
    wait_until("the mail", || mail.received().len() == 1);
    // Nothing can be noted while somebody else is writing.
    let database = rusqlite::Connection::open(service.state_dir().join("state.db")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    mail.release();
    wait_until("the answer to be heard", || {
        service.log().contains("mail delivered")
    });
    service.kill9();
    drop(database);
    assert_eq!(pending(&service).deliveries, 1);
    settle(&mut service);
    assert_eq!(times(&service, &mail), [("1".into(), 2)]);
}

#[test]
fn an_alert_with_two_reports_waits_until_the_second_is_stored() {
    let (cluster, mail) = (Cluster::start(), MailServer::start());
    let folder = tempfile::tempdir().unwrap();
    cluster.module("mail1", 1);
    for plan in ["1", "2"] {
        let destination = format!("d-{plan}");
        cluster.destination(&destination);
    }
    let hold = folder.path().join("hold");
    fs::write(&hold, "").unwrap();
    repository(folder.path(), "d-1", "echo '[]'");
    let asked = folder.path().join("asked");
    let wait = format!(
        ": >{}; while [ -e {} ]; do sleep 0.05; done; echo '[]'",
        asked.display(),
        hold.display()
    );
    repository(folder.path(), "d-2", &wait);
    let text = configuration(&cluster, &mail, "admin@example.org")
        + &format!(
            "repo_check: {{method: restic, restic: {}}}\n\
             destinations:\n  d-1: {{url: {root}/d-1, password: x}}\n  d-2: {{url: {root}/d-2, password: x}}\n",
            support("fake_restic.sh").display(),
            root = folder.path().display(),
        );
    let mut service = Service::start(&text, &[]);
    wait_until("the first look", || {
        service.log().contains("looked at for the first time")
    });
    // What is bad then would be told without an alert.
    for plan in ["1", "2"] {
        failed_plan(&cluster, plan, &format!("d-{plan}"));
    }
    post(&service, "");
    wait_until("the first mail, noted", || {
        mail.received().len() == 1 && pending(&service).deliveries == 0
    });
    wait_until("the question to the second destination", || asked.exists());
    service.kill9();
    assert_eq!(pending(&service).alerts, 1, "one answer is still owed");
    fs::remove_file(&hold).unwrap();
    settle(&mut service);
    assert_eq!(
        times(&service, &mail),
        [("1".into(), 1), ("2".into(), 1)],
        "both are told, and the first one only once"
    );
}

/// A repository that the stand-in for restic answers for.
pub fn repository(root: &Path, destination: &str, behaviour: &str) {
    let path = root.join(destination).join("mail/uuid-mail1");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("behaviour"), behaviour).unwrap();
}
