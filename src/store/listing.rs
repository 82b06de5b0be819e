//! Lists of reports: which ones, a page at a time.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, ToSql};
use serde::Serialize;
use serde_json::json;

use crate::model::{Outcome, PlanId, RecipientState, ReportId, ReportKind, RunId, RunKind};

use super::columns::{Named, count, micros, optional_time, time};
use super::{Store, StoreError, search};

/// How many reports one list shows at most.
const LIST: usize = 10_000;

/// A mail that did not get to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTrouble {
    /// It waits for another attempt.
    Queued,
    /// Somebody never gets it.
    Undelivered,
}

impl MailTrouble {
    /// The states of its recipients, as the list that the query reads.
    fn states(self) -> String {
        let states: &[RecipientState] = match self {
            Self::Queued => &[RecipientState::Queued],
            Self::Undelivered => &[RecipientState::Refused, RecipientState::Undeliverable],
        };
        let names: Vec<_> = states.iter().map(|state| state.name()).collect();
        json!(names).to_string()
    }
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
    /// Only with a mail, or only without one.
    pub mailed: Option<bool>,
    /// Only with a mail in such trouble.
    pub trouble: Option<MailTrouble>,
    /// Only made then or later.
    pub since: Option<Timestamp>,
    /// Only made before.
    pub until: Option<Timestamp>,
    /// Only those in whose plan, or in whose applications that failed, fell out
    /// of their plan or are gone, every word of this occurs; the letters' case
    /// does not matter.
    pub text: String,
    /// How many of the newest are passed over.
    pub offset: usize,
    /// How many at most.
    pub limit: usize,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPage {
    /// How many there are in all.
    pub total: usize,
    /// The reports of this part, newest first.
    pub reports: Vec<ReportSummary>,
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
    /// When the run's schedule fired; of a hand run, when it began.
    pub at: Option<Timestamp>,
    /// The plan, where it is about one.
    pub plan: Option<PlanId>,
    /// The plan's name, as it was then.
    pub plan_name: Option<String>,
    /// The run.
    pub run: RunId,
    /// What made it one run.
    pub run_kind: RunKind,
    /// The verdict.
    pub outcome: Outcome,
    /// How many members count as bad.
    pub bad: usize,
    /// How many members count at all.
    pub counted: usize,
    /// Whether any mail was made of it.
    pub mailed: bool,
}

/// Both the list and the count go by it.
const WANTED: &str = "
    (:plan IS NULL OR report.plan = :plan)
    AND (:outcome IS NULL OR outcome = :outcome)
    AND (:before IS NULL OR id < :before)
    AND (:since IS NULL OR made_at >= :since)
    AND (:until IS NULL OR made_at < :until)
    AND (:mailed IS NULL
         OR EXISTS (SELECT 1 FROM mail WHERE mail.report = report.id) = :mailed)
    AND (:states IS NULL OR EXISTS (
         SELECT 1 FROM mail JOIN recipient ON recipient.mail = mail.id
         WHERE mail.report = report.id
           AND recipient.state IN (SELECT value FROM json_each(:states))))
    AND (:words IS NULL OR EXISTS (
         SELECT 1 FROM report_words
         WHERE report_words.report = report.id
           AND NOT EXISTS (SELECT 1 FROM json_each(:words) AS word
                           WHERE NOT instr(report_words.words, word.value))))";

impl Store {
    /// Reports, newest first.
    pub async fn reports(&self, filter: ReportFilter) -> Result<Vec<ReportSummary>, StoreError> {
        self.read(move |db| list(db, &filter)).await
    }

    /// Reports, newest first, and how many there are without limit and offset.
    pub async fn report_page(&self, filter: ReportFilter) -> Result<ReportPage, StoreError> {
        self.read(move |db| {
            Ok(ReportPage {
                total: total(db, &filter)?,
                reports: list(db, &filter)?,
            })
        })
        .await
    }
}

/// The values of the names in [`WANTED`].
struct Wanted(Vec<(&'static str, Value)>);

impl Wanted {
    fn of(filter: &ReportFilter) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Self(vec![
            (
                ":plan",
                text(filter.plan.as_ref().map(PlanId::as_str)).into(),
            ),
            (":outcome", text(filter.outcome.map(Named::name)).into()),
            (":before", filter.before.map(|id| id.0).into()),
            (":since", filter.since.map(micros).into()),
            (":until", filter.until.map(micros).into()),
            (":mailed", filter.mailed.map(i64::from).into()),
            (":states", filter.trouble.map(MailTrouble::states).into()),
            (":words", search::wanted(&filter.text).into()),
        ])
    }

    fn with(mut self, name: &'static str, number: usize) -> Self {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.0.push((name, number.into()));
        self
    }

    fn params(&self) -> Vec<(&str, &dyn ToSql)> {
        let values = self.0.iter();
        values
            .map(|(name, value)| (*name, value as &dyn ToSql))
            .collect()
    }
}

fn list(db: &Connection, filter: &ReportFilter) -> Result<Vec<ReportSummary>, StoreError> {
    let wanted = Wanted::of(filter)
        .with(":limit", filter.limit.min(LIST))
        .with(":offset", filter.offset);
    db.prepare_cached(&format!(
        "SELECT id, kind, plan, run, run_kind, plan_name, outcome, bad, counted, made_at, at,
                EXISTS (SELECT 1 FROM mail WHERE mail.report = report.id) AS mailed
         FROM report WHERE {WANTED}
         ORDER BY id DESC LIMIT :limit OFFSET :offset"
    ))?
    .query_and_then(&*wanted.params(), summary)?
    .collect()
}

fn total(db: &Connection, filter: &ReportFilter) -> Result<usize, StoreError> {
    let total: i64 = db
        .prepare_cached(&format!("SELECT count(*) FROM report WHERE {WANTED}"))?
        .query_row(&*Wanted::of(filter).params(), |row| row.get(0))?;
    Ok(usize::try_from(total).unwrap_or_default())
}

fn summary(row: &Row<'_>) -> Result<ReportSummary, StoreError> {
    let plan: String = row.get("plan")?;
    Ok(ReportSummary {
        id: ReportId(row.get("id")?),
        kind: ReportKind::from_name(&row.get::<_, String>("kind")?)?,
        made_at: time(row.get("made_at")?)?,
        at: optional_time(row.get("at")?)?,
        plan: (!plan.is_empty()).then(|| PlanId::new(plan)),
        plan_name: row.get("plan_name")?,
        run: RunId::new(row.get::<_, String>("run")?),
        run_kind: RunKind::from_name(&row.get::<_, String>("run_kind")?)?,
        outcome: Outcome::from_name(&row.get::<_, String>("outcome")?)?,
        bad: count(row, "bad")?,
        counted: count(row, "counted")?,
        mailed: row.get("mailed")?,
    })
}

#[cfg(test)]
mod tests;
