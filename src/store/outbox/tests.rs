use crate::model::ReportKind;
use crate::store::Saved;
use crate::store::tests::{at, mail, open, report};

use super::*;

/// A store with one report and these mails, queued at second 0.
async fn with(mails: &[OutgoingMail]) -> (tempfile::TempDir, Store, ReportId) {
    let (dir, store) = open();
    let report = report(ReportKind::Run, "1", "r");
    let saved = store
        .save_report(report, mails.to_vec(), vec![], at(0))
        .await
        .unwrap();
    let (Saved::New(id) | Saved::Already(id)) = saved;
    (dir, store, id)
}

async fn one(store: &Store, now: i64) -> Delivery {
    store.due(at(now), 1).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_delivery_carries_the_very_bytes_that_were_queued() {
    let message = mail("a", &["x@example.org", "y@example.org"]);
    let (_dir, store, _) = with(std::slice::from_ref(&message)).await;
    let due = store.due(at(0), 10).await.unwrap();
    assert_eq!(due.len(), 2);
    for (delivery, to) in due.iter().zip(&message.to) {
        assert_eq!(delivery.message, message);
        assert_eq!(delivery.to, *to);
        assert_eq!((delivery.attempts, delivery.queued_at), (0, at(0)));
    }
    assert_eq!(store.due(at(-1), 10).await.unwrap(), vec![]);
    assert_eq!(store.due(at(0), 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_failed_attempt_waits_for_its_next_time() {
    let (_dir, store, id) = with(&[mail("a", &["x@example.org"])]).await;
    for (now, next) in [(0, 60), (60, 300)] {
        let delivery = one(&store, now).await;
        let failed = Attempt::Failed(format!("no answer at {now}"));
        let next = Some(at(next));
        store
            .record(delivery.mail, delivery.to, failed, next, at(now))
            .await
            .unwrap();
    }
    assert_eq!(store.due(at(299), 9).await.unwrap(), vec![]);
    assert_eq!(store.next_due().await, Ok(Some(at(300))));
    assert_eq!(one(&store, 300).await.attempts, 2);
    let line = store.deliveries(id).await.unwrap().remove(0);
    assert_eq!(line.state, RecipientState::Queued);
    assert_eq!(line.answer.as_deref(), Some("no answer at 60"));
    assert_eq!((line.at, line.next_attempt), (at(60), Some(at(300))));
}

#[tokio::test]
async fn recipients_end_one_by_one() {
    let to = [
        "sent@example.org",
        "refused@example.org",
        "late@example.org",
        "waits@example.org",
    ];
    let (_dir, store, id) = with(&[mail("a", &to)]).await;
    let mail = one(&store, 0).await.mail;
    let attempts = [
        Attempt::Sent("250 ok".into()),
        Attempt::Refused("550 no such user".into()),
        Attempt::Failed("timeout".into()),
    ];
    for (to, attempt) in to.iter().zip(attempts) {
        let to = Mailbox::new(*to);
        store.record(mail, to, attempt, None, at(9)).await.unwrap();
    }
    let states: Vec<_> = store
        .deliveries(id)
        .await
        .unwrap()
        .iter()
        .map(|line| (line.state, line.attempts))
        .collect();
    assert_eq!(
        states,
        [
            (RecipientState::Sent, 0),
            (RecipientState::Refused, 1),
            (RecipientState::Undeliverable, 1),
            (RecipientState::Queued, 0),
        ]
    );
    assert_eq!(
        store.pending_counts().await,
        Ok(Pending {
            alerts: 0,
            deliveries: 1,
            undeliverable: 1
        })
    );
}

#[tokio::test]
async fn a_delivery_that_is_done_is_not_opened_again() {
    let (_dir, store, id) = with(&[mail("a", &["x@example.org"])]).await;
    let delivery = one(&store, 0).await;
    for attempt in [
        Attempt::Sent("250".into()),
        Attempt::Failed("late news".into()),
    ] {
        let next = Some(at(5));
        store
            .record(delivery.mail, delivery.to.clone(), attempt, next, at(1))
            .await
            .unwrap();
    }
    assert_eq!(
        store.deliveries(id).await.unwrap()[0].state,
        RecipientState::Sent
    );
    assert_eq!(store.next_due().await, Ok(None));
}

#[tokio::test]
async fn a_changed_way_out_makes_everything_due_at_once() {
    let (_dir, store, _) = with(&[mail("a", &["x@example.org", "y@example.org"])]).await;
    let delivery = one(&store, 0).await;
    let next = Some(at(9_999));
    let failed = Attempt::Failed("refused".into());
    store
        .record(delivery.mail, delivery.to, failed, next, at(0))
        .await
        .unwrap();
    assert_eq!(store.flush(at(10)).await, Ok(1));
    assert_eq!(store.due(at(10), 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_report_can_be_sent_again_and_only_one_that_exists() {
    let (_dir, store, id) = with(&[mail("a", &["x@example.org"])]).await;
    store
        .queue_again(id, vec![mail("b", &["z@example.org"])], at(50))
        .await
        .unwrap();
    let lines = store.deliveries(id).await.unwrap();
    let to: Vec<_> = lines.iter().map(|line| line.to.as_str()).collect();
    assert_eq!(to, ["x@example.org", "z@example.org"]);
    let missing = ReportId(99);
    assert_eq!(
        store
            .queue_again(missing, vec![mail("b", &["z@example.org"])], at(50))
            .await,
        Err(StoreError::NoSuchReport(missing))
    );
}

#[tokio::test]
async fn a_restored_database_sends_nothing_of_what_was_queued() {
    let to = ["sent@example.org", "waits@example.org", "late@example.org"];
    let (_dir, store, id) = with(&[mail("a", &to)]).await;
    let mail = one(&store, 0).await.mail;
    let sent = Attempt::Sent("250".into());
    let failed = Attempt::Failed("timeout".into());
    for (to, attempt) in [(to[0], sent.clone()), (to[2], failed)] {
        let (to, next) = (Mailbox::new(to), Some(at(60)));
        store.record(mail, to, attempt, next, at(1)).await.unwrap();
    }
    assert_eq!(store.withdraw_queued(at(9)).await, Ok(2));
    assert_eq!(store.due(at(99), 9).await.unwrap(), vec![]);
    assert_eq!(store.next_due().await, Ok(None));
    let lines = store.deliveries(id).await.unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.state, line.answer.as_deref()))
        .collect();
    let withdrawn = (RecipientState::NotSent, Some("not sent: restored"));
    assert_eq!(
        told,
        [(RecipientState::Sent, Some("250")), withdrawn, withdrawn]
    );
    assert_eq!((lines[1].at, lines[2].attempts), (at(9), 1));

    // An attempt that was under way changes nothing any more.
    let to = Mailbox::new(to[1]);
    store.record(mail, to, sent, None, at(10)).await.unwrap();
    let lines = store.deliveries(id).await.unwrap();
    assert_eq!(lines[1].state, RecipientState::NotSent);
    assert_eq!(store.flush(at(11)).await, Ok(0));
    let counters = store.counters(at(11)).await.unwrap();
    assert_eq!((counters.mails_sent, counters.mails_given_up), (1, 0));
    assert_eq!(counters.mails_queued, 0);
    assert_eq!(store.withdraw_queued(at(12)).await, Ok(0));
}
