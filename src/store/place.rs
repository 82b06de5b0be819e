//! Where the database lies, and whether what is written there will be found
//! again.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use super::StoreError;

const FILE: &str = "state.db";

/// The state directory and the very file that was opened in it.
pub(super) struct Place {
    dir: PathBuf,
    file: PathBuf,
    identity: (u64, u64),
}

impl Place {
    /// Makes directory and file where they are missing, for the owner only.
    pub(super) fn prepare(dir: &Path) -> Result<Self, StoreError> {
        make_dir(dir)?;
        let file = file(dir);
        let identity = make_file(&file).map_err(|error| refused(&file, &error))?;
        let place = Self {
            dir: dir.to_owned(),
            file,
            identity,
        };
        place.check()?;
        Ok(place)
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// SQLite goes on writing to a file that has no name any more, and into a
    /// directory in which the next start could create nothing: neither would
    /// keep what is promised. Root is told the same as everybody else.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let dir = fs::metadata(&self.dir).map_err(|_| StoreError::Gone)?;
        let file = fs::metadata(&self.file).map_err(|_| StoreError::Gone)?;
        if (file.dev(), file.ino()) != self.identity {
            return Err(StoreError::Gone);
        }
        if dir.permissions().readonly() || file.permissions().readonly() {
            return Err(StoreError::ReadOnly);
        }
        Ok(())
    }
}

/// Where the database of `dir` lies.
pub(super) fn file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// Whether a database lies in `dir`.
pub(super) fn is_there(dir: &Path) -> Result<bool, StoreError> {
    let file = file(dir);
    file.try_exists().map_err(|error| refused(&file, &error))
}

/// Makes the state directory (0700) if it is not there; one that is there
/// keeps its mode.
pub(super) fn make_dir(dir: &Path) -> Result<(), StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| refused(dir, &error))
}

/// Opens a file in the state directory for writing, made 0600 if missing.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

pub(super) fn refused(path: &Path, error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Directory {
            path: path.display().to_string(),
            reason: error.to_string(),
        },
    }
}

/// SQLite gives its own files the mode of this one, so it must exist first.
fn make_file(path: &Path) -> io::Result<(u64, u64)> {
    let file = private_file(path)?;
    let found = file.metadata()?;
    if found.mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok((found.dev(), found.ino()))
}
