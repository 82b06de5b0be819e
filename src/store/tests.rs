//! Stores and values that the tests of this room and of the receiver use.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use tempfile::TempDir;

use crate::model::{
    Alert, AlertState, InboxId, Mailbox, OutgoingMail, Plan, PlanSummary, PlanWatch, Report,
    ReportKind, RunId, RunKind, RunMark,
};

use super::{Store, StoreError};

/// A store in a folder of its own.
pub(crate) fn open() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("state")).unwrap();
    (dir, store)
}

/// Some second of the tests' own time.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

/// An alert about a plan.
pub(crate) fn alert(state: AlertState, plan: &str) -> Alert {
    Alert {
        name: "BackupFailed".into(),
        state,
        labels: BTreeMap::from([
            ("alertname".into(), "BackupFailed".into()),
            ("id".into(), plan.into()),
        ]),
        starts_at: Some(at(0)),
    }
}

/// A report about a plan; `""` is none.
pub(crate) fn report(kind: ReportKind, plan: &str, run: &str) -> Report {
    Report {
        plan: (!plan.is_empty()).then(|| PlanSummary {
            id: plan.into(),
            name: format!("Plan <{plan}>"),
            schedule: "daily".into(),
            enabled: true,
        }),
        ..Report::blank(kind, RunId::from(run), at(0))
    }
}

/// A mail to some recipients.
pub(crate) fn mail(id: &str, to: &[&str]) -> OutgoingMail {
    OutgoingMail {
        message_id: format!("<{id}@example.org>"),
        from: Mailbox::new("backup@example.org"),
        to: to.iter().map(|to| Mailbox::new(*to)).collect(),
        subject: format!("Subject of {id}"),
        raw: format!("Message-ID: <{id}@example.org>\r\n\r\nText\r\n").into_bytes(),
    }
}

/// What is known of a plan that was seen once.
pub(crate) fn plan_watch(name: &str) -> PlanWatch {
    let plan = Plan {
        name: name.into(),
        ..Plan::default()
    };
    PlanWatch::new(plan, at(0))
}

/// A run that nobody could judge.
pub(crate) fn unjudged(run: &str, second: i64) -> RunMark {
    RunMark {
        report: None,
        run: run.into(),
        kind: RunKind::Scheduled,
        at: at(second),
        took_s: None,
        outcome: None,
        bad: 0,
        counted: 3,
    }
}

/// The alerts that wait, as one names them to answer them.
pub(crate) async fn waiting(store: &Store) -> Vec<(InboxId, Timestamp)> {
    let entries = store.waiting().await.unwrap();
    entries
        .iter()
        .map(|entry| (entry.id, entry.last_seen))
        .collect()
}

/// What `sqlite3` beside the program would see.
pub(crate) fn beside(dir: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(dir.join("state/state.db")).unwrap();
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    connection
}

impl Store {
    /// Lets the database grow by no more pages: SQLite then answers as it does
    /// when the disk is full.
    pub(crate) async fn fill_disk(&self) {
        self.limit_pages("SELECT page_count FROM pragma_page_count")
            .await;
    }

    /// The opposite of [`Store::fill_disk`].
    pub(crate) async fn free_disk(&self) {
        self.limit_pages("SELECT 1000000").await;
    }

    async fn limit_pages(&self, query: &'static str) {
        self.read(move |db| {
            let pages: i64 = db.query_row(query, [], |row| row.get(0))?;
            db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    }
}
