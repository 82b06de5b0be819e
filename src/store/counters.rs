//! What is counted over the whole life of the database. The rows that it was
//! counted from are forgotten after a while, the numbers are not.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use crate::model::Outcome;

use super::columns::{Named as _, count, micros};
use super::{Store, StoreError};

/// How long a delivery that was given up is shown as one.
const SHOWN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Numbers for the metrics and for the overview.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Alerts that came in, repeats and resolved ones included. Only grows.
    pub alerts: u64,
    /// Deliveries (one mail to one recipient) that a server took. Only grows.
    pub mails_sent: u64,
    /// Deliveries that were refused or given up for good. Only grows.
    pub mails_given_up: u64,
    /// Deliveries that wait now.
    pub mails_queued: usize,
    /// Deliveries that were refused or given up within the last 7 days.
    pub mails_undeliverable: usize,
    /// Reports by the verdict they were first stored with. Only grows.
    pub reports: BTreeMap<Outcome, u64>,
}

/// A number that only grows.
#[derive(Clone, Copy)]
pub(super) enum Counter {
    Alerts,
    MailsSent,
    MailsGivenUp,
    Reports(Outcome),
}

impl Counter {
    fn name(self) -> String {
        match self {
            Self::Alerts => "alerts".to_owned(),
            Self::MailsSent => "mails_sent".to_owned(),
            Self::MailsGivenUp => "mails_given_up".to_owned(),
            Self::Reports(outcome) => format!("reports_{}", outcome.name()),
        }
    }

    /// Adds to it, in the transaction of what is counted.
    pub(super) fn add(self, db: &Connection, number: usize) -> Result<(), StoreError> {
        db.prepare_cached(
            "INSERT INTO counter (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        )?
        .execute(params![
            self.name(),
            i64::try_from(number).unwrap_or(i64::MAX)
        ])?;
        Ok(())
    }
}

impl Store {
    /// The numbers at `now`.
    pub async fn counters(&self, now: Timestamp) -> Result<Counters, StoreError> {
        let since = now.checked_sub(SHOWN).unwrap_or(Timestamp::MIN);
        self.read(move |db| {
            let grown = grown(db)?;
            let value = |counter: Counter| grown.get(&counter.name()).copied().unwrap_or(0);
            let (mails_queued, mails_undeliverable) = db
                .prepare_cached(
                    "SELECT
                         (SELECT count(*) FROM recipient WHERE state = 'queued') AS queued,
                         (SELECT count(*) FROM recipient
                          WHERE state IN ('refused', 'undeliverable')
                              AND changed_at >= ?1) AS lost",
                )?
                .query_row([micros(since)], |row| {
                    Ok(count(row, "queued")
                        .and_then(|queued| count(row, "lost").map(|lost| (queued, lost))))
                })??;
            Ok(Counters {
                alerts: value(Counter::Alerts),
                mails_sent: value(Counter::MailsSent),
                mails_given_up: value(Counter::MailsGivenUp),
                mails_queued,
                mails_undeliverable,
                reports: Outcome::ALL
                    .iter()
                    .map(|outcome| (*outcome, value(Counter::Reports(*outcome))))
                    .collect(),
            })
        })
        .await
    }
}

fn grown(db: &Connection) -> Result<BTreeMap<String, u64>, StoreError> {
    db.prepare_cached("SELECT name, value FROM counter")?
        .query_and_then([], |row| {
            let value: i64 = row.get(1)?;
            Ok((row.get(0)?, u64::try_from(value).unwrap_or(0)))
        })?
        .collect()
}

#[cfg(test)]
mod tests;
