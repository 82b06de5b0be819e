//! A database that is damaged: how the service finds out, and where it lies
//! afterwards, so that monitoring goes on with a fresh one.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use super::place::{self, Place, refused};
use super::watch::Changes;
use super::{Store, StoreError, restored, schema};
use crate::model::{Warning, WholeWatch};

/// What SQLite keeps beside a database. A log or a journal that was left behind
/// would be carried over into the fresh one.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// There while it is not known whether the database is sound, or while it is
/// being put aside. The application's `restore-module` makes it too, beside a
/// database that a backup could only take as it was.
const SUSPECT: &str = "state.db.suspect";

/// The beginning of the names of damaged databases; what follows sorts by time.
const ASIDE: &str = "state.db.damaged-";

/// How many of them are kept.
const KEPT: usize = 3;

/// A damaged database that is out of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutAside {
    /// Where it lies now, with its log beside it.
    pub file: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl Store {
    /// As [`Store::open`], for the one process that works on it and holds the
    /// [`StateLock`](super::StateLock): a damaged database is put aside, and a
    /// fresh one begun that knows so and tells it with the next mail. A database
    /// that is too new, or that cannot be reached, is not damaged: it stays.
    pub fn open_or_begin_anew(
        dir: &Path,
        now: Timestamp,
    ) -> Result<(Self, Option<PutAside>), StoreError> {
        let why = match open_checked(dir) {
            Ok(store) => return Ok((store, None)),
            Err(StoreError::Damaged(why)) => why,
            Err(error) => return Err(error),
        };
        let file = put_aside(dir, now)?;
        let (place, connection) = schema::open(dir)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let whole = WholeWatch {
            notes: vec![Warning::HistoryLost {
                kept_as: name.into_owned(),
            }],
            ..WholeWatch::default()
        };
        Changes::new(Some(&whole), [])?.store(&connection)?;
        let store = Self::on(place, connection)?;
        Ok((store, Some(PutAside { file, why })))
    }
}

/// Opens it and makes sure that it is sound.
///
/// To read it through takes long: 0.3 s for 50 MB, and a start may take 0.1 s.
/// So that is done only when there is a reason: the last end was not a proper
/// one, or SQLite came upon damage while the service ran. Damage that came in
/// otherwise is found when SQLite comes upon it.
fn open_checked(dir: &Path) -> Result<Store, StoreError> {
    let suspect = is_suspect(dir);
    let unclean = place::is_there(dir)? && len(&beside(dir, "-wal")) > 0;
    let (place, connection) = schema::open(dir)?;
    if suspect {
        whole(&connection, "integrity_check")?;
    } else if unclean {
        whole(&connection, "quick_check")?;
    }
    restored::take_note(dir, &connection)?;
    let store = Store::on(place, connection)?;
    if suspect {
        clear(dir)?;
    }
    Ok(store)
}

fn whole(connection: &Connection, pragma: &str) -> Result<(), StoreError> {
    let query = format!("PRAGMA {pragma}(1)");
    let verdict: String = connection.query_row(&query, [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StoreError::Damaged(verdict))
    }
}

/// SQLite came upon damage: the next start looks closely. Says whether it is
/// the opened file that is damaged, and not one that took its place.
pub(super) fn suspect(place: &Place) -> bool {
    if matches!(place.check(), Err(StoreError::Gone)) {
        return false;
    }
    // Where that cannot be written the next start comes upon it as this one did.
    let _ = place::private_file(&place.dir().join(SUSPECT));
    true
}

fn is_suspect(dir: &Path) -> bool {
    dir.join(SUSPECT).exists()
}

fn clear(dir: &Path) -> Result<(), StoreError> {
    let file = dir.join(SUSPECT);
    match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refused(&file, &error)),
        _ => Ok(()),
    }
}

/// What SQLite cannot open as a database, or would silently begin anew, or
/// takes for something else than damage; `None`: it may be one.
pub(super) fn no_database(dir: &Path) -> Result<Option<String>, StoreError> {
    let file = place::file(dir);
    let found = match fs::metadata(&file) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(&file, &error)),
    };
    if !found.is_file() {
        return Ok(Some("it is no file".to_owned()));
    }
    if found.len() == 0 {
        let lost = len(&beside(dir, "-wal")) > 0;
        return Ok(lost.then(|| "it is empty, and its log is not".to_owned()));
    }
    let mut header = Vec::new();
    let read = File::open(&file).and_then(|file| {
        use io::Read as _;
        file.take(HEADER).read_to_end(&mut header)
    });
    read.map_err(|error| refused(&file, &error))?;
    Ok(wrong_header(&header).map(str::to_owned))
}

/// Bytes of the header of a database file.
const HEADER: u64 = 100;

/// What no version of this program writes, by SQLite's description of its file
/// format. SQLite calls some of it a read-only database, or one of a newer
/// SQLite, and both would be left where they are.
fn wrong_header(header: &[u8]) -> Option<&'static str> {
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    let known = |at: usize| matches!(header.get(at), Some(1 | 2));
    if !header.starts_with(b"SQLite format 3\0") {
        Some("it does not begin as a database does")
    } else if !known(18) || !known(19) {
        Some("the versions in its header are none")
    } else if number(44).is_none_or(|format| format > 4) {
        Some("the schema format in its header is none")
    } else if number(56).is_none_or(|encoding| encoding > 1) {
        Some("the encoding in its header is not the one it was made with")
    } else {
        None
    }
}

/// Moves it with what belongs to it. After a crash in between the next start
/// goes on with it.
fn put_aside(dir: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
    let suspect = dir.join(SUSPECT);
    place::private_file(&suspect).map_err(|error| refused(&suspect, &error))?;
    let aside = free_name(dir, now);
    for ending in BESIDE {
        rename(&beside(dir, ending), &with(&aside, ending))?;
    }
    rename(&place::file(dir), &aside)?;
    forget_old(dir)?;
    let synced = File::open(dir).and_then(|dir| dir.sync_all());
    synced.map_err(|error| refused(dir, &error))?;
    clear(dir)?;
    Ok(aside)
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    let found = match fs::symlink_metadata(from) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(from, &error)),
    };
    fs::rename(from, to).map_err(|error| refused(from, &error))?;
    let mode = if found.is_dir() { 0o700 } else { 0o600 };
    // Whoever made it may be somebody else: it is out of the way all the same.
    if !found.is_symlink() {
        let _ = fs::set_permissions(to, Permissions::from_mode(mode));
    }
    Ok(())
}

fn free_name(dir: &Path, now: Timestamp) -> PathBuf {
    let mut second = now;
    loop {
        let name = format!("{ASIDE}{}", second.strftime("%Y%m%dT%H%M%SZ"));
        let file = dir.join(name);
        if fs::symlink_metadata(&file).is_err() {
            return file;
        }
        second += jiff::SignedDuration::from_secs(1);
    }
}

/// Removes the oldest ones. A directory is never removed: nobody knows what is
/// in it.
fn forget_old(dir: &Path) -> Result<(), StoreError> {
    let entries = fs::read_dir(dir).map_err(|error| refused(dir, &error))?;
    let mut kept: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_put_aside(path) && !path.is_dir())
        .collect();
    kept.sort();
    let too_many = kept.len().saturating_sub(KEPT);
    for old in &kept[..too_many] {
        for ending in BESIDE.iter().chain(&[""]) {
            let file = with(old, ending);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(refused(&file, &error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn is_put_aside(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let time = name.and_then(|name| name.strip_prefix(ASIDE));
    time.is_some_and(|time| !time.contains('-'))
}

fn beside(dir: &Path, ending: &str) -> PathBuf {
    with(&place::file(dir), ending)
}

fn with(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn len(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |found| found.len())
}

#[cfg(test)]
mod tests;
