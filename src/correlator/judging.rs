//! Runs that are over: what each member did.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::intake::{HAND_SILENCE, hand_run_is_over};
use super::judge::says;
use super::plan::{Desk, Settled};
use super::rules::seconds;
use crate::model::{
    DURATIONS, HandRun, JudgedMember, JudgedRun, LateRun, ModuleCause, ModuleId, OpenRun,
    PartMember, PartState, PlanCause, RunKind, RunMark,
};

/// So many runs make a usual duration.
const USUAL_FROM: usize = 3;

/// Judges what is over, in the order of the elapses.
pub(super) fn settle(desk: &mut Desk<'_, '_>) {
    settle_late(desk);
    if hand_run_is_over(desk)
        && let Some(hand) = desk.watch.hand.take()
    {
        let run = by_hand(desk, &hand);
        desk.out.settled.push(settled(run));
    }
    let wait = seconds(desk.look.rules.wait);
    let watched = desk.look.tick.watched;
    let over = |run: &OpenRun| run.over.is_some_and(|over| watched.since(over) >= wait);
    let (ready, open) = std::mem::take(&mut desk.watch.runs)
        .into_iter()
        .partition(over);
    desk.watch.runs = open;
    let ready: Vec<OpenRun> = ready;
    for run in ready {
        let judged = scheduled(desk, &run);
        if !judged.members.is_empty() || !judged.gone.is_empty() {
            remember_duration(desk, &judged);
            desk.out.settled.push(settled(judged));
        }
        if let Some(late) = given_up(run) {
            // What came late for the one before is told while it is known.
            correct(desk, 0);
            desk.watch.late = Some(late);
        }
    }
}

fn settled(run: JudgedRun) -> Settled {
    Settled {
        run,
        at_start: false,
    }
}

/// What late statuses can still correct.
fn given_up(run: OpenRun) -> Option<LateRun> {
    let is_given_up = |state| matches!(state, PartState::GivenUp | PartState::Missed);
    run.parts
        .values()
        .any(|part| is_given_up(part.state))
        .then_some(LateRun {
            run,
            since: None,
            ended: BTreeMap::new(),
        })
}

fn settle_late(desk: &mut Desk<'_, '_>) {
    correct(desk, HAND_SILENCE);
}

/// Tells what came late, once that was silent for `silence` seconds, or sooner
/// when nothing more can come.
fn correct(desk: &mut Desk<'_, '_>, silence: i64) {
    let watched = desk.look.tick.watched;
    let wait = seconds(desk.look.rules.wait);
    let Some((late, since)) = desk
        .watch
        .late
        .as_ref()
        .and_then(|late| Some((late, late.since?)))
    else {
        return;
    };
    let complete = late.run.parts.values().all(|part| {
        part.members
            .iter()
            .all(|(id, member)| member.reading.is_some() || !desk.counts(id))
    });
    let limit = if complete { wait.min(silence) } else { silence };
    if watched.since(since) < limit {
        return;
    }
    if let Some(late) = desk.watch.late.take() {
        let mut run = scheduled(desk, &late.run);
        run.corrected = true;
        desk.out.settled.push(settled(run));
    }
}

fn remember_duration(desk: &mut Desk<'_, '_>, run: &JudgedRun) {
    if let Some(took) = run.took() {
        let durations = &mut desk.watch.durations;
        durations.push_back(took);
        while durations.len() > DURATIONS {
            durations.pop_front();
        }
    }
}

/// The middle one of the plan's last runs, once there were a few.
fn usual(desk: &Desk<'_, '_>) -> Option<i64> {
    let mut durations: Vec<i64> = desk.watch.durations.iter().copied().collect();
    durations.sort_unstable();
    (durations.len() >= USUAL_FROM).then(|| durations[durations.len() / 2])
}

fn scheduled(desk: &Desk<'_, '_>, run: &OpenRun) -> JudgedRun {
    let mut members: BTreeMap<&ModuleId, (Timestamp, &PartMember)> = BTreeMap::new();
    for part in run.parts.values() {
        members.extend(
            part.members
                .iter()
                .map(|(id, member)| (id, (part.at, member))),
        );
    }
    let (present, gone): (Vec<_>, Vec<_>) = in_order(run, &members)
        .into_iter()
        .partition(|(id, _)| desk.counts(id));
    let mut judged: Vec<JudgedMember> = present
        .into_iter()
        .map(|(id, (at, member))| {
            let slack = desk.firing.slack(member.module.node, at);
            let due = at
                .checked_sub(SignedDuration::from_secs(slack))
                .unwrap_or(at);
            judged_member(desk, id, member, due)
        })
        .collect();
    let mut gone: Vec<ModuleId> = gone.into_iter().map(|(id, _)| id.clone()).collect();
    gone.extend(
        run.plan
            .instances
            .iter()
            .filter(|id| !desk.look.state.modules.contains_key(*id))
            .filter(|id| !members.contains_key(*id))
            .cloned(),
    );
    judged.extend(joined_since(desk, run, &members));
    let ran: Vec<PartState> = run
        .parts
        .values()
        .map(|part| part.state)
        .filter(|state| *state != PartState::Skipped)
        .collect();
    let missed = !ran.is_empty() && ran.iter().all(|state| *state == PartState::Missed);
    let skipped = run.parts.values().flat_map(|part| &part.skipped);
    JudgedRun {
        kind: RunKind::Scheduled,
        at: Some(run.at),
        interval: run.interval,
        usual: usual(desk),
        skipped: distinct(skipped.map(|elapse| elapse.at)),
        own_vpn_suspect: run.parts.values().any(|part| part.own_vpn_suspect),
        causes: if missed {
            vec![PlanCause::Missed]
        } else {
            Vec::new()
        },
        members: judged,
        gone,
        ..JudgedRun::new(run.id.clone(), desk.look.id.clone(), run.plan.clone())
    }
}

fn distinct(times: impl Iterator<Item = Timestamp>) -> Vec<Timestamp> {
    let all: std::collections::BTreeSet<Timestamp> = times.collect();
    all.into_iter().collect()
}

type Members<'a> = BTreeMap<&'a ModuleId, (Timestamp, &'a PartMember)>;

/// The members in the plan's order, those that joined last.
fn in_order<'a>(
    run: &'a OpenRun,
    members: &Members<'a>,
) -> Vec<(&'a ModuleId, (Timestamp, &'a PartMember))> {
    let named = run.plan.instances.iter();
    let mut ordered: Vec<_> = named
        .filter_map(|id| members.get_key_value(id))
        .map(|(id, member)| (*id, *member))
        .collect();
    let joined = members
        .iter()
        .filter(|(id, _)| !run.plan.instances.contains(id))
        .map(|(id, member)| (*id, *member));
    ordered.extend(joined);
    ordered
}

/// Modules that the plan names now and did not when the run fired.
fn joined_since(desk: &Desk<'_, '_>, run: &OpenRun, members: &Members<'_>) -> Vec<JudgedMember> {
    let new = desk.plan.instances.iter().filter(|id| {
        desk.counts(id) && !members.contains_key(*id) && !run.plan.instances.contains(id)
    });
    new.filter_map(|id| {
        let module = desk.look.state.modules.get(id)?.clone();
        Some(JudgedMember::new(id.clone(), module, ModuleCause::NotDue))
    })
    .collect()
}

fn judged_member(
    desk: &Desk<'_, '_>,
    id: &ModuleId,
    member: &PartMember,
    due: Timestamp,
) -> JudgedMember {
    let absence = member.absence.unwrap_or(ModuleCause::NotFinished);
    let reading = member.reading.as_ref();
    let (cause, status, unreadable) = reading.map_or((absence, None, None), says);
    JudgedMember {
        status,
        unreadable,
        due: Some(due),
        ok_before: member.ok_before,
        ok_size_before: member.ok_size_before,
        busy_with: member.busy_with.clone(),
        others: other_backups(desk, id, member),
        ..JudgedMember::new(id.clone(), member.module.clone(), cause)
    }
}

/// Backups of the module into the same repository that are not of this run: by
/// other plans, and the plan's own one before a run that showed none.
fn other_backups(
    desk: &Desk<'_, '_>,
    id: &ModuleId,
    member: &PartMember,
) -> Vec<(Timestamp, Timestamp)> {
    let state = desk.look.state;
    let same = |plan: &&crate::model::PlanId| {
        let destination = state
            .plans
            .get(*plan)
            .and_then(|plan| plan.destination.as_ref());
        *plan != desk.look.id
            && destination.is_some()
            && destination == desk.plan.destination.as_ref()
    };
    let others = state.statuses.keys().filter(same);
    let by_others = others.filter_map(|plan| state.reading(plan, id)?.status());
    let silent = member.reading.is_none();
    let before = silent.then(|| desk.memory(id)?.reading.as_ref()?.status());
    by_others
        .chain(before.flatten())
        .map(|status| (status.start, status.end.max(status.start)))
        .collect()
}

fn by_hand(desk: &Desk<'_, '_>, hand: &HandRun) -> JudgedRun {
    let whole = desk.members.iter().all(|id| hand.members.contains_key(*id));
    let named = hand.plan.instances.iter().enumerate();
    let place: BTreeMap<&ModuleId, usize> = named.map(|(place, id)| (id, place)).collect();
    let mut members: Vec<JudgedMember> = hand
        .members
        .iter()
        .filter(|(id, _)| desk.counts(id))
        .map(|(id, member)| judged_member(desk, id, member, hand.began))
        .collect();
    members.sort_by_key(|member| place.get(&member.id).copied().unwrap_or(usize::MAX));
    JudgedRun {
        kind: if whole {
            RunKind::HandWhole
        } else {
            RunKind::HandPart
        },
        at: Some(hand.began),
        members,
        ..JudgedRun::new(hand.id.clone(), desk.look.id.clone(), hand.plan.clone())
    }
}

/// A run that nobody can judge, for the history.
pub(super) fn unjudged(run: &OpenRun) -> RunMark {
    RunMark {
        report: None,
        run: run.id.clone(),
        kind: RunKind::Scheduled,
        at: run.at,
        took_s: None,
        outcome: None,
        bad: 0,
        counted: 0,
    }
}
