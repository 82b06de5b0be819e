//! From a run that is over to its report: what the repositories say, what the
//! verdict is, who hears of it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tracing::{debug, info, warn};

use super::observing::{Look, Over};
use super::probing::probes_of;
use super::watching::WatchingError;
use crate::correlator::{self, Rules, Settled};
use crate::model::{
    InboxEntry, InboxId, JudgedRun, ModuleId, NewestRun, OutgoingMail, PlanId, PlanWatch, Report,
    ReportKind, RunKind, Signature, Warning, Watch, WholeWatch,
};
use crate::notifier::{Decision, Situation, decide, signature};
use crate::store::{Batch, Save, Saved};
use crate::verdict::{self, Circumstances};

/// Makes reports in one look.
pub(super) struct Verdicts<'a> {
    pub look: &'a Look<'a>,
    pub rules: &'a Rules,
    /// Whether this instance sends.
    pub speaks: bool,
}

/// What the store needs to close an alert: it stays open when a repeat of it
/// came in after it was read.
pub(super) type Closing = (InboxId, Timestamp);

/// What a mail of a report is told apart by from another one of the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Edition {
    First,
    Corrected,
    AnAlertCame,
}

impl Edition {
    /// Part of the Message-ID: the same at every attempt to store it.
    fn key(self) -> &'static str {
        match self {
            Self::First => "",
            Self::Corrected => "corrected",
            Self::AnAlertCame => "answer",
        }
    }
}

impl Verdicts<'_> {
    /// Reports the runs of one plan, and writes them down with what is
    /// remembered of it.
    pub async fn report(
        &self,
        watch: &mut Watch,
        whole: &mut WholeWatch,
        over: Over,
    ) -> Result<(), WatchingError> {
        let Over {
            plan,
            watch: mut seen,
            settled,
        } = over;
        let mut batch = Batch::default();
        let count = settled.len();
        for (number, settled) in settled.into_iter().enumerate() {
            // The newest run answers the alerts.
            let alerts = if number + 1 == count {
                self.alerts_on(&plan)
            } else {
                Vec::new()
            };
            let save = self.settled(&mut seen, whole, settled, &alerts).await?;
            batch.saves.push(save);
        }
        batch.plans.insert(plan, Some(seen));
        self.save(watch, batch).await
    }

    async fn settled(
        &self,
        seen: &mut PlanWatch,
        whole: &mut WholeWatch,
        settled: Settled,
        alerts: &[&InboxEntry],
    ) -> Result<Save, WatchingError> {
        let Settled { run, at_start } = settled;
        let corrects = self.earlier_verdict(&run).await?;
        let probes = probes_of(self.look.parts, self.look.state, &run).await;
        self.look.watching.vitals.beat(Instant::now());
        let notes = self.notes(whole);
        // An alert that names no plan may speak of this one; it is answered when
        // no other plan is left for it.
        let nameless = self
            .look
            .waiting
            .iter()
            .filter(|entry| entry.alert.plan().is_none());
        let shown: Vec<&InboxEntry> = alerts.iter().copied().chain(nameless).collect();
        let shown = if run.is_bad() { &shown[..] } else { alerts };
        let report = verdict::of_run(&run, probes, self.around(shown, &notes));
        let decision = self.decide(seen, &report, alerts, corrects.as_ref(), at_start);
        if decision.motive.is_some() {
            whole.notes.clear();
        }
        let edition = if run.corrected {
            Edition::Corrected
        } else {
            Edition::First
        };
        note_newest(seen, &run, &decision);
        self.published(seen, report, decision, alerts, edition)
    }

    /// What was said of a run that late statuses correct now.
    async fn earlier_verdict(&self, run: &JudgedRun) -> Result<Option<Signature>, WatchingError> {
        if !run.corrected {
            return Ok(None);
        }
        let store = &self.look.watching.store;
        let kept = store
            .report_of(ReportKind::Run, Some(&run.plan_id), &run.id)
            .await?;
        Ok(kept.map(|kept| signature(&kept.report)))
    }

    /// Warnings that belong to no single run.
    pub(super) fn notes(&self, whole: &WholeWatch) -> Vec<Warning> {
        let mut notes = whole.notes.clone();
        let uncovered = correlator::uncovered(self.look.state);
        if !uncovered.is_empty() {
            let modules = uncovered.into_iter().map(|module| module.module);
            notes.push(Warning::UncoveredModules {
                modules: modules.collect(),
            });
        }
        notes
    }

    pub(super) fn around<'r>(
        &'r self,
        alerts: &'r [&'r InboxEntry],
        notes: &'r [Warning],
    ) -> Circumstances<'r> {
        Circumstances {
            state: Some(self.look.state),
            alerts,
            now: self.look.watching.clock.now(),
            notes,
        }
    }

    pub(super) fn decide(
        &self,
        seen: &PlanWatch,
        report: &Report,
        alerts: &[&InboxEntry],
        corrects: Option<&Signature>,
        at_start: bool,
    ) -> Decision {
        let config = &self.look.parts.config;
        let plan = report
            .plan
            .as_ref()
            .and_then(|plan| config.plans.get(&plan.id));
        let members: BTreeSet<&ModuleId> = seen
            .plan
            .live_members(&self.look.state.modules)
            .map(|(id, _)| id)
            .collect();
        let situation = Situation {
            report,
            corrects,
            at_start,
            alarmed: !alerts.is_empty(),
            members: &members,
            on: plan
                .and_then(|plan| plan.notify_on)
                .unwrap_or(config.notify.on),
            reminder: signed(config.notify.reminder),
            mute_until: plan.and_then(|plan| plan.mute_until),
            now: self.look.now,
        };
        decide(&seen.condition, &situation)
    }

    /// The report as it is kept, with its mails if it is told.
    pub(super) fn published(
        &self,
        seen: &mut PlanWatch,
        mut report: Report,
        decision: Decision,
        alerts: &[&InboxEntry],
        edition: Edition,
    ) -> Result<Save, WatchingError> {
        // Those that only collect decide the same, so that they know what was
        // said when they take over.
        report.motive = decision.motive.filter(|_| self.speaks);
        report.thread = decision.thread;
        report.muted = decision.muted;
        report.next_run = correlator::next_run(&seen.plan, self.rules, self.look.now);
        seen.condition = decision.condition;
        if report.motive.is_none() && !alerts.is_empty() {
            let plan = report.plan.as_ref().map(|plan| plan.id.to_string());
            info!(
                plan,
                "no mail follows the alert: it is muted, or was told before"
            );
        }
        let mails = self.mails(&report, edition)?;
        if let Ok(mut probed) = self.look.probed.lock() {
            probed.push(report.clone());
        }
        Ok(Save {
            answered: closing(alerts, None),
            replace: edition != Edition::First,
            report,
            mails,
        })
    }

    fn mails(&self, report: &Report, edition: Edition) -> Result<Vec<OutgoingMail>, WatchingError> {
        if report.motive.is_none() && report.kind == ReportKind::Run {
            return Ok(Vec::new());
        }
        if !self.speaks {
            return Ok(Vec::new());
        }
        let instance = self.look.watching.store.instance();
        Ok(self.look.parts.mails(report, instance, edition.key())?)
    }

    fn alerts_on(&self, plan: &PlanId) -> Vec<&InboxEntry> {
        let waiting = self.look.waiting.iter();
        waiting
            .filter(|entry| entry.alert.plan().as_ref() == Some(plan))
            .collect()
    }

    /// Writes down, says so in the log, and wakes the delivery.
    pub(super) async fn save(&self, watch: &mut Watch, batch: Batch) -> Result<(), WatchingError> {
        let told: Vec<_> = batch
            .saves
            .iter()
            .map(|save| {
                let plan = save.report.plan.as_ref().map(|plan| plan.id.to_string());
                let report = &save.report;
                let mailed = !save.mails.is_empty();
                (
                    plan.unwrap_or_default(),
                    report.kind,
                    report.outcome.as_str(),
                    report.bad(),
                    mailed,
                )
            })
            .collect();
        for (saved, (plan, kind, outcome, bad, mailed)) in
            self.look.commit(watch, batch).await?.into_iter().zip(told)
        {
            match saved {
                Saved::New(id) => {
                    info!(report = %id, plan, outcome, bad, mailed, "report {id}: {outcome}");
                }
                Saved::Already(id) if kind == ReportKind::Run => {
                    debug!(report = %id, plan, "report {id} was there");
                }
                Saved::Already(id) => warn!(report = %id, "report {id} was there"),
            }
            if mailed {
                self.look.watching.mails.notify_one();
            }
        }
        Ok(())
    }

    /// A report that belongs to no run.
    pub(super) fn plain(
        &self,
        report: Report,
        answered: Vec<Closing>,
    ) -> Result<Save, WatchingError> {
        let mails = self.mails(&report, Edition::First)?;
        Ok(Save {
            report,
            mails,
            answered,
            replace: false,
        })
    }
}

/// The run that alerts on this plan speak of from now on.
pub(super) fn note_newest(seen: &mut PlanWatch, run: &JudgedRun, decision: &Decision) {
    let at = run.at.or(run.changed_at());
    let older = seen
        .newest
        .as_ref()
        .zip(at)
        .is_some_and(|(newest, at)| newest.at > at && run.kind == RunKind::Scheduled);
    // Some that went well by hand say nothing of what an alert is about while
    // others are bad.
    let beside = run.kind == RunKind::HandPart
        && !run.is_bad()
        && seen.newest.is_some()
        && decision.condition.trouble.is_some();
    // A correction, or a long run that ends after a later one, hides none.
    if older || beside {
        return;
    }
    seen.newest = Some(NewestRun {
        id: run.id.clone(),
        at: at.unwrap_or(Timestamp::UNIX_EPOCH),
        answered: decision.answered,
    });
}

pub(super) fn closing(alerts: &[&InboxEntry], closes: Option<&[InboxId]>) -> Vec<Closing> {
    alerts
        .iter()
        .filter(|entry| closes.is_none_or(|closes| closes.contains(&entry.id)))
        .map(|entry| (entry.id, entry.last_seen))
        .collect()
}

fn signed(limit: Duration) -> SignedDuration {
    SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX)
}
