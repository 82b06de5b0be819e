//! The last runs of every plan: those with a report, and those that nobody
//! could judge.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::model::{Outcome, PlanId, ReportId, RunId, RunKind, RunMark};

use super::columns::{Named as _, count, micros, time};
use super::{Store, StoreError};

impl Store {
    /// By plan, its last `length` runs, oldest first, also of plans that the
    /// cluster no longer has.
    pub async fn strips(
        &self,
        length: usize,
    ) -> Result<BTreeMap<PlanId, Vec<RunMark>>, StoreError> {
        self.read(move |db| {
            let mut strips = BTreeMap::new();
            let mut after = String::new();
            while let Some(plan) = plan_after(db, &after)? {
                strips.insert(PlanId::new(plan.clone()), strip(db, &plan, length)?);
                after = plan;
            }
            Ok(strips)
        })
        .await
    }
}

/// The next plan that has a run: one step in each index, where a `DISTINCT`
/// would read every run.
fn plan_after(db: &Connection, plan: &str) -> Result<Option<String>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT min(plan) FROM (
                 SELECT min(plan) AS plan FROM report WHERE kind = 'run' AND plan > ?1
                 UNION ALL
                 SELECT min(plan) FROM unjudged WHERE plan > ?1)",
        )?
        .query_row([plan], |row| row.get(0))
        .optional()?
        .flatten())
}

fn strip(db: &Connection, plan: &str, length: usize) -> Result<Vec<RunMark>, StoreError> {
    let limit = i64::try_from(length).unwrap_or(i64::MAX);
    let mut marks = select(
        db,
        "SELECT id, run, run_kind, coalesce(at, made_at) AS at, took, outcome, bad, counted
         FROM report WHERE kind = 'run' AND plan = ?1
         ORDER BY coalesce(at, made_at) DESC, id DESC LIMIT ?2",
        plan,
        limit,
    )?;
    // A run that was judged after all shows its verdict.
    marks.extend(select(
        db,
        "SELECT NULL AS id, run, run_kind, at, took, NULL AS outcome, bad, counted
         FROM unjudged WHERE plan = ?1
             AND NOT EXISTS (SELECT 1 FROM report WHERE report.kind = 'run'
                                 AND report.plan = unjudged.plan
                                 AND report.run = unjudged.run)
         ORDER BY at DESC LIMIT ?2",
        plan,
        limit,
    )?);
    marks.sort_by_key(|mark| (mark.at, mark.report));
    marks.drain(..marks.len().saturating_sub(length));
    Ok(marks)
}

fn select(
    db: &Connection,
    query: &str,
    plan: &str,
    limit: i64,
) -> Result<Vec<RunMark>, StoreError> {
    db.prepare_cached(query)?
        .query_and_then(params![plan, limit], mark)?
        .collect()
}

fn mark(row: &Row<'_>) -> Result<RunMark, StoreError> {
    let outcome: Option<String> = row.get("outcome")?;
    Ok(RunMark {
        report: row.get::<_, Option<i64>>("id")?.map(ReportId),
        run: RunId::new(row.get::<_, String>("run")?),
        kind: RunKind::from_name(&row.get::<_, String>("run_kind")?)?,
        at: time(row.get("at")?)?,
        took_s: row.get("took")?,
        outcome: outcome.as_deref().map(Outcome::from_name).transpose()?,
        bad: count(row, "bad")?,
        counted: count(row, "counted")?,
    })
}

/// Keeps a run without a verdict; one that is known already takes what is new.
pub(super) fn keep_unjudged(
    db: &Connection,
    plan: &PlanId,
    mark: &RunMark,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO unjudged (plan, run, run_kind, at, took, bad, counted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        plan.as_str(),
        mark.run.as_str(),
        mark.kind.name(),
        micros(mark.at),
        mark.took_s,
        i64::try_from(mark.bad).unwrap_or(i64::MAX),
        i64::try_from(mark.counted).unwrap_or(i64::MAX),
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests;
