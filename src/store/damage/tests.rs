use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use crate::model::{AlertState, ReportKind};
use crate::store::tests::{alert, at, beside as sqlite, mail, open, report};
use crate::store::{ReportFilter, Store};

use super::*;

/// A database with a history of some pages, properly closed.
async fn history() -> (TempDir, PathBuf) {
    let (dir, store) = open();
    for run in 0..40 {
        let report = report(ReportKind::Run, "1", &format!("run {run}"));
        let mails = vec![mail(&format!("m{run}"), &["a@example.org"])];
        let saved = store.save_report(report, mails, vec![], at(run)).await;
        saved.unwrap();
    }
    store.shut_down().await;
    let state = dir.path().join("state");
    (dir, state)
}

/// As [`history`], killed: what was committed last stands in the log only.
async fn killed() -> (TempDir, PathBuf) {
    let (dir, state) = history().await;
    let store = Store::open(&state).unwrap();
    let firing = vec![alert(AlertState::Firing, "1")];
    store.accept(firing, at(99)).await.unwrap();
    // What lies on the disk while it is open is what a kill leaves there.
    let copy = dir.path().join("killed");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(&state).unwrap() {
        let from = entry.unwrap().path();
        fs::copy(&from, copy.join(from.file_name().unwrap())).unwrap();
    }
    (dir, copy)
}

fn flip(file: &Path, places: impl Iterator<Item = usize>) {
    let mut bytes = fs::read(file).unwrap();
    for place in places {
        bytes[place] ^= 0xff;
    }
    fs::write(file, bytes).unwrap();
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn all() -> ReportFilter {
    ReportFilter {
        limit: 1000,
        ..ReportFilter::default()
    }
}

async fn reports(store: &Store) -> usize {
    store.reports(all()).await.unwrap().len()
}

/// It was put aside with what belongs to it, and the fresh one works and knows
/// of it.
#[track_caller]
fn begun_anew(dir: &Path) -> (Store, PathBuf) {
    let (store, aside) = Store::open_or_begin_anew(dir, at(500)).unwrap();
    let aside = aside.expect("it was put aside");
    let name = aside.file.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(name.starts_with("state.db.damaged-2026"), "{name}");
    assert!(!aside.why.is_empty());
    (store, aside.file)
}

async fn works_and_knows(store: &Store, aside: &Path) {
    assert_eq!(reports(store).await, 0);
    store.check_writable().await.unwrap();
    let name = aside.file_name().unwrap().to_str().unwrap().to_owned();
    let watch = store.load_watch().await.unwrap();
    assert_eq!(watch.whole.identity, None, "everything begins anew");
    assert_eq!(
        watch.whole.notes,
        [Warning::HistoryLost { kept_as: name }],
        "the next mail says so"
    );
}

#[tokio::test]
async fn what_is_no_database_is_put_aside() {
    for content in [
        "no database at all, just some text",
        &"x".repeat(9000),
        "\0",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("state.db");
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        let (store, aside) = begun_anew(dir.path());
        works_and_knows(&store, &aside).await;
        assert_eq!(fs::read_to_string(&aside).unwrap(), content);
        assert_eq!(mode(&aside), 0o600);
        assert_eq!(mode(&file), 0o600);
    }
}

#[tokio::test]
async fn a_directory_in_its_place_is_put_aside_and_never_removed() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..5 {
        let there = dir.path().join("state.db");
        if there.exists() {
            fs::remove_file(&there).unwrap();
        }
        fs::create_dir(&there).unwrap();
        fs::write(there.join("somebody's"), number.to_string()).unwrap();
        let (store, aside) = begun_anew(dir.path());
        works_and_knows(&store, &aside).await;
        assert_eq!(mode(&aside), 0o700);
        store.shut_down().await;
    }
    let kept = names(dir.path());
    let kept = kept.iter().filter(|name| name.starts_with(ASIDE));
    assert_eq!(kept.count(), 5);
}

#[tokio::test]
async fn an_empty_file_is_a_database_that_was_not_begun_yet() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("state.db"), "").unwrap();
    let (store, aside) = Store::open_or_begin_anew(dir.path(), at(500)).unwrap();
    assert_eq!(aside, None);
    store.check_writable().await.unwrap();
}

#[tokio::test]
async fn a_database_that_was_emptied_beside_its_log_is_put_aside_with_it() {
    let (_dir, state) = killed().await;
    fs::write(state.join("state.db"), "").unwrap();
    let log = fs::read(state.join("state.db-wal")).unwrap();
    let (store, aside) = begun_anew(&state);
    works_and_knows(&store, &aside).await;
    assert_eq!(fs::read(with(&aside, "-wal")).unwrap(), log);
    assert_eq!(mode(&with(&aside, "-wal")), 0o600);
}

#[tokio::test]
async fn a_page_that_is_overwritten_is_found_after_an_unclean_end() {
    let (_dir, state) = killed().await;
    let file = state.join("state.db");
    let pages = fs::metadata(&file).unwrap().len() / 4096;
    let middle = usize::try_from(pages / 2).unwrap() * 4096;
    flip(&file, middle..middle + 600);
    let (store, aside) = begun_anew(&state);
    works_and_knows(&store, &aside).await;
    assert_eq!(names(&state).iter().filter(|n| *n == SUSPECT).count(), 0);
    let kept = rusqlite::Connection::open(&aside).unwrap();
    let left = kept.query_row("SELECT count(*) FROM report", [], |row| row.get(0));
    assert_eq!(left, Ok(40), "what can be read of it still can");
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_put_aside() {
    for keep in [1, 2, 3] {
        let (_dir, state) = history().await;
        let file = state.join("state.db");
        let all = fs::metadata(&file).unwrap().len();
        let cut = fs::OpenOptions::new().write(true).open(&file).unwrap();
        cut.set_len(all * keep / 4 + 100).unwrap();
        let (store, aside) = begun_anew(&state);
        works_and_knows(&store, &aside).await;
    }
}

/// SQLite takes a log that it did not write for an empty one: what was carried
/// over before is still sound.
#[tokio::test]
async fn a_log_of_garbage_costs_only_what_stood_in_it() {
    let (_dir, state) = killed().await;
    fs::write(state.join("state.db-wal"), "garbage ".repeat(5000)).unwrap();
    let (store, aside) = Store::open_or_begin_anew(&state, at(500)).unwrap();
    assert_eq!(aside, None);
    assert_eq!(reports(&store).await, 40);
    store.check_writable().await.unwrap();
}

/// Whatever byte of the header is another one: the database is used, and is
/// whole, or is put aside. It is never taken for a disk that cannot be written
/// or for the work of a newer version, which would be left alone.
#[tokio::test]
async fn no_flipped_byte_of_the_header_keeps_the_service_from_starting() {
    let (_dir, state) = history().await;
    let sound = fs::read(state.join("state.db")).unwrap();
    let mut aside = 0;
    let versions = [18, 19, 47, 59, 62, 63].map(|place| (place, 0x01));
    for (place, flipped) in (10..100).map(|place| (place, 0xff)).chain(versions) {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = sound.clone();
        bytes[place] ^= flipped;
        fs::write(dir.path().join("state.db"), bytes).unwrap();
        // So that it is looked at as closely as after a kill.
        fs::write(dir.path().join("state.db-wal"), "x").unwrap();
        let opened = Store::open_or_begin_anew(dir.path(), at(500));
        let what = format!("byte {place} with {flipped:#x}");
        if let Err(StoreError::TooNew { found, .. }) = opened {
            // The last byte of the format: that may be a newer version.
            assert_eq!(place, 63, "{found}");
            continue;
        }
        let (store, damaged) = opened.unwrap_or_else(|error| panic!("{what}: {error}"));
        store.check_writable().await.expect(&what);
        aside += usize::from(damaged.is_some());
        let expected = if damaged.is_some() { 0 } else { 40 };
        assert_eq!(reports(&store).await, expected, "{what}");
    }
    assert!(aside > 20, "{aside}");
}

#[tokio::test]
async fn of_four_damaged_databases_the_last_three_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    for number in 1..=4 {
        fs::write(dir.path().join("state.db"), format!("text {number}")).unwrap();
        fs::write(dir.path().join("state.db-wal"), format!("log {number}")).unwrap();
        let begun = Store::open_or_begin_anew(dir.path(), at(500)).unwrap();
        begun.0.shut_down().await;
    }
    let all = names(dir.path());
    let kept: Vec<&String> = all.iter().filter(|name| name.starts_with(ASIDE)).collect();
    let of = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    let contents: Vec<String> = kept.iter().map(|name| of(name)).collect();
    let expected = ["text 2", "log 2", "text 3", "log 3", "text 4", "log 4"];
    assert_eq!(contents, expected, "{all:?}");
}

#[tokio::test]
async fn neither_a_newer_database_nor_one_that_cannot_be_reached_is_put_aside() {
    let (dir, state) = history().await;
    let newer = sqlite(dir.path());
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let before = fs::read(state.join("state.db")).unwrap();
    let error = Store::open_or_begin_anew(&state, at(500)).err().unwrap();
    assert!(matches!(error, StoreError::TooNew { .. }), "{error}");
    assert_eq!(fs::read(state.join("state.db")).unwrap(), before);

    let (_dir, state) = history().await;
    fs::set_permissions(&state, Permissions::from_mode(0o500)).unwrap();
    let error = Store::open_or_begin_anew(&state, at(500)).err();
    fs::set_permissions(&state, Permissions::from_mode(0o700)).unwrap();
    assert_eq!(error, Some(StoreError::ReadOnly));
    let aside = |name: &String| name.starts_with(ASIDE);
    assert!(!names(&state).iter().any(aside));
}

/// A command that meets a damaged database says so, and leaves it.
#[tokio::test]
async fn a_command_never_puts_anything_aside() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state.db");
    fs::write(&file, "no database").unwrap();
    let error = Store::open_existing(dir.path()).err().unwrap();
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    assert_eq!(fs::read_to_string(file).unwrap(), "no database");
    assert_eq!(names(dir.path()), ["state.db"]);
}

/// All pages but the first, which SQLite keeps in its memory.
fn ruin(state: &Path) {
    let file = state.join("state.db");
    let all = usize::try_from(fs::metadata(&file).unwrap().len()).unwrap();
    flip(&file, 4096..all);
}

#[tokio::test]
async fn damage_found_while_in_use_ends_the_work_and_the_next_start_begins_anew() {
    let (_dir, state) = history().await;
    let (store, _) = Store::open_or_begin_anew(&state, at(500)).unwrap();
    ruin(&state);
    let found = store.reports(all()).await;
    assert!(matches!(found, Err(StoreError::Damaged(_))), "{found:?}");
    let why = store.damaged().await;
    assert_eq!(store.check_writable().await, Err(StoreError::Damaged(why)));
    let firing = vec![alert(AlertState::Firing, "1")];
    let refused = store.accept(firing, at(501)).await;
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "no promise");
    store.shut_down().await;

    let (store, aside) = begun_anew(&state);
    works_and_knows(&store, &aside).await;
    assert!(!is_suspect(&state));
}

#[tokio::test]
async fn a_suspicion_that_proves_wrong_costs_nothing() {
    let (_dir, state) = history().await;
    fs::write(state.join(SUSPECT), "").unwrap();
    let (store, aside) = Store::open_or_begin_anew(&state, at(500)).unwrap();
    assert_eq!(aside, None);
    assert_eq!(reports(&store).await, 40);
    assert!(!is_suspect(&state));
}

#[tokio::test]
async fn a_file_that_took_its_place_is_not_called_damaged() {
    let (_dir, state) = history().await;
    let store = Store::open(&state).unwrap();
    ruin(&state);
    let copy = state.join("copy");
    fs::copy(state.join("state.db"), &copy).unwrap();
    fs::rename(&copy, state.join("state.db")).unwrap();
    // The page cache still shows the opened file, ruined.
    let found = store.reports(all()).await;
    assert_eq!(found, Err(StoreError::Gone));
    assert!(!is_suspect(&state));
}

/// An entry that another version wrote is no damage.
#[tokio::test]
async fn an_entry_that_cannot_be_understood_is_no_reason_to_begin_anew() {
    let (dir, state) = history().await;
    let other = sqlite(dir.path());
    other
        .execute("UPDATE report SET outcome = 'UNHEARD_OF' WHERE id = 1", [])
        .unwrap();
    drop(other);
    let (store, aside) = Store::open_or_begin_anew(&state, at(500)).unwrap();
    assert_eq!(aside, None);
    let listed = store.reports(all()).await;
    assert!(matches!(listed, Err(StoreError::Corrupt(_))), "{listed:?}");
    store.check_writable().await.unwrap();
}
