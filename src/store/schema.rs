//! The tables, and how a database is opened and brought up to date.

mod v2;
mod v3;
mod v4;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior, params};

use super::place::Place;
use super::{StoreError, damage};

/// How long to wait for another process that is writing.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Bytes of the write-ahead log that are kept on the disk once it is empty.
pub(super) const LOG_KEPT: i64 = 8 * 1024 * 1024;

/// Memory for pages, in KiB.
const CACHE_KIB: i64 = 1024;

/// One step from a format to the next.
type Step = fn(&Connection) -> Result<(), StoreError>;

/// Every step from one format to the next; the format is their count and
/// stands in `user_version`.
const MIGRATIONS: &[Step] = &[|db| Ok(db.execute_batch(V1)?), v2::up, v3::up, v4::up];

/// No version of this program will ever have so high a format.
const FAR: i64 = 256;

const V1: &str = "
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Reports. `body` is the whole of it as JSON, the other columns are for lists
-- and for telling runs apart; `plan` is '' where none is meant.
CREATE TABLE report (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL,
    plan      TEXT NOT NULL,
    run       TEXT NOT NULL,
    plan_name TEXT,
    outcome   TEXT NOT NULL,
    bad       INTEGER NOT NULL,
    counted   INTEGER NOT NULL,
    made_at   INTEGER NOT NULL,
    body      TEXT NOT NULL,
    UNIQUE (kind, plan, run)
) STRICT;

-- The inbox. `identity` is made of name, state, labels and starts_at. An entry
-- waits while `waiting_since` is set; the last three columns say how it
-- was answered last.
CREATE TABLE alert (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    identity      BLOB NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    state         TEXT NOT NULL,
    labels        TEXT NOT NULL,
    starts_at     INTEGER,
    count         INTEGER NOT NULL,
    first_seen    INTEGER NOT NULL,
    last_seen     INTEGER NOT NULL,
    waiting_since INTEGER,
    answered_at   INTEGER,
    close_reason  TEXT,
    report        INTEGER REFERENCES report (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX alert_waiting ON alert (waiting_since, id) WHERE waiting_since IS NOT NULL;
CREATE INDEX alert_report ON alert (report) WHERE report IS NOT NULL;

CREATE TABLE plan_seen (
    plan TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- At most one row: the outage of Redis that is going on.
CREATE TABLE outage (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    since    INTEGER NOT NULL,
    -- When it was noticed last: a time in which nobody looked is no outage.
    seen     INTEGER NOT NULL,
    reported INTEGER NOT NULL
) STRICT;

-- The outbox. `raw` is emptied long after the last recipient is done.
CREATE TABLE mail (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    report     INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    sender     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    queued_at  INTEGER NOT NULL,
    raw        BLOB NOT NULL
) STRICT;
CREATE INDEX mail_report ON mail (report);

CREATE TABLE recipient (
    mail         INTEGER NOT NULL REFERENCES mail (id) ON DELETE CASCADE,
    address      TEXT NOT NULL,
    position     INTEGER NOT NULL,
    state        TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    next_attempt INTEGER,
    answer       TEXT,
    PRIMARY KEY (mail, address),
    CHECK ((state = 'queued') = (next_attempt IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX recipient_due ON recipient (next_attempt, mail) WHERE state = 'queued';
";

/// Opens, configures and migrates. Looks only as closely as SQLite does by
/// itself.
pub(super) fn open(dir: &Path) -> Result<(Place, Connection), StoreError> {
    if let Some(why) = damage::no_database(dir)? {
        return Err(StoreError::Damaged(why));
    }
    let place = Place::prepare(dir)?;
    let mut connection = connect(&place)?;
    migrate(&mut connection)?;
    Ok((place, connection))
}

/// A connection to the database that was opened.
pub(super) fn connect(place: &Place) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(place.file(), flags)?;
    make_shrinkable(&connection)?;
    configure(&connection)?;
    Ok(connection)
}

/// A new file is made so that free pages can be given back. In an older one
/// they are only used again: to change that is to write it anew as a whole.
fn make_shrinkable(connection: &Connection) -> Result<(), StoreError> {
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if pages == 0 {
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    Ok(())
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Io(
            "the file system of the state directory cannot hold a write-ahead log; \
             use a local one"
                .to_owned(),
        ));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    keep_of_log(connection, LOG_KEPT)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Lets so many bytes of the log be kept when `connection` begins it anew.
pub(super) fn keep_of_log(connection: &Connection, bytes: i64) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_size_limit", bytes, |_| Ok(()))
}

/// Takes the write lock before it looks, since two processes may start at once.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if format_of(connection)? == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = format_of(&transaction)?;
    if !(0..FAR).contains(&found) {
        return Err(StoreError::Damaged(format!(
            "its format is said to be {found}"
        )));
    }
    let todo = usize::try_from(found)
        .ok()
        .and_then(|done| MIGRATIONS.get(done..))
        .ok_or(StoreError::TooNew { found, known })?;
    for step in todo {
        step(&transaction)?;
    }
    transaction.execute(
        "INSERT OR IGNORE INTO meta (key, value) VALUES ('instance', ?1)",
        params![format!("{:016x}", fastrand::u64(..))],
    )?;
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

fn format_of(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// The random name of this database.
pub(super) fn instance(connection: &Connection) -> Result<String, StoreError> {
    let query = "SELECT value FROM meta WHERE key = 'instance'";
    let found = connection
        .query_row(query, [], |row| row.get(0))
        .optional()?;
    found.ok_or_else(|| StoreError::Damaged("its name is missing".to_owned()))
}

/// Changes one row, so that the commit has to reach the disk.
pub(super) fn touch(connection: &Connection) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES ('write_checks', '1')
             ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1",
        )?
        .execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests;
