//! Carrying SQLite's write-ahead log over into the database file.
//!
//! By itself SQLite does that inside a commit, every so many pages, and all who
//! wait for that commit wait for thousands of pages and two syncs. Here a second
//! thread does it while commits go on, on a connection of its own. It can never
//! quite catch up with commits that do not pause, and as long as anything is
//! left the log only grows; so the little that is left is done between two
//! commits, and the log begins anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::StoreError;
use super::schema::{LOG_KEPT, keep_of_log};

/// So many pages are added to the log before they are carried over.
const STEP: usize = 1000;

/// While commits do not pause, the log is carried over no more often than this:
/// each time, a commit waits for what a disk needs for two syncs.
const PACE: Duration = Duration::from_secs(2);

/// Unless the log has so many pages: 64 MiB.
const MOST: usize = 16_000;

/// When it was not carried over for this long, commits are few.
const CALM: Duration = Duration::from_mins(1);

/// Bytes of the log that are kept until then. To give them back takes the next
/// commit as long as a hundred others; and a log that keeps its size is written
/// over, for which a disk does less than for one that grows.
const KEPT: i64 = 64 * 1024 * 1024;

/// So few pages that a commit may wait for them.
const FEW: usize = 100;

/// How often the thread tries to get down to [`FEW`].
const ROUNDS: usize = 5;

/// The thread, and what is known of the log. Belongs to the thread that
/// commits; dropping it ends the other one.
pub(super) struct Carrier {
    /// Pages in the log after the last commit.
    pages: Arc<AtomicUsize>,
    /// When they are so many, the thread is woken.
    due: usize,
    /// When that was last done.
    carried: Option<Instant>,
    at_work: bool,
    /// More of the log is kept than [`LOG_KEPT`].
    grown: bool,
    wake: Option<SyncSender<()>>,
    done: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Carrier {
    /// Follows the commits of `writer`; `other` is a second connection to the
    /// same database.
    pub(super) fn start(writer: &mut Connection, other: Connection) -> Result<Self, StoreError> {
        let pages = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&pages);
        // In the place of SQLite's own hook, which carries over in the commit.
        writer.wal_hook(Some(move |_: &mut _, pages| {
            seen.store(usize::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let (wake, woken) = sync_channel(1);
        let (tell, done) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("store-log".to_owned())
            .spawn(move || carry(&other, &woken, &tell))
            .map_err(|error| StoreError::Io(error.to_string()))?;
        Ok(Self {
            pages,
            due: STEP,
            carried: None,
            at_work: false,
            grown: false,
            wake: Some(wake),
            done,
            thread: Some(thread),
        })
    }

    /// To be called between two commits.
    pub(super) fn between_commits(&mut self, writer: &Connection) {
        if self.at_work {
            match self.done.try_recv() {
                Ok(()) => self.at_work = false,
                Err(TryRecvError::Empty) => return,
                // It has ended: then this is all done here.
                Err(TryRecvError::Disconnected) => {}
            }
            let left = step(writer).unwrap_or(usize::MAX);
            self.grown = !self.rested(CALM);
            let kept = if self.grown { KEPT } else { LOG_KEPT };
            // Where that fails, it is as it was: no reason to do more.
            let _ = keep_of_log(writer, kept);
            self.carried = Some(Instant::now());
            // The next commit begins the log anew, unless somebody else reads
            // what stands in it.
            let pages = self.pages.load(Ordering::Relaxed);
            self.due = if left == 0 { STEP } else { pages + STEP };
        } else if self.is_due()
            && let Some(wake) = &self.wake
        {
            self.at_work = wake.try_send(()).is_ok();
        }
    }

    fn is_due(&self) -> bool {
        let pages = self.pages.load(Ordering::Relaxed);
        let full = pages >= self.due && (pages >= MOST || self.rested(PACE));
        full || (self.grown && self.rested(CALM))
    }

    fn rested(&self, time: Duration) -> bool {
        self.carried.is_none_or(|at| at.elapsed() >= time)
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.wake.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn carry(connection: &Connection, woken: &Receiver<()>, tell: &SyncSender<()>) {
    while let Ok(()) = woken.recv() {
        for _ in 0..ROUNDS {
            match step(connection) {
                Some(left) if left > FEW => {}
                // A disk that fails shows in the commits as well.
                _ => break,
            }
        }
        let _ = tell.try_send(());
    }
}

/// Carries over what nobody holds back; how many pages are left.
fn step(connection: &Connection) -> Option<usize> {
    let (pages, carried): (i64, i64) = connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get(1)?, row.get(2)?))
        })
        .ok()?;
    usize::try_from(pages - carried).ok()
}

#[cfg(test)]
mod tests;
