use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::model::ReportKind;
use crate::store::tests::{at, mail, open, report};
use crate::store::{ReportFilter, Store};

use super::*;

const LIMIT: Duration = Duration::from_mins(1);

async fn save(store: &Store, run: &str) {
    let mails = vec![mail(run, &["x@example.org"])];
    store
        .save_report(report(ReportKind::Run, "1", run), mails, vec![], at(1))
        .await
        .unwrap();
}

/// The runs of the reports in the database of `dir`, newest first.
async fn runs(dir: &Path) -> Vec<String> {
    let store = Store::open(dir).unwrap();
    let filter = ReportFilter {
        limit: 99,
        ..ReportFilter::default()
    };
    let reports = store.reports(filter).await.unwrap();
    reports.iter().map(|line| line.run.to_string()).collect()
}

/// Puts a dump where a fresh installation has its database.
fn restored(dump: &Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(dump, place::file(dir.path())).unwrap();
    dir
}

#[tokio::test]
async fn what_was_committed_is_in_the_copy_and_what_comes_later_is_not() {
    let (dir, store) = open();
    let state = dir.path().join("state");
    let copy = dir.path().join("copy.db");
    save(&store, "a").await;
    assert!(dump(&state, &copy, LIMIT).unwrap());
    save(&store, "b").await;
    assert_eq!(
        fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let elsewhere = restored(&copy);
    assert_eq!(runs(elsewhere.path()).await, ["a"]);
    let there = Store::open(elsewhere.path()).unwrap();
    assert_eq!(there.instance(), store.instance());
    assert_eq!(
        there.due(at(9), 9).await.unwrap().len(),
        1,
        "queued as it was"
    );

    assert!(
        dump(&state, &copy, LIMIT).unwrap(),
        "in the place of the old one"
    );
    assert_eq!(runs(restored(&copy).path()).await, ["b", "a"]);
    let names = fs::read_dir(dir.path()).unwrap();
    assert_eq!(names.count(), 2, "nothing else is left beside it");
}

/// Each report is one transaction with its mail: half of one would be seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_made_while_others_write_fits_together() {
    let (dir, store) = open();
    let state = dir.path().join("state");
    let writing = tokio::spawn(async move {
        for number in 0..60 {
            save(&store, &format!("{number:03}")).await;
        }
    });
    let mut most = 0;
    while !writing.is_finished() {
        let copy = dir.path().join("copy.db");
        dump(&state, &copy, LIMIT).unwrap();
        let elsewhere = restored(&copy);
        let there = runs(elsewhere.path()).await;
        most = most.max(there.len());
        let expected: Vec<String> = (0..there.len()).rev().map(|n| format!("{n:03}")).collect();
        assert_eq!(there, expected);
        let store = Store::open(elsewhere.path()).unwrap();
        assert_eq!(store.due(at(9), 99).await.unwrap().len(), there.len());
        tokio::task::yield_now().await;
    }
    writing.await.unwrap();
    assert!(most > 0, "no copy saw anything");
}

#[tokio::test]
async fn without_a_database_nothing_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.db");
    assert_eq!(dump(&dir.path().join("state"), &copy, LIMIT), Ok(false));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_copy_that_fails_leaves_the_old_one() {
    let (dir, store) = open();
    save(&store, "a").await;
    store.shut_down().await;
    let state = dir.path().join("state");
    let copy = dir.path().join("copy.db");
    fs::write(&copy, "the old one").unwrap();
    let database = place::file(&state);
    let sound = fs::read(&database).unwrap();
    fs::write(&database, sound.get(..sound.len() / 2).unwrap()).unwrap();
    let error = dump(&state, &copy, LIMIT).unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), "the old one");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);

    // A crash left half of one behind.
    fs::write(&database, sound).unwrap();
    fs::write(dir.path().join("copy.db.half"), "half of one").unwrap();
    assert!(dump(&state, &copy, LIMIT).unwrap());
    assert_eq!(runs(restored(&copy).path()).await, ["a"]);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);

    let error = dump(&state, &dir.path().join("nowhere/copy.db"), LIMIT).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn a_copy_that_takes_too_long_is_given_up_and_leaves_the_old_one() {
    let (dir, store) = open();
    save(&store, "a").await;
    store.shut_down().await;
    let state = dir.path().join("state");
    let copy = dir.path().join("copy.db");
    fs::write(&copy, "the old one").unwrap();
    // Whoever reads has to wait, longer than this limit.
    let holder = Connection::open(place::file(&state)).unwrap();
    let held = "PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; CREATE TABLE x (y)";
    holder.execute_batch(held).unwrap();
    let error = dump(&state, &copy, Duration::from_millis(100)).unwrap_err();
    assert!(error.to_string().contains("not done within"), "{error}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), "the old one");
    assert!(!dir.path().join("copy.db.half").exists());
}
