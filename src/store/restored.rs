//! A database that came back from a backup.
//!
//! A restored application may have the id it had, in the cluster it was in: so
//! it is after a disaster recovery. What it remembers is old all the same.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::Connection;

use super::StoreError;
use super::place::refused;

/// There beside a database that was restored, until that was taken note of. The
/// application's `restore-module` makes it.
const RESTORED: &str = "state.db.restored";

/// Makes what is remembered that of nobody, so that the next look withdraws what
/// waited to be sent and watching begins anew.
pub(super) fn take_note(dir: &Path, db: &Connection) -> Result<(), StoreError> {
    let mark = dir.join(RESTORED);
    if !mark.exists() {
        return Ok(());
    }
    // What is no JSON is of nobody already.
    db.execute(
        "UPDATE watch_whole SET body = json_remove(body, '$.identity.module')
         WHERE json_valid(body)",
        [],
    )?;
    match fs::remove_file(&mark) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refused(&mark, &error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Identity, WholeWatch};
    use crate::store::{Batch, Store};

    use super::*;

    async fn identity(dir: &Path) -> Identity {
        let (store, _) = Store::open_or_begin_anew(dir, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let identity = store.load_watch().await.unwrap().whole.identity;
        store.shut_down().await;
        identity.unwrap()
    }

    #[tokio::test]
    async fn what_was_restored_remembers_another_instance_whatever_its_id() {
        let dir = tempfile::tempdir().unwrap();
        let us = Identity {
            cluster: Some("c".into()),
            module: Some("backup-monitor1".into()),
        };
        let (store, _) =
            Store::open_or_begin_anew(dir.path(), jiff::Timestamp::UNIX_EPOCH).unwrap();
        let whole = WholeWatch {
            identity: Some(us.clone()),
            ..WholeWatch::default()
        };
        let batch = Batch {
            whole: Some(whole),
            ..Batch::default()
        };
        store
            .commit(batch, jiff::Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        store.shut_down().await;
        assert_eq!(identity(dir.path()).await, us);

        fs::write(dir.path().join(RESTORED), "").unwrap();
        let restored = identity(dir.path()).await;
        assert!(restored.is_another(&us), "{restored:?}");
        assert!(!dir.path().join(RESTORED).exists(), "once");
    }
}
