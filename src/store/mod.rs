//! What must not be lost: the inbox of alerts, the reports, the outbox.
//!
//! One SQLite database (WAL, synchronous FULL) in the state directory, on a
//! thread of its own; commands that wait together are committed together.
//! rusqlite is used here and nowhere else. Time comes in as a value. May
//! import `model` only.

mod batch;
mod body;
mod carrier;
mod columns;
mod counters;
mod damage;
mod dump;
mod error;
mod good_runs;
mod inbox;
mod listing;
mod lock;
mod memory;
mod outbox;
mod place;
mod prune;
mod reports;
mod restored;
mod schema;
mod search;
mod strips;
mod watch;
mod worker;

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

pub use batch::{Batch, Save};
pub use counters::Counters;
pub use damage::PutAside;
pub use dump::dump;
pub use error::StoreError;
pub use inbox::Accepted;
pub use listing::{MailTrouble, ReportFilter, ReportPage, ReportSummary};
pub use lock::StateLock;
pub use outbox::Pending;
pub use prune::Ages;
pub use reports::Saved;

use place::Place;
use worker::{Kind, Worker};

/// A handle to the database; clones share it. What a method returned `Ok` for
/// is on disk. The methods stand in the files of their subjects.
///
/// Several processes may hold one: the service and the commands beside it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    worker: Worker,
    instance: String,
}

impl Store {
    /// Opens the database in `dir`, makes both if they are not there (0700 and
    /// 0600) and brings an older one up to date. Blocks meanwhile.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let (place, connection) = schema::open(dir)?;
        Self::on(place, connection)
    }

    fn on(place: Place, connection: Connection) -> Result<Self, StoreError> {
        let instance = schema::instance(&connection)?;
        let carrying = schema::connect(&place)?;
        let worker = Worker::start(place, connection, carrying)?;
        Ok(Self {
            inner: Arc::new(Inner { worker, instance }),
        })
    }

    /// As [`Store::open`], and makes nothing: `None` where there is no database
    /// yet. For those who only look.
    pub fn open_existing(dir: &Path) -> Result<Option<Self>, StoreError> {
        if place::is_there(dir)? {
            Self::open(dir).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Random, made once with the database: sets the Message-IDs of this
    /// installation apart from those of every other one.
    pub fn instance(&self) -> &str {
        &self.inner.instance
    }

    /// Writes to the disk, to find out whether that is possible.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        self.write(schema::touch).await
    }

    /// Returns what SQLite came upon when it finds the database damaged while
    /// it is in use. Every later call fails then with [`StoreError::Damaged`],
    /// and the next [`Store::open_or_begin_anew`] looks closely.
    pub async fn damaged(&self) -> String {
        self.inner.worker.damaged().await
    }

    /// Finishes what was handed over before, ends the thread and closes the
    /// database. Every later call of any handle fails with
    /// [`StoreError::Closed`]. Dropping the last handle does the same, blocking.
    pub async fn shut_down(&self) {
        self.inner.worker.shut_down().await;
    }

    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.worker.call(Kind::Read, work).await
    }

    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.worker.call(Kind::Write, work).await
    }

    /// The same for work that may have to be done again.
    async fn write_again<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.worker.call_again(work).await
    }
}

#[cfg(test)]
pub(crate) mod tests;
