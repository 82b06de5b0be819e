use sha2::{Digest as _, Sha256};

use crate::model::{Alert, AlertState, CloseReason};
use crate::store::tests::{alert, at, beside, open, waiting};
use crate::store::{Accepted, Store};

/// How the third version told alerts apart.
fn old_identity(alert: &Alert) -> Vec<u8> {
    Sha256::digest(serde_json::to_vec(alert).unwrap()).to_vec()
}

#[tokio::test]
async fn an_alert_of_the_third_version_is_known_when_it_comes_again() {
    let (dir, store) = open();
    let mut undated = alert(AlertState::Firing, "2");
    undated.starts_at = None;
    let alerts = [alert(AlertState::Firing, "1"), undated];
    store.accept(alerts.to_vec(), at(1)).await.unwrap();
    let entries = waiting(&store).await;
    let first = entries[..1].to_vec();
    store
        .close(first, CloseReason::Repeat, at(2))
        .await
        .unwrap();
    drop(store);
    let db = beside(dir.path());
    for (alert, (id, _)) in alerts.iter().zip(&entries) {
        let update = "UPDATE alert SET identity = ?2 WHERE id = ?1";
        db.execute(update, (id.0, old_identity(alert))).unwrap();
    }
    db.pragma_update(None, "user_version", 3).unwrap();
    drop(db);

    let store = Store::open(&dir.path().join("state")).unwrap();
    let accepted = store.accept(alerts.to_vec(), at(9)).await.unwrap();
    assert_eq!(
        accepted,
        Accepted {
            new: 0,
            repeated: 2
        }
    );
    assert_eq!(waiting(&store).await.len(), 2);
}

#[tokio::test]
async fn alerts_that_only_the_old_identity_told_apart_stay() {
    let (dir, store) = open();
    store
        .accept(vec![alert(AlertState::Firing, "1")], at(1))
        .await
        .unwrap();
    drop(store);
    beside(dir.path())
        .execute_batch(
            "INSERT INTO alert (identity, name, state, labels, starts_at,
                                count, first_seen, last_seen, waiting_since)
             SELECT x'01', name, state, labels, starts_at, 1, first_seen, last_seen,
                    waiting_since FROM alert;
             UPDATE alert SET identity = x'02' WHERE id = 1;
             PRAGMA user_version = 3;",
        )
        .unwrap();
    let store = Store::open(&dir.path().join("state")).unwrap();
    assert_eq!(waiting(&store).await.len(), 2);
    let accepted = store
        .accept(vec![alert(AlertState::Firing, "1")], at(9))
        .await
        .unwrap();
    assert_eq!(
        accepted,
        Accepted {
            new: 0,
            repeated: 1
        }
    );
}

#[tokio::test]
async fn an_alert_that_cannot_be_read_is_no_reason_not_to_start() {
    let (dir, store) = open();
    let alerts = ["1", "2"].map(|plan| alert(AlertState::Firing, plan));
    store.accept(alerts.to_vec(), at(1)).await.unwrap();
    let entries = waiting(&store).await;
    store
        .close(entries, CloseReason::Repeat, at(2))
        .await
        .unwrap();
    drop(store);
    beside(dir.path())
        .execute_batch(
            "UPDATE alert SET identity = zeroblob(id);
             UPDATE alert SET labels = CAST(x'7bff7d' AS TEXT) WHERE id = 1;
             PRAGMA user_version = 3;",
        )
        .unwrap();
    let store = Store::open(&dir.path().join("state")).unwrap();
    let accepted = store.accept(alerts.to_vec(), at(9)).await.unwrap();
    assert_eq!((accepted.new, accepted.repeated), (1, 1));
}
