//! For how long a silent node is waited for, and what is said of it then.

use jiff::Timestamp;

use super::intake::{all_in, learn_from_part};
use super::opening;
use super::plan::Desk;
use super::rules::seconds;
use crate::model::{
    Elapse, ModuleCause, ModuleId, NodeId, OpenRun, PartMember, PartState, PlanId, RunId,
    StatusReading, Watched,
};

/// What a module that was never measured may take at least, in seconds.
const UNMEASURED_MIN: i64 = 7200;
/// And at most.
const UNMEASURED_MAX: i64 = 24 * 3600;

/// How long a node's first status may take: the grace, and twice the longest of
/// its members. While it is not known when the schedule fires there, at least
/// half an interval.
pub(super) fn for_first(desk: &Desk<'_, '_>, index: usize, node: NodeId) -> i64 {
    let run = &desk.watch.runs[index];
    let Some(part) = run.parts.get(&node) else {
        return 0;
    };
    let grace = seconds(desk.look.rules.grace);
    let longest = longest(desk, node, part.at, part.members.keys());
    let patience = grace.saturating_add(longest);
    let own = desk.own_node();
    if desk.firing.is_known(node, own, desk.zones.get(&node)) {
        return patience;
    }
    let interval = run.interval.unwrap_or(0);
    let seen_elsewhere = desk
        .zones
        .get(&node)
        .and_then(|zone| zone.sample)
        .is_some_and(|sample| sample != 0);
    // One run at another time was seen: the next one tells.
    let doubt = if seen_elsewhere {
        interval
    } else {
        interval / 2
    };
    patience.max(doubt)
}

/// How long the next status may take.
pub(super) fn for_next(desk: &Desk<'_, '_>, index: usize, node: NodeId) -> i64 {
    let Some(part) = desk.watch.runs[index].parts.get(&node) else {
        return 0;
    };
    let pending = part
        .members
        .iter()
        .filter(|(_, member)| member.reading.is_none())
        .map(|(id, _)| id);
    seconds(desk.look.rules.max_wait).max(longest(desk, node, desk.now(), pending))
}

/// Twice the longest of the last durations; of a module that was never
/// measured, the time to the next elapse.
fn longest<'m>(
    desk: &Desk<'_, '_>,
    node: NodeId,
    from: Timestamp,
    modules: impl Iterator<Item = &'m ModuleId>,
) -> i64 {
    let unmeasured = || {
        let next = desk.firing.next(Some(node), desk.shift(node), from);
        let until = next.map_or(UNMEASURED_MAX, |next| {
            next.at.duration_since(from).as_secs()
        });
        until.clamp(UNMEASURED_MIN, UNMEASURED_MAX)
    };
    modules
        .map(|id| {
            let durations = desk.memory(id).map(|memory| &memory.durations);
            let longest = durations.and_then(|durations| durations.iter().max());
            longest.map_or_else(unmeasured, |longest| longest.saturating_mul(2))
        })
        .max()
        .unwrap_or(0)
}

/// Ends the parts that are done, and gives up those that were silent for too
/// long.
pub(super) fn end_waiting(desk: &mut Desk<'_, '_>) {
    let mut index = 0;
    while index < desk.watch.runs.len() {
        for node in active(&desk.watch.runs[index]) {
            end_part(desk, index, node);
        }
        let run = &mut desk.watch.runs[index];
        let nothing = run
            .parts
            .values()
            .all(|part| part.state == PartState::Skipped);
        if nothing {
            desk.watch.runs.remove(index);
            continue;
        }
        if run.over.is_none() && run.parts.values().all(|part| part.state.is_over()) {
            let since = run.parts.values().map(|part| part.since).max();
            run.over = Some(since.unwrap_or_default());
        }
        index += 1;
    }
}

fn active(run: &OpenRun) -> Vec<NodeId> {
    run.parts
        .iter()
        .filter(|(_, part)| matches!(part.state, PartState::Waiting | PartState::Going))
        .map(|(node, _)| *node)
        .collect()
}

fn end_part(desk: &mut Desk<'_, '_>, index: usize, node: NodeId) {
    let Some(part) = desk.watch.runs[index].parts.get(&node) else {
        return;
    };
    if all_in(desk, part) {
        let was_going = part.state == PartState::Going;
        if let Some(part) = desk.watch.runs[index].parts.get_mut(&node) {
            part.state = PartState::Done;
        }
        if was_going {
            learn_from_part(desk, index, node);
        }
        return;
    }
    let silent = desk.look.tick.watched.since(part.since);
    if silent < part.patience {
        return;
    }
    if desk.look.reach.is_none() {
        desk.out.wants_reach = true;
        return;
    }
    let skipped = part.skipped.last().copied();
    end(desk, index, node, Some(desk.now()));
    // It was not at work all the time: what fired since may have been met.
    if let Some(elapse) = skipped {
        revive(desk, node, elapse);
    }
}

/// Ends a part whose pending members are waited for no more, and finds out why
/// they are missing.
pub(super) fn end(
    desk: &mut Desk<'_, '_>,
    index: usize,
    node: NodeId,
    given_up: Option<Timestamp>,
) {
    let Some(part) = desk.watch.runs[index].parts.get(&node) else {
        return;
    };
    let showed = part.members.values().any(|member| member.reading.is_some());
    let absences: Vec<(ModuleId, Absence)> = part
        .members
        .iter()
        .filter(|(id, member)| member.reading.is_none() && desk.counts(id))
        .map(|(id, member)| (id.clone(), absence(desk, id, member, part.at, showed)))
        .collect();
    let now = desk.now();
    let watched = desk.look.tick.watched;
    let own_vpn_suspect = desk.look.reach.is_some_and(|reach| reach.own_vpn_suspect);
    let Some(part) = desk.watch.runs[index].parts.get_mut(&node) else {
        return;
    };
    part.state = match (absences.is_empty(), showed) {
        (true, _) => PartState::Done,
        (false, true) => PartState::GivenUp,
        (false, false) => PartState::Missed,
    };
    part.since = watched;
    part.given_up = Some(given_up.unwrap_or(now));
    part.own_vpn_suspect = own_vpn_suspect;
    for (id, absence) in absences {
        if let Some(member) = part.members.get_mut(&id) {
            absence.note(member);
        }
    }
}

/// Why a member did not report.
enum Absence {
    Cause(ModuleCause),
    Busy(PlanId),
    Unreadable(StatusReading),
}

impl Absence {
    fn note(self, member: &mut PartMember) {
        match self {
            Self::Cause(cause) => member.absence = Some(cause),
            Self::Busy(plan) => {
                member.absence = Some(ModuleCause::Busy);
                member.busy_with = Some(plan);
            }
            Self::Unreadable(reading) => member.reading = Some(reading),
        }
    }
}

fn absence(
    desk: &Desk<'_, '_>,
    id: &ModuleId,
    member: &PartMember,
    since: Timestamp,
    showed: bool,
) -> Absence {
    match desk.memory(id).and_then(|memory| memory.reading.as_ref()) {
        None => return Absence::Cause(ModuleCause::NeverRan),
        Some(reading @ StatusReading::Unreadable(_)) => {
            return Absence::Unreadable(reading.clone());
        }
        Some(StatusReading::Read(_)) => {}
    }
    if let Some(plan) = held_by(desk, id, since) {
        return Absence::Busy(plan);
    }
    let node = member.module.node;
    let reach = desk.look.reach;
    let silent = |node| reach.is_some_and(|reach| reach.unreachable.contains(&node));
    Absence::Cause(if node.is_some_and(silent) {
        ModuleCause::NodeUnreachable
    } else if showed {
        ModuleCause::NotFinished
    } else {
        ModuleCause::Missed
    })
}

/// The other plan whose backup of the module covers part of the time since the
/// elapse.
fn held_by(desk: &Desk<'_, '_>, id: &ModuleId, since: Timestamp) -> Option<PlanId> {
    let others = desk.look.state.statuses.iter();
    others
        .filter(|(plan, _)| *plan != desk.look.id)
        .filter_map(|(plan, readings)| Some((plan, readings.get(id)?.status()?)))
        .find(|(_, status)| status.end >= since && status.start <= desk.now())
        .map(|(plan, _)| plan.clone())
}

/// Waits for an elapse that a node had seemed to skip.
pub(super) fn revive(desk: &mut Desk<'_, '_>, node: NodeId, elapse: Elapse) -> usize {
    for run in &mut desk.watch.runs {
        if let Some(part) = run.parts.get_mut(&node) {
            part.skipped.retain(|skipped| *skipped != elapse);
        }
    }
    let members: Vec<ModuleId> = desk
        .plan
        .instances
        .iter()
        .filter(|id| desk.members.contains(*id) && desk.node_of(id) == node)
        .cloned()
        .collect();
    let id = opening::run_id(desk, node, elapse);
    let open = desk.watch.runs.iter().position(|run| {
        run.id == id
            && run
                .parts
                .get(&node)
                .is_none_or(|part| part.state == PartState::Skipped)
    });
    let index = open.unwrap_or_else(|| {
        // The run of the other nodes may be judged already: then this is a run
        // of its own. That run need not be the newest any more.
        let at = desk.firing.own(elapse.local).unwrap_or(elapse.at);
        let newest = desk.watch.newest.as_ref();
        let judged = newest.is_some_and(|newest| newest.id == id || newest.at >= at);
        let id = if judged {
            RunId::new(format!("{}/{node}", elapse.local))
        } else {
            id
        };
        let run = opening::new_run(desk, elapse, id);
        opening::insert(desk.watch, run)
    });
    let since: Watched = desk.ago(elapse.at);
    opening::begin(desk, index, node, elapse, &members, since);
    index
}

#[cfg(test)]
mod tests;
