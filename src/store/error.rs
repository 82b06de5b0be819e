//! What can go wrong with the database, in words for an administrator.

use rusqlite::ErrorCode;

use crate::model::ReportId;

/// Nothing of what the failed call asked for was stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The file system has no room.
    #[error("the disk of the state directory is full; free some space")]
    Full,
    /// The state directory or the database cannot be written.
    #[error("the state directory is read-only; make it writable for this service")]
    ReadOnly,
    /// More waits than may wait, or another process holds the database.
    #[error("the database is busy; try again")]
    Busy,
    /// The file is no sound database.
    #[error(
        "the database is damaged ({0}); when the service starts again it puts it \
         aside and begins a fresh one"
    )]
    Damaged(String),
    /// An entry cannot be understood: another version wrote it, or it is
    /// damaged. The others can.
    #[error("an entry of the database cannot be understood ({0})")]
    Corrupt(String),
    /// The file was removed or replaced under the running program.
    #[error("the database file was removed or replaced while in use; restart the service")]
    Gone,
    /// It was written by a newer version.
    #[error(
        "the database has format {found}, this version knows {known} at most; \
         install the newer version again"
    )]
    TooNew {
        /// The format in the file.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// The state directory cannot be used at all.
    #[error("the state directory {path} cannot be used: {reason}")]
    Directory {
        /// Which one.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A copy of the database cannot be made there.
    #[error("the copy {path} cannot be written: {reason}")]
    Copy {
        /// Where.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The file system refused in another way.
    #[error("the database cannot be read or written: {0}")]
    Io(String),
    /// No report has this number.
    #[error("there is no report {0}")]
    NoSuchReport(ReportId),
    /// [`Store::shut_down`](super::Store::shut_down) was called.
    #[error("the database was closed: the service is ending")]
    Closed,
    /// SQLite refused what the program asked for.
    #[error("the database refused a command: {0}")]
    Internal(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(text),
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Io(text),
            Some(_) => Self::Internal(text),
            None => match error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::InvalidColumnType(..) => Self::Corrupt(text),
                _ => Self::Internal(text),
            },
        }
    }
}
