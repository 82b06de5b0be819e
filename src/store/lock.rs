//! At most one process works through the inbox and the outbox of a state
//! directory.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::StoreError;
use super::place::{make_dir, private_file, refused};

const FILE: &str = "lock";

/// Held while it lives. The system takes it back however the process ends.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
}

impl StateLock {
    /// Takes the lock of `dir`, which is made if it is not there. `None` when
    /// another process, or another holder in this one, has it.
    pub fn try_acquire(dir: &Path) -> Result<Option<Self>, StoreError> {
        make_dir(dir)?;
        let path = dir.join(FILE);
        let file = private_file(&path).map_err(|error| refused(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(refused(&path, &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_turned_away_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let first = StateLock::try_acquire(dir.path()).unwrap();
        assert!(first.is_some());
        assert!(StateLock::try_acquire(dir.path()).unwrap().is_none());
        drop(first);
        assert!(StateLock::try_acquire(dir.path()).unwrap().is_some());
    }

    #[test]
    fn a_state_directory_that_is_a_file_is_named_in_the_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("state");
        std::fs::write(&file, "").unwrap();
        let error = StateLock::try_acquire(&file).unwrap_err();
        assert!(error.to_string().contains("/state"), "{error}");
    }
}
