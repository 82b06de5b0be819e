//! From when on a plan's elapses count, and what is said of a plan that was bad
//! before anybody watched.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::elapse::Firing;
use super::plan::{Desk, PlanLook, Settled, node_or_none, own_node};
use super::{judge, zones};
use crate::model::{
    ClusterState, JudgedRun, ModuleCause, ModuleId, ModuleMemory, NodeId, NodeZone, PartState,
    Plan, PlanCause, PlanWatch, StatusReading,
};

/// A plan that is seen for the first time: only later elapses count. One that
/// is bad when the program itself looks for the first time is told.
pub(super) fn first_look(
    plan: &Plan,
    zones: &mut BTreeMap<NodeId, NodeZone>,
    look: PlanLook<'_>,
) -> (PlanWatch, Option<Settled>) {
    let modules = plan.live_members(&look.state.modules).map(|(id, _)| {
        let mut memory = ModuleMemory::of(look.state, id);
        if let Some(reading) = look.state.reading(look.id, id) {
            memory.take(reading);
        }
        (id.clone(), memory)
    });
    let watch = PlanWatch {
        modules: modules.collect(),
        ..PlanWatch::new(plan.clone(), look.tick.now)
    };
    let firing = Firing::of(plan, look.rules);
    sample_zones(&watch, &firing, zones, look);
    let found = look.tick.fresh.then(|| found_bad(&firing, look)).flatten();
    (watch, found)
}

/// What took longer, in seconds, was measured by a clock that was set
/// meanwhile: to wait for twice that would be to wait for ever.
const LONGEST: i64 = 7 * 24 * 3600;

impl ModuleMemory {
    /// Of a module of which nothing was seen yet.
    pub(super) fn of(state: &ClusterState, id: &ModuleId) -> Self {
        let module = state.modules.get(id);
        Self {
            uuid: module.map(|module| module.uuid.clone()).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Remembers a reading.
    pub(super) fn take(&mut self, reading: &StatusReading) {
        self.reading = Some(reading.clone());
        let Some(status) = reading.status() else {
            return;
        };
        let took = status.end.duration_since(status.start).as_secs();
        if (0..=LONGEST).contains(&took) {
            self.durations.push_back(took);
            while self.durations.len() > crate::model::DURATIONS {
                self.durations.pop_front();
            }
        }
        if status.errors == 0 {
            self.ok_at = Some(status.start);
            self.ok_size = status.size;
        }
    }
}

/// The runs that lie behind may already say how a node's time lies.
fn sample_zones(
    watch: &PlanWatch,
    firing: &Firing<'_>,
    zones: &mut BTreeMap<NodeId, NodeZone>,
    look: PlanLook<'_>,
) {
    let mut first: BTreeMap<NodeId, Option<Timestamp>> = BTreeMap::new();
    for (id, memory) in &watch.modules {
        let module = look.state.modules.get(id);
        let node = node_or_none(module.and_then(|module| module.node));
        let start = memory
            .reading
            .as_ref()
            .and_then(StatusReading::status)
            .map(|status| status.start);
        // One member without a status, and nothing covers all of them.
        let known = first.entry(node).or_insert(start);
        *known = known.zip(start).map(|(a, b)| a.min(b));
    }
    for (node, start) in first {
        if let Some(start) = start {
            zones::learn(zones, firing, node, own_node(look), start);
        }
    }
}

fn found_bad(firing: &Firing<'_>, look: PlanLook<'_>) -> Option<Settled> {
    let mut run = judge(look.state, look.id)?;
    if !run.plan.enabled || run.members.is_empty() {
        return None;
    }
    let failed = |run: &JudgedRun| {
        let mut causes = run.members.iter().map(|member| member.cause);
        causes.any(|cause| cause == ModuleCause::BackupError)
    };
    let missed = !failed(&run) && is_old(&run, firing, look);
    if !failed(&run) && !missed {
        return None;
    }
    for member in &mut run.members {
        match member.cause {
            ModuleCause::NeverRan => member.cause = ModuleCause::NotDue,
            _ if missed => {
                member.cause = ModuleCause::Missed;
                member.ok_before = member.status.take().map(|status| status.start);
            }
            _ => {}
        }
    }
    if missed {
        run.causes.push(PlanCause::Missed);
    }
    run.at = run.changed_at().or(Some(look.tick.now));
    Some(Settled {
        run,
        at_start: true,
    })
}

/// Whether all newest statuses are older than the last two elapses.
fn is_old(run: &JudgedRun, firing: &Firing<'_>, look: PlanLook<'_>) -> bool {
    let last = firing.newest(None, 0, look.tick.now);
    let before = last.and_then(|last| firing.newest(None, 0, just_before(last.at)));
    let Some(before) = before else {
        return false;
    };
    let limit = before.at.as_second() - firing.slack(None, before.at);
    let mut starts = run
        .members
        .iter()
        .filter_map(|member| member.status.as_ref())
        .map(|status| status.start.as_second())
        .peekable();
    starts.peek().is_some() && starts.all(|start| start < limit)
}

fn just_before(at: Timestamp) -> Timestamp {
    at.checked_sub(jiff::SignedDuration::from_micros(1))
        .unwrap_or(at)
}

/// A plan that was switched on, has another schedule, or is seen by a clock
/// that was set: earlier elapses never were.
pub(super) fn renew(desk: &mut Desk<'_, '_>) {
    let (before, now) = (&desk.watch.plan, desk.plan);
    let switched_on = now.enabled && !before.enabled;
    let other_schedule = now.schedule != before.schedule;
    if !switched_on && !other_schedule && desk.look.tick.moved.is_none() {
        return;
    }
    desk.watch.baseline = desk.look.tick.now;
    if switched_on || other_schedule {
        desk.watch.handled.clear();
    } else {
        // By a clock that ran ahead an elapse to come may seem dealt with.
        let (firing, now) = (&desk.firing, desk.look.tick.now);
        let past = |local| firing.own(local).is_none_or(|at| at <= now);
        desk.watch.handled.retain(|_, local| past(*local));
    }
    for run in &mut desk.watch.runs {
        run.parts
            .retain(|_, part| part.state != PartState::Upcoming);
        for part in run.parts.values_mut() {
            part.skipped.clear();
        }
    }
    desk.watch.runs.retain(|run| !run.parts.is_empty());
}

#[cfg(test)]
mod tests;
