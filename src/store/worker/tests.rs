use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Waker};

use crate::model::AlertState;
use crate::store::Store;
use crate::store::tests::{alert, at, beside, open};

use super::*;

/// Hands a call over, without waiting for its answer.
fn started<F: Future>(call: F) -> Pin<Box<F>> {
    let mut call = Box::pin(call);
    let poll = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending());
    call
}

/// Keeps the thread busy until the returned sender is dropped.
async fn hold(store: &Store) -> mpsc::Sender<()> {
    let (release, wait) = mpsc::channel::<()>();
    let (entered, ready) = oneshot::channel();
    let _call = started(store.read(move |_| {
        let _ = entered.send(());
        let _ = wait.recv();
        Ok(())
    }));
    ready.await.unwrap();
    release
}

async fn insert(store: Store, plan: String) -> Result<(), StoreError> {
    store.write(move |db| insert_into(db, &plan)).await
}

async fn insert_again(store: Store, plan: String) -> Result<(), StoreError> {
    store.write_again(move |db| insert_into(db, &plan)).await
}

fn insert_into(db: &Connection, plan: &str) -> Result<(), StoreError> {
    db.execute("INSERT INTO plan_seen (plan) VALUES (?1)", [plan])?;
    Ok(())
}

async fn plans(store: &Store) -> usize {
    store.memory().await.unwrap().known_plans.len()
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn calls_that_wait_together_are_committed_together() {
    let (dir, store) = open();
    let log = dir.path().join("state/state.db-wal");
    let before = std::fs::metadata(&log).unwrap().len();
    let held = hold(&store).await;
    let calls: Vec<_> = (0..50)
        .map(|plan| started(insert(store.clone(), format!("{plan:02}"))))
        .collect();
    drop(held);
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(plans(&store).await, 50);
    // Each commit writes at least one page; fifty of them would be 200 kB.
    let written = std::fs::metadata(&log).unwrap().len() - before;
    assert!(written < 5 * 4200, "{written} bytes of log");
}

#[tokio::test]
async fn a_call_that_fails_takes_no_other_one_down() {
    let (_dir, store) = open();
    let held = hold(&store).await;
    let calls: Vec<_> = ["a", "b", "a", "c"]
        .into_iter()
        .map(|plan| started(insert(store.clone(), plan.to_owned())))
        .collect();
    drop(held);
    let mut failed = 0;
    for call in calls {
        failed += usize::from(call.await.is_err());
    }
    assert_eq!(failed, 1);
    assert_eq!(plans(&store).await, 3);
}

#[tokio::test]
async fn a_call_that_shares_a_savepoint_takes_no_other_one_down_either() {
    let (_dir, store) = open();
    let held = hold(&store).await;
    let again = |plan: &str| started(insert_again(store.clone(), plan.to_owned()));
    let before = again("a");
    let alone = started(insert(store.clone(), "b".into()));
    let [good, bad, last] = ["c", "a", "d"].map(again);
    let after = started(insert(store.clone(), "e".into()));
    drop(held);
    assert_eq!(
        (before.await, alone.await, after.await),
        (Ok(()), Ok(()), Ok(()))
    );
    assert_eq!((good.await, last.await), (Ok(()), Ok(())));
    let error = bad.await.unwrap_err();
    assert!(error.to_string().contains("UNIQUE"), "{error}");
    assert_eq!(plans(&store).await, 5);
}

#[tokio::test]
async fn a_failed_call_leaves_nothing_behind() {
    let (_dir, store) = open();
    let result: Result<(), _> = store
        .write(|db| {
            db.execute("INSERT INTO plan_seen (plan) VALUES ('half')", [])?;
            Err(StoreError::Internal("on purpose".into()))
        })
        .await;
    assert_eq!(result, Err(StoreError::Internal("on purpose".into())));
    assert_eq!(plans(&store).await, 0);
}

#[tokio::test]
async fn more_than_may_wait_is_refused_as_busy() {
    let (_dir, store) = open();
    let held = hold(&store).await;
    let waiting: Vec<_> = (0..QUEUE)
        .map(|plan| started(insert(store.clone(), plan.to_string())))
        .collect();
    assert_eq!(store.check_writable().await, Err(StoreError::Busy));
    drop(held);
    for call in waiting {
        call.await.unwrap();
    }
    assert_eq!(store.check_writable().await, Ok(()));
}

#[tokio::test]
async fn what_was_handed_over_before_the_end_is_still_stored() {
    let (dir, store) = open();
    let held = hold(&store).await;
    let last = started(insert(store.clone(), "last".into()));
    let end = started(store.shut_down());
    assert_eq!(store.check_writable().await, Err(StoreError::Closed));
    drop(held);
    last.await.unwrap();
    end.await;
    assert!(!dir.path().join("state/state.db-wal").exists(), "closed");
    let reopened = Store::open(&dir.path().join("state")).unwrap();
    assert_eq!(plans(&reopened).await, 1);
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_half_stored() {
    let (_dir, store) = open();
    store
        .accept(vec![alert(AlertState::Firing, "0")], at(0))
        .await
        .unwrap();
    store.fill_disk().await;
    let many = (0..500)
        .map(|plan| alert(AlertState::Firing, &format!("{plan}-{:0>900}", 0)))
        .collect();
    assert_eq!(store.accept(many, at(1)).await, Err(StoreError::Full));
    assert_eq!(store.waiting().await.unwrap().len(), 1);
    store.free_disk().await;
    store
        .accept(vec![alert(AlertState::Firing, "1")], at(2))
        .await
        .unwrap();
    assert_eq!(store.waiting().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_call_that_fills_the_disk_takes_the_others_down_honestly() {
    let (_dir, store) = open();
    store.fill_disk().await;
    let held = hold(&store).await;
    let small = started(insert(store.clone(), "small".into()));
    let large = started(insert(store.clone(), "x".repeat(200_000)));
    drop(held);
    assert_eq!(large.await, Err(StoreError::Full));
    let stored = small.await.is_ok();
    assert_eq!(plans(&store).await, usize::from(stored));
}

#[tokio::test]
async fn one_of_those_that_share_a_savepoint_fills_the_disk_honestly() {
    let (_dir, store) = open();
    store.fill_disk().await;
    let held = hold(&store).await;
    let [first, large, last] = ["first".into(), "x".repeat(200_000), "last".into()]
        .map(|plan| started(insert_again(store.clone(), plan)));
    drop(held);
    assert_eq!(large.await, Err(StoreError::Full));
    let stored = [first.await.is_ok(), last.await.is_ok()];
    assert_eq!(
        plans(&store).await,
        stored.iter().filter(|one| **one).count()
    );
}

#[tokio::test]
async fn a_removed_database_is_noticed_before_anything_is_promised() {
    let (dir, store) = open();
    std::fs::remove_file(dir.path().join("state/state.db")).unwrap();
    assert_eq!(store.check_writable().await, Err(StoreError::Gone));
    assert_eq!(
        store
            .accept(vec![alert(AlertState::Firing, "1")], at(0))
            .await,
        Err(StoreError::Gone)
    );
}

#[tokio::test]
async fn a_replaced_database_is_noticed_too() {
    let (dir, store) = open();
    let file = dir.path().join("state/state.db");
    std::fs::copy(&file, dir.path().join("copy")).unwrap();
    std::fs::rename(dir.path().join("copy"), &file).unwrap();
    assert_eq!(store.check_writable().await, Err(StoreError::Gone));
}

#[tokio::test]
async fn a_directory_made_read_only_is_noticed_by_root_as_well() {
    let (dir, store) = open();
    set_mode(&dir.path().join("state"), 0o500);
    let refused = store.check_writable().await;
    let readable = store.waiting().await;
    set_mode(&dir.path().join("state"), 0o700);
    assert_eq!(refused, Err(StoreError::ReadOnly));
    assert_eq!(readable, Ok(vec![]));
    assert_eq!(store.check_writable().await, Ok(()));
}

#[tokio::test]
async fn a_command_beside_the_service_sees_and_changes_the_same_data() {
    let (dir, service) = open();
    let command = Store::open(&dir.path().join("state")).unwrap();
    service
        .accept(vec![alert(AlertState::Firing, "1")], at(0))
        .await
        .unwrap();
    assert_eq!(command.waiting().await.unwrap().len(), 1);
    command
        .accept(vec![alert(AlertState::Firing, "2")], at(0))
        .await
        .unwrap();
    assert_eq!(service.waiting().await.unwrap().len(), 2);
    drop(command);
    assert_eq!(service.check_writable().await, Ok(()));
}

#[tokio::test]
async fn a_write_waits_for_another_process_that_is_writing() {
    let (dir, store) = open();
    let other = beside(dir.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let call = started(insert(store.clone(), "1".into()));
    other.execute_batch("COMMIT").unwrap();
    call.await.unwrap();
}
