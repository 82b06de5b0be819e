//! Keeps the database small: forgets what is old, shortens what is older than
//! anybody looks at closely, gives the room back.
//!
//! All of it goes in small steps, between which the thread serves others: an
//! alert must not wait until a year of history is gone through.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use crate::model::ReportId;

use super::columns::micros;
use super::{Store, StoreError, body};

/// How long the whole report of a good run is kept.
const DETAILS_DAYS: u32 = 30;

/// Rows that one step forgets.
const ROWS: i64 = 500;

/// Reports that one step forgets or shortens: each is several rows, and long.
const REPORTS: i64 = 100;

/// Pages that one step gives back.
const PAGES: i64 = 500;

/// Free pages that are kept, for the days to come.
const SPARE_PAGES: i64 = 1000;

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    /// Answered alerts, since they were seen last, and the texts of mails that
    /// are done with.
    pub alerts_days: u32,
    /// Reports with what became of their mails, and runs without a verdict.
    pub history_days: u32,
}

impl Store {
    /// Forgets what is older than `ages`. What waits stays, and of a plan that
    /// is watched the newest run. Of good runs that were not mailed, after 30
    /// days only the names of the applications that were ok are kept. Returns
    /// how many alerts, reports and runs were forgotten. After an error what
    /// was done until then stays done.
    pub async fn prune(&self, now: Timestamp, ages: Ages) -> Result<usize, StoreError> {
        let alerts = days_before(now, ages.alerts_days);
        let history = days_before(now, ages.history_days);
        let details = days_before(now, DETAILS_DAYS);
        let forgotten = self.in_steps(move |db| forget_alerts(db, alerts)).await?
            + self.in_steps(move |db| forget_reports(db, history)).await?
            + self
                .in_steps(move |db| forget_unjudged(db, history))
                .await?;
        self.in_steps(move |db| empty_mails(db, alerts)).await?;
        self.in_steps(move |db| shorten(db, details)).await?;
        self.in_steps(give_back).await?;
        Ok(forgotten)
    }

    /// Repeats `step` until it finds nothing more to do.
    async fn in_steps<F>(&self, step: F) -> Result<usize, StoreError>
    where
        F: Fn(&Connection) -> Result<usize, StoreError> + Clone + Send + 'static,
    {
        let mut all = 0;
        loop {
            let done = self.write(step.clone()).await?;
            if done == 0 {
                return Ok(all);
            }
            all += done;
        }
    }
}

fn days_before(now: Timestamp, days: u32) -> i64 {
    let age = SignedDuration::from_hours(i64::from(days) * 24);
    micros(now.checked_sub(age).unwrap_or(Timestamp::MIN))
}

fn forget_alerts(db: &Connection, before: i64) -> Result<usize, StoreError> {
    Ok(db
        .prepare_cached(
            "DELETE FROM alert WHERE id IN (
                 SELECT id FROM alert WHERE waiting_since IS NULL AND last_seen < ?1 LIMIT ?2)",
        )?
        .execute([before, ROWS])?)
}

/// The newest run of a plan is how it stands, however long ago that was.
fn forget_reports(db: &Connection, before: i64) -> Result<usize, StoreError> {
    Ok(db
        .prepare_cached(
            "DELETE FROM report WHERE id IN (
                 SELECT id FROM report AS old WHERE made_at < ?1
                     AND NOT EXISTS (
                         SELECT 1 FROM mail JOIN recipient ON recipient.mail = mail.id
                         WHERE mail.report = old.id AND recipient.state = 'queued')
                     AND NOT (kind = 'run'
                         AND EXISTS (SELECT 1 FROM watch_plan WHERE watch_plan.plan = old.plan)
                         AND id = (SELECT id FROM report AS newest
                                   WHERE newest.kind = 'run' AND newest.plan = old.plan
                                   ORDER BY coalesce(at, made_at) DESC, id DESC LIMIT 1))
                 ORDER BY made_at LIMIT ?2)",
        )?
        .execute([before, REPORTS])?)
}

fn forget_unjudged(db: &Connection, before: i64) -> Result<usize, StoreError> {
    Ok(db
        .prepare_cached(
            "DELETE FROM unjudged WHERE (plan, run) IN (
                 SELECT plan, run FROM unjudged WHERE at < ?1 LIMIT ?2)",
        )?
        .execute([before, ROWS])?)
}

/// A mail can be rendered again from its report.
fn empty_mails(db: &Connection, before: i64) -> Result<usize, StoreError> {
    Ok(db
        .prepare_cached(
            "UPDATE mail SET raw = x'' WHERE id IN (
                 SELECT id FROM mail WHERE length(raw) > 0 AND queued_at < ?1
                     AND NOT EXISTS (SELECT 1 FROM recipient
                                     WHERE recipient.mail = mail.id AND state = 'queued')
                 LIMIT ?2)",
        )?
        .execute([before, REPORTS])?)
}

/// Goes through each report once in its life.
fn shorten(db: &Connection, before: i64) -> Result<usize, StoreError> {
    let old = db
        .prepare_cached(
            "SELECT id, kind = 'run' AND outcome = 'SUCCESS'
                 AND NOT EXISTS (SELECT 1 FROM mail WHERE mail.report = report.id)
             FROM report WHERE settled = 0 AND made_at < ?1 ORDER BY made_at LIMIT ?2",
        )?
        .query_and_then([before, REPORTS], |row| {
            Ok((ReportId(row.get(0)?), row.get(1)?))
        })?
        .collect::<Result<Vec<(ReportId, bool)>, StoreError>>()?;
    for (id, dispensable) in &old {
        if *dispensable {
            shorten_one(db, *id)?;
        }
        db.prepare_cached("UPDATE report SET settled = 1 WHERE id = ?1")?
            .execute([id.0])?;
    }
    Ok(old.len())
}

/// A body that cannot be read stays as it is.
fn shorten_one(db: &Connection, id: ReportId) -> Result<(), StoreError> {
    let text: String = db
        .prepare_cached("SELECT body FROM report_body WHERE report = ?1")?
        .query_row([id.0], |row| row.get(0))?;
    if let Some(short) = body::shortened(&text) {
        db.prepare_cached("INSERT INTO report_short (report, body) VALUES (?1, ?2)")?
            .execute(params![id.0, short])?;
        db.prepare_cached("DELETE FROM report_body WHERE report = ?1")?
            .execute([id.0])?;
    }
    Ok(())
}

/// Returns how many pages the file has become smaller: none in a file that
/// cannot shrink, whose free pages are used again all the same.
fn give_back(db: &Connection) -> Result<usize, StoreError> {
    let free = || -> Result<i64, StoreError> {
        Ok(db.pragma_query_value(None, "freelist_count", |row| row.get(0))?)
    };
    let before = free()?;
    let pages = (before - SPARE_PAGES).clamp(0, PAGES);
    if pages > 0 {
        db.pragma(None, "incremental_vacuum", pages, |_| Ok(()))?;
    }
    Ok(usize::try_from(before - free()?).unwrap_or(0))
}

#[cfg(test)]
mod tests;
