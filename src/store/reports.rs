//! Reports: stored once per run, together with their mails and with the alerts
//! they answer.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use crate::model::{
    DeliveryRecord, InboxId, Outcome, OutgoingMail, PlanId, Report, ReportId, ReportKind, RunId,
    StoredReport,
};

use super::columns::{Named, count, micros, time};
use super::inbox::{Answer, answer};
use super::{Store, StoreError, outbox};

/// How many reports one list shows at most.
const LIST: usize = 10_000;

/// What became of a report that was to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is stored and its mails wait.
    New(ReportId),
    /// There was one of this kind for this plan and run: that one stays, its
    /// mails are the only ones, and the alerts count as answered by it.
    Already(ReportId),
}

/// Which reports to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportFilter {
    /// Only of this plan.
    pub plan: Option<PlanId>,
    /// Only with this verdict.
    pub outcome: Option<Outcome>,
    /// Only older than this one, for the next page.
    pub before: Option<ReportId>,
    /// How many at most.
    pub limit: usize,
}

/// One line of a list of reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportSummary {
    /// Its number.
    pub id: ReportId,
    /// What it is about.
    pub kind: ReportKind,
    /// When it was made.
    pub made_at: Timestamp,
    /// The plan, where it is about one.
    pub plan: Option<PlanId>,
    /// The plan's name, as it was then.
    pub plan_name: Option<String>,
    /// The run.
    pub run: RunId,
    /// The verdict.
    pub outcome: Outcome,
    /// How many members count as bad.
    pub bad: usize,
    /// How many members count at all.
    pub counted: usize,
}

impl Store {
    /// Stores `report`, queues `mails` (due at once) and answers the alerts
    /// that led to it: all of it or nothing. An alert that came in again since
    /// its `last_seen` goes on waiting.
    pub async fn save_report(
        &self,
        report: Report,
        mails: Vec<OutgoingMail>,
        answered: Vec<(InboxId, Timestamp)>,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let report = NewReport::from_report(&report)?;
        self.write(move |db| {
            let saved = match report.find(db)? {
                Some(id) => Saved::Already(id),
                None => Saved::New(report.insert(db)?),
            };
            let (Saved::New(id) | Saved::Already(id)) = saved;
            if matches!(saved, Saved::New(_)) {
                outbox::queue(db, id, &mails, now)?;
            }
            if report.kind == ReportKind::RedisUnreachable {
                db.execute("UPDATE outage SET reported = 1", [])?;
            }
            answer(db, &answered, Answer::Report(id), now)?;
            Ok(saved)
        })
        .await
    }

    /// Reports, newest first.
    pub async fn reports(&self, filter: ReportFilter) -> Result<Vec<ReportSummary>, StoreError> {
        self.read(move |db| {
            db.prepare_cached(
                "SELECT id, kind, plan, run, plan_name, outcome, bad, counted, made_at
                 FROM report
                 WHERE (?1 IS NULL OR plan = ?1)
                   AND (?2 IS NULL OR outcome = ?2)
                   AND (?3 IS NULL OR id < ?3)
                 ORDER BY id DESC LIMIT ?4",
            )?
            .query_and_then(
                params![
                    filter.plan.as_ref().map(PlanId::as_str),
                    filter.outcome.map(Named::name),
                    filter.before.map(|id| id.0),
                    i64::try_from(filter.limit.min(LIST)).unwrap_or(i64::MAX),
                ],
                summary,
            )?
            .collect()
        })
        .await
    }

    /// One report; `None` when there is none of this number.
    pub async fn report(&self, id: ReportId) -> Result<Option<StoredReport>, StoreError> {
        self.read(move |db| {
            let body: Option<String> = db
                .prepare_cached("SELECT body FROM report WHERE id = ?1")?
                .query_row([id.0], |row| row.get(0))
                .optional()?;
            body.map(|body| {
                let report = serde_json::from_str(&body)
                    .map_err(|error| StoreError::Corrupt(error.to_string()))?;
                Ok(StoredReport { id, report })
            })
            .transpose()
        })
        .await
    }

    /// How far the mails of a report are, oldest mail first, each one's
    /// recipients in their order.
    pub async fn deliveries(&self, id: ReportId) -> Result<Vec<DeliveryRecord>, StoreError> {
        self.read(move |db| outbox::records(db, id)).await
    }
}

/// A report in the form of its row.
struct NewReport {
    kind: ReportKind,
    plan: String,
    plan_name: Option<String>,
    run: String,
    outcome: Outcome,
    bad: usize,
    counted: usize,
    made_at: i64,
    body: String,
}

impl NewReport {
    fn from_report(report: &Report) -> Result<Self, StoreError> {
        let plan = report.plan.as_ref();
        Ok(Self {
            kind: report.kind,
            plan: plan.map_or_else(String::new, |plan| plan.id.as_str().to_owned()),
            plan_name: plan.map(|plan| plan.name.clone()),
            run: report.run.as_str().to_owned(),
            outcome: report.outcome,
            bad: report.bad(),
            counted: report.counted(),
            made_at: micros(report.made_at),
            body: serde_json::to_string(report)
                .map_err(|error| StoreError::Internal(error.to_string()))?,
        })
    }

    fn find(&self, db: &Connection) -> Result<Option<ReportId>, StoreError> {
        Ok(db
            .prepare_cached("SELECT id FROM report WHERE kind = ?1 AND plan = ?2 AND run = ?3")?
            .query_row(params![self.kind.name(), self.plan, self.run], |row| {
                row.get(0).map(ReportId)
            })
            .optional()?)
    }

    fn insert(&self, db: &Connection) -> Result<ReportId, StoreError> {
        db.prepare_cached(
            "INSERT INTO report
                 (kind, plan, run, plan_name, outcome, bad, counted, made_at, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            self.kind.name(),
            self.plan,
            self.run,
            self.plan_name,
            self.outcome.name(),
            i64::try_from(self.bad).unwrap_or(i64::MAX),
            i64::try_from(self.counted).unwrap_or(i64::MAX),
            self.made_at,
            self.body,
        ])?;
        Ok(ReportId(db.last_insert_rowid()))
    }
}

fn summary(row: &Row<'_>) -> Result<ReportSummary, StoreError> {
    let plan: String = row.get("plan")?;
    Ok(ReportSummary {
        id: ReportId(row.get("id")?),
        kind: ReportKind::from_name(&row.get::<_, String>("kind")?)?,
        made_at: time(row.get("made_at")?)?,
        plan: (!plan.is_empty()).then(|| PlanId::new(plan)),
        plan_name: row.get("plan_name")?,
        run: RunId::new(row.get::<_, String>("run")?),
        outcome: Outcome::from_name(&row.get::<_, String>("outcome")?)?,
        bad: count(row, "bad")?,
        counted: count(row, "counted")?,
    })
}

#[cfg(test)]
mod tests;
