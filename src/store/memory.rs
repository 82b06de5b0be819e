//! What the program remembers of itself between decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{Memory, Outage, PlanId, ReportKind, RunId};

use super::columns::{Named, micros, optional_time, time};
use super::{Store, StoreError};

/// How many runs of a plan are remembered as reported. An alert speaks of the
/// newest one; the others are there for statuses that come back from a restore.
const RUNS: i64 = 200;

impl Store {
    /// The facts that decisions need, of one moment.
    pub async fn memory(&self) -> Result<Memory, StoreError> {
        self.read(|db| {
            Ok(Memory {
                reported: reported(db)?,
                known_plans: known_plans(db)?,
                unknown_plan_at: newest(db, ReportKind::UnknownPlan)?,
                all_well_at: newest(db, ReportKind::AllWell)?,
                outage: outage(db)?,
            })
        })
        .await
    }

    /// Adds plans that were seen in the cluster.
    pub async fn remember_plans(&self, plans: BTreeSet<PlanId>) -> Result<(), StoreError> {
        self.write(move |db| {
            let mut statement =
                db.prepare_cached("INSERT OR IGNORE INTO plan_seen (plan) VALUES (?1)")?;
            for plan in &plans {
                statement.execute([plan.as_str()])?;
            }
            Ok(())
        })
        .await
    }

    /// Redis could not be read at `now`. Keeps the beginning of an outage that
    /// goes on; when nobody looked for `gap` (the machine was off) or the clock
    /// was set back, it is another one.
    pub async fn outage_seen(&self, now: Timestamp, gap: Duration) -> Result<(), StoreError> {
        let gap = i64::try_from(gap.as_micros()).unwrap_or(i64::MAX);
        self.write(move |db| {
            db.execute(
                "INSERT INTO outage (one, since, seen, reported) VALUES (1, ?1, ?1, 0)
                 ON CONFLICT (one) DO UPDATE SET
                     since = iif(?1 - seen BETWEEN 0 AND ?2, since, ?1),
                     reported = iif(?1 - seen BETWEEN 0 AND ?2, reported, 0),
                     seen = ?1",
                params![micros(now), gap],
            )?;
            Ok(())
        })
        .await
    }

    /// Redis was read again.
    pub async fn outage_over(&self) -> Result<(), StoreError> {
        self.write(|db| {
            db.execute("DELETE FROM outage", [])?;
            Ok(())
        })
        .await
    }
}

fn reported(db: &Connection) -> Result<BTreeMap<PlanId, BTreeSet<RunId>>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT plan, run FROM (
             SELECT plan, run, row_number() OVER (PARTITION BY plan ORDER BY id DESC) AS place
             FROM report WHERE kind = ?1
         ) WHERE place <= ?2",
    )?;
    let mut rows = statement.query(params![ReportKind::Run.name(), RUNS])?;
    let mut reported: BTreeMap<PlanId, BTreeSet<RunId>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let plan = PlanId::new(row.get::<_, String>(0)?);
        let run = RunId::new(row.get::<_, String>(1)?);
        reported.entry(plan).or_default().insert(run);
    }
    Ok(reported)
}

fn known_plans(db: &Connection) -> Result<BTreeSet<PlanId>, StoreError> {
    db.prepare_cached("SELECT plan FROM plan_seen")?
        .query_and_then([], |row| Ok(PlanId::new(row.get::<_, String>(0)?)))?
        .collect()
}

fn newest(db: &Connection, kind: ReportKind) -> Result<Option<Timestamp>, StoreError> {
    let at = db
        .prepare_cached("SELECT max(made_at) FROM report WHERE kind = ?1")?
        .query_row([kind.name()], |row| row.get(0))?;
    optional_time(at)
}

fn outage(db: &Connection) -> Result<Option<Outage>, StoreError> {
    db.prepare_cached("SELECT since, reported FROM outage")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .map(|(since, reported)| {
            Ok(Outage {
                since: time(since)?,
                reported,
            })
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, open, report};
    use super::*;

    #[tokio::test]
    async fn a_run_that_was_reported_is_remembered_under_its_plan() {
        let (_dir, store) = open();
        for (plan, run) in [("1", "a"), ("1", "b"), ("2", "a")] {
            let report = report(ReportKind::Run, plan, run);
            store
                .save_report(report, vec![], vec![], at(1))
                .await
                .unwrap();
        }
        let memory = store.memory().await.unwrap();
        assert_eq!(
            memory.reported,
            BTreeMap::from([
                ("1".into(), BTreeSet::from(["a".into(), "b".into()])),
                ("2".into(), BTreeSet::from(["a".into()])),
            ])
        );
    }

    #[tokio::test]
    async fn the_last_reports_of_the_other_kinds_are_remembered_by_time() {
        let (_dir, store) = open();
        for (day, made_at) in [("monday", 10), ("tuesday", 20)] {
            let mut report = report(ReportKind::UnknownPlan, "", day);
            report.made_at = at(made_at);
            store
                .save_report(report, vec![], vec![], at(99))
                .await
                .unwrap();
        }
        let memory = store.memory().await.unwrap();
        assert_eq!(memory.unknown_plan_at, Some(at(20)));
        assert_eq!(memory.all_well_at, None);
        assert!(memory.reported.is_empty());
    }

    #[tokio::test]
    async fn a_plan_once_seen_stays_known() {
        let (_dir, store) = open();
        for plans in [["1", "2"], ["2", "3"]] {
            let plans = plans.into_iter().map(PlanId::from).collect();
            store.remember_plans(plans).await.unwrap();
        }
        let known = store.memory().await.unwrap().known_plans;
        assert_eq!(known, ["1", "2", "3"].map(PlanId::from).into());
    }

    const GAP: Duration = Duration::from_mins(5);

    #[tokio::test]
    async fn a_time_in_which_nobody_looked_is_no_outage() {
        let (_dir, store) = open();
        let since = async || store.memory().await.unwrap().outage.unwrap().since;
        store.outage_seen(at(10), GAP).await.unwrap();
        store.outage_seen(at(310), GAP).await.unwrap();
        assert_eq!(since().await, at(10));
        store.outage_seen(at(20_000), GAP).await.unwrap();
        assert_eq!(since().await, at(20_000), "after a night without power");
        store.outage_seen(at(19_000), GAP).await.unwrap();
        assert_eq!(since().await, at(19_000), "after the clock was set back");
    }

    #[tokio::test]
    async fn an_outage_keeps_its_beginning_until_it_is_over() {
        let (_dir, store) = open();
        store.outage_seen(at(10), GAP).await.unwrap();
        store.outage_seen(at(20), GAP).await.unwrap();
        let outage = store.memory().await.unwrap().outage.unwrap();
        assert_eq!((outage.since, outage.reported), (at(10), false));

        let said = report(ReportKind::RedisUnreachable, "", "10");
        store
            .save_report(said, vec![], vec![], at(30))
            .await
            .unwrap();
        assert!(store.memory().await.unwrap().outage.unwrap().reported);

        store.outage_over().await.unwrap();
        assert_eq!(store.memory().await.unwrap().outage, None);
        store.outage_seen(at(40), GAP).await.unwrap();
        let outage = store.memory().await.unwrap().outage.unwrap();
        assert_eq!((outage.since, outage.reported), (at(40), false));
    }
}
