//! Applications that no plan backs up, and those that lost theirs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    ClusterState, Lost, Module, ModuleId, ModuleUuid, PlanId, PlanSummary, UncoveredModule,
};

/// An application that is moved is out of its plan until somebody puts it back;
/// for so long nothing is said.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// The applications that no plan names, without those that need no backup. None
/// while a plan cannot be read: nobody knows whom it names.
pub fn uncovered(state: &ClusterState) -> Vec<UncoveredModule> {
    if state.unreadable_plans().next().is_some() {
        return Vec::new();
    }
    let named = named(state);
    let free = state
        .modules
        .iter()
        .filter(|(id, module)| !named.contains_key(*id) && needs_a_plan(state, module));
    free.map(|(id, module)| UncoveredModule {
        module: id.clone(),
        name: module.name.as_deref().map(str::to_owned),
        node: module.node,
        plan: None,
        since: None,
    })
    .collect()
}

fn needs_a_plan(state: &ClusterState, module: &Module) -> bool {
    let restoring = |uuid| {
        state
            .plans
            .values()
            .any(|plan| plan.restoring.contains(uuid))
    };
    !module.no_data && !restoring(&module.uuid)
}

fn named(state: &ClusterState) -> BTreeMap<&ModuleId, BTreeSet<PlanId>> {
    let mut named: BTreeMap<&ModuleId, BTreeSet<PlanId>> = BTreeMap::new();
    for (id, plan) in &state.plans {
        for (module, _) in plan.live_members(&state.modules) {
            named.entry(module).or_default().insert(id.clone());
        }
    }
    named
}

/// An application that its plan names no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its UUID.
    pub uuid: ModuleUuid,
    /// What it was called there.
    pub module: ModuleId,
    /// The plan.
    pub plan: PlanId,
}

/// Takes note of who left a plan; returns the applications that have been in
/// none for a while, each once. A plan that was deleted took its applications
/// along by intent.
pub fn covered(
    lost: &mut BTreeMap<ModuleUuid, Lost>,
    left: Vec<Left>,
    state: &ClusterState,
    now: Timestamp,
) -> Vec<UncoveredModule> {
    for Left { uuid, module, plan } in left {
        lost.entry(uuid).or_insert(Lost {
            module,
            plan,
            since: now,
            told: false,
        });
    }
    if lost.is_empty() || state.unreadable_plans().next().is_some() {
        return Vec::new();
    }
    let named = named(state);
    let mut told = Vec::new();
    lost.retain(|uuid, lost| {
        let Some((id, module)) = now_is(state, uuid, lost) else {
            return false;
        };
        let deleted = !state.plans.contains_key(&lost.plan);
        if deleted || named.contains_key(id) || !needs_a_plan(state, module) {
            return false;
        }
        if !lost.told && now.duration_since(lost.since) >= PATIENCE {
            lost.told = true;
            told.push(UncoveredModule {
                module: id.clone(),
                name: module.name.as_deref().map(str::to_owned),
                node: module.node,
                plan: summary(state, &lost.plan),
                since: Some(lost.since),
            });
        }
        true
    });
    told
}

/// The live application of that UUID, else of that id.
fn now_is<'a>(
    state: &'a ClusterState,
    uuid: &ModuleUuid,
    lost: &Lost,
) -> Option<(&'a ModuleId, &'a Module)> {
    let by_id = state.modules.get_key_value(&lost.module);
    by_id
        .filter(|(_, module)| module.uuid == *uuid)
        .or_else(|| {
            state
                .modules
                .iter()
                .find(|(_, module)| module.uuid == *uuid)
        })
        .or(by_id)
}

fn summary(state: &ClusterState, id: &PlanId) -> Option<PlanSummary> {
    let plan = state.plans.get(id)?;
    Some(PlanSummary {
        id: id.clone(),
        name: plan.name.clone(),
        schedule: plan.schedule.clone(),
        enabled: plan.enabled,
    })
}

#[cfg(test)]
mod tests;
