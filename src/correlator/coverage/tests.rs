use super::*;
use crate::correlator::judge::tests::{at, cluster};
use crate::model::{Reason, Unreadable};

const HOUR: i64 = 3600;

/// `mail1` has left plan 1.
fn left() -> (ClusterState, BTreeMap<ModuleUuid, Lost>) {
    let mut state = cluster(&[("1", &[("mail1", None), ("samba1", None)])]);
    for plan in state.plans.values_mut() {
        plan.instances.retain(|id| id.as_str() != "mail1");
    }
    let mut lost = BTreeMap::new();
    let who = vec![Left {
        uuid: "uuid-mail1".into(),
        module: "mail1".into(),
        plan: "1".into(),
    }];
    assert_eq!(covered(&mut lost, who, &state, at(0)), []);
    (state, lost)
}

fn told(state: &ClusterState, lost: &mut BTreeMap<ModuleUuid, Lost>, second: i64) -> Vec<ModuleId> {
    let told = covered(lost, Vec::new(), state, at(second)).into_iter();
    told.map(|module| module.module).collect()
}

/// R2.5: one mail of its own within a day.
#[test]
fn who_lost_its_plan_is_told_once_after_a_while() {
    let (state, mut lost) = left();
    assert_eq!(told(&state, &mut lost, HOUR - 1), []);
    let after = covered(&mut lost, Vec::new(), &state, at(HOUR));
    assert_eq!(after[0].module, "mail1".into());
    assert_eq!(after[0].since, Some(at(0)));
    assert_eq!(after[0].plan.as_ref().unwrap().id, "1".into());
    assert_eq!(told(&state, &mut lost, 2 * HOUR), []);
}

/// R2.5, T13: a move gives it another id; its UUID stays.
#[test]
fn a_module_that_was_moved_is_named_by_its_new_id() {
    let (mut state, mut lost) = left();
    let module = state.modules.remove(&"mail1".into()).unwrap();
    state.modules.insert("mail7".into(), module);
    assert_eq!(told(&state, &mut lost, HOUR), ["mail7".into()]);
}

/// R2.5: a clone that took its place has the id and another UUID.
#[test]
fn a_module_that_took_its_place_is_found_by_its_id() {
    let (mut state, mut lost) = left();
    let module = state.modules.get_mut(&"mail1".into()).unwrap();
    module.uuid = "another".into();
    assert_eq!(told(&state, &mut lost, HOUR), ["mail1".into()]);
}

/// What needs no word: each reason alone.
#[test]
fn nothing_is_said_of_what_needs_no_plan_or_has_one() {
    let said = |change: &dyn Fn(&mut ClusterState)| {
        let (mut state, mut lost) = left();
        change(&mut state);
        told(&state, &mut lost, HOUR)
    };
    assert_eq!(said(&|_| {}).len(), 1);
    let quiet: [&dyn Fn(&mut ClusterState); 5] = [
        &|state| {
            let plan = state.plans.get_mut(&"1".into()).unwrap();
            plan.instances.push("mail1".into());
        },
        &|state| state.modules.get_mut(&"mail1".into()).unwrap().no_data = true,
        &|state| {
            let plan = state.plans.get_mut(&"1".into()).unwrap();
            plan.restoring.insert("uuid-mail1".into());
        },
        &|state| {
            state.modules.remove(&"mail1".into());
        },
        &|state| state.plans.clear(),
    ];
    for (number, change) in quiet.into_iter().enumerate() {
        assert_eq!(said(change), [], "{number}");
    }
}

/// A plan that cannot be read just now may be the one that has it.
#[test]
fn while_a_plan_cannot_be_read_nobody_is_called_uncovered() {
    let (mut state, mut lost) = left();
    let broken = Unreadable::new("cluster/backup/2", Reason::NotAStatus);
    state.unreadable.push(broken);
    assert_eq!(told(&state, &mut lost, HOUR), []);
    assert_eq!(uncovered(&state), []);
    state.unreadable.clear();
    assert_eq!(told(&state, &mut lost, 2 * HOUR), ["mail1".into()]);
}

/// A key that stays broken must not silence for good what it has no part in.
#[test]
fn what_is_broken_beside_the_plans_hides_nobody() {
    for (key, reason) in [
        ("cluster/backup/1/status", Reason::NotAHash),
        ("cluster/backup/1 schedule", Reason::NotASchedule),
        ("cluster/backup/my-plan", Reason::NoPlanId),
        ("cluster/backup_repository/2", Reason::NotAHash),
    ] {
        let (mut state, mut lost) = left();
        state.unreadable.push(Unreadable::new(key, reason));
        assert_eq!(uncovered(&state).len(), 1, "{key}");
        assert_eq!(told(&state, &mut lost, HOUR), ["mail1".into()], "{key}");
    }
}

/// R4.6.
#[test]
fn the_uncovered_are_those_that_no_plan_names() {
    let (mut state, _) = left();
    let names = |state: &ClusterState| -> Vec<ModuleId> {
        uncovered(state).into_iter().map(|m| m.module).collect()
    };
    assert_eq!(names(&state), ["mail1".into()]);
    // A disabled plan covers nobody less: somebody decided that.
    for plan in state.plans.values_mut() {
        plan.enabled = false;
    }
    assert_eq!(names(&state), ["mail1".into()]);
}
