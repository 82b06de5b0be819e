//! What is remembered, seen together with the cluster as it was read last.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{
    ClusterState, Destination, Module, ModuleId, Plan, PlanId, PlanSummary, PlanWatch, Trouble,
    Watch,
};

/// What is remembered, and the cluster as far as it was read.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub watch: &'a Watch,
    pub state: Option<&'a ClusterState>,
}

impl<'a> Sight<'a> {
    /// The plans that the cluster has.
    pub fn plans(self) -> Box<dyn Iterator<Item = (&'a PlanId, &'a Plan)> + 'a> {
        match self.state {
            Some(state) => Box::new(state.plans.iter()),
            None => Box::new(
                self.watch
                    .plans
                    .iter()
                    .map(|(id, watched)| (id, &watched.plan)),
            ),
        }
    }

    /// What is remembered of a plan.
    pub fn watched(self, id: &PlanId) -> Option<&'a PlanWatch> {
        self.watch.plans.get(id)
    }

    /// When the cluster was read last.
    pub fn read_at(self) -> Option<Timestamp> {
        let remembered = || Some(self.watch.whole.clock.as_ref()?.wall);
        self.state.map(|state| state.read_at).or_else(remembered)
    }

    /// The label of the cluster, else the leader's.
    pub fn cluster_name(self) -> Option<String> {
        let state = self.state?;
        let leader = || state.nodes.get(&state.leader?)?.name.clone();
        state.cluster_name.clone().or_else(leader)
    }

    /// The plan's applications that the cluster has, in the plan's order, each
    /// once.
    pub fn live(self, id: &PlanId, plan: &'a Plan) -> Vec<&'a ModuleId> {
        let mut seen = BTreeSet::new();
        let each_once = plan.instances.iter().filter(|module| seen.insert(*module));
        if let Some(state) = self.state {
            return each_once
                .filter(|module| state.modules.contains_key(*module))
                .collect();
        }
        let covered = self.covered(id);
        // A watch of before the first look covers nothing.
        let known = |module: &&ModuleId| covered.is_empty() || covered.contains(module);
        each_once.filter(known).collect()
    }

    fn covered(self, id: &PlanId) -> BTreeSet<&'a ModuleId> {
        let watched = self.watched(id);
        watched
            .into_iter()
            .flat_map(|plan| plan.modules.keys())
            .collect()
    }

    /// An application as the cluster knows it.
    pub fn module(self, id: &ModuleId) -> Option<&'a Module> {
        self.state?.modules.get(id)
    }

    /// Where a plan stores.
    pub fn destination(self, plan: &Plan) -> Option<&'a Destination> {
        self.state?.destinations.get(plan.destination.as_ref()?)
    }

    /// The trouble that a plan is in.
    pub fn trouble(self, id: &PlanId) -> Option<&'a Trouble> {
        self.watched(id)?.condition.trouble.as_ref()
    }
}

/// As reports name a plan.
pub(super) fn summary(id: &PlanId, plan: &Plan) -> PlanSummary {
    PlanSummary {
        id: id.clone(),
        name: plan.name.clone(),
        schedule: plan.schedule.clone(),
        enabled: plan.enabled,
    }
}
