//! How a node's time lies to the schedules, learned from when it runs.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::elapse::Firing;
use super::opening;
use super::plan::Desk;
use crate::model::{ModuleId, NodeId, NodeZone, PartState};

/// Zones lie whole quarters of an hour apart.
const QUARTER: i64 = 15 * 60;
/// How exactly a run has to begin at such a distance, in seconds.
const EXACT: i64 = 3 * 60;
/// No zone lies further off another one than this, within one day.
const FURTHEST: i64 = 14 * 3600;
/// What a clock change makes of a distance, in minutes.
const HOUR: i64 = 60;

/// Takes note of a run of `node` that covered all its members and began at
/// `start`. Returns the distance in minutes when it became known just now, and
/// is another one than was taken until now.
pub(super) fn learn(
    zones: &mut BTreeMap<NodeId, NodeZone>,
    firing: &Firing<'_>,
    node: NodeId,
    own: Option<NodeId>,
    start: Timestamp,
) -> Option<i64> {
    if firing.is_fixed(node, own) {
        return None;
    }
    let (elapse, distance) = nearest(firing, start)?;
    let zone = zones.entry(node).or_default();
    if zone.sampled == Some(elapse) {
        return None;
    }
    let again = zone.sample == Some(distance);
    let changed = zone
        .shift
        .is_some_and(|shift| (shift - distance).abs() == HOUR);
    zone.sample = Some(distance);
    zone.sampled = Some(elapse);
    if !again && !changed {
        return None;
    }
    let before = zone.shift.replace(distance).unwrap_or(0);
    (before != distance).then_some(distance)
}

/// The nearest elapse by the program's own zone, and how many minutes after it
/// `start` lies, if that can be a distance of zones.
fn nearest(firing: &Firing<'_>, start: Timestamp) -> Option<(Timestamp, i64)> {
    let before = firing.newest(None, 0, start);
    let after = firing.next(None, 0, start);
    let both = before.into_iter().chain(after);
    let distance = |at: Timestamp| start.duration_since(at).as_secs();
    let at = both
        .map(|elapse| elapse.at)
        .min_by_key(|at| distance(*at).abs())?;
    let seconds = distance(at);
    let quarters = (seconds + QUARTER / 2).div_euclid(QUARTER);
    let half = firing
        .interval(None, at)
        .map_or(FURTHEST, |interval| interval / 2);
    let far = (quarters * QUARTER).abs();
    let exact = (seconds - quarters * QUARTER).abs() <= EXACT;
    (exact && far < half.min(FURTHEST)).then_some((at, quarters * QUARTER / 60))
}

/// A node was found to run by another time: what is waited for there by the
/// program's own time will not come, and what ran by its own time is a run.
pub(super) fn settle_in(desk: &mut Desk<'_, '_>, node: NodeId) {
    for run in &mut desk.watch.runs {
        if let Some(part) = run.parts.get_mut(&node)
            && part.state == PartState::Waiting
        {
            part.state = PartState::Skipped;
            part.members.clear();
        }
    }
    let Some(elapse) = desk.firing.newest(Some(node), desk.shift(node), desk.now()) else {
        return;
    };
    let known = desk.watch.handled.get(&node);
    if !desk.plan.enabled || known.is_some_and(|done| *done >= elapse.local) {
        return;
    }
    let members: Vec<ModuleId> = desk
        .members
        .iter()
        .filter(|id| desk.node_of(id) == node)
        .map(|id| (*id).clone())
        .collect();
    opening::fire(desk, node, elapse, &members);
}

#[cfg(test)]
mod tests;
