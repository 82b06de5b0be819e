//! What the metrics tell of applications and of keys.

use std::collections::BTreeMap;

use super::sight::Sight;
use crate::model::{
    ClusterState, ModuleFacts, ModuleId, ModuleMemory, PlanId, Reason, Status, StatusReading, Watch,
};

/// Every application of every plan. `state` should be the cluster as it was
/// read last, also while it cannot be read: without it nobody knows the nodes,
/// and the series would change their names.
pub fn module_facts(watch: &Watch, state: Option<&ClusterState>) -> Vec<ModuleFacts> {
    let sight = Sight { watch, state };
    let of_plan = |(id, plan)| {
        let live = sight.live(id, plan).into_iter();
        live.map(move |module| facts(sight, id, module))
    };
    sight.plans().flat_map(of_plan).collect()
}

fn facts(sight: Sight<'_>, plan: &PlanId, module: &ModuleId) -> ModuleFacts {
    let watched = sight.watched(plan);
    let memory = watched.and_then(|watched| watched.modules.get(module));
    let reading = match memory {
        Some(memory) => memory.reading.as_ref(),
        // Seen for the first time, and not yet taken into the memory.
        None => sight.state.and_then(|state| state.reading(plan, module)),
    };
    let status = reading.and_then(StatusReading::status);
    let good = status.filter(|status| status.errors == 0);
    let home = sight.module(module).and_then(|known| known.node);
    let trouble = sight.trouble(plan);
    ModuleFacts {
        plan: plan.clone(),
        module: module.clone(),
        node: home.or_else(|| status?.node),
        ok_at: memory
            .and_then(|memory| memory.ok_at)
            .or_else(|| Some(good?.end)),
        size: memory
            .and_then(|memory| memory.ok_size)
            .or_else(|| good?.size),
        duration_s: duration(memory, status),
        ok: good.is_some() && trouble.is_none_or(|trouble| !trouble.bad.contains_key(module)),
    }
}

fn duration(memory: Option<&ModuleMemory>, status: Option<&Status>) -> Option<i64> {
    let remembered = memory.and_then(|memory| memory.durations.back().copied());
    let took = |status: &Status| status.end.duration_since(status.start).as_secs();
    remembered
        .or_else(|| status.map(took))
        .filter(|seconds| *seconds >= 0)
}

/// How many keys and fields could not be understood, by what is wrong.
pub fn unreadable(state: &ClusterState) -> BTreeMap<Reason, u64> {
    let statuses = state
        .statuses
        .values()
        .flat_map(|readings| readings.values());
    let statuses = statuses.filter_map(|reading| match reading {
        StatusReading::Unreadable(what) => Some(what),
        StatusReading::Read(_) => None,
    });
    let mut counts = BTreeMap::new();
    for what in statuses.chain(&state.unreadable) {
        *counts.entry(what.reason.clone()).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests;
