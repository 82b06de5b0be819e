//! New statuses, and which run each of them belongs to.

use jiff::Timestamp;

use super::opening::member;
use super::plan::{Desk, node_or_none};
use super::rules::seconds;
use super::{late, patience, zones};
use crate::model::{
    Elapse, HandRun, ModuleId, ModuleMemory, NodeId, PartState, PlanWatch, RunId, RunPart, Status,
    StatusReading,
};

/// A status that was not there at the last look.
pub(super) struct News {
    pub module: ModuleId,
    pub node: NodeId,
    pub reading: StatusReading,
}

impl News {
    pub fn start(&self) -> Option<Timestamp> {
        self.reading.status().map(|status| status.start)
    }

    /// Whether it began before `seconds` of the wall clock; what cannot be read
    /// is taken for what was waited for.
    fn began_before(&self, second: i64) -> bool {
        self.start().is_some_and(|start| start.as_second() < second)
    }
}

/// Takes in all new statuses, oldest first.
pub(super) fn take_in(desk: &mut Desk<'_, '_>) {
    for news in collect(desk) {
        let belongs = route(desk, &news);
        if let Belongs::Nothing = belongs {
            remember(desk, &news);
            continue;
        }
        match belongs {
            Belongs::Part(index) => {
                let was_given_up = late::is_given_up(desk, index, news.node);
                count(desk, index, news.node, &news.module, &news.reading);
                if was_given_up {
                    late::skip(desk, Some(index), &news);
                }
            }
            Belongs::LaterElapse(index, elapse) => begin_later(desk, index, elapse, &news),
            Belongs::Late => late::count(desk, &news),
            Belongs::Hand => count_by_hand(desk, &news),
            Belongs::Nothing => {}
        }
        remember(desk, &news);
        if let Belongs::Hand = belongs {
            learn_from_hand_run(desk, news.node);
        }
    }
}

fn remember(desk: &mut Desk<'_, '_>, news: &News) {
    let state = desk.look.state;
    let memory = desk.watch.modules.entry(news.module.clone());
    let memory = memory.or_insert_with(|| ModuleMemory::of(state, &news.module));
    memory.take(&news.reading);
}

fn collect(desk: &mut Desk<'_, '_>) -> Vec<News> {
    let look = desk.look;
    let last = look.tick.last;
    let mut all = Vec::new();
    let readings = look.state.statuses.get(look.id);
    for (module, reading) in readings.into_iter().flatten() {
        if !look.state.modules.contains_key(module) {
            continue;
        }
        let Some(memory) = desk.watch.modules.get_mut(module) else {
            // It joined just now: what it did before is no run of ours.
            let is_new = reading.status().zip(last).is_some_and(|(status, last)| {
                status.start.as_second() >= last.as_second() - CLOCKS_DIFFER
            });
            if is_new && desk.members.contains(module) {
                all.push(news(desk, module, reading));
            } else if desk.members.contains(module) {
                let mut memory = ModuleMemory::of(look.state, module);
                memory.take(reading);
                desk.watch.modules.insert(module.clone(), memory);
            }
            continue;
        };
        match &memory.reading {
            Some(known) if !reading.differs(known) => {
                if known.status().is_none() && reading.status().is_some() {
                    memory.reading = Some(reading.clone());
                    understand(desk.watch, module, reading);
                }
            }
            Some(known) if is_older_copy(reading, known) => {
                memory.reading = Some(reading.clone());
            }
            _ => all.push(news(desk, module, reading)),
        }
    }
    for id in &desk.members {
        if !desk.watch.modules.contains_key(*id) {
            let memory = ModuleMemory::of(look.state, id);
            desk.watch.modules.insert((*id).clone(), memory);
        }
    }
    all.sort_by_key(News::start);
    all
}

/// A status that lay in the future is understood by now: also in the run that
/// it was counted for, as long as that is open.
fn understand(watch: &mut PlanWatch, module: &ModuleId, reading: &StatusReading) {
    let parts = watch.runs.iter_mut().flat_map(|run| run.parts.values_mut());
    let scheduled = parts.map(|part| &mut part.members);
    let by_hand = watch.hand.iter_mut().map(|hand| &mut hand.members);
    for member in scheduled
        .chain(by_hand)
        .filter_map(|all| all.get_mut(module))
    {
        let counted = member.reading.as_mut();
        if let Some(counted) = counted.filter(|counted| !counted.differs(reading)) {
            *counted = reading.clone();
        }
    }
}

/// The clocks of the nodes may differ by this, in seconds.
const CLOCKS_DIFFER: i64 = 300;

/// What shows when the newest status is taken away, with the node that wrote it.
fn is_older_copy(reading: &StatusReading, known: &StatusReading) -> bool {
    match (reading, known) {
        (StatusReading::Read(new), StatusReading::Read(old)) => {
            new.start < old.start && !new.same_place(old)
        }
        _ => false,
    }
}

fn news(desk: &Desk<'_, '_>, module: &ModuleId, reading: &StatusReading) -> News {
    let written_by = reading.status().and_then(|status: &Status| status.node);
    let lives_on = desk.look.state.modules.get(module);
    News {
        module: module.clone(),
        node: node_or_none(lives_on.and_then(|module| module.node).or(written_by)),
        reading: reading.clone(),
    }
}

#[derive(Clone, Copy)]
pub(super) enum Belongs {
    /// To the run at this place.
    Part(usize),
    /// To a later elapse that the run at this place seemed to be in the way of:
    /// that run is over on this node.
    LaterElapse(usize, Elapse),
    /// To the run that was given up.
    Late,
    /// To no elapse.
    Hand,
    /// To no run at all.
    Nothing,
}

fn route(desk: &Desk<'_, '_>, news: &News) -> Belongs {
    if let Some(belongs) = late::goes_on(desk, news) {
        return belongs;
    }
    for (index, run) in desk.watch.runs.iter().enumerate().rev() {
        let Some(part) = run.parts.get(&news.node) else {
            continue;
        };
        let known = part.members.contains_key(&news.module);
        if !known && !desk.members.contains(&news.module) {
            continue;
        }
        match part.state {
            PartState::Upcoming | PartState::Skipped => {}
            PartState::Waiting | PartState::Going | PartState::Done => {
                if let Some(elapse) = later_elapse(desk, part, news) {
                    return Belongs::LaterElapse(index, elapse);
                }
                if !predates(desk, part, news) {
                    return Belongs::Part(index);
                }
            }
            PartState::GivenUp | PartState::Missed => {
                if late::is_late_for(part, late::ended(part), news) {
                    return Belongs::Part(index);
                }
            }
        }
    }
    if let Some(late) = &desk.watch.late {
        let part = late.run.parts.get(&news.node);
        let part = part.filter(|part| part.members.contains_key(&news.module));
        let ended = late.ended.get(&news.node).copied();
        if part.is_some_and(|part| late::is_late_for(part, ended, news)) {
            return Belongs::Late;
        }
    }
    if desk.members.contains(&news.module) {
        Belongs::Hand
    } else {
        Belongs::Nothing
    }
}

/// The elapse that fired while `part` was at work, if this status shows that
/// it was met: the node is through with the earlier run.
fn later_elapse(desk: &Desk<'_, '_>, part: &RunPart, news: &News) -> Option<Elapse> {
    let later = *part.skipped.last()?;
    let from = later.at.as_second() - desk.firing.slack(Some(news.node), later.at);
    let already_in = part
        .members
        .get(&news.module)
        .is_some_and(|member| member.reading.is_some());
    let first = part.members.values().all(|member| member.reading.is_none());
    let start = news.start().filter(|start| start.as_second() >= from)?;
    (already_in || first || late::begins(part, later.at, start)).then_some(later)
}

/// Whether a status began before the elapse. Clocks are only asked where it may
/// have been written before the elapse: at the last look that was not past.
fn predates(desk: &Desk<'_, '_>, part: &RunPart, news: &News) -> bool {
    let looked_since = desk.look.tick.last.is_some_and(|last| last >= part.at);
    if looked_since && !given_up_before(desk, part, news) {
        return false;
    }
    let from = part.at.as_second() - desk.firing.slack(Some(news.node), part.at);
    news.began_before(from)
}

/// Whether a run that was given up on this node claims the status too. One that
/// cannot, because all of it lies before, is no reason to ask the clocks.
fn given_up_before(desk: &Desk<'_, '_>, part: &RunPart, news: &News) -> bool {
    let claims =
        |other: &RunPart, ended| other.at < part.at && late::is_late_for(other, ended, news);
    let open = desk.watch.runs.iter();
    let mut open = open.filter_map(|run| run.parts.get(&news.node));
    let late = desk.watch.late.as_ref();
    open.any(|other| claims(other, late::ended(other)))
        || late.is_some_and(|late| {
            let ended = late.ended.get(&news.node).copied();
            let other = late.run.parts.get(&news.node);
            other.is_some_and(|other| claims(other, ended))
        })
}

/// Counts a status for the run at `index`.
pub(super) fn count(
    desk: &mut Desk<'_, '_>,
    index: usize,
    node: NodeId,
    module: &ModuleId,
    reading: &StatusReading,
) {
    let new = member(desk, module);
    let at = reading.status().map_or(desk.now(), |status| status.end);
    let since = desk.ago(at);
    let run = &mut desk.watch.runs[index];
    let Some(part) = run.parts.get_mut(&node) else {
        return;
    };
    if let Some(known) = part.members.get_mut(module) {
        known.reading = Some(reading.clone());
        known.absence = None;
    } else if let Some(mut new) = new {
        new.joined = true;
        new.reading = Some(reading.clone());
        part.members.insert(module.clone(), new);
    }
    part.since = since;
    part.state = PartState::Going;
    part.given_up = None;
    part.own_vpn_suspect = false;
    run.over = None;
    let patience = patience::for_next(desk, index, node);
    if let Some(part) = desk.watch.runs[index].parts.get_mut(&node) {
        part.patience = patience;
    }
}

/// The node is at work on a later elapse: the earlier run is over there, and
/// judged first.
fn begin_later(desk: &mut Desk<'_, '_>, index: usize, elapse: Elapse, news: &News) {
    let looked_since = desk.look.tick.last.is_some_and(|last| last >= elapse.at);
    if desk.look.tick.was_down && !looked_since {
        // What the earlier run would be judged by was written over meanwhile.
        let run = desk.watch.runs.remove(index);
        desk.out.unjudged.push(super::judging::unjudged(&run));
        // It was in the way of what fired since on its other nodes too.
        for (node, part) in run.parts {
            if let Some(later) = part.skipped.last().filter(|_| node != news.node) {
                patience::revive(desk, node, *later);
            }
        }
    } else {
        patience::end(desk, index, news.node, None);
    }
    let place = patience::revive(desk, news.node, elapse);
    count(desk, place, news.node, &news.module, &news.reading);
}

fn count_by_hand(desk: &mut Desk<'_, '_>, news: &News) {
    let watched = desk.look.tick.watched;
    let Some(mut new) = member(desk, &news.module) else {
        return;
    };
    new.reading = Some(news.reading.clone());
    let began = news.start().unwrap_or(desk.now());
    let hand = desk.watch.hand.get_or_insert_with(|| HandRun {
        id: RunId::new(format!("hand-{}", began.as_second())),
        began,
        plan: desk.plan.clone(),
        since: watched,
        members: std::collections::BTreeMap::new(),
        over: None,
    });
    // What it was before the run is what it was before its first try.
    if let Some(known) = hand.members.get_mut(&news.module) {
        known.reading = new.reading;
    } else {
        hand.members.insert(news.module.clone(), new);
    }
    hand.since = watched;
    let all = desk.members.iter().all(|id| hand.members.contains_key(*id));
    hand.over = all.then_some(watched);
}

/// A node's members that all ran at a fixed distance from the elapses may have
/// run by its own time.
fn learn_from_hand_run(desk: &mut Desk<'_, '_>, node: NodeId) {
    let Some(hand) = &desk.watch.hand else {
        return;
    };
    let mut first: Option<Timestamp> = None;
    for id in &desk.members {
        if desk.node_of(id) != node {
            continue;
        }
        let reading = hand
            .members
            .get(*id)
            .and_then(|member| member.reading.as_ref());
        let Some(status) = reading.and_then(StatusReading::status) else {
            return;
        };
        first = Some(first.map_or(status.start, |first| first.min(status.start)));
    }
    let own = desk.own_node();
    let learned = first.and_then(|first| zones::learn(desk.zones, &desk.firing, node, own, first));
    if let Some(shift) = learned {
        desk.out.learned.push((node, shift));
        zones::settle_in(desk, node);
    }
}

/// A node that did all of its part may show how its time lies.
pub(super) fn learn_from_part(desk: &mut Desk<'_, '_>, index: usize, node: NodeId) {
    let Some(part) = desk.watch.runs[index].parts.get(&node) else {
        return;
    };
    let readings = part
        .members
        .values()
        .filter_map(|member| member.reading.as_ref());
    let first = readings
        .filter_map(StatusReading::status)
        .map(|status| status.start)
        .min();
    let own = desk.own_node();
    let learned = first.and_then(|first| zones::learn(desk.zones, &desk.firing, node, own, first));
    if let Some(shift) = learned {
        desk.out.learned.push((node, shift));
    }
}

/// Whether all that a part still has to do is done.
pub(super) fn all_in(desk: &Desk<'_, '_>, part: &RunPart) -> bool {
    part.members
        .iter()
        .all(|(id, member)| member.reading.is_some() || !desk.counts(id))
}

/// How long a hand run may be silent before it is over, in seconds.
pub(super) const HAND_SILENCE: i64 = 7200;

/// Whether a hand run is over.
pub(super) fn hand_run_is_over(desk: &Desk<'_, '_>) -> bool {
    let watched = desk.look.tick.watched;
    let wait = seconds(desk.look.rules.wait);
    desk.watch.hand.as_ref().is_some_and(|hand| {
        watched.since(hand.since) >= HAND_SILENCE
            || hand.over.is_some_and(|over| watched.since(over) >= wait)
    })
}

#[cfg(test)]
mod tests;
