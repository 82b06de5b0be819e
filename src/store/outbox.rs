//! The outbox: finished mails, and how far each is with each recipient.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::model::{
    Attempt, Delivery, DeliveryRecord, MailId, Mailbox, OutgoingMail, RecipientState, ReportId,
};

use super::columns::{Named, count, micros, optional_time, time};
use super::counters::Counter;
use super::{Store, StoreError};

/// What is still to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Alerts without an answer.
    pub alerts: usize,
    /// Deliveries (one mail to one recipient) that wait.
    pub deliveries: usize,
    /// Deliveries that were given up.
    pub undeliverable: usize,
}

impl Store {
    /// Queues further mails of a report, due at once.
    pub async fn queue_again(
        &self,
        report: ReportId,
        mails: Vec<OutgoingMail>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let known = db
                .prepare_cached("SELECT 1 FROM report WHERE id = ?1")?
                .exists([report.0])?;
            if !known {
                return Err(StoreError::NoSuchReport(report));
            }
            queue(db, report, &mails, now)
        })
        .await
    }

    /// Deliveries that are due at `now`, longest overdue first, at most `limit`.
    pub async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |db| due(db, now, limit)).await
    }

    /// When the next delivery is due, which may be in the past; `None` when
    /// nothing is queued.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|db| {
            let next = db
                .prepare_cached("SELECT min(next_attempt) FROM recipient WHERE state = 'queued'")?
                .query_row([], |row| row.get(0))?;
            optional_time(next)
        })
        .await
    }

    /// Keeps how an attempt ended. After a failed one the next is due at
    /// `next`, or is given up where that is `None`. A delivery that is done
    /// already stays as it is.
    pub async fn record(
        &self,
        mail: MailId,
        to: Mailbox,
        attempt: Attempt,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (state, failed, next, answer) = match (attempt, next) {
            (Attempt::Sent(answer), _) => (RecipientState::Sent, 0, None, answer),
            (Attempt::Refused(answer), _) => (RecipientState::Refused, 1, None, answer),
            (Attempt::Failed(reason), Some(time)) => {
                (RecipientState::Queued, 1, Some(micros(time)), reason)
            }
            (Attempt::Failed(reason), None) => (RecipientState::Undeliverable, 1, None, reason),
        };
        self.write(move |db| {
            let changed = db
                .prepare_cached(
                    "UPDATE recipient SET state = ?3, attempts = attempts + ?4, next_attempt = ?5,
                                      answer = ?6, changed_at = ?7
                 WHERE mail = ?1 AND address = ?2 AND state = 'queued'",
                )?
                .execute(params![
                    mail.0,
                    to.as_str(),
                    state.name(),
                    failed,
                    next,
                    answer,
                    micros(now)
                ])?;
            match state {
                RecipientState::Sent => Counter::MailsSent.add(db, changed),
                RecipientState::Refused | RecipientState::Undeliverable => {
                    Counter::MailsGivenUp.add(db, changed)
                }
                RecipientState::Queued | RecipientState::NotSent => Ok(()),
            }
        })
        .await
    }

    /// Makes everything that is queued due at `now`: the way out has changed.
    /// Returns how many deliveries that moved.
    pub async fn flush(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write(move |db| {
            Ok(db.execute(
                "UPDATE recipient SET next_attempt = ?1
                 WHERE state = 'queued' AND next_attempt > ?1",
                [micros(now)],
            )?)
        })
        .await
    }

    /// Sends nothing of what is queued: this database was restored or cloned,
    /// and what it says may be long over, or another one's to say. Returns how
    /// many deliveries that were.
    pub async fn withdraw_queued(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write(move |db| {
            Ok(db.execute(
                "UPDATE recipient SET state = ?1, next_attempt = NULL, changed_at = ?2,
                                      answer = 'not sent: restored'
                 WHERE state = 'queued'",
                params![RecipientState::NotSent.name(), micros(now)],
            )?)
        })
        .await
    }

    /// How much waits.
    pub async fn pending_counts(&self) -> Result<Pending, StoreError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT
                     (SELECT count(*) FROM alert WHERE waiting_since IS NOT NULL) AS alerts,
                     count(*) FILTER (WHERE state = 'queued') AS deliveries,
                     count(*) FILTER (WHERE state = 'undeliverable') AS undeliverable
                 FROM recipient",
            )?
            .query_row([], |row| {
                Ok(count(row, "alerts").and_then(|alerts| {
                    Ok(Pending {
                        alerts,
                        deliveries: count(row, "deliveries")?,
                        undeliverable: count(row, "undeliverable")?,
                    })
                }))
            })?
        })
        .await
    }
}

/// Puts mails into the outbox, due at `now`.
pub(super) fn queue(
    db: &Connection,
    report: ReportId,
    mails: &[OutgoingMail],
    now: Timestamp,
) -> Result<(), StoreError> {
    let now = micros(now);
    for mail in mails {
        db.prepare_cached(
            "INSERT INTO mail (report, message_id, sender, subject, queued_at, raw)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            report.0,
            mail.message_id,
            mail.from.as_str(),
            mail.subject,
            now,
            mail.raw
        ])?;
        let id = db.last_insert_rowid();
        let mut recipient = db.prepare_cached(
            "INSERT OR IGNORE INTO recipient
                 (mail, address, position, state, attempts, changed_at, next_attempt)
             VALUES (?1, ?2, ?3, 'queued', 0, ?4, ?4)",
        )?;
        for (position, to) in (0_i64..).zip(&mail.to) {
            recipient.execute(params![id, to.as_str(), position, now])?;
        }
    }
    Ok(())
}

fn due(db: &Connection, now: Timestamp, limit: i64) -> Result<Vec<Delivery>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT mail, address, attempts FROM recipient
         WHERE state = 'queued' AND next_attempt <= ?1
         ORDER BY next_attempt, mail, position LIMIT ?2",
    )?;
    let mut rows = statement.query([micros(now), limit])?;
    let mut messages: BTreeMap<MailId, (OutgoingMail, Timestamp)> = BTreeMap::new();
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        let mail = MailId(row.get("mail")?);
        let (message, queued_at) = match messages.entry(mail) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => new.insert(message(db, mail)?).clone(),
        };
        deliveries.push(Delivery {
            mail,
            message,
            to: Mailbox::new(row.get::<_, String>("address")?),
            attempts: row.get("attempts")?,
            queued_at,
        });
    }
    Ok(deliveries)
}

fn message(db: &Connection, mail: MailId) -> Result<(OutgoingMail, Timestamp), StoreError> {
    let to = db
        .prepare_cached("SELECT address FROM recipient WHERE mail = ?1 ORDER BY position")?
        .query_and_then([mail.0], |row| Ok(Mailbox::new(row.get::<_, String>(0)?)))?
        .collect::<Result<_, StoreError>>()?;
    let (message, queued_at) = db
        .prepare_cached(
            "SELECT message_id, sender, subject, queued_at, raw FROM mail WHERE id = ?1",
        )?
        .query_row([mail.0], |row| {
            let message = OutgoingMail {
                message_id: row.get("message_id")?,
                from: Mailbox::new(row.get::<_, String>("sender")?),
                to,
                subject: row.get("subject")?,
                raw: row.get("raw")?,
            };
            Ok((message, row.get("queued_at")?))
        })
        .optional()?
        .ok_or_else(|| StoreError::Corrupt(format!("mail {} is missing", mail.0)))?;
    Ok((message, time(queued_at)?))
}

/// See [`Store::deliveries`].
pub(super) fn records(
    db: &Connection,
    report: ReportId,
) -> Result<Vec<DeliveryRecord>, StoreError> {
    db.prepare_cached(
        "SELECT message_id, subject, address, state, attempts, changed_at, next_attempt, answer
         FROM recipient JOIN mail ON mail.id = recipient.mail
         WHERE mail.report = ?1 ORDER BY mail.id, position",
    )?
    .query_and_then([report.0], record)?
    .collect()
}

fn record(row: &Row<'_>) -> Result<DeliveryRecord, StoreError> {
    Ok(DeliveryRecord {
        message_id: row.get("message_id")?,
        subject: row.get("subject")?,
        to: Mailbox::new(row.get::<_, String>("address")?),
        state: RecipientState::from_name(&row.get::<_, String>("state")?)?,
        attempts: row.get("attempts")?,
        at: time(row.get("changed_at")?)?,
        next_attempt: optional_time(row.get("next_attempt")?)?,
        answer: row.get("answer")?,
    })
}

#[cfg(test)]
mod tests;
