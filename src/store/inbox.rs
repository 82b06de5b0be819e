//! The inbox: alerts as they came in, and which of them wait for an answer.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use sha2::{Digest as _, Sha256};

use crate::model::{Alert, AlertState, CloseReason, InboxEntry, InboxId, ReportId};

use super::columns::{Named, micros, optional_time, time};
use super::counters::Counter;
use super::{Store, StoreError};

/// How many waiting entries one look shows; the others show when these are
/// answered.
const LOOK: i64 = 2000;

/// What became of the alerts of one post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Seen for the first time.
    pub new: usize,
    /// Known already, and counted.
    pub repeated: usize,
}

/// An alert in the form of its row.
struct NewAlert {
    identity: Vec<u8>,
    name: String,
    state: AlertState,
    labels: String,
    starts_at: Option<i64>,
}

impl Store {
    /// Stores alerts that came in at `now`, all or none. Identical ones (name,
    /// state, labels, start) share one entry. A firing one waits from now on,
    /// also when an earlier repeat of it was answered; a resolved one never
    /// waits.
    pub async fn accept(&self, alerts: Vec<Alert>, now: Timestamp) -> Result<Accepted, StoreError> {
        let rows = alerts
            .into_iter()
            .map(NewAlert::from_alert)
            .collect::<Result<Vec<_>, _>>()?;
        self.write_again(move |db| {
            let mut accepted = Accepted::default();
            for row in &rows {
                if row.store(db, now)? {
                    accepted.new += 1;
                } else {
                    accepted.repeated += 1;
                }
            }
            Counter::Alerts.add(db, rows.len())?;
            Ok(accepted)
        })
        .await
    }

    /// The firing alerts that wait, longest first, at most 2,000 of them.
    pub async fn waiting(&self) -> Result<Vec<InboxEntry>, StoreError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT id, name, state, labels, starts_at, waiting_since, last_seen
                 FROM alert WHERE waiting_since IS NOT NULL
                 ORDER BY waiting_since, id LIMIT ?1",
            )?
            .query_and_then([LOOK], entry)?
            .collect()
        })
        .await
    }

    /// Answers entries without a report. One that came in again since
    /// `last_seen` goes on waiting.
    pub async fn close(
        &self,
        entries: Vec<(InboxId, Timestamp)>,
        reason: CloseReason,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |db| answer(db, &entries, Answer::Closed(reason), now))
            .await
    }
}

impl NewAlert {
    fn from_alert(alert: Alert) -> Result<Self, StoreError> {
        let labels = serde_json::to_string(&alert.labels)
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        let starts_at = alert.starts_at.map(micros);
        Ok(Self {
            identity: identity(&alert.name, alert.state.name(), &labels, starts_at),
            name: alert.name,
            state: alert.state,
            labels,
            starts_at,
        })
    }

    /// Returns whether it is new. `last_seen` always moves, also within one
    /// microsecond and when the clock was set back: it tells repeats apart.
    fn store(&self, db: &Connection, now: Timestamp) -> Result<bool, StoreError> {
        let waits = (self.state == AlertState::Firing).then(|| micros(now));
        let new = db
            .prepare_cached(
                "INSERT INTO alert (identity, name, state, labels, starts_at,
                                    count, first_seen, last_seen, waiting_since)
                 VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6, ?7)
                 ON CONFLICT (identity) DO NOTHING",
            )?
            .execute(params![
                self.identity,
                self.name,
                self.state.name(),
                self.labels,
                self.starts_at,
                micros(now),
                waits
            ])?;
        if new == 0 {
            db.prepare_cached(
                "UPDATE alert SET
                     count = count + 1,
                     last_seen = max(?2, last_seen + 1),
                     waiting_since = coalesce(waiting_since, ?3)
                 WHERE identity = ?1",
            )?
            .execute(params![self.identity, micros(now), waits])?;
        }
        Ok(new > 0)
    }
}

/// What tells alerts apart, made of their columns. The start comes first: alerts of
/// one time then lie side by side in the index, and those that are stored together
/// change few of its pages.
pub(super) fn identity(name: &str, state: &str, labels: &str, starts_at: Option<i64>) -> Vec<u8> {
    let mut digest = Sha256::new();
    for text in [name, state, labels] {
        digest.update(text.len().to_be_bytes());
        digest.update(text);
    }
    let start = starts_at.unwrap_or_default().to_be_bytes();
    [&start[..], &digest.finalize()].concat()
}

fn entry(row: &Row<'_>) -> Result<InboxEntry, StoreError> {
    let labels: String = row.get("labels")?;
    Ok(InboxEntry {
        id: InboxId(row.get("id")?),
        alert: Alert {
            name: row.get("name")?,
            state: AlertState::from_name(&row.get::<_, String>("state")?)?,
            labels: serde_json::from_str(&labels)
                .map_err(|error| StoreError::Corrupt(error.to_string()))?,
            starts_at: optional_time(row.get("starts_at")?)?,
        },
        waiting_since: time(row.get("waiting_since")?)?,
        last_seen: time(row.get("last_seen")?)?,
    })
}

/// How entries were answered.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Closed(CloseReason),
    Report(ReportId),
}

/// Lets entries wait no more, unless they came in again meanwhile.
pub(super) fn answer(
    db: &Connection,
    entries: &[(InboxId, Timestamp)],
    answer: Answer,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (reason, report) = match answer {
        Answer::Closed(reason) => (Some(reason.name()), None),
        Answer::Report(id) => (None, Some(id.0)),
    };
    let mut statement = db.prepare_cached(
        "UPDATE alert SET waiting_since = NULL, answered_at = ?3, close_reason = ?4, report = ?5
         WHERE id = ?1 AND last_seen = ?2 AND waiting_since IS NOT NULL",
    )?;
    for (id, last_seen) in entries {
        statement.execute(params![
            id.0,
            micros(*last_seen),
            micros(now),
            reason,
            report
        ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
