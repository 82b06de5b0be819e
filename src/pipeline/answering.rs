//! From alerts that wait to reports that are stored with their mails.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tracing::{info, warn};

use super::clock::Clock;
use super::outage::Outages;
use super::parts::{MailError, Parts};
use super::probing::probes_of;
use super::setback::Setback;
use crate::correlator::{Answer, Saying, answers, due};
use crate::model::{CloseReason, ClusterState, InboxEntry, InboxId, Memory, ProbeSet, Report};
use crate::receiver::{RedisHealth, Vitals};
use crate::store::{Saved, Store, StoreError};
use crate::verdict::{self, Circumstances};

/// How long to wait before looking again when nothing is known to be due.
const IDLE: Duration = Duration::from_mins(5);
/// How soon to try again after Redis failed: short enough that what was due
/// meanwhile is reported within a minute after it is back.
const RETRY: Duration = Duration::from_secs(15);
/// The longest pause while the database fails, for the same reason.
const STORE_PAUSE: Duration = Duration::from_secs(45);
/// The longest pause while a mail cannot be made: each attempt asks the
/// repositories again, and only another configuration is likely to help.
const MAIL_PAUSE: Duration = Duration::from_mins(5);

/// The part of the service that answers alerts.
pub struct Answering {
    /// Inbox, history and outbox.
    pub store: Store,
    /// What the configuration decides; replaced at a reload.
    pub parts: watch::Receiver<Arc<Parts>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Rung when an alert was accepted.
    pub alerts: Arc<Notify>,
    /// Rung when a mail was put into the outbox.
    pub mails: Arc<Notify>,
    /// Where `/healthz` and `/readyz` look.
    pub vitals: Arc<Vitals>,
}

impl Answering {
    /// Answers alerts until `stop` changes. What is being answered then is
    /// left to the next start: nothing of it is lost.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut outages = Outages::default();
        let mut setback = Setback::of("alerts cannot be answered");
        loop {
            self.vitals.beat(Instant::now());
            // Listening before looking: an alert that arrives in between still
            // wakes us.
            let accepted = self.alerts.notified();
            tokio::pin!(accepted);
            accepted.as_mut().enable();
            let began = self.clock.now();
            let pause = tokio::select! {
                pause = self.pass(&mut outages, &mut setback) => pause,
                _ = stop.changed() => return,
            };
            let until_due = async {
                accepted.await;
                self.clock.sleep(self.soonest_after(began)).await;
            };
            tokio::select! {
                () = until_due => {}
                () = self.clock.sleep(pause) => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// How long no alert will be due that came in after `began`. To look sooner
    /// would be in vain, and a flood of alerts would keep the store busy with it.
    fn soonest_after(&self, began: Timestamp) -> Duration {
        let wait = self.parts.borrow().config.correlator.wait;
        until(began.checked_add(wait).ok(), self.clock.now())
    }

    /// Answers what is due now; returns how long nothing more will be.
    pub async fn pass(&self, outages: &mut Outages, setback: &mut Setback) -> Duration {
        match self.answer_what_is_due(outages, setback).await {
            Ok(pause) => pause,
            // A mail that fails here is the one on Redis: when that is back,
            // must be seen soon.
            Err(problem) => setback.failed(&problem, STORE_PAUSE, self.clock.now()),
        }
    }

    async fn answer_what_is_due(
        &self,
        outages: &mut Outages,
        setback: &mut Setback,
    ) -> Result<Duration, AnsweringError> {
        let parts = Arc::clone(&self.parts.borrow());
        let now = self.clock.now();
        let waiting = self.store.waiting().await?;
        let outlook = due(&waiting, parts.config.correlator.wait, now);
        if outlook.due.is_empty() {
            setback.over();
            return Ok(until(outlook.next, now));
        }
        let state = match parts.reader.read(now).await {
            Ok(state) => {
                self.vitals.set_redis(RedisHealth::Reached);
                state
            }
            Err(problem) => {
                self.vitals
                    .set_redis(RedisHealth::Failed(problem.to_string()));
                outages.noticed(self, &parts, &problem).await?;
                return Ok(RETRY);
            }
        };
        outages.over(self).await?;
        if let Err(problem) = self.answer_all(&parts, &state, &outlook.due).await {
            let most = match problem {
                AnsweringError::Store(_) => STORE_PAUSE,
                AnsweringError::Mail(_) => MAIL_PAUSE,
            };
            let pause = setback.failed(&problem, most, self.clock.now());
            return Ok(pause.min(until(outlook.next, now)));
        }
        setback.over();
        // The look may not have shown all that waits.
        Ok(Duration::ZERO)
    }

    async fn answer_all(
        &self,
        parts: &Parts,
        state: &ClusterState,
        due: &[&InboxEntry],
    ) -> Result<(), AnsweringError> {
        let plans = state.plans.keys().cloned().collect();
        self.store.remember_plans(plans).await?;
        let memory: Memory = self.store.memory().await?;
        let window = parts.config.correlator.recent_window;
        let mut unanswered = BTreeSet::new();
        let mut outcome = Ok(());
        for mut answer in answers(state, due, &memory, window, self.clock.now()) {
            self.vitals.beat(Instant::now());
            // What an answer that failed still owes must stay in the inbox.
            answer.closes.retain(|id| !unanswered.contains(id));
            let alerts: Vec<InboxId> = answer.alerts.iter().map(|entry| entry.id).collect();
            if let Err(problem) = self.give(parts, state, answer).await {
                unanswered.extend(alerts);
                outcome = Err(problem);
            }
        }
        outcome
    }

    async fn give(
        &self,
        parts: &Parts,
        state: &ClusterState,
        answer: Answer<'_>,
    ) -> Result<(), AnsweringError> {
        let closes = closing(&answer);
        let around = |now| Circumstances {
            state: Some(state),
            alerts: &answer.alerts,
            now,
        };
        let report = match &answer.saying {
            Saying::Nothing(reason) => {
                tell_silence(*reason, &answer.alerts);
                self.store.close(closes, *reason, self.clock.now()).await?;
                return Ok(());
            }
            Saying::Run(run) => {
                let probes: ProbeSet = probes_of(parts, state, run).await;
                verdict::of_run(run, probes, around(self.clock.now()))
            }
            Saying::UnknownPlans(plans) => verdict::unknown_plans(plans, around(self.clock.now())),
            Saying::AllWell(runs) => verdict::all_well(runs, around(self.clock.now())),
        };
        self.publish(parts, report, closes).await
    }

    /// Stores a report with its mails and closes the alerts it answers, in one
    /// transaction, and wakes the delivery.
    pub(super) async fn publish(
        &self,
        parts: &Parts,
        report: Report,
        closes: Vec<Closing>,
    ) -> Result<(), AnsweringError> {
        let mails = parts.mails(&report, self.store.instance(), "")?;
        let now = self.clock.now();
        let (outcome, bad) = (report.outcome.as_str(), report.bad());
        let plan = report.plan.as_ref().map(|plan| plan.id.to_string());
        let plan = plan.unwrap_or_default();
        match self.store.save_report(report, mails, closes, now).await? {
            Saved::New(id) => {
                info!(report = %id, plan, outcome, bad, "report {id}: {outcome}");
                self.mails.notify_one();
            }
            Saved::Already(id) => {
                warn!(report = %id, plan, "this run was reported before, as report {id}");
            }
        }
        Ok(())
    }
}

/// Why an answer is not on disk. Nothing is lost: the alerts go on waiting.
#[derive(Debug, thiserror::Error)]
pub enum AnsweringError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail.
    #[error("the mail cannot be made: {0}")]
    Mail(#[from] MailError),
}

/// What the store needs to close an alert: it stays open when a repeat of it
/// came in after it was read.
pub(super) type Closing = (InboxId, Timestamp);

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

fn closing(answer: &Answer<'_>) -> Vec<Closing> {
    answer
        .alerts
        .iter()
        .filter(|entry| answer.closes.contains(&entry.id))
        .map(|entry| (entry.id, entry.last_seen))
        .collect()
}

fn until(next: Option<Timestamp>, now: Timestamp) -> Duration {
    next.map_or(IDLE, |at| {
        Duration::try_from(at.duration_since(now))
            .unwrap_or_default()
            .min(IDLE)
    })
}
