use crate::model::ReportKind;
use crate::store::Saved;
use crate::store::tests::{alert, at, beside, open, report};

use super::*;

fn firing(plan: &str) -> Alert {
    alert(AlertState::Firing, plan)
}

async fn seen(store: &Store) -> Vec<(InboxId, Timestamp)> {
    store
        .waiting()
        .await
        .unwrap()
        .into_iter()
        .map(|entry| (entry.id, entry.last_seen))
        .collect()
}

#[tokio::test]
async fn an_accepted_alert_waits_as_it_came() {
    let (_dir, store) = open();
    let mut alert = firing("1 \u{0} \u{202e} è 🚀 '; DROP TABLE alert; --");
    alert.starts_at = None;
    let accepted = store.accept(vec![alert.clone()], at(5)).await.unwrap();
    assert_eq!(
        accepted,
        Accepted {
            new: 1,
            repeated: 0
        }
    );
    let waiting = store.waiting().await.unwrap();
    assert_eq!(waiting[0].alert, alert);
    assert_eq!(
        (waiting[0].waiting_since, waiting[0].last_seen),
        (at(5), at(5))
    );
}

#[tokio::test]
async fn identical_alerts_are_counted_and_not_stored_again() {
    let (dir, store) = open();
    store
        .accept(vec![firing("1"), firing("1")], at(1))
        .await
        .unwrap();
    let accepted = store
        .accept(vec![firing("1"), firing("2")], at(9))
        .await
        .unwrap();
    assert_eq!(
        accepted,
        Accepted {
            new: 1,
            repeated: 1
        }
    );
    let counts: (i64, i64, i64) = beside(dir.path())
        .query_row(
            "SELECT count, last_seen - first_seen, (SELECT count(*) FROM alert) FROM alert",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!(counts, (3, 8_000_000, 2));
    assert_eq!(store.waiting().await.unwrap()[0].waiting_since, at(1));
}

#[tokio::test]
async fn another_start_or_label_is_another_alert() {
    let (_dir, store) = open();
    let mut later = firing("1");
    later.starts_at = Some(at(60));
    let mut elsewhere = firing("1");
    elsewhere.labels.insert("node".into(), "2".into());
    let mut unknown = firing("1");
    unknown.starts_at = None;
    let alerts = vec![firing("1"), later, elsewhere, unknown.clone(), unknown];
    let accepted = store.accept(alerts, at(1)).await.unwrap();
    assert_eq!(
        accepted,
        Accepted {
            new: 4,
            repeated: 1
        }
    );
}

#[tokio::test]
async fn a_resolved_alert_is_stored_and_waits_for_nothing() {
    let (dir, store) = open();
    store
        .accept(vec![alert(AlertState::Resolved, "1")], at(1))
        .await
        .unwrap();
    assert_eq!(store.waiting().await.unwrap(), vec![]);
    let stored: i64 = beside(dir.path())
        .query_row("SELECT count(*) FROM alert", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stored, 1);
}

#[tokio::test]
async fn a_repeat_after_the_answer_waits_again_from_then_on() {
    let (_dir, store) = open();
    store.accept(vec![firing("1")], at(1)).await.unwrap();
    let entries = seen(&store).await;
    store
        .close(entries.clone(), CloseReason::Repeat, at(2))
        .await
        .unwrap();
    assert_eq!(store.waiting().await.unwrap(), vec![]);
    store.accept(vec![firing("1")], at(30)).await.unwrap();
    let waiting = store.waiting().await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].id, entries[0].0);
    assert_eq!(waiting[0].waiting_since, at(30));
}

#[tokio::test]
async fn a_repeat_that_came_in_meanwhile_is_not_answered_with_the_rest() {
    let (_dir, store) = open();
    store
        .accept(vec![firing("1"), firing("2")], at(1))
        .await
        .unwrap();
    let entries = seen(&store).await;
    // Within the same microsecond, and with a clock that was set back.
    store.accept(vec![firing("1")], at(1)).await.unwrap();
    store.accept(vec![firing("2")], at(-500)).await.unwrap();
    store
        .close(entries.clone(), CloseReason::Repeat, at(3))
        .await
        .unwrap();
    assert_eq!(store.waiting().await.unwrap().len(), 2);
    let said = report(ReportKind::Run, "1", "r");
    let saved = store
        .save_report(said, vec![], entries, at(3))
        .await
        .unwrap();
    assert!(matches!(saved, Saved::New(_)));
    assert_eq!(store.waiting().await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_waits_longest_comes_first() {
    let (_dir, store) = open();
    for (plan, when) in [("late", 9), ("early", 1), ("middle", 5)] {
        store.accept(vec![firing(plan)], at(when)).await.unwrap();
    }
    let plans: Vec<_> = store
        .waiting()
        .await
        .unwrap()
        .iter()
        .filter_map(|entry| entry.alert.plan())
        .collect();
    assert_eq!(plans, ["early", "middle", "late"].map(Into::into));
}
