use super::super::judge::tests::{at, cluster, entry, status};
use super::*;
use crate::model::{HandRun, Watched};

const HOUR: Duration = Duration::from_hours(1);

/// Answers in short: `1` a report on plan 1, `?9` unknown plan 9, `well`,
/// or the reason for saying nothing; behind each the alerts it closes.
fn said(state: &ClusterState, due: &[InboxEntry], memory: &Memory, now: i64) -> Vec<String> {
    let due: Vec<&InboxEntry> = due.iter().collect();
    let known = Known {
        state,
        plans: &BTreeMap::new(),
        memory,
        recent_window: HOUR,
        now: at(now),
    };
    answers(known, &due)
        .iter()
        .map(|answer| {
            let what = match &answer.saying {
                Saying::AsFound(run) => run.plan_id.to_string(),
                Saying::Kept(plan, run) => format!("{plan} as kept {run}"),
                Saying::UnknownPlans(plans) => format!("?{}", plans.len()),
                Saying::AllWell(runs) => format!("well({})", runs.len()),
                Saying::Nothing(reason) => format!("{reason:?}"),
            };
            let closes: Vec<i64> = answer.closes.iter().map(|id| id.0).collect();
            format!("{what} {closes:?}")
        })
        .collect()
}

/// A plan of which a run by hand is open.
fn at_work(state: &ClusterState, plan: &str) -> PlanWatch {
    let plan = state.plans[&plan.into()].clone();
    PlanWatch {
        hand: Some(HandRun {
            id: RunId::new("hand-9000"),
            began: at(9_000),
            plan: plan.clone(),
            since: Watched::default(),
            members: BTreeMap::new(),
            over: None,
        }),
        ..PlanWatch::new(plan, at(0))
    }
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

/// A plan 7 that is known, and whose key makes no sense just now.
fn unreadable_plan() -> (ClusterState, Memory) {
    let mut state = cluster(&[("1", &[("mail1", Some(status(100, 0)))])]);
    let wrong = crate::model::Unreadable::new("cluster/backup/7", crate::model::Reason::NotAHash);
    state.unreadable.push(wrong);
    let memory = Memory {
        known_plans: BTreeSet::from(["1".into(), "7".into()]),
        ..Memory::default()
    };
    (state, memory)
}

#[test]
fn an_alert_waits_half_an_hour_for_a_plan_whose_key_is_broken() {
    let (state, memory) = unreadable_plan();
    let due = [entry(1, "7", at(0))];
    assert_eq!(said(&state, &due, &memory, 1799), [""; 0]);
    assert_eq!(said(&state, &due, &memory, 1800), ["?1 [1]"]);
}

#[test]
fn nothing_is_well_while_the_key_of_a_plan_is_broken() {
    let (mut state, memory) = unreadable_plan();
    let due = [entry(1, "", at(0))];
    assert_eq!(said(&state, &due, &memory, 1799), [""; 0]);
    assert_eq!(said(&state, &due, &memory, 1800), ["?1 [1]"]);
    state.unreadable.clear();
    assert_eq!(said(&state, &due, &memory, 1800), ["well(1) [1]"]);
}

#[test]
fn a_bad_plan_is_told_while_another_run_is_open_and_the_alert_waits_on() {
    let state = cluster(&[
        ("1", &[("mail1", Some(status(9_000, 1)))]),
        ("2", &[("samba1", Some(status(100, 0)))]),
    ]);
    let due = [entry(1, "", at(9_100))];
    let due: Vec<&InboxEntry> = due.iter().collect();
    let plans = BTreeMap::from([("2".into(), at_work(&state, "2"))]);
    let known = Known {
        state: &state,
        plans: &plans,
        memory: &Memory::default(),
        recent_window: HOUR,
        now: at(9_200),
    };
    let answers = answers(known, &due);
    assert!(
        matches!(&answers[..], [Answer { saying: Saying::AsFound(run), closes, .. }]
        if run.plan_id == "1".into() && closes.is_empty())
    );
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
