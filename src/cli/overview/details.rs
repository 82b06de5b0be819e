//! What only the reports know of a plan: how large its last run was, and what its
//! destination answered when it was last asked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{DestinationHealth, ModuleCause, Outcome, Overview, PlanId, Report};
use crate::store::{ReportFilter, Store, StoreError};

/// In how many bad reports of each kind an answer is looked for.
const LOOKED_AT: usize = 10;

/// Of one plan.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Details {
    /// Bytes of the applications that the last run saved; `None` where no status
    /// says it.
    last_size: Option<u64>,
    /// The newest report for which repositories were asked.
    destination_probe: Option<Probed>,
}

/// What the destination answered.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Probed {
    at: Timestamp,
    health: DestinationHealth,
}

/// Looks up what the reports on the plans of `overview` say.
pub(super) async fn of(
    overview: &Overview,
    store: &Store,
) -> Result<BTreeMap<PlanId, Details>, StoreError> {
    let mut all = BTreeMap::new();
    for plan in &overview.plans {
        let last = match plan.last.as_ref().and_then(|run| run.report) {
            Some(id) => store.report(id).await?,
            None => None,
        };
        let details = Details {
            last_size: last.and_then(|stored| saved(&stored.report)),
            destination_probe: probed(store, &plan.plan.id).await?,
        };
        all.insert(plan.plan.id.clone(), details);
    }
    Ok(all)
}

fn saved(report: &Report) -> Option<u64> {
    let ok = report.members.iter();
    let sizes = ok
        .filter(|member| member.cause == ModuleCause::Ok)
        .filter_map(|member| member.size);
    sizes.fold(None, |sum, size| {
        Some(sum.unwrap_or(0).saturating_add(size))
    })
}

/// Repositories are asked after bad runs only.
async fn probed(store: &Store, plan: &PlanId) -> Result<Option<Probed>, StoreError> {
    let mut newest: Option<Probed> = None;
    for outcome in [Outcome::Partial, Outcome::RepoFailure] {
        let filter = ReportFilter {
            plan: Some(plan.clone()),
            outcome: Some(outcome),
            limit: LOOKED_AT,
            ..ReportFilter::default()
        };
        for summary in store.reports(filter).await? {
            let stored = store.report(summary.id).await?;
            let Some(report) = stored.map(|stored| stored.report) else {
                continue;
            };
            let asked = report.destination.filter(|it| !it.probes.is_empty());
            let older = newest.as_ref().is_some_and(|it| it.at >= report.made_at);
            if let Some(destination) = asked {
                if !older {
                    newest = Some(Probed {
                        at: report.made_at,
                        health: destination.health,
                    });
                }
                break;
            }
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{PlanSummary, ReportKind, RunId};
    use crate::store::{Batch, Save};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// A report on plan 1 whose destination was asked, or not.
    fn bad(second: i64, outcome: Outcome, health: Option<&str>) -> Save {
        let probe = json!({ "module": "mail1", "path": "p", "cause": "reachable", "took_ms": 1 });
        let destination = json!({
            "id": "d-1", "name": "NAS", "provider": "cluster", "url": "u", "health": health.unwrap_or("not_checked"), "method": "restic",
            "probes": health.map_or(json!([]), |_| json!([probe])), "left_out": 0,
        });
        let run = RunId::new(format!("run-{second}"));
        let report = Report {
            outcome,
            plan: Some(PlanSummary {
                id: "1".into(),
                name: "Nightly".into(),
                schedule: "daily".into(),
                enabled: true,
            }),
            destination: Some(serde_json::from_value(destination).unwrap()),
            ..Report::blank(ReportKind::Run, run, at(second))
        };
        Save {
            report,
            mails: Vec::new(),
            answered: Vec::new(),
            replace: false,
        }
    }

    #[tokio::test]
    async fn the_newest_answer_counts_whatever_the_outcome_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let probe = async || probed(&store, &"1".into()).await.unwrap();
        assert_eq!(probe().await, None);
        for (second, outcome, health, seen) in [
            (100, Outcome::Partial, None, None),
            (
                200,
                Outcome::Partial,
                Some("fine"),
                Some((200, DestinationHealth::Fine)),
            ),
            (
                300,
                Outcome::RepoFailure,
                Some("failed"),
                Some((300, DestinationHealth::Failed)),
            ),
            (
                400,
                Outcome::Partial,
                None,
                Some((300, DestinationHealth::Failed)),
            ),
            (
                500,
                Outcome::Partial,
                Some("fine"),
                Some((500, DestinationHealth::Fine)),
            ),
        ] {
            let batch = Batch {
                saves: vec![bad(second, outcome, health)],
                ..Batch::default()
            };
            store.commit(batch, at(second)).await.unwrap();
            let expected = seen.map(|(second, health)| Probed {
                at: at(second),
                health,
            });
            assert_eq!(probe().await, expected, "at {second}");
        }
    }
}
