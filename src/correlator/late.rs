//! Statuses of a run that was given up already: its node was at work all the
//! time.

use jiff::Timestamp;

use super::intake::{Belongs, News};
use super::patience;
use super::plan::Desk;
use crate::model::{Elapse, NodeId, OpenRun, PartState, RunPart, StatusReading};

/// Late statuses belong together with at most this between one's end and the
/// next one's start, in seconds.
const CHAIN: i64 = 30 * 60;

/// For how long `run-backup` tries a busy application again, in seconds.
const BUSY: i64 = 3600;
/// A timer fires within this after its elapse, in seconds.
const PUNCTUAL: i64 = 180;

/// Whether a node that did nothing for a while begins what fired at `later`
/// with `start`, although that application is still missing in the run before:
/// there it was given up, as one that was busy for an hour is.
pub(super) fn begins(part: &RunPart, later: Timestamp, start: Timestamp) -> bool {
    ended(part).is_some_and(|ended| {
        let idle = start.duration_since(ended).as_secs();
        let punctual = start.duration_since(later).as_secs() <= PUNCTUAL;
        (idle >= CHAIN && punctual) || idle >= BUSY + CHAIN
    })
}

/// Statuses that began before their run was given up, and those that follow one
/// another closely, are still of that run.
pub(super) fn is_late_for(part: &RunPart, ended: Option<Timestamp>, news: &News) -> bool {
    let (Some(given_up), Some(start)) = (part.given_up, news.start()) else {
        return false;
    };
    start < given_up || follows(given_up, ended, start)
}

fn follows(given_up: Timestamp, ended: Option<Timestamp>, start: Timestamp) -> bool {
    ended.is_some_and(|ended| ended > given_up && start.duration_since(ended).as_secs() < CHAIN)
}

/// When the newest backup of a part ended.
pub(super) fn ended(part: &RunPart) -> Option<Timestamp> {
    let readings = part
        .members
        .values()
        .filter_map(|member| member.reading.as_ref());
    readings
        .filter_map(StatusReading::status)
        .map(|status| status.end)
        .max()
}

/// Whether a node's part was given up before all of it was in.
pub(super) fn is_given_up(desk: &Desk<'_, '_>, index: usize, node: NodeId) -> bool {
    let part = desk.watch.runs[index].parts.get(&node);
    part.is_some_and(|part| matches!(part.state, PartState::GivenUp | PartState::Missed))
}

/// A member that is missing in a run that was given up, closely after one that
/// came late: that is what the node did next, whatever fired meanwhile. Once it
/// showed something of a later run, it is through with the earlier one.
pub(super) fn goes_on(desk: &Desk<'_, '_>, news: &News) -> Option<Belongs> {
    let start = news.start()?;
    let next = |run: &OpenRun, ended: Option<Timestamp>| {
        let part = run.parts.get(&news.node);
        part.is_some_and(|part| {
            let pending = part.members.get(&news.module);
            pending.is_some_and(|member| member.reading.is_none())
                && part.given_up.is_some_and(|up| follows(up, ended, start))
        })
    };
    for (index, run) in desk.watch.runs.iter().enumerate().rev() {
        let Some(part) = run.parts.get(&news.node) else {
            continue;
        };
        if next(run, ended(part)) {
            return Some(Belongs::Part(index));
        }
        if part.members.values().any(|member| member.reading.is_some()) {
            return None;
        }
    }
    let late = desk.watch.late.as_ref()?;
    next(&late.run, late.ended.get(&news.node).copied()).then_some(Belongs::Late)
}

/// Counts a status for the run that was reported already.
pub(super) fn count(desk: &mut Desk<'_, '_>, news: &News) {
    let watched = desk.look.tick.watched;
    let Some(late) = &mut desk.watch.late else {
        return;
    };
    let part = late.run.parts.get_mut(&news.node);
    if let Some(member) = part.and_then(|part| part.members.get_mut(&news.module)) {
        member.reading = Some(news.reading.clone());
        member.absence = None;
    }
    late.since = Some(watched);
    if let Some(status) = news.reading.status() {
        let ended = late.ended.entry(news.node).or_insert(status.end);
        *ended = (*ended).max(status.end);
    }
    skip(desk, None, news);
}

/// A node that was still at work on an earlier run, the open one at `earlier`
/// or the one reported already, skipped what fired until `news` ended. What
/// fired after that is waited for.
pub(super) fn skip(desk: &mut Desk<'_, '_>, earlier: Option<usize>, news: &News) {
    let Some(end) = news.reading.status().map(|status| status.end) else {
        return;
    };
    let node = news.node;
    let was_at_work = |at: Timestamp| at < end;
    let mut fired: Vec<Elapse> = Vec::new();
    let first = earlier.map_or(0, |earlier| earlier + 1);
    for run in desk.watch.runs.iter_mut().skip(first) {
        let local = run.local;
        let part = run.parts.get_mut(&node);
        let waits = |part: &&mut RunPart| part.state == PartState::Waiting && was_at_work(part.at);
        if let Some(part) = part.filter(waits) {
            part.state = PartState::Skipped;
            part.members.clear();
            fired.push(Elapse { local, at: part.at });
            fired.append(&mut part.skipped);
        }
    }
    let (skipped, later): (Vec<_>, Vec<_>) =
        fired.into_iter().partition(|elapse| was_at_work(elapse.at));
    let run = match earlier {
        Some(earlier) => desk.watch.runs.get_mut(earlier),
        None => desk.watch.late.as_mut().map(|late| &mut late.run),
    };
    if let Some(part) = run.and_then(|run| run.parts.get_mut(&node)) {
        part.skipped.extend(skipped);
    }
    if let Some(newest) = later.last() {
        patience::revive(desk, node, *newest);
    }
}
