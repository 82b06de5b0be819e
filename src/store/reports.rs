//! Reports: stored once per run, and read again.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{
    DeliveryRecord, Outcome, PlanId, Report, ReportId, ReportKind, RunId, RunKind, StoredReport,
};

use super::columns::{Named, micros};
use super::counters::Counter;
use super::{Store, StoreError, body, outbox, search};

/// What became of a report that was to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is stored, in the place of another one if it was to replace that, and
    /// its mails wait.
    New(ReportId),
    /// There was one of this kind for this plan and run: that one stays, its
    /// mails are the only ones, and the alerts count as answered by it.
    Already(ReportId),
}

impl Store {
    /// One report; `None` when there is none of this number. What ran well long
    /// ago has lost details (see [`Store::prune`]).
    pub async fn report(&self, id: ReportId) -> Result<Option<StoredReport>, StoreError> {
        self.read(move |db| stored(db, id)).await
    }

    /// The report of this kind on this run of this plan.
    pub async fn report_of(
        &self,
        kind: ReportKind,
        plan: Option<&PlanId>,
        run: &RunId,
    ) -> Result<Option<StoredReport>, StoreError> {
        let plan = plan.map_or_else(String::new, |plan| plan.as_str().to_owned());
        let run = run.as_str().to_owned();
        self.read(move |db| match find(db, kind, &plan, &run)? {
            Some(id) => stored(db, id),
            None => Ok(None),
        })
        .await
    }

    /// How far the mails of a report are, oldest mail first, each one's
    /// recipients in their order.
    pub async fn deliveries(&self, id: ReportId) -> Result<Vec<DeliveryRecord>, StoreError> {
        self.read(move |db| outbox::records(db, id)).await
    }
}

/// The report with this number.
fn stored(db: &Connection, id: ReportId) -> Result<Option<StoredReport>, StoreError> {
    let body: Option<String> = db
        .prepare_cached(
            "SELECT body FROM report_body WHERE report = ?1
             UNION ALL
             SELECT body FROM report_short WHERE report = ?1",
        )?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    body.map(|body| {
        let report = body::read(&body)?;
        Ok(StoredReport { id, report })
    })
    .transpose()
}

fn find(
    db: &Connection,
    kind: ReportKind,
    plan: &str,
    run: &str,
) -> Result<Option<ReportId>, StoreError> {
    Ok(db
        .prepare_cached("SELECT id FROM report WHERE kind = ?1 AND plan = ?2 AND run = ?3")?
        .query_row(params![kind.name(), plan, run], |row| {
            row.get(0).map(ReportId)
        })
        .optional()?)
}

/// A report in the form of its rows.
pub(super) struct NewReport {
    pub(super) kind: ReportKind,
    plan: String,
    plan_name: Option<String>,
    run: String,
    run_kind: RunKind,
    outcome: Outcome,
    bad: usize,
    counted: usize,
    made_at: i64,
    at: Option<i64>,
    took: Option<i64>,
    body: String,
    /// What it is found by.
    words: String,
}

impl NewReport {
    pub(super) fn from_report(report: &Report) -> Result<Self, StoreError> {
        let plan = report.plan.as_ref();
        Ok(Self {
            kind: report.kind,
            plan: plan.map_or_else(String::new, |plan| plan.id.as_str().to_owned()),
            plan_name: plan.map(|plan| plan.name.clone()),
            run: report.run.as_str().to_owned(),
            run_kind: report.run_kind,
            outcome: report.outcome,
            bad: report.bad(),
            counted: report.counted(),
            made_at: micros(report.made_at),
            at: report.at.map(micros),
            took: report.took_s,
            body: body::whole(report)?,
            words: search::words(report),
        })
    }

    /// The report that is there of this kind on this run of this plan.
    pub(super) fn find(&self, db: &Connection) -> Result<Option<ReportId>, StoreError> {
        find(db, self.kind, &self.plan, &self.run)
    }

    pub(super) fn insert(&self, db: &Connection) -> Result<ReportId, StoreError> {
        db.prepare_cached(
            "INSERT INTO report (kind, plan, run, run_kind, plan_name, outcome, bad, counted,
                                 made_at, at, took)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            self.kind.name(),
            self.plan,
            self.run,
            self.run_kind.name(),
            self.plan_name,
            self.outcome.name(),
            i64::try_from(self.bad).unwrap_or(i64::MAX),
            i64::try_from(self.counted).unwrap_or(i64::MAX),
            self.made_at,
            self.at,
            self.took,
        ])?;
        let id = ReportId(db.last_insert_rowid());
        self.put_body(db, id)?;
        Counter::Reports(self.outcome).add(db, 1)?;
        Ok(id)
    }

    /// Takes the place of report `id`, which is on the same run.
    pub(super) fn replace(&self, db: &Connection, id: ReportId) -> Result<(), StoreError> {
        db.prepare_cached(
            "UPDATE report SET run_kind = ?2, plan_name = ?3, outcome = ?4, bad = ?5,
                               counted = ?6, made_at = ?7, at = ?8, took = ?9, settled = 0
             WHERE id = ?1",
        )?
        .execute(params![
            id.0,
            self.run_kind.name(),
            self.plan_name,
            self.outcome.name(),
            i64::try_from(self.bad).unwrap_or(i64::MAX),
            i64::try_from(self.counted).unwrap_or(i64::MAX),
            self.made_at,
            self.at,
            self.took,
        ])?;
        self.put_body(db, id)
    }

    fn put_body(&self, db: &Connection, id: ReportId) -> Result<(), StoreError> {
        db.prepare_cached("DELETE FROM report_short WHERE report = ?1")?
            .execute([id.0])?;
        db.prepare_cached("INSERT OR REPLACE INTO report_body (report, body) VALUES (?1, ?2)")?
            .execute(params![id.0, self.body])?;
        search::put(db, id, &self.words)
    }
}

#[cfg(test)]
mod tests;
