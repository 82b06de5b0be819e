//! How everything stands, from what is remembered.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::progress::open;
use super::sight::{Sight, summary};
use crate::model::{
    Attention, ClusterState, Lost, ModuleId, Overview, Plan, PlanId, PlanOverview, PlanWatch,
    RunKind, RunMark, Standing, UncoveredModule, Watch,
};

/// What an overview says and the watch does not hold.
pub struct Beside<'a> {
    /// When the overview is made.
    pub now: Timestamp,
    /// Why the cluster could not be read the last time, if it could not.
    pub redis_problem: Option<String>,
    /// Whether this instance is the one that sends mails.
    pub voice: bool,
    /// The last runs of each plan, oldest first.
    pub strips: BTreeMap<PlanId, Vec<RunMark>>,
    /// When a plan that is switched on fires next; `None`: never, or not known.
    pub next: &'a dyn Fn(&PlanId, &Plan) -> Option<Timestamp>,
    /// Until when a plan's mails are held back, if they ever were.
    pub muted: &'a dyn Fn(&PlanId) -> Option<Timestamp>,
    /// Mails that wait for another attempt.
    pub queued_mails: usize,
    /// Mails that could not be delivered within the last 7 days.
    pub undelivered_mails: usize,
}

/// How everything stands. `state` is the cluster as it was read last; without
/// it, what is remembered has to do: then no names of applications, nodes and
/// destinations are known.
pub fn overview(watch: &Watch, state: Option<&ClusterState>, beside: Beside<'_>) -> Overview {
    let sight = Sight { watch, state };
    let mut strips = beside.strips;
    let mut plans: Vec<PlanOverview> = sight
        .plans()
        .map(|(id, plan)| {
            let strip = strips.remove(id).unwrap_or_default();
            let next = plan.enabled.then(|| (beside.next)(id, plan)).flatten();
            PlanOverview {
                next,
                muted_until: (beside.muted)(id).filter(|until| *until > beside.now),
                ..one(sight, id, plan, strip)
            }
        })
        .collect();
    plans.sort_by(|a, b| place(a).cmp(&place(b)));
    Overview {
        made_at: beside.now,
        cluster_name: sight.cluster_name(),
        read_at: sight.read_at(),
        redis_problem: beside.redis_problem,
        voice: beside.voice,
        plans,
        uncovered: uncovered(sight),
        queued_mails: beside.queued_mails,
        undelivered_mails: beside.undelivered_mails,
    }
}

/// Bad plans first; plan 2 before plan 10.
fn place(plan: &PlanOverview) -> (Standing, u64, &PlanId) {
    let id = &plan.plan.id;
    (plan.standing, id.as_str().parse().unwrap_or(u64::MAX), id)
}

fn one(sight: Sight<'_>, id: &PlanId, plan: &Plan, strip: Vec<RunMark>) -> PlanOverview {
    let live = sight.live(id, plan);
    let standing = standing(sight, id, plan, live.len());
    let is_bad = standing == Standing::Bad;
    PlanOverview {
        plan: summary(id, plan),
        destination: plan.destination.clone(),
        destination_name: sight.destination(plan).map(|found| found.name.clone()),
        standing,
        bad_since: sight
            .trouble(id)
            .filter(|_| is_bad)
            .map(|trouble| trouble.since),
        applications: live.len(),
        last: last(sight.watched(id), &strip),
        open: sight.watched(id).and_then(|watched| open(sight, watched)),
        next: None,
        muted_until: None,
        attention: if is_bad {
            attention(sight, id, &live)
        } else {
            Vec::new()
        },
        strip,
    }
}

/// A plan that backs up nothing is neither good nor bad, whatever its last run
/// was.
fn standing(sight: Sight<'_>, id: &PlanId, plan: &Plan, applications: usize) -> Standing {
    let has_run = sight.watched(id).is_some_and(|it| it.newest.is_some());
    if !plan.enabled {
        Standing::Disabled
    } else if applications == 0 {
        Standing::Empty
    } else if sight.trouble(id).is_some() {
        Standing::Bad
    } else if has_run {
        Standing::Good
    } else {
        Standing::Unknown
    }
}

/// The newest run that is over, with its verdict where the history has one.
fn last(watched: Option<&PlanWatch>, strip: &[RunMark]) -> Option<RunMark> {
    let told = strip.last();
    let newest = watched.and_then(|watched| watched.newest.as_ref());
    let Some(newest) = newest.filter(|newest| told.is_none_or(|told| told.at < newest.at)) else {
        return told.cloned();
    };
    let of_history = strip.iter().rev().find(|mark| mark.run == newest.id);
    Some(of_history.cloned().unwrap_or_else(|| RunMark {
        report: None,
        run: newest.id.clone(),
        kind: RunKind::AsFound,
        at: newest.at,
        took_s: None,
        outcome: None,
        bad: 0,
        counted: 0,
    }))
}

/// Those that are bad, also since an earlier run, the worst causes first.
fn attention(sight: Sight<'_>, id: &PlanId, live: &[&ModuleId]) -> Vec<Attention> {
    let (Some(trouble), Some(watched)) = (sight.trouble(id), sight.watched(id)) else {
        return Vec::new();
    };
    let mut attention: Vec<Attention> = live
        .iter()
        .filter_map(|module| {
            let known = sight.module(module);
            Some(Attention {
                module: (*module).clone(),
                name: known
                    .and_then(|known| known.name.as_deref())
                    .map(str::to_owned),
                node: known.and_then(|known| known.node),
                cause: *trouble.bad.get(*module)?,
                ok_at: watched.modules.get(*module).and_then(|memory| memory.ok_at),
            })
        })
        .collect();
    attention.sort_by_key(|one| one.cause.rank());
    attention
}

/// Applications that no plan names; where the cluster is not known, those that
/// lost their plan.
fn uncovered(sight: Sight<'_>) -> Vec<UncoveredModule> {
    let lost = &sight.watch.whole.lost;
    let before = |lost: &Lost| {
        let plan = sight.watched(&lost.plan)?;
        Some(summary(&lost.plan, &plan.plan))
    };
    let Some(state) = sight.state else {
        let known = lost.values().map(|lost| UncoveredModule {
            module: lost.module.clone(),
            name: None,
            node: None,
            plan: before(lost),
            since: Some(lost.since),
        });
        return known.collect();
    };
    let mut free = super::coverage::uncovered(state);
    for module in &mut free {
        let uuid = state.modules.get(&module.module).map(|module| &module.uuid);
        if let Some(lost) = uuid.and_then(|uuid| lost.get(uuid)) {
            module.plan = before(lost);
            module.since = Some(lost.since);
        }
    }
    free
}

#[cfg(test)]
mod tests;
