use jiff::civil;

use super::super::judge::tests::{at, cluster, status};
use super::*;
use crate::model::{
    Condition, Elapse, HandRun, Module, ModuleCause, ModuleMemory, NewestRun, NodeId, OpenMark,
    OpenRun, Outcome, PartMember, PartState, RunKind, RunPart, StatusReading, Trouble, Watched,
};

const NEVER: &dyn Fn(&PlanId, &Plan) -> Option<Timestamp> = &|_, _| None;
const ALOUD: &dyn Fn(&PlanId) -> Option<Timestamp> = &|_| None;

fn beside() -> Beside<'static> {
    Beside {
        now: at(1_000),
        redis_problem: None,
        voice: true,
        strips: BTreeMap::new(),
        next: NEVER,
        muted: ALOUD,
        queued_mails: 0,
        undelivered_mails: 0,
    }
}

/// A watch that has seen what the cluster holds.
fn watch(state: &ClusterState) -> Watch {
    let mut watch = Watch::default();
    for (id, plan) in &state.plans {
        let mut seen = watched(plan);
        for module in &plan.instances {
            seen.modules.insert(module.clone(), ModuleMemory::default());
        }
        watch.plans.insert(id.clone(), seen);
    }
    watch
}

fn watched(plan: &Plan) -> PlanWatch {
    PlanWatch::new(plan.clone(), at(0))
}

fn trouble(since: i64, bad: &[(&str, ModuleCause)]) -> Condition {
    Condition {
        trouble: Some(Trouble {
            since: at(since),
            first: "r".into(),
            bad: bad
                .iter()
                .map(|(id, cause)| ((*id).into(), *cause))
                .collect(),
            told: None,
        }),
        ..Condition::default()
    }
}

fn newest(run: &str, second: i64) -> NewestRun {
    NewestRun {
        id: run.into(),
        at: at(second),
        answered: true,
    }
}

fn mark(run: &str, second: i64, outcome: Outcome) -> RunMark {
    RunMark {
        report: None,
        run: run.into(),
        kind: RunKind::Scheduled,
        at: at(second),
        took_s: Some(60),
        outcome: Some(outcome),
        bad: 0,
        counted: 1,
    }
}

fn member(reading: Option<StatusReading>) -> PartMember {
    PartMember {
        module: Module {
            name: None,
            node: None,
            uuid: "".into(),
            no_data: false,
        },
        reading,
        ok_before: None,
        ok_size_before: None,
        joined: false,
        absence: None,
        busy_with: None,
    }
}

fn part(second: i64, state: PartState, members: Vec<(&str, PartMember)>) -> RunPart {
    RunPart {
        patience: 0,
        at: at(second),
        state,
        since: Watched(0),
        members: members
            .into_iter()
            .map(|(id, it)| (id.into(), it))
            .collect(),
        skipped: Vec::<Elapse>::new(),
        given_up: None,
        own_vpn_suspect: false,
    }
}

fn run(plan: &Plan, parts: Vec<(u32, RunPart)>) -> OpenRun {
    OpenRun {
        at: at(0),
        id: "r".into(),
        local: civil::DateTime::constant(2026, 11, 20, 2, 0, 0, 0),
        plan: plan.clone(),
        interval: None,
        parts: parts
            .into_iter()
            .map(|(node, it)| (NodeId(node), it))
            .collect(),
        over: None,
    }
}

fn of<'a>(overview: &'a Overview, plan: &str) -> &'a PlanOverview {
    let found = overview.plans.iter().find(|it| it.plan.id == plan.into());
    found.unwrap()
}

#[test]
fn bad_plans_come_first_and_each_stands_as_it_does() {
    let mut state = cluster(&[
        ("1", &[("mail1", None)]),
        ("2", &[("mail1", None)]),
        ("9", &[("mail1", None)]),
        ("10", &[("mail1", None)]),
        ("11", &[]),
    ]);
    state.plans.get_mut(&"2".into()).unwrap().enabled = false;
    let mut watch = watch(&state);
    for id in ["1", "2", "10", "11"] {
        watch.plans.get_mut(&id.into()).unwrap().newest = Some(newest("r", 500));
    }
    for id in ["2", "10"] {
        let bad = trouble(400, &[("mail1", ModuleCause::BackupError)]);
        watch.plans.get_mut(&id.into()).unwrap().condition = bad;
    }
    let seen = overview(&watch, Some(&state), beside());
    let standings: Vec<(&str, Standing)> = seen
        .plans
        .iter()
        .map(|plan| (plan.plan.id.as_str(), plan.standing))
        .collect();
    let expected = [
        ("10", Standing::Bad),
        ("9", Standing::Unknown),
        ("1", Standing::Good),
        ("2", Standing::Disabled),
        ("11", Standing::Empty),
    ];
    assert_eq!(standings, expected);
    assert_eq!(of(&seen, "10").bad_since, Some(at(400)));
    assert_eq!(of(&seen, "2").bad_since, None);
    assert_eq!(of(&seen, "2").attention, []);
}

#[test]
fn what_needs_attention_is_told_with_its_cause_and_its_last_good_backup() {
    let mut state = cluster(&[("1", &[("mail1", None), ("samba1", None), ("n8n1", None)])]);
    let samba = state.modules.get_mut(&"samba1".into()).unwrap();
    (samba.name, samba.node) = (Some("Files".into()), Some(NodeId(2)));
    let mut watch = watch(&state);
    let watched = watch.plans.get_mut(&"1".into()).unwrap();
    watched.condition = trouble(
        400,
        &[
            ("samba1", ModuleCause::Missed),
            ("mail1", ModuleCause::BackupError),
            ("removed1", ModuleCause::BackupError),
        ],
    );
    let memory = ModuleMemory {
        ok_at: Some(at(100)),
        ..ModuleMemory::default()
    };
    watched.modules.insert("samba1".into(), memory);
    let seen = overview(&watch, Some(&state), beside());
    let expected = [
        Attention {
            module: "mail1".into(),
            name: None,
            node: None,
            cause: ModuleCause::BackupError,
            ok_at: None,
        },
        Attention {
            module: "samba1".into(),
            name: Some("Files".into()),
            node: Some(NodeId(2)),
            cause: ModuleCause::Missed,
            ok_at: Some(at(100)),
        },
    ];
    assert_eq!(of(&seen, "1").attention, expected);
}

#[test]
fn without_the_cluster_the_last_look_has_to_do() {
    let state = cluster(&[("1", &[("mail1", None), ("gone1", None)]), ("2", &[])]);
    let mut watch = watch(&state);
    let seen_first = watch.plans.get_mut(&"1".into()).unwrap();
    seen_first.modules.remove(&"gone1".into());
    watch.plans.remove(&"2".into());
    watch.whole.clock = Some(crate::model::ClockMark {
        wall: at(900),
        boot: 5,
        boot_id: "b".into(),
    });
    let lost = Lost {
        module: "samba1".into(),
        plan: "1".into(),
        since: at(800),
        told: true,
    };
    watch.whole.lost.insert("uuid-samba1".into(), lost);
    let seen = overview(
        &watch,
        None,
        Beside {
            redis_problem: Some("refused".into()),
            ..beside()
        },
    );
    assert_eq!(seen.plans.len(), 1);
    assert_eq!(seen.plans[0].applications, 1);
    assert_eq!(seen.read_at, Some(at(900)));
    assert_eq!(seen.redis_problem.as_deref(), Some("refused"));
    let uncovered = &seen.uncovered[0];
    assert_eq!(uncovered.module, "samba1".into());
    assert_eq!(uncovered.since, Some(at(800)));
    assert_eq!(
        uncovered.plan.as_ref().map(|plan| &plan.id),
        Some(&"1".into())
    );
}

#[test]
fn an_application_that_no_plan_names_is_told() {
    let mut state = cluster(&[("1", &[("mail1", None), ("samba1", None)])]);
    let watch = watch(&state);
    let instances = &mut state.plans.get_mut(&"1".into()).unwrap().instances;
    instances.retain(|module| *module != "samba1".into());
    let seen = overview(&watch, Some(&state), beside());
    let modules: Vec<&str> = seen.uncovered.iter().map(|it| it.module.as_str()).collect();
    assert_eq!(modules, ["samba1"]);
}

#[test]
fn the_newest_run_comes_from_the_history_else_from_the_watch() {
    let state = cluster(&[("1", &[("mail1", None)]), ("2", &[("mail1", None)])]);
    let mut watch = watch(&state);
    watch.plans.get_mut(&"1".into()).unwrap().newest = Some(newest("b", 500));
    watch.plans.get_mut(&"2".into()).unwrap().newest = Some(newest("c", 700));
    let strip = vec![
        mark("a", 400, Outcome::Partial),
        mark("b", 500, Outcome::Success),
    ];
    let strips = ["1", "2"]
        .map(|id| (PlanId::from(id), strip.clone()))
        .into();
    let seen = overview(&watch, Some(&state), Beside { strips, ..beside() });
    assert_eq!(of(&seen, "1").last.as_ref(), strip.last());
    assert_eq!(of(&seen, "1").strip, strip);
    let unknown = of(&seen, "2").last.as_ref().unwrap();
    assert_eq!((unknown.at, unknown.outcome), (at(700), None));
}

#[test]
fn the_next_run_and_the_mute_are_told_as_long_as_they_mean_something() {
    let mut state = cluster(&[("1", &[("mail1", None)]), ("2", &[("mail1", None)])]);
    state.plans.get_mut(&"2".into()).unwrap().enabled = false;
    let muted = |plan: &PlanId| Some(at(if *plan == "1".into() { 2_000 } else { 1_000 }));
    let around = Beside {
        next: &|_, _| Some(at(3_000)),
        muted: &muted,
        ..beside()
    };
    let seen = overview(&watch(&state), Some(&state), around);
    let moments = |id| (of(&seen, id).next, of(&seen, id).muted_until);
    assert_eq!(moments("1"), (Some(at(3_000)), Some(at(2_000))));
    assert_eq!(moments("2"), (None, None), "switched off; the mute is over");
}

#[test]
fn a_run_at_work_tells_how_far_it_is() {
    let mut state = cluster(&[("1", &[("mail1", None), ("samba1", None), ("n8n1", None)])]);
    state.modules.get_mut(&"n8n1".into()).unwrap().node = Some(NodeId(2));
    let mut watch = watch(&state);
    let watched = watch.plans.get_mut(&"1".into()).unwrap();
    let late = PartMember {
        joined: true,
        ..member(None)
    };
    let going = part(
        500,
        PartState::Going,
        vec![
            ("mail1", member(Some(status(500, 0)))),
            ("samba1", member(Some(status(500, 1)))),
            ("webtop1", member(None)),
            ("late1", late),
        ],
    );
    let upcoming = part(600, PartState::Upcoming, vec![]);
    watched.runs = vec![
        run(&watched.plan, vec![(1, going), (2, upcoming.clone())]),
        run(&watched.plan, vec![(1, upcoming)]),
    ];
    let seen = overview(&watch, Some(&state), beside());
    let expected = OpenMark {
        at: at(500),
        kind: RunKind::Scheduled,
        members: 4,
        reported: 2,
        failed: 1,
    };
    assert_eq!(of(&seen, "1").open, Some(expected));
}

#[test]
fn a_run_that_has_fired_nowhere_is_not_at_work() {
    let state = cluster(&[("1", &[("mail1", None)])]);
    let mut watch = watch(&state);
    let watched = watch.plans.get_mut(&"1".into()).unwrap();
    watched.runs = vec![run(
        &watched.plan,
        vec![(1, part(600, PartState::Upcoming, vec![]))],
    )];
    let seen = overview(&watch, Some(&state), beside());
    assert_eq!(of(&seen, "1").open, None);
}

#[test]
fn a_run_by_hand_says_whether_it_is_of_all_applications() {
    let state = cluster(&[("1", &[("mail1", None), ("samba1", None)])]);
    let mut watch = watch(&state);
    let watched = watch.plans.get_mut(&"1".into()).unwrap();
    watched.hand = Some(HandRun {
        id: "h".into(),
        began: at(700),
        plan: watched.plan.clone(),
        since: Watched(0),
        members: BTreeMap::from([("mail1".into(), member(Some(status(700, 0))))]),
        over: None,
    });
    let seen = overview(&watch, Some(&state), beside());
    let open = of(&seen, "1").open.clone().unwrap();
    assert_eq!((open.kind, open.at), (RunKind::HandPart, at(700)));
    assert_eq!((open.members, open.reported, open.failed), (1, 1, 0));

    let hand = watch.plans.get_mut(&"1".into()).unwrap().hand.as_mut();
    hand.unwrap()
        .members
        .insert("samba1".into(), member(Some(status(700, 2))));
    let seen = overview(&watch, Some(&state), beside());
    let open = of(&seen, "1").open.clone().unwrap();
    assert_eq!((open.kind, open.failed), (RunKind::HandWhole, 1));
}
