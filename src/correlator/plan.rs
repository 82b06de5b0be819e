//! One plan at one look: what fired, what came in, what is over.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::clock::Tick;
use super::coverage::Left;
use super::elapse::Firing;
use super::rules::{Rules, seconds};
use super::{baseline, intake, judging, opening, patience};
use crate::model::{
    ClusterState, JudgedRun, ModuleId, ModuleMemory, NodeId, NodeZone, PartState, Plan, PlanId,
    PlanWatch, Reachability, RunMark, RunPart, Watch,
};
use crate::schedule::Calendar;

/// What a plan is looked at with.
#[derive(Clone, Copy)]
pub struct PlanLook<'a> {
    /// Which plan.
    pub id: &'a PlanId,
    /// The cluster as it was read.
    pub state: &'a ClusterState,
    /// When.
    pub tick: &'a Tick,
    /// Which nodes answer; `None` until that was asked.
    pub reach: Option<&'a Reachability>,
    /// How long is waited for what.
    pub rules: &'a Rules,
}

/// What came of a look at one plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// Runs that are over, in their order: each is to be reported now.
    pub settled: Vec<Settled>,
    /// Runs that nobody can judge, for the history.
    pub unjudged: Vec<RunMark>,
    /// Nodes are silent: look again, with what answers.
    pub wants_reach: bool,
    /// Nodes whose zone was learned just now, with their distance in minutes.
    pub learned: Vec<(NodeId, i64)>,
    /// The plan is switched on with a schedule that nobody can read, since now.
    pub never_fires: bool,
    /// Applications that the plan names no more.
    pub left: Vec<Left>,
    /// When to look again at the latest, in seconds.
    pub next: i64,
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// It, judged by its statuses.
    pub run: JudgedRun,
    /// Whether it was so when the program looked for the first time.
    pub at_start: bool,
}

/// While a run is open the cluster is looked at so often, in seconds.
const OPEN_POLL: i64 = 30;

/// Looks at one plan. `watch` is what was remembered of it and becomes what is
/// to be remembered; `None`: nothing. `zones` is what was learned of nodes.
pub fn observe(
    watch: &mut Option<PlanWatch>,
    zones: &mut BTreeMap<NodeId, NodeZone>,
    look: PlanLook<'_>,
) -> Observed {
    let Some(plan) = look.state.plans.get(look.id) else {
        // A key that makes no sense just now is no plan that was deleted.
        if look.state.plan_is_unreadable(look.id) {
            return unreadable(watch.as_mut(), zones, look);
        }
        return deleted(watch.take(), look);
    };
    let mut out = Observed::default();
    let first = watch.is_none();
    let known = watch.as_ref().map(|watch| &watch.plan);
    let anew = known.is_none_or(|known| known.schedule != plan.schedule || !known.enabled);
    out.never_fires = anew && plan.enabled && plan.schedule.parse::<Calendar>().is_err();
    let known = watch.get_or_insert_with(|| {
        let (new, found) = baseline::first_look(plan, zones, look);
        out.settled.extend(found);
        new
    });
    let mut desk = Desk {
        look,
        plan,
        firing: Firing::of(plan, look.rules),
        members: members(plan, look.state),
        watch: known,
        zones,
        out,
    };
    if first {
        return desk.finish();
    }
    baseline::renew(&mut desk);
    opening::open_due(&mut desk);
    intake::take_in(&mut desk);
    patience::end_waiting(&mut desk);
    judging::settle(&mut desk);
    desk.finish()
}

/// The live modules that a plan names now, in no order.
fn members<'a>(plan: &'a Plan, state: &'a ClusterState) -> BTreeSet<&'a ModuleId> {
    plan.live_members(&state.modules)
        .map(|(id, _)| id)
        .collect()
}

/// Everything at hand while one plan is looked at.
pub(super) struct Desk<'a, 'w> {
    pub look: PlanLook<'a>,
    /// The plan as it is now.
    pub plan: &'a Plan,
    pub firing: Firing<'a>,
    /// The live modules that it names now.
    pub members: BTreeSet<&'a ModuleId>,
    pub watch: &'w mut PlanWatch,
    pub zones: &'w mut BTreeMap<NodeId, NodeZone>,
    pub out: Observed,
}

impl Observed {
    pub(super) fn after(seconds: i64) -> Self {
        Self {
            next: seconds,
            ..Self::default()
        }
    }
}

impl Desk<'_, '_> {
    pub fn now(&self) -> Timestamp {
        self.look.tick.now
    }

    /// Where the program runs; as a plain service, that is the leader.
    pub fn own_node(&self) -> Option<NodeId> {
        own_node(self.look)
    }

    /// Minutes by which a node's elapses lie off the program's zone.
    pub fn shift(&self, node: NodeId) -> i64 {
        shift_of(&self.firing, self.zones, node, self.own_node())
    }

    pub fn memory(&self, module: &ModuleId) -> Option<&ModuleMemory> {
        self.watch.modules.get(module)
    }

    /// Whether a pending member is still to be waited for.
    pub fn counts(&self, module: &ModuleId) -> bool {
        self.members.contains(module)
    }

    /// How long ago `at` was on the clock of waiting: what passed while nobody
    /// watched is not counted.
    pub fn ago(&self, at: Timestamp) -> crate::model::Watched {
        let tick = self.look.tick;
        let ago = tick.now.duration_since(at).as_secs();
        tick.watched.after(-ago.clamp(0, tick.passed.max(0)))
    }

    fn finish(mut self) -> Observed {
        self.notice_who_left();
        self.out.next = self.next();
        // Most looks show the plan as it was.
        if self.watch.plan != *self.plan {
            self.watch.plan.clone_from(self.plan);
        }
        self.out
    }

    /// What is remembered of modules that left goes with their runs.
    fn notice_who_left(&mut self) {
        let runs = self.watch.runs.iter();
        let late = self.watch.late.iter().map(|late| &late.run);
        let parts = runs.chain(late).flat_map(|run| run.parts.values());
        let open: BTreeSet<ModuleId> = parts
            .flat_map(|part| part.members.keys())
            .cloned()
            .collect();
        let mut left = Vec::new();
        for id in &self.watch.plan.instances {
            if let Some(memory) = self.watch.modules.get(id)
                && !self.members.contains(id)
            {
                left.push(Left {
                    uuid: memory.uuid.clone(),
                    module: id.clone(),
                    plan: self.look.id.clone(),
                });
            }
        }
        let members = &self.members;
        let stays = |id: &ModuleId| members.contains(id) || open.contains(id);
        self.watch.modules.retain(|id, _| stays(id));
        self.out.left = left;
    }

    /// Seconds until something may be due without any event.
    fn next(&self) -> i64 {
        let watched = self.look.tick.watched;
        let wait = seconds(self.look.rules.wait);
        let mut next = seconds(self.look.rules.poll);
        let late = self.watch.late.as_ref().filter(|late| late.since.is_some());
        if !self.watch.runs.is_empty() || self.watch.hand.is_some() || late.is_some() {
            next = next.min(OPEN_POLL);
        }
        let overs = self.watch.runs.iter().filter_map(|run| run.over);
        let hand = self.watch.hand.iter().filter_map(|hand| hand.over);
        for over in overs.chain(hand) {
            next = next.min(over.after(wait).since(watched));
        }
        // What fires later has its elapse, below.
        let waited_for =
            |part: &&RunPart| matches!(part.state, PartState::Waiting | PartState::Going);
        let parts = self.watch.runs.iter().flat_map(|run| run.parts.values());
        for part in parts.filter(waited_for) {
            next = next.min(part.since.after(part.patience).since(watched));
        }
        if self.plan.enabled {
            let nodes = self.members.iter().map(|id| self.node_of(id));
            for node in nodes.collect::<BTreeSet<_>>() {
                let elapse = self.firing.next(Some(node), self.shift(node), self.now());
                if let Some(elapse) = elapse {
                    next = next.min(elapse.at.duration_since(self.now()).as_secs() + 1);
                }
            }
        }
        next.max(1)
    }

    /// Where a module lives.
    pub fn node_of(&self, module: &ModuleId) -> NodeId {
        let module = self.look.state.modules.get(module);
        node_or_none(module.and_then(|module| module.node))
    }
}

/// Modules whose node is not known stand together, as on a node of their own.
pub(super) fn node_or_none(node: Option<NodeId>) -> NodeId {
    node.unwrap_or(NodeId(0))
}

pub(super) fn own_node(look: PlanLook<'_>) -> Option<NodeId> {
    look.rules.own_node.or(look.state.leader)
}

pub(super) fn shift_of(
    firing: &Firing<'_>,
    zones: &BTreeMap<NodeId, NodeZone>,
    node: NodeId,
    own: Option<NodeId>,
) -> i64 {
    if firing.is_fixed(node, own) {
        return 0;
    }
    zones.get(&node).and_then(|zone| zone.shift).unwrap_or(0)
}

/// A plan whose key makes no sense just now goes on firing as it was: an elapse
/// that nobody opened would be gone by the next look. Of what it does nothing
/// is known until the key can be read again.
fn unreadable(
    watch: Option<&mut PlanWatch>,
    zones: &mut BTreeMap<NodeId, NodeZone>,
    look: PlanLook<'_>,
) -> Observed {
    let out = Observed::after(seconds(look.rules.poll));
    let Some(watch) = watch else {
        return out;
    };
    let plan = watch.plan.clone();
    let mut desk = Desk {
        look,
        plan: &plan,
        firing: Firing::of(&plan, look.rules),
        members: members(&plan, look.state),
        watch,
        zones,
        out,
    };
    baseline::renew(&mut desk);
    opening::open_due(&mut desk);
    desk.out
}

/// A plan that the cluster has no more: what was open goes to the history.
fn deleted(watch: Option<PlanWatch>, look: PlanLook<'_>) -> Observed {
    let mut observed = Observed::after(seconds(look.rules.poll));
    for run in watch.into_iter().flat_map(|watch| watch.runs) {
        observed.unjudged.push(judging::unjudged(&run));
    }
    observed
}

/// When a plan fires next, by the program's own zone.
pub fn next_run(plan: &Plan, rules: &Rules, now: Timestamp) -> Option<Timestamp> {
    let next = || Firing::of(plan, rules).next(None, 0, now);
    Some(plan.enabled.then(next)??.at)
}

/// Whether anything waits for what the cluster would say: a run that is open,
/// or an elapse since the last look.
pub fn something_is_due(watch: &Watch, rules: &Rules, now: Timestamp) -> bool {
    let Some(last) = watch.whole.clock.as_ref().map(|clock| clock.wall) else {
        return false;
    };
    watch.plans.values().any(|plan| {
        let fired = || {
            let next = next_run(&plan.plan, rules, last.max(plan.baseline));
            next.is_some_and(|next| next <= now) && !plan.plan.instances.is_empty()
        };
        !plan.runs.is_empty() || plan.hand.is_some() || fired()
    })
}

/// Whether the instance `own` is the one that sends for this cluster: the one
/// that the cluster names, else the one with the lowest number. A service that
/// is no module always is.
pub fn speaks(state: &ClusterState, own: Option<&ModuleId>) -> bool {
    let Some(own) = own else {
        return true;
    };
    let named = state
        .voice
        .as_ref()
        .filter(|id| state.modules.contains_key(*id));
    let number = |id: &ModuleId| id.as_str()[id.image().len()..].parse::<u64>().ok();
    let lowest = || {
        let ours = state.modules.keys().filter(|id| id.image() == own.image());
        ours.min_by_key(|id| (number(id), (*id).clone()))
    };
    named.or_else(lowest).is_none_or(|voice| voice == own)
}

#[cfg(test)]
pub(super) mod tests;
