//! A copy of the database, for a backup.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{StoreError, place, schema};

/// Writes what was committed up to now to `file`, for the owner only, while
/// others go on writing; whether there is a database at all. A file that is
/// there is replaced when the copy is whole and on disk. Blocks meanwhile, for
/// `limit` at most where the disk answers: what is then not done ends with the
/// process, which is to end.
pub fn dump(dir: &Path, file: &Path, limit: Duration) -> Result<bool, StoreError> {
    if !place::is_there(dir)? {
        return Ok(false);
    }
    let refused = |reason: String| StoreError::Copy {
        path: file.display().to_string(),
        reason,
    };
    let half = Half::begin(file).map_err(|error| refused(error.to_string()))?;
    let unfinished = half.path.clone();
    let (done, is_done) = sync_channel(1);
    let (from, to) = (dir.to_owned(), file.to_owned());
    // A disk that does not answer can be left in no other way.
    let making = thread::Builder::new()
        .name("dump".to_owned())
        .spawn(move || {
            let made = make(half, &from, &to);
            let _ = done.try_send(());
            made
        })
        .map_err(|error| refused(error.to_string()))?;
    if is_done.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
        let _ = fs::remove_file(unfinished);
        let seconds = limit.as_secs();
        return Err(refused(format!("it was not done within {seconds} s")));
    }
    making
        .join()
        .unwrap_or_else(|_| Err(refused("its thread broke down".to_owned())))?;
    Ok(true)
}

fn make(half: Half, from: &Path, to: &Path) -> Result<(), StoreError> {
    copy(from, &half.path)?;
    half.become_whole(to).map_err(|error| StoreError::Copy {
        path: to.display().to_string(),
        reason: error.to_string(),
    })
}

/// A copy that is not whole yet. What a crash leaves of it has the same name
/// and makes room for the next one.
struct Half {
    path: PathBuf,
    /// Locked: nobody else makes the same copy now.
    file: File,
    whole: bool,
}

impl Half {
    fn begin(file: &Path) -> io::Result<Self> {
        let mut path = file.as_os_str().to_owned();
        path.push(".half");
        let path = PathBuf::from(path);
        let file = place::private_file(&path)?;
        file.try_lock()
            .map_err(|_| io::Error::other("it is being made by somebody else"))?;
        file.set_len(0)?;
        Ok(Self {
            path,
            file,
            whole: false,
        })
    }

    fn become_whole(mut self, file: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, file)?;
        self.whole = true;
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder)?.sync_all()
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        if !self.whole {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// SQLite itself reads every page in one transaction, in the form that the
/// log and the file together have then.
fn copy(dir: &Path, to: &Path) -> Result<(), StoreError> {
    // Read-write, so that a log that a crash left behind can be read.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(place::file(dir), flags)?;
    connection.busy_timeout(schema::BUSY)?;
    let to = to.to_str().ok_or_else(|| StoreError::Copy {
        path: to.display().to_string(),
        reason: "its name is not text".to_owned(),
    })?;
    connection.execute("VACUUM INTO ?1", [to])?;
    Ok(())
}

#[cfg(test)]
mod tests;
