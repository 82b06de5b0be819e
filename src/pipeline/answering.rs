//! What alerts are answered that belong to no run which is over just now.

use std::collections::BTreeSet;
use std::time::Instant;

use tracing::info;

use super::probing::probes_of;
use super::reporting::{Closing, Edition, Verdicts, closing, note_newest};
use super::watching::WatchingError;
use crate::correlator::{Answer, Known, Saying, answers};
use crate::model::{
    CloseReason, InboxEntry, InboxId, JudgedRun, PlanId, PlanWatch, ReportKind, RunId, Watch,
    WholeWatch,
};
use crate::store::{Batch, Save};
use crate::verdict;

impl Verdicts<'_> {
    /// Answers what is due and belongs to no run that is over just now.
    pub async fn answer_alerts(
        &self,
        watch: &mut Watch,
        whole: &mut WholeWatch,
    ) -> Result<(), WatchingError> {
        let store = &self.look.watching.store;
        store
            .remember_plans(self.look.state.plans.keys().cloned().collect())
            .await?;
        if self.look.due.is_empty() {
            return Ok(());
        }
        // What the runs just reported has closed waits no more.
        let open: BTreeSet<InboxId> = store
            .waiting()
            .await?
            .iter()
            .map(|entry| entry.id)
            .collect();
        let due: Vec<&InboxEntry> = self
            .look
            .due
            .iter()
            .copied()
            .filter(|entry| open.contains(&entry.id))
            .collect();
        let memory = store.memory().await?;
        let known = Known {
            state: self.look.state,
            plans: &watch.plans,
            memory: &memory,
            recent_window: self.rules.recent_window,
            now: self.look.now,
        };
        let mut unanswered = BTreeSet::new();
        let mut outcome = Ok(());
        for mut answer in answers(known, &due) {
            self.look.watching.vitals.beat(Instant::now());
            // What an answer that failed still owes must stay in the inbox.
            answer.closes.retain(|id| !unanswered.contains(id));
            let alerts: Vec<InboxId> = answer.alerts.iter().map(|entry| entry.id).collect();
            if let Err(problem) = self.give(watch, whole, answer).await {
                unanswered.extend(alerts);
                outcome = Err(problem);
            }
        }
        outcome
    }

    async fn give(
        &self,
        watch: &mut Watch,
        whole: &mut WholeWatch,
        answer: Answer<'_>,
    ) -> Result<(), WatchingError> {
        let Answer {
            saying,
            alerts,
            closes,
        } = answer;
        let closing = closing(&alerts, Some(&closes));
        let batch = match saying {
            Saying::Nothing(reason) => {
                tell_silence(reason, &alerts);
                closed(closing, reason)
            }
            Saying::UnknownPlans(plans) => {
                let notes = self.notes(whole);
                let report = verdict::unknown_plans(&plans, self.around(&alerts, &notes));
                saved(self.plain(report, closing)?, None)
            }
            Saying::AllWell(runs) => {
                let notes = self.notes(whole);
                let report = verdict::all_well(&runs, self.around(&alerts, &notes));
                saved(self.plain(report, closing)?, None)
            }
            Saying::AsFound(run) => {
                let Some(seen) = watch.plans.get(&run.plan_id).cloned() else {
                    return Ok(());
                };
                self.as_found(seen, whole, &run, (&alerts, closing)).await?
            }
            Saying::Kept(plan, run) => {
                let seen = watch.plans.get(&plan).cloned();
                self.again(plan, seen, &run, (&alerts, closing)).await?
            }
        };
        self.save(watch, batch).await
    }

    /// The report on a run that was never watched.
    async fn as_found(
        &self,
        mut seen: PlanWatch,
        whole: &mut WholeWatch,
        run: &JudgedRun,
        (alerts, closing): (&[&InboxEntry], Vec<Closing>),
    ) -> Result<Batch, WatchingError> {
        let probes = probes_of(self.look.parts, self.look.state, run).await;
        let notes = self.notes(whole);
        let mut report = verdict::of_run(run, probes, self.around(alerts, &notes));
        report.at = run.changed_at();
        let decision = self.decide(&seen, &report, alerts, None, false);
        if decision.motive.is_some() {
            whole.notes.clear();
        }
        note_newest(&mut seen, run, &decision);
        let mut save = self.published(&mut seen, report, decision, alerts, Edition::First)?;
        save.answered = closing;
        Ok(saved(save, Some((run.plan_id.clone(), seen))))
    }

    /// The report that is kept of a run, told once more because an alert asks.
    async fn again(
        &self,
        plan: PlanId,
        seen: Option<PlanWatch>,
        run: &RunId,
        (alerts, closing): (&[&InboxEntry], Vec<Closing>),
    ) -> Result<Batch, WatchingError> {
        let store = &self.look.watching.store;
        let kept = store.report_of(ReportKind::Run, Some(&plan), run).await?;
        let (Some(kept), Some(mut seen)) = (kept, seen) else {
            return Ok(closed(closing, CloseReason::Repeat));
        };
        let mut report = kept.report;
        report.alerts = verdict::alert_labels(alerts);
        let decision = self.decide(&seen, &report, alerts, None, false);
        if let Some(newest) = &mut seen.newest {
            newest.answered = true;
        }
        let mut save = self.published(&mut seen, report, decision, alerts, Edition::AnAlertCame)?;
        save.answered = closing;
        Ok(saved(save, Some((plan, seen))))
    }
}

fn closed(closing: Vec<Closing>, reason: CloseReason) -> Batch {
    Batch {
        closes: vec![(closing, reason)],
        ..Batch::default()
    }
}

fn saved(save: Save, plan: Option<(PlanId, PlanWatch)>) -> Batch {
    let plan = plan.map(|(id, seen)| (id, Some(seen)));
    Batch {
        saves: vec![save],
        plans: plan.into_iter().collect(),
        ..Batch::default()
    }
}

/// Why no mail follows an alert: somebody may be waiting for one.
fn tell_silence(reason: CloseReason, alerts: &[&InboxEntry]) {
    let plans: Vec<String> = alerts
        .iter()
        .filter_map(|entry| Some(entry.alert.plan()?.to_string()))
        .collect();
    let plans = plans.join(" ");
    match reason {
        CloseReason::Repeat => info!(plans, "no mail: the alert repeats what was reported"),
        CloseReason::DeletedPlan => info!(plans, "no mail: the alert's plan was deleted"),
        CloseReason::SaidToday => info!(plans, "no mail: the same was reported within a day"),
    }
}
