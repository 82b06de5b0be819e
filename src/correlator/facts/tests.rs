use super::super::judge::tests::{at, cluster, status};
use super::*;
use crate::model::{Condition, ModuleCause, NodeId, Plan, PlanWatch, Trouble, Unreadable};

fn remembering(plan: &Plan, memories: Vec<(&str, ModuleMemory)>) -> PlanWatch {
    PlanWatch {
        plan: plan.clone(),
        baseline: at(0),
        handled: BTreeMap::new(),
        modules: memories
            .into_iter()
            .map(|(id, it)| (id.into(), it))
            .collect(),
        runs: Vec::new(),
        hand: None,
        late: None,
        durations: [].into(),
        condition: Condition::default(),
        newest: None,
    }
}

fn of<'a>(facts: &'a [ModuleFacts], module: &str) -> &'a ModuleFacts {
    facts.iter().find(|it| it.module == module.into()).unwrap()
}

#[test]
fn what_failed_keeps_the_moment_and_the_size_of_its_last_good_backup() {
    let mut state = cluster(&[("1", &[("mail1", None), ("samba1", None), ("gone1", None)])]);
    state.modules.remove(&"gone1".into());
    state.modules.get_mut(&"mail1".into()).unwrap().node = Some(NodeId(3));
    let mut watch = Watch::default();
    let failed = ModuleMemory {
        uuid: "".into(),
        reading: Some(status(500, 1)),
        durations: [40, 60].into(),
        ok_at: Some(at(160)),
        ok_size: Some(7),
    };
    let plan = remembering(&state.plans[&"1".into()], vec![("mail1", failed)]);
    watch.plans.insert("1".into(), plan);
    let facts = module_facts(&watch, Some(&state));
    assert_eq!(facts.len(), 2, "what is gone has no series");
    let expected = ModuleFacts {
        plan: "1".into(),
        module: "mail1".into(),
        node: Some(NodeId(3)),
        ok_at: Some(at(160)),
        size: Some(7),
        duration_s: Some(60),
        ok: false,
    };
    assert_eq!(of(&facts, "mail1"), &expected);
    let never = of(&facts, "samba1");
    assert_eq!((never.ok, never.ok_at, never.size), (false, None, None));
}

#[test]
fn an_application_whose_run_was_missed_is_not_all_right() {
    let state = cluster(&[("1", &[("mail1", None)])]);
    let good = ModuleMemory {
        uuid: "".into(),
        reading: Some(status(100, 0)),
        ..ModuleMemory::default()
    };
    let mut plan = remembering(&state.plans[&"1".into()], vec![("mail1", good)]);
    let ok = |plan: &PlanWatch| {
        let mut watch = Watch::default();
        watch.plans.insert("1".into(), plan.clone());
        of(&module_facts(&watch, Some(&state)), "mail1").ok
    };
    assert!(ok(&plan));
    plan.condition.trouble = Some(Trouble {
        since: at(900),
        first: "r".into(),
        bad: BTreeMap::from([("mail1".into(), ModuleCause::Missed)]),
        told: None,
    });
    assert!(!ok(&plan));
}

#[test]
fn a_plan_that_is_new_shows_what_the_cluster_says() {
    let mut broken = status(500, 0);
    if let StatusReading::Read(status) = &mut broken {
        (status.end, status.node) = (at(400), Some(NodeId(2)));
    }
    let state = cluster(&[(
        "1",
        &[("mail1", Some(status(100, 0))), ("n8n1", Some(broken))],
    )]);
    let facts = module_facts(&Watch::default(), Some(&state));
    let mail = of(&facts, "mail1");
    assert!(mail.ok);
    assert_eq!((mail.ok_at, mail.size), (Some(at(160)), Some(1000)));
    assert_eq!(mail.duration_s, Some(60));
    let odd = of(&facts, "n8n1");
    assert_eq!(
        (odd.node, odd.duration_s),
        (Some(NodeId(2)), None),
        "it ends before it starts"
    );
}

#[test]
fn every_key_that_makes_no_sense_is_counted_by_what_is_wrong() {
    let wrong = |key: &str| Unreadable::new(key, Reason::NotAStatus);
    let broken = StatusReading::Unreadable(wrong("a"));
    let mut state = cluster(&[(
        "1",
        &[("mail1", Some(broken)), ("n8n1", Some(status(1, 0)))],
    )]);
    state.unreadable = vec![wrong("b"), Unreadable::new("c", Reason::NotAHash)];
    let counts = [(Reason::NotAStatus, 2), (Reason::NotAHash, 1)];
    assert_eq!(unreadable(&state), counts.into());
}
