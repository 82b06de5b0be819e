//! When the plans were last all right: a strip may not reach back that far.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{Outcome, PlanId, ReportKind};

use super::columns::{Named as _, time};
use super::{Store, StoreError};

impl Store {
    /// By plan, when the schedule of its newest run without any failure fired;
    /// a plan without one is left out.
    pub async fn good_runs(&self) -> Result<BTreeMap<PlanId, Timestamp>, StoreError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT plan, max(coalesce(at, made_at)) FROM report
                 WHERE kind = ?1 AND outcome = ?2 AND plan <> '' GROUP BY plan",
            )?
            .query_and_then([ReportKind::Run.name(), Outcome::Success.name()], |row| {
                let plan = PlanId::new(row.get::<_, String>(0)?);
                Ok((plan, time(row.get(1)?)?))
            })?
            .collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, open, report};
    use super::*;
    use crate::model::Report;

    #[tokio::test]
    async fn the_newest_good_run_of_each_plan_is_found() {
        let (_dir, store) = open();
        let runs = [
            ("1", "a", 100, Outcome::Success),
            ("1", "b", 200, Outcome::Success),
            ("1", "c", 300, Outcome::Partial),
            ("2", "d", 100, Outcome::RepoFailure),
        ];
        for (plan, run, second, outcome) in runs {
            let report = Report {
                outcome,
                at: Some(at(second)),
                ..report(ReportKind::Run, plan, run)
            };
            let saved = store.save_report(report, vec![], vec![], at(900)).await;
            saved.unwrap();
        }
        let good = store.good_runs().await.unwrap();
        assert_eq!(good, BTreeMap::from([("1".into(), at(200))]));
    }
}
