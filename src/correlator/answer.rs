//! What is to be said to the alerts that are due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::judge::judge;
use crate::model::{CloseReason, ClusterState, InboxEntry, InboxId, JudgedRun, Memory, PlanId};

/// What is said at most once a day, however often it is asked.
const ONCE_A_DAY: SignedDuration = SignedDuration::from_hours(24);

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
    /// A report on this run.
    Run(Box<JudgedRun>),
    /// A report that alerts name plans which do not exist.
    UnknownPlans(Vec<PlanId>),
    /// A report that all enabled plans are fine, with their last runs.
    AllWell(Vec<JudgedRun>),
    /// Nothing; the alerts are only recorded.
    Nothing(CloseReason),
}

/// Answers `due`, given the cluster as it is and what was said before.
///
/// A run that was reported before is a repeat and gives nothing new. An alert
/// that names no plan means the plans whose statuses changed within
/// `recent_window`; of those, and failing them of all enabled ones, the bad
/// ones are answered; if there are none, all is well, which is said once a day.
pub fn answers<'a>(
    state: &ClusterState,
    due: &[&'a InboxEntry],
    memory: &Memory,
    recent_window: Duration,
    now: Timestamp,
) -> Vec<Answer<'a>> {
    let mut desk = Desk {
        state,
        memory,
        recent_window,
        now,
        runs: BTreeMap::new(),
        unknown: (BTreeSet::new(), Vec::new()),
        all_well: Vec::new(),
        nothing: BTreeMap::new(),
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

struct Desk<'a, 's> {
    state: &'s ClusterState,
    memory: &'s Memory,
    recent_window: Duration,
    now: Timestamp,
    runs: BTreeMap<PlanId, (JudgedRun, Vec<&'a InboxEntry>)>,
    unknown: (BTreeSet<PlanId>, Vec<&'a InboxEntry>),
    all_well: Vec<&'a InboxEntry>,
    nothing: BTreeMap<CloseReason, Vec<&'a InboxEntry>>,
}

impl<'a> Desk<'a, '_> {
    fn named(&mut self, plan: &PlanId, entry: &'a InboxEntry) {
        match judge(self.state, plan) {
            Some(run) => self.report(vec![run], &[entry]),
            None if self.was_deleted(plan) => {
                self.say_nothing(CloseReason::DeletedPlan, &[entry]);
            }
            None if self.said_today(self.memory.unknown_plan_at) => {
                self.say_nothing(CloseReason::SaidToday, &[entry]);
            }
            None => {
                self.unknown.0.insert(plan.clone());
                self.unknown.1.push(entry);
            }
        }
    }

    fn nameless(&mut self, entries: &[&'a InboxEntry]) {
        let bad: Vec<JudgedRun> = self.enabled_runs().filter(JudgedRun::is_bad).collect();
        let (recent, older): (Vec<_>, Vec<_>) =
            bad.into_iter().partition(|run| self.is_recent(run));
        if !recent.is_empty() {
            self.report(recent, entries);
        } else if !older.is_empty() {
            self.report(older, entries);
        } else if self.said_today(self.memory.all_well_at) {
            self.say_nothing(CloseReason::SaidToday, entries);
        } else {
            self.all_well.extend_from_slice(entries);
        }
    }

    /// Adds what of `runs` was not reported yet; if nothing is left, the alerts
    /// are repeats.
    fn report(&mut self, runs: Vec<JudgedRun>, entries: &[&'a InboxEntry]) {
        let mut news = false;
        for run in runs {
            if self.was_reported(&run) {
                continue;
            }
            news = true;
            self.runs
                .entry(run.plan_id.clone())
                .or_insert_with(|| (run, Vec::new()))
                .1
                .extend_from_slice(entries);
        }
        if !news {
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
        let key = format!("cluster/backup/{plan}");
        let unreadable = || self.state.unreadable.iter().any(|what| what.key == key);
        self.memory.known_plans.contains(plan) && !unreadable()
    }

    fn was_reported(&self, run: &JudgedRun) -> bool {
        self.memory
            .reported
            .get(&run.plan_id)
            .is_some_and(|ids| ids.contains(&run.id))
    }

    /// A time in the future, from a clock that ran ahead, counts as just now:
    /// else every alert until then would be answered anew.
    fn said_today(&self, when: Option<Timestamp>) -> bool {
        when.is_some_and(|at| self.now.duration_since(at) < ONCE_A_DAY)
    }

    fn is_recent(&self, run: &JudgedRun) -> bool {
        run.changed_at().is_some_and(|at| {
            self.now
                .checked_sub(self.recent_window)
                .is_ok_and(|from| at >= from)
        })
    }

    fn enabled_runs(&self) -> impl Iterator<Item = JudgedRun> {
        self.state
            .plans
            .iter()
            .filter(|(_, plan)| plan.enabled)
            .filter_map(|(id, _)| judge(self.state, id))
            .filter(|run| !run.members.is_empty())
    }

    fn into_answers(self) -> Vec<Answer<'a>> {
        let well = (!self.all_well.is_empty()).then(|| self.enabled_runs().collect());
        let mut answers = Vec::new();
        let mut add = |saying, alerts| {
            answers.push(Answer {
                saying,
                alerts,
                closes: Vec::new(),
            });
        };
        for (run, alerts) in self.runs.into_values() {
            add(Saying::Run(Box::new(run)), alerts);
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
        close_with_the_last(&mut answers);
        answers
    }
}

fn close_with_the_last(answers: &mut [Answer<'_>]) {
    let mut closed = BTreeSet::new();
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
mod tests {
    use super::super::judge::tests::{at, cluster, entry, status};
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// Answers in short: `1` a report on plan 1, `?9` unknown plan 9, `well`,
    /// or the reason for saying nothing; behind each the alerts it closes.
    fn said(state: &ClusterState, due: &[InboxEntry], memory: &Memory, now: i64) -> Vec<String> {
        let due: Vec<&InboxEntry> = due.iter().collect();
        answers(state, &due, memory, HOUR, at(now))
            .iter()
            .map(|answer| {
                let what = match &answer.saying {
                    Saying::Run(run) => run.plan_id.to_string(),
                    Saying::UnknownPlans(plans) => format!("?{}", plans.len()),
                    Saying::AllWell(runs) => format!("well({})", runs.len()),
                    Saying::Nothing(reason) => format!("{reason:?}"),
                };
                let closes: Vec<i64> = answer.closes.iter().map(|id| id.0).collect();
                format!("{what} {closes:?}")
            })
            .collect()
    }

    fn reported(state: &ClusterState, plan: &str) -> Memory {
        let run = judge(state, &plan.into()).unwrap();
        Memory {
            reported: BTreeMap::from([(plan.into(), BTreeSet::from([run.id]))]),
            ..Memory::default()
        }
    }

    #[test]
    fn alerts_of_two_nodes_give_one_report() {
        let state = cluster(&[("1", &[("mail1", Some(status(100, 1)))])]);
        let due = [entry(1, "1", at(200)), entry(2, "1", at(210))];
        assert_eq!(said(&state, &due, &Memory::default(), 300), ["1 [1, 2]"]);
    }

    #[test]
    fn a_repeat_of_a_reported_run_gives_nothing() {
        let state = cluster(&[("1", &[("mail1", Some(status(100, 1)))])]);
        let due = [entry(1, "1", at(200))];
        let memory = reported(&state, "1");
        assert_eq!(said(&state, &due, &memory, 300), ["Repeat [1]"]);
        let next_night = cluster(&[("1", &[("mail1", Some(status(90_000, 1)))])]);
        assert_eq!(said(&next_night, &due, &memory, 90_100), ["1 [1]"]);
    }

    #[test]
    fn an_alert_for_a_plan_that_is_fine_is_answered_too() {
        let state = cluster(&[("1", &[("mail1", Some(status(100, 0)))])]);
        let due = [entry(1, "1", at(200))];
        assert_eq!(said(&state, &due, &Memory::default(), 300), ["1 [1]"]);
    }

    #[test]
    fn unknown_plans_are_named_once_a_day_and_deleted_ones_never() {
        let state = cluster(&[]);
        let due = [
            entry(1, "8", at(0)),
            entry(2, "9", at(0)),
            entry(3, "7", at(0)),
        ];
        let mut memory = Memory {
            known_plans: BTreeSet::from(["7".into()]),
            ..Memory::default()
        };
        assert_eq!(
            said(&state, &due, &memory, 10),
            ["?2 [1, 2]", "DeletedPlan [3]"]
        );
        memory.unknown_plan_at = Some(at(10));
        assert_eq!(said(&state, &due[..1], &memory, 86_409), ["SaidToday [1]"]);
        assert_eq!(said(&state, &due[..1], &memory, 86_410), ["?1 [1]"]);
    }

    #[test]
    fn a_known_plan_whose_key_is_broken_was_not_deleted() {
        let mut state = cluster(&[]);
        state.unreadable.push(crate::model::Unreadable {
            key: "cluster/backup/7".into(),
            reason: crate::model::Reason::NotAHash,
        });
        let memory = Memory {
            known_plans: BTreeSet::from(["7".into()]),
            ..Memory::default()
        };
        let due = [entry(1, "7", at(0))];
        assert_eq!(said(&state, &due, &memory, 10), ["?1 [1]"]);
    }

    #[test]
    fn a_report_made_by_a_clock_that_ran_ahead_counts_as_said() {
        let state = cluster(&[("1", &[("mail1", Some(status(100, 0)))])]);
        let due = [entry(1, "", at(200)), entry(2, "9", at(200))];
        for ahead in [400, 86_000, 900_000] {
            let memory = Memory {
                all_well_at: Some(at(ahead)),
                unknown_plan_at: Some(at(ahead)),
                ..Memory::default()
            };
            assert_eq!(said(&state, &due, &memory, 300), ["SaidToday [2, 1]"]);
        }
    }

    #[test]
    fn an_alert_without_a_plan_means_the_bad_ones_that_changed_lately() {
        let state = cluster(&[
            ("1", &[("mail1", Some(status(9_000, 1)))]),
            ("2", &[("samba1", Some(status(9_000, 0)))]),
            ("3", &[("webtop1", Some(status(100, 1)))]),
        ]);
        let due = [entry(1, "", at(9_100))];
        assert_eq!(said(&state, &due, &Memory::default(), 9_200), ["1 [1]"]);
    }

    #[test]
    fn if_none_changed_lately_it_means_every_bad_plan_and_is_closed_with_the_last() {
        let state = cluster(&[
            ("1", &[("mail1", Some(status(100, 1)))]),
            ("2", &[("samba1", Some(status(100, 0)))]),
            ("3", &[("webtop1", Some(status(100, 1)))]),
        ]);
        let due = [entry(1, "", at(99_000))];
        assert_eq!(
            said(&state, &due, &Memory::default(), 99_100),
            ["1 []", "3 [1]"]
        );
        let memory = reported(&state, "1");
        assert_eq!(said(&state, &due, &memory, 99_100), ["3 [1]"]);
    }

    #[test]
    fn a_disabled_plan_is_never_guessed() {
        let mut state = cluster(&[("1", &[("mail1", Some(status(100, 1)))])]);
        for plan in state.plans.values_mut() {
            plan.enabled = false;
        }
        let due = [entry(1, "", at(200)), entry(2, "1", at(200))];
        assert_eq!(
            said(&state, &due, &Memory::default(), 300),
            ["1 [2]", "well(0) [1]"]
        );
    }

    #[test]
    fn if_no_plan_is_bad_all_is_well_and_that_is_said_once_a_day() {
        let state = cluster(&[("1", &[("mail1", Some(status(100, 0)))])]);
        let due = [entry(1, "", at(200))];
        let mut memory = Memory::default();
        assert_eq!(said(&state, &due, &memory, 300), ["well(1) [1]"]);
        memory.all_well_at = Some(at(300));
        assert_eq!(said(&state, &due, &memory, 400), ["SaidToday [1]"]);
    }
}
