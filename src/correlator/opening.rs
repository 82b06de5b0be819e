//! An elapse opens its run at once, on each node at its own time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::plan::{Desk, node_or_none};
use super::{judging, patience};
use crate::model::{
    Elapse, ModuleId, NodeId, OpenRun, PartMember, PartState, PlanWatch, RunId, RunMark, RunPart,
    Watched,
};

/// How many elapses of a downtime are named in the history.
const PASSED_OVER: usize = 100;

/// Opens what fired since the last look.
pub(super) fn open_due(desk: &mut Desk<'_, '_>) {
    if desk.plan.enabled {
        let due = due(desk);
        pass_over(desk, &due);
        for (node, (elapse, members)) in due {
            fire(desk, node, elapse, &members);
        }
    } else {
        // What would fire later will not.
        for run in &mut desk.watch.runs {
            run.parts
                .retain(|_, part| part.state != PartState::Upcoming);
        }
        desk.watch.runs.retain(|run| !run.parts.is_empty());
    }
}

/// Elapses up to here are dealt with.
fn considered(desk: &Desk<'_, '_>) -> Timestamp {
    let baseline = desk.watch.baseline;
    desk.look
        .tick
        .last
        .map_or(baseline, |last| last.max(baseline))
}

type Due = BTreeMap<NodeId, (Elapse, Vec<ModuleId>)>;

/// By node, the newest elapse since the last look and the modules that it has
/// to back up: what the plan named then and names still.
fn due(desk: &Desk<'_, '_>) -> Due {
    let mut by_node: BTreeMap<NodeId, Vec<ModuleId>> = BTreeMap::new();
    for id in &desk.watch.plan.instances {
        if desk.members.contains(id) {
            by_node
                .entry(desk.node_of(id))
                .or_default()
                .push(id.clone());
        }
    }
    by_node
        .into_iter()
        .filter_map(|(node, members)| {
            let elapse = desk
                .firing
                .newest(Some(node), desk.shift(node), desk.now())?;
            let new = elapse.at > considered(desk)
                && desk
                    .watch
                    .handled
                    .get(&node)
                    .is_none_or(|done| *done < elapse.local);
            new.then_some((node, (elapse, members)))
        })
        .collect()
}

/// After a downtime only the newest elapse is judged. The older ones go to the
/// history, and with them what was open when more than one of them passed:
/// what it would need to be judged by may have been written over.
fn pass_over(desk: &mut Desk<'_, '_>, due: &Due) {
    let tick = desk.look.tick;
    let watching = !tick.was_down && tick.passed > 0;
    if watching || tick.last.is_none() {
        return;
    }
    for (node, (newest, _)) in due {
        let passed = passed(desk, *node, *newest);
        if !passed.is_empty() && tick.was_down {
            give_to_history(desk, *node, *newest);
        }
        for elapse in passed {
            let id = run_id(desk, *node, elapse);
            let open = desk.watch.runs.iter().any(|run| run.id == id);
            if !open && desk.out.unjudged.iter().all(|mark| mark.run != id) {
                desk.out.unjudged.push(RunMark {
                    report: None,
                    run: id,
                    kind: crate::model::RunKind::Scheduled,
                    at: elapse.at,
                    took_s: None,
                    outcome: None,
                    bad: 0,
                    counted: 0,
                });
            }
        }
    }
}

/// The elapses on `node` that nobody saw before `newest`.
fn passed(desk: &Desk<'_, '_>, node: NodeId, newest: Elapse) -> Vec<Elapse> {
    let next = |from| desk.firing.next(Some(node), desk.shift(node), from);
    let first = next(considered(desk));
    std::iter::successors(first, |elapse| next(elapse.at))
        .take_while(|elapse| elapse.at < newest.at)
        .take(PASSED_OVER)
        .collect()
}

fn give_to_history(desk: &mut Desk<'_, '_>, node: NodeId, newest: Elapse) {
    let id = run_id(desk, node, newest);
    let out = &mut desk.out;
    desk.watch.runs.retain(|run| {
        let keep = run.id == id || run.over.is_some() || !run.parts.contains_key(&node);
        if !keep {
            out.unjudged.push(judging::unjudged(run));
        }
        keep
    });
}

/// The run of an elapse: the same on all nodes, unless the node meets it when
/// the program's own one is at another elapse already.
pub(super) fn run_id(desk: &Desk<'_, '_>, node: NodeId, elapse: Elapse) -> RunId {
    let far = desk.firing.own(elapse.local).is_some_and(|own| {
        let interval = desk.firing.interval(None, own);
        interval.is_some_and(|interval| elapse.at.duration_since(own).as_secs().abs() >= interval)
    });
    if far {
        RunId::new(format!("{}/{node}", elapse.local))
    } else {
        RunId::new(elapse.local.to_string())
    }
}

/// The schedule fires on `node`. A node that is still at work on an earlier run
/// skips it.
pub(super) fn fire(desk: &mut Desk<'_, '_>, node: NodeId, elapse: Elapse, members: &[ModuleId]) {
    desk.watch.handled.insert(node, elapse.local);
    close_hand_run(desk);
    let busy = desk.watch.runs.iter().position(|run| is_at_work(run, node));
    let since = desk.ago(elapse.at);
    let index = run_of(desk, node, elapse);
    if let Some(busy) = busy.filter(|busy| *busy != index) {
        let earlier = &mut desk.watch.runs[busy];
        if let Some(part) = earlier.parts.get_mut(&node) {
            part.skipped.push(elapse);
        }
        let part = blank_part(elapse.at, PartState::Skipped, since);
        desk.watch.runs[index].parts.insert(node, part);
        return;
    }
    begin(desk, index, node, elapse, members, since);
}

/// Begins a node's part of the run at `index`.
pub(super) fn begin(
    desk: &mut Desk<'_, '_>,
    index: usize,
    node: NodeId,
    elapse: Elapse,
    members: &[ModuleId],
    since: Watched,
) {
    let members: BTreeMap<ModuleId, PartMember> = members
        .iter()
        .filter_map(|id| Some((id.clone(), member(desk, id)?)))
        .collect();
    let part = RunPart {
        members,
        ..blank_part(elapse.at, PartState::Waiting, since)
    };
    let run = &mut desk.watch.runs[index];
    run.parts.insert(node, part);
    run.over = None;
    let patience = patience::for_first(desk, index, node);
    if let Some(part) = desk.watch.runs[index].parts.get_mut(&node) {
        part.patience = patience;
    }
    adopt(desk, index, node, elapse);
}

fn blank_part(at: Timestamp, state: PartState, since: Watched) -> RunPart {
    RunPart {
        at,
        state,
        since,
        patience: 0,
        members: BTreeMap::new(),
        skipped: Vec::new(),
        given_up: None,
        own_vpn_suspect: false,
    }
}

/// A module as a member; `None` when the cluster has it no more.
pub(super) fn member(desk: &Desk<'_, '_>, id: &ModuleId) -> Option<PartMember> {
    let memory = desk.memory(id);
    Some(PartMember {
        module: desk.look.state.modules.get(id)?.clone(),
        reading: None,
        ok_before: memory.and_then(|memory| memory.ok_at),
        ok_size_before: memory.and_then(|memory| memory.ok_size),
        joined: false,
        absence: None,
        busy_with: None,
    })
}

/// Whether `node` is still at work on a run.
pub(super) fn is_at_work(run: &OpenRun, node: NodeId) -> bool {
    run.parts
        .get(&node)
        .is_some_and(|part| matches!(part.state, PartState::Waiting | PartState::Going))
}

/// The open run of an elapse; opened if it is not there yet.
pub(super) fn run_of(desk: &mut Desk<'_, '_>, node: NodeId, elapse: Elapse) -> usize {
    let id = run_id(desk, node, elapse);
    let known = desk.watch.runs.iter().position(|run| run.id == id);
    known.unwrap_or_else(|| {
        let run = new_run(desk, elapse, id);
        insert(desk.watch, run)
    })
}

/// Puts a run among the others, by its elapse; returns its place.
pub(super) fn insert(watch: &mut PlanWatch, run: OpenRun) -> usize {
    let place = watch.runs.partition_point(|other| other.local <= run.local);
    watch.runs.insert(place, run);
    place
}

/// A run with the parts of the nodes that meet it later.
pub(super) fn new_run(desk: &Desk<'_, '_>, elapse: Elapse, id: RunId) -> OpenRun {
    // A run of one node alone is at that node's time.
    let shared = id.as_str() == elapse.local.to_string();
    let own = desk.firing.own(elapse.local).filter(|_| shared);
    let at = own.unwrap_or(elapse.at);
    let mut parts = BTreeMap::new();
    let instances = desk.watch.plan.instances.iter();
    let nodes = instances
        .filter_map(|id| desk.look.state.modules.get(id))
        .map(|module| node_or_none(module.node));
    for node in nodes {
        if parts.contains_key(&node) {
            continue;
        }
        let next = desk
            .firing
            .next(Some(node), desk.shift(node), desk.now())
            .filter(|next| next.local == elapse.local && run_id(desk, node, *next) == id);
        if let Some(next) = next {
            let part = blank_part(next.at, PartState::Upcoming, desk.look.tick.watched);
            parts.insert(node, part);
        }
    }
    OpenRun {
        id,
        local: elapse.local,
        at,
        plan: desk.watch.plan.clone(),
        interval: desk.firing.interval(None, at),
        parts,
        over: None,
    }
}

/// Statuses that no elapse explained and that began when this one fired, by a
/// clock that runs ahead or in another zone, are of this run.
fn adopt(desk: &mut Desk<'_, '_>, index: usize, node: NodeId, elapse: Elapse) {
    let Some(hand) = &mut desk.watch.hand else {
        return;
    };
    // What was seen before it fired, and began before it by the node's own
    // clock, is of no timer: a clock that runs behind fires later.
    let seen_before = desk.look.tick.last.is_none_or(|last| last < elapse.at);
    let slack = if seen_before {
        0
    } else {
        desk.firing.slack(Some(node), elapse.at)
    };
    let from = elapse.at.as_second() - slack;
    let ours: Vec<ModuleId> = hand
        .members
        .iter()
        .filter(|(_, member)| node_or_none(member.module.node) == node)
        .filter(|(_, member)| {
            let status = member.reading.as_ref().and_then(|reading| reading.status());
            status.is_some_and(|status| status.start.as_second() >= from)
        })
        .map(|(id, _)| id.clone())
        .collect();
    let adopted: Vec<_> = ours
        .into_iter()
        .filter_map(|id| hand.members.remove_entry(&id))
        .collect();
    if hand.members.is_empty() {
        desk.watch.hand = None;
    }
    for (id, member) in adopted {
        if let Some(reading) = member.reading.clone() {
            let part = desk.watch.runs[index].parts.get_mut(&node);
            if let Some(part) = part {
                part.members.insert(
                    id.clone(),
                    PartMember {
                        reading: None,
                        ..member
                    },
                );
            }
            super::intake::count(desk, index, node, &id, &reading);
        }
    }
}

/// A hand run is judged before the run that follows it.
fn close_hand_run(desk: &mut Desk<'_, '_>) {
    let wait = super::rules::seconds(desk.look.rules.wait);
    let watched = desk.look.tick.watched;
    if let Some(hand) = &mut desk.watch.hand {
        hand.over = Some(watched.after(-wait));
    }
}

#[cfg(test)]
mod tests;
