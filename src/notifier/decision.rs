//! Who hears of a run: whether its report is mailed, and how the plan stands
//! after it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    Condition, ModuleCause, ModuleId, Motive, Muted, Occasion, Outcome, Report, RunId, RunKind,
    Severity, Signature, Told, Trouble,
};

/// What the decision on one report is made from.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// The report.
    pub report: &'a Report,
    /// What the report on this very run said before late statuses corrected it.
    pub corrects: Option<&'a Signature>,
    /// It was so when the program looked for the first time.
    pub at_start: bool,
    /// Alerts wait for it.
    pub alarmed: bool,
    /// The plan's live modules.
    pub members: &'a BTreeSet<&'a ModuleId>,
    /// `notify.on`, or the plan's own.
    pub on: Occasion,
    /// `notify.reminder_hours`.
    pub reminder: SignedDuration,
    /// `plans."<id>".mute_until`.
    pub mute_until: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

/// What is to be done with one report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Why it is mailed; `None`: it is not.
    pub motive: Option<Motive>,
    /// How the plan stands after it.
    pub condition: Condition,
    /// By which run its mails are threaded.
    pub thread: Option<RunId>,
    /// Mails that were held back before it.
    pub muted: Option<Muted>,
    /// Whether alerts on this run need no further answer.
    pub answered: bool,
}

/// Decides on one report.
pub fn decide(condition: &Condition, situation: &Situation<'_>) -> Decision {
    let mut next = condition.clone();
    let verdict = signature(situation.report);
    let (told_by_news, thread) = if situation.report.outcome == Outcome::Success {
        good(&mut next, situation, &verdict)
    } else {
        bad(&mut next, situation, &verdict)
    };
    let as_told = told_by_news.is_none() && situation.report.outcome != Outcome::Success;
    let answer = (situation.alarmed && !as_told).then_some(Motive::Answer);
    // A correction that changes no verdict tells nothing new.
    let every =
        (situation.on == Occasion::Always && situation.corrects.is_none()).then_some(Motive::Every);
    let motive = told_by_news.or(answer).or(every);
    let mut decision = Decision {
        answered: motive.is_some() || situation.alarmed || as_told,
        motive,
        condition: next,
        thread,
        muted: None,
    };
    speak_or_hold_back(&mut decision, condition, situation, verdict);
    decision
}

/// Mute wins. What was held back is named when something is said again.
fn speak_or_hold_back(
    decision: &mut Decision,
    before: &Condition,
    situation: &Situation<'_>,
    verdict: Signature,
) {
    let Some(motive) = decision.motive else {
        return;
    };
    let next = &mut decision.condition;
    if let Some(until) = situation.mute_until.filter(|until| *until > situation.now) {
        let held_back = next.muted.map_or(0, |muted| muted.held_back) + 1;
        next.muted = Some(Muted { until, held_back });
        if matches!(motive, Motive::Recovery { .. }) {
            next.owed = before.trouble.clone().or(next.owed.take());
        }
        decision.motive = None;
        return;
    }
    decision.muted = next.muted.take();
    if let Some(trouble) = &mut next.trouble {
        let about = run_time(situation.report);
        // A late word on an earlier run does not hide what was said of a later.
        if trouble.told.as_ref().is_none_or(|told| told.at <= about) {
            trouble.told = Some(Told { at: about, verdict });
        }
    }
}

/// A bad run: why it is told, if it is, and the thread.
fn bad(
    next: &mut Condition,
    situation: &Situation<'_>,
    verdict: &Signature,
) -> (Option<Motive>, Option<RunId>) {
    let report = situation.report;
    next.owed = None;
    let trouble = next.trouble.get_or_insert_with(|| Trouble {
        since: run_time(report),
        first: report.run.clone(),
        bad: BTreeMap::new(),
        told: None,
    });
    note(trouble, situation);
    let since = trouble.since;
    let motive = match (&trouble.told, situation.corrects) {
        (_, Some(before)) if before == verdict => None,
        (_, Some(_)) => Some(Motive::Correction),
        (None, None) if situation.at_start => Some(Motive::FoundAtStart),
        (None, None) => Some(Motive::Failure),
        (Some(told), None) if !says_the_same(report.run_kind, verdict, &told.verdict) => {
            Some(Motive::Changed { since })
        }
        (Some(told), None) => {
            let later = run_time(report).duration_since(told.at);
            (later >= situation.reminder).then_some(Motive::Reminder { since })
        }
    };
    (motive, Some(trouble.first.clone()))
}

/// A good run: the plan is good again when nothing that was bad is left.
fn good(
    next: &mut Condition,
    situation: &Situation<'_>,
    verdict: &Signature,
) -> (Option<Motive>, Option<RunId>) {
    let corrected = situation
        .corrects
        .is_some_and(|before| before != verdict)
        .then_some(Motive::Correction);
    let Some(trouble) = &mut next.trouble else {
        let owed = next.owed.take();
        let thread = owed.as_ref().map(|trouble| trouble.first.clone());
        let recovery = owed.map(|trouble| Motive::Recovery {
            since: trouble.since,
        });
        return (corrected.or(recovery), thread);
    };
    note(trouble, situation);
    let thread = Some(trouble.first.clone());
    if !trouble.bad.is_empty() {
        return (corrected, thread);
    }
    let recovery = trouble.told.as_ref().map(|_| Motive::Recovery {
        since: trouble.since,
    });
    next.trouble = None;
    (corrected.or(recovery), thread)
}

/// Notes who is bad now, who is ok again, and who left.
fn note(trouble: &mut Trouble, situation: &Situation<'_>) {
    for member in &situation.report.members {
        match member.cause.severity() {
            Severity::Bad => {
                trouble.bad.insert(member.module.clone(), member.cause);
            }
            Severity::Good => {
                trouble.bad.remove(&member.module);
            }
            Severity::Uncounted => {}
        }
    }
    trouble
        .bad
        .retain(|module, _| situation.members.contains(module));
}

/// Whether two verdicts say the same. A run of only some applications says the
/// same when each of its bad ones was told as bad in the same way.
fn says_the_same(kind: RunKind, verdict: &Signature, told: &Signature) -> bool {
    if kind != RunKind::HandPart {
        return verdict == told;
    }
    let was_told = |(module, cause): (&ModuleId, &ModuleCause)| told.bad.get(module) == Some(cause);
    verdict.destination_failed == told.destination_failed && verdict.bad.iter().all(was_told)
}

/// What a report says, as far as repetitions go.
pub fn signature(report: &Report) -> Signature {
    let bad = report
        .members
        .iter()
        .filter(|member| member.cause.severity() == Severity::Bad)
        .map(|member| (member.module.clone(), member.cause));
    let health = report
        .destination
        .as_ref()
        .map(|destination| destination.health);
    Signature {
        outcome: report.outcome,
        plan: report.causes.clone(),
        bad: bad.collect(),
        destination_failed: Signature::failed(health),
    }
}

fn run_time(report: &Report) -> Timestamp {
    report.at.unwrap_or(report.made_at)
}

#[cfg(test)]
mod tests;
