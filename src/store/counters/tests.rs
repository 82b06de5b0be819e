use crate::model::{AlertState, Attempt, Mailbox, Report, ReportKind};
use crate::store::tests::{alert, at, mail, open, report};
use crate::store::{Batch, Save};

use super::*;

const DAY: i64 = 86_400;

fn run(name: &str, outcome: Outcome) -> Report {
    let mut report = report(ReportKind::Run, "1", name);
    report.outcome = outcome;
    report
}

/// One report with a mail to these recipients, and how each delivery ended.
async fn delivered(store: &Store, attempts: &[(&str, Attempt)]) {
    let to: Vec<&str> = attempts.iter().map(|(to, _)| *to).collect();
    let report = run("mailed", Outcome::Partial);
    let mails = vec![mail("a", &to)];
    store
        .save_report(report, mails, vec![], at(0))
        .await
        .unwrap();
    let mail = store.due(at(0), 1).await.unwrap()[0].mail;
    for (to, attempt) in attempts {
        let to = Mailbox::new(*to);
        store
            .record(mail, to, attempt.clone(), None, at(0))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_new_database_has_counted_nothing() {
    let (_dir, store) = open();
    let counters = store.counters(at(0)).await.unwrap();
    let none = Counters {
        reports: Outcome::ALL.iter().map(|outcome| (*outcome, 0)).collect(),
        ..Counters::default()
    };
    assert_eq!(counters, none, "and has a row for every verdict");
}

#[tokio::test]
async fn every_alert_is_counted_also_repeats_and_resolved_ones() {
    let (_dir, store) = open();
    let alerts = vec![
        alert(AlertState::Firing, "1"),
        alert(AlertState::Firing, "1"),
        alert(AlertState::Resolved, "2"),
    ];
    store.accept(alerts.clone(), at(0)).await.unwrap();
    store.accept(alerts, at(0)).await.unwrap();
    assert_eq!(store.counters(at(0)).await.unwrap().alerts, 6);
}

#[tokio::test]
async fn deliveries_are_counted_by_how_they_ended() {
    let (_dir, store) = open();
    let attempts = [
        ("a@example.org", Attempt::Sent("250".into())),
        ("b@example.org", Attempt::Sent("250".into())),
        ("c@example.org", Attempt::Refused("550".into())),
        ("d@example.org", Attempt::Failed("timeout".into())),
    ];
    delivered(&store, &attempts).await;
    // Late news of a delivery that is done changes nothing.
    delivered_again(&store).await;
    store
        .save_report(
            run("waits", Outcome::Partial),
            vec![mail("w", &["e@example.org"])],
            vec![],
            at(0),
        )
        .await
        .unwrap();
    let counters = store.counters(at(7 * DAY)).await.unwrap();
    assert_eq!((counters.mails_sent, counters.mails_given_up), (2, 2));
    assert_eq!(
        (counters.mails_queued, counters.mails_undeliverable),
        (1, 2)
    );
    let later = store.counters(at(7 * DAY + 1)).await.unwrap();
    assert_eq!((later.mails_given_up, later.mails_undeliverable), (2, 0));
}

async fn delivered_again(store: &Store) {
    let to = Mailbox::new("a@example.org");
    let sent = Attempt::Sent("250".into());
    let mail = crate::model::MailId(1);
    store.record(mail, to, sent, None, at(1)).await.unwrap();
}

#[tokio::test]
async fn a_run_is_counted_once_by_its_first_verdict() {
    let (_dir, store) = open();
    for name in ["a", "b", "a"] {
        let report = run(name, Outcome::Success);
        store
            .save_report(report, vec![], vec![], at(0))
            .await
            .unwrap();
    }
    let correction = Save {
        report: run("b", Outcome::Partial),
        mails: vec![],
        answered: vec![],
        replace: true,
    };
    let batch = Batch {
        saves: vec![correction],
        ..Batch::default()
    };
    store.commit(batch, at(0)).await.unwrap();
    let reports = store.counters(at(0)).await.unwrap().reports;
    assert_eq!(reports[&Outcome::Success], 2);
    assert_eq!(reports[&Outcome::Partial], 0);
}
