//! What is to be said to the alerts that are due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::judge::judge;
use crate::model::{
    CloseReason, ClusterState, InboxEntry, InboxId, JudgedRun, Memory, PlanId, PlanWatch, RunId,
};

/// What is said at most once a day, however often it is asked.
const ONCE_A_DAY: SignedDuration = SignedDuration::from_hours(24);
/// How long an alert waits for the key of a plan to make sense again.
const UNREADABLE: SignedDuration = SignedDuration::from_mins(30);

/// One thing to say, or a reason to say nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<'a> {
    /// What.
    pub saying: Saying,
    /// The alerts that led here.
    pub alerts: Vec<&'a InboxEntry>,
    /// Those of them that nothing later in the list still has to answer: they
    /// are closed together with this answer, so that a crash between two
    /// answers loses none.
    pub closes: Vec<InboxId>,
}

/// See [`Answer`].
#[derive(Clone, Debug, PartialEq)]
pub enum Saying {
    /// A report on what the newest statuses of a plan say, of which no run was
    /// watched.
    AsFound(Box<JudgedRun>),
    /// The report on this run is there and was not mailed: now it is.
    Kept(PlanId, RunId),
    /// A report that alerts name plans which do not exist.
    UnknownPlans(Vec<PlanId>),
    /// A report that all enabled plans are fine, with their last runs.
    AllWell(Vec<JudgedRun>),
    /// Nothing; the alerts are only recorded.
    Nothing(CloseReason),
}

/// What alerts are answered from.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The cluster as it was read.
    pub state: &'a ClusterState,
    /// What was watched of each plan.
    pub plans: &'a BTreeMap<PlanId, PlanWatch>,
    /// What was said before.
    pub memory: &'a Memory,
    /// `correlator.recent_window`.
    pub recent_window: Duration,
    /// When.
    pub now: Timestamp,
}

/// Answers `due`.
///
/// An alert on a plan of which a run is open waits for that run, unless nothing
/// of the run was seen yet and the run before it was answered: then it is a
/// repeat. So is one on a run that was answered before. An alert that names no
/// plan means the plans whose statuses changed within the recent window; of
/// those, and failing them of all enabled ones, the bad and the open ones count;
/// if there are none, all is well, which is said once a day. Nobody can say that
/// while the key of a plan makes no sense: the alert waits for half an hour, and
/// then is told of that plan. Of several plans each is answered as soon as it
/// can be; the alert is closed with the last of them.
pub fn answers<'a>(known: Known<'_>, due: &[&'a InboxEntry]) -> Vec<Answer<'a>> {
    let mut desk = Desk {
        known,
        found: BTreeMap::new(),
        kept: BTreeMap::new(),
        unknown: (BTreeSet::new(), Vec::new()),
        all_well: Vec::new(),
        nothing: BTreeMap::new(),
        held: BTreeSet::new(),
    };
    let mut nameless = Vec::new();
    for &entry in due {
        match entry.alert.plan() {
            Some(plan) => desk.named(&plan, entry),
            None => nameless.push(entry),
        }
    }
    if !nameless.is_empty() {
        desk.nameless(&nameless);
    }
    desk.into_answers()
}

/// What the run that an alert on a plan speaks of asks for.
enum Standing {
    Wait,
    Repeat,
    Kept(RunId),
    AsFound(Box<JudgedRun>),
    NoSuchPlan,
}

struct Desk<'a, 's> {
    known: Known<'s>,
    found: BTreeMap<PlanId, (JudgedRun, Vec<&'a InboxEntry>)>,
    kept: BTreeMap<PlanId, (RunId, Vec<&'a InboxEntry>)>,
    unknown: (BTreeSet<PlanId>, Vec<&'a InboxEntry>),
    all_well: Vec<&'a InboxEntry>,
    nothing: BTreeMap<CloseReason, Vec<&'a InboxEntry>>,
    /// What waits for more than is said now.
    held: BTreeSet<InboxId>,
}

impl<'a> Desk<'a, '_> {
    fn named(&mut self, plan: &PlanId, entry: &'a InboxEntry) {
        match self.standing(plan) {
            Standing::NoSuchPlan if self.is_unreadable(plan) && self.is_young(entry) => {}
            Standing::NoSuchPlan if self.was_deleted(plan) => {
                self.say_nothing(CloseReason::DeletedPlan, &[entry]);
            }
            Standing::NoSuchPlan => self.unknown(std::slice::from_ref(plan), entry),
            standing => self.answer(vec![(plan.clone(), standing)], &[entry]),
        }
    }

    fn unknown(&mut self, plans: &[PlanId], entry: &'a InboxEntry) {
        if self.said_today(self.known.memory.unknown_plan_at) {
            self.say_nothing(CloseReason::SaidToday, &[entry]);
        } else {
            self.unknown.0.extend(plans.iter().cloned());
            self.unknown.1.push(entry);
        }
    }

    fn standing(&self, plan: &PlanId) -> Standing {
        let Some(found) = judge(self.known.state, plan) else {
            return Standing::NoSuchPlan;
        };
        let watch = self.known.plans.get(plan);
        let newest = watch.and_then(|watch| watch.newest.as_ref());
        let answered = newest.is_some_and(|newest| newest.answered);
        match watch.map_or(Open::No, open) {
            Open::NothingSeen if answered => return Standing::Repeat,
            Open::Seen | Open::NothingSeen => return Standing::Wait,
            Open::No => {}
        }
        match newest {
            Some(newest) if newest.answered => Standing::Repeat,
            Some(newest) => Standing::Kept(newest.id.clone()),
            None if self.was_reported(&found) => Standing::Repeat,
            None => Standing::AsFound(Box::new(found)),
        }
    }

    fn nameless(&mut self, entries: &[&'a InboxEntry]) {
        let (recent, older): (Vec<_>, Vec<_>) = self
            .enabled()
            .filter(|(plan, run)| run.is_bad() || self.is_open(plan) || self.is_in_trouble(plan))
            .partition(|(plan, run)| self.is_recent(run) || self.is_open(plan));
        let plans = if recent.is_empty() { older } else { recent };
        let plans: Vec<_> = plans
            .into_iter()
            .map(|(plan, _)| {
                let standing = self.standing(&plan);
                (plan, standing)
            })
            .collect();
        let hidden: Vec<PlanId> = self.known.state.unreadable_plans().collect();
        if !plans.is_empty() {
            self.answer(plans, entries);
        } else if !hidden.is_empty() {
            for entry in entries {
                if !self.is_young(entry) {
                    self.unknown(&hidden, entry);
                }
            }
        } else if self.said_today(self.known.memory.all_well_at) {
            self.say_nothing(CloseReason::SaidToday, entries);
        } else {
            self.all_well.extend_from_slice(entries);
        }
    }

    /// If all that is left to say was said, the alerts are repeats; while a run
    /// is open they wait for it.
    fn answer(&mut self, plans: Vec<(PlanId, Standing)>, entries: &[&'a InboxEntry]) {
        let mut quiet = true;
        for (plan, standing) in plans {
            match standing {
                Standing::AsFound(run) => {
                    let place = self.found.entry(plan).or_insert_with(|| (*run, Vec::new()));
                    place.1.extend_from_slice(entries);
                    quiet = false;
                }
                Standing::Kept(run) => {
                    let place = self.kept.entry(plan).or_insert_with(|| (run, Vec::new()));
                    place.1.extend_from_slice(entries);
                    quiet = false;
                }
                Standing::Wait => {
                    self.held.extend(entries.iter().map(|entry| entry.id));
                    quiet = false;
                }
                Standing::Repeat | Standing::NoSuchPlan => {}
            }
        }
        if quiet {
            self.say_nothing(CloseReason::Repeat, entries);
        }
    }

    fn say_nothing(&mut self, reason: CloseReason, entries: &[&'a InboxEntry]) {
        self.nothing
            .entry(reason)
            .or_default()
            .extend_from_slice(entries);
    }

    /// A plan whose key is there and makes no sense was not deleted.
    fn was_deleted(&self, plan: &PlanId) -> bool {
        self.known.memory.known_plans.contains(plan) && !self.is_unreadable(plan)
    }

    fn is_unreadable(&self, plan: &PlanId) -> bool {
        self.known.state.plan_is_unreadable(plan)
    }

    fn is_young(&self, entry: &InboxEntry) -> bool {
        self.known.now.duration_since(entry.waiting_since) < UNREADABLE
    }

    fn was_reported(&self, run: &JudgedRun) -> bool {
        self.known
            .memory
            .reported
            .get(&run.plan_id)
            .is_some_and(|ids| ids.contains(&run.id))
    }

    /// A time in the future, from a clock that ran ahead, counts as just now:
    /// else every alert until then would be answered anew.
    fn said_today(&self, when: Option<Timestamp>) -> bool {
        when.is_some_and(|at| self.known.now.duration_since(at) < ONCE_A_DAY)
    }

    fn is_recent(&self, run: &JudgedRun) -> bool {
        let from = self.known.now.checked_sub(self.known.recent_window);
        let changed = run.changed_at();
        changed.is_some_and(|at| from.is_ok_and(|from| at >= from))
    }

    fn is_open(&self, plan: &PlanId) -> bool {
        let watch = self.known.plans.get(plan);
        watch.is_some_and(|watch| !matches!(open(watch), Open::No))
    }

    /// Also a plan whose statuses are fine and old: its runs were missed.
    fn is_in_trouble(&self, plan: &PlanId) -> bool {
        let watch = self.known.plans.get(plan);
        watch.is_some_and(|watch| watch.condition.trouble.is_some())
    }

    fn enabled(&self) -> impl Iterator<Item = (PlanId, JudgedRun)> {
        let plans = self.known.state.plans.iter();
        plans
            .filter(|(_, plan)| plan.enabled)
            .filter_map(|(id, _)| Some((id.clone(), judge(self.known.state, id)?)))
            .filter(|(_, run)| !run.members.is_empty())
    }

    fn into_answers(self) -> Vec<Answer<'a>> {
        let well =
            (!self.all_well.is_empty()).then(|| self.enabled().map(|(_, run)| run).collect());
        let mut answers = Vec::new();
        let mut add = |saying, alerts| {
            answers.push(Answer {
                saying,
                alerts,
                closes: Vec::new(),
            });
        };
        for (run, alerts) in self.found.into_values() {
            add(Saying::AsFound(Box::new(run)), alerts);
        }
        for (plan, (run, alerts)) in self.kept {
            add(Saying::Kept(plan, run), alerts);
        }
        if !self.unknown.0.is_empty() {
            let plans = self.unknown.0.into_iter().collect();
            add(Saying::UnknownPlans(plans), self.unknown.1);
        }
        if let Some(runs) = well {
            add(Saying::AllWell(runs), self.all_well);
        }
        for (reason, alerts) in self.nothing {
            add(Saying::Nothing(reason), alerts);
        }
        close_with_the_last(&mut answers, self.held);
        answers
    }
}

/// Whether a run of a plan is open.
enum Open {
    No,
    /// And nothing of it was seen yet.
    NothingSeen,
    Seen,
}

fn open(watch: &PlanWatch) -> Open {
    if watch.hand.is_some() {
        return Open::Seen;
    }
    if watch.runs.is_empty() {
        return Open::No;
    }
    let parts = watch.runs.iter().flat_map(|run| run.parts.values());
    let mut members = parts.flat_map(|part| part.members.values());
    if members.any(|member| member.reading.is_some()) {
        Open::Seen
    } else {
        Open::NothingSeen
    }
}

/// Nothing closes what is in `closed` already.
fn close_with_the_last(answers: &mut [Answer<'_>], mut closed: BTreeSet<InboxId>) {
    for answer in answers.iter_mut().rev() {
        answer.closes = answer
            .alerts
            .iter()
            .map(|entry| entry.id)
            .filter(|id| closed.insert(*id))
            .collect();
    }
}

#[cfg(test)]
mod tests;
