//! How far a run is that is not over.

use jiff::Timestamp;

use super::sight::Sight;
use crate::model::{
    HandRun, NodeId, OpenMark, OpenRun, PartMember, PartState, Plan, PlanWatch, RunKind,
    StatusReading,
};

/// The run of a plan that is at work, if one is. One whose schedule has fired
/// nowhere yet is none.
pub(super) fn open(sight: Sight<'_>, watched: &PlanWatch) -> Option<OpenMark> {
    let fired = |run: &&OpenRun| {
        let mut parts = run.parts.values();
        parts.any(|part| part.state != PartState::Upcoming)
    };
    let mut runs = watched.runs.iter().filter(fired);
    let first = runs.next();
    // One that is only waited for to settle is not what goes on.
    let at_work = first.into_iter().chain(runs).find(|run| run.over.is_none());
    if let Some(run) = at_work.or(first) {
        return scheduled(sight, run);
    }
    watched.hand.as_ref().map(|hand| by_hand(sight, hand))
}

fn scheduled(sight: Sight<'_>, run: &OpenRun) -> Option<OpenMark> {
    let at = run.parts.values().map(|part| part.at).min()?;
    let members = run.parts.values().flat_map(|part| part.members.values());
    let mark = progress(at, RunKind::Scheduled, members);
    // What a node has to do is fixed only when its schedule fires.
    let upcoming = run
        .parts
        .iter()
        .filter(|(_, part)| part.state == PartState::Upcoming)
        .map(|(node, _)| living_on(sight, &run.plan, *node));
    Some(OpenMark {
        members: mark.members + upcoming.sum::<usize>(),
        ..mark
    })
}

fn living_on(sight: Sight<'_>, plan: &Plan, node: NodeId) -> usize {
    let homes = plan
        .instances
        .iter()
        .filter_map(|id| sight.module(id)?.node);
    homes.filter(|home| *home == node).count()
}

fn by_hand(sight: Sight<'_>, hand: &HandRun) -> OpenMark {
    let all = &hand.plan.instances;
    let mut live = all.iter().filter(|id| match sight.state {
        Some(state) => state.modules.contains_key(*id),
        None => true,
    });
    let kind = if live.all(|id| hand.members.contains_key(id)) {
        RunKind::HandWhole
    } else {
        RunKind::HandPart
    };
    progress(hand.began, kind, hand.members.values())
}

fn progress<'a>(
    at: Timestamp,
    kind: RunKind,
    members: impl Iterator<Item = &'a PartMember>,
) -> OpenMark {
    let mut mark = OpenMark {
        at,
        kind,
        members: 0,
        reported: 0,
        failed: 0,
    };
    for member in members {
        let Some(reading) = &member.reading else {
            // Who joined later need not report.
            mark.members += usize::from(!member.joined);
            continue;
        };
        let failed = match reading {
            StatusReading::Read(status) => status.errors > 0,
            StatusReading::Unreadable(_) => true,
        };
        mark.members += 1;
        mark.reported += 1;
        mark.failed += usize::from(failed);
    }
    mark
}

#[cfg(test)]
mod tests;
