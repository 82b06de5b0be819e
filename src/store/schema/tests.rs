use std::os::unix::fs::PermissionsExt as _;

use crate::model::AlertState;
use crate::store::Store;
use crate::store::tests::{alert, at, beside, open};

use super::*;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_the_owner_can_look_into_the_state_directory() {
    let (dir, store) = open();
    store
        .accept(vec![alert(AlertState::Firing, "1")], at(0))
        .await
        .unwrap();
    assert_eq!(mode(&dir.path().join("state")), 0o700);
    for file in std::fs::read_dir(dir.path().join("state")).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_database_that_everybody_could_read_is_closed_to_others() {
    let (dir, store) = open();
    drop(store);
    let file = dir.path().join("state/state.db");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(Store::open(&dir.path().join("state")).unwrap());
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn every_commit_is_synced_and_references_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let (_place, connection) = super::open(dir.path()).unwrap();
    let pragma = |name| -> i64 {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .unwrap()
    };
    assert_eq!(pragma("synchronous"), 2);
    assert_eq!(pragma("foreign_keys"), 1);
}

#[test]
fn what_was_stored_and_the_name_of_the_installation_survive() {
    let (dir, store) = open();
    let instance = store.instance().to_owned();
    assert_eq!(instance.len(), 16);
    drop(store);
    let store = Store::open(&dir.path().join("state")).unwrap();
    assert_eq!(store.instance(), instance);
    let (_other, other) = open();
    assert_ne!(other.instance(), instance);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let (dir, store) = open();
    drop(store);
    beside(dir.path())
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = Store::open(&dir.path().join("state")).err().unwrap();
    assert_eq!(
        error,
        StoreError::TooNew {
            found: 99,
            known: 4
        }
    );
}

#[test]
fn a_state_directory_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("state")).err().unwrap();
    assert!(error.to_string().contains("file/state"), "{error}");
}

#[test]
fn a_read_only_state_directory_is_refused_at_the_start() {
    let (dir, store) = open();
    drop(store);
    let state = dir.path().join("state");
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o500)).unwrap();
    let error = Store::open(&state).err();
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(error, Some(StoreError::ReadOnly));
}

/// `.cargo/config.toml`, which a build from another folder misses. That it syncs
/// with fdatasync SQLite does not say; the flag for it stands beside these.
#[test]
fn sqlite_is_compiled_as_the_project_asks() {
    let connection = Connection::open_in_memory().unwrap();
    let options: Vec<String> = connection
        .prepare("PRAGMA compile_options")
        .and_then(|mut all| all.query_map([], |row| row.get(0))?.collect())
        .unwrap();
    let has = |option: &str| options.iter().any(|one| one == option);
    assert!(has("DEFAULT_MEMSTATUS=0"), "{options:?}");
    assert!(has("OMIT_LOAD_EXTENSION"), "{options:?}");
    assert!(!has("ENABLE_FTS5"), "{options:?}");
}
