//! One look: every plan is observed, what is over is reported, alerts are
//! answered, and all of it is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::{info, warn};

use super::parts::Parts;
use super::reporting::Verdicts;
use super::watching::{Session, Watching, WatchingError};
use crate::correlator::{
    self, Between, Left, Observed, PlanLook, Rules, Settled, Tick, covered, observe,
};
use crate::model::{
    ClusterState, Identity, InboxEntry, NodeZone, PlanId, PlanWatch, Reachability, Reason, Report,
    Warning, Watch, WholeWatch,
};
use crate::store::{Batch, Saved};

/// One look at the cluster.
pub(super) struct Look<'a> {
    pub watching: &'a Watching,
    pub parts: &'a Parts,
    pub state: &'a ClusterState,
    /// All alerts that wait.
    pub waiting: &'a [InboxEntry],
    /// Those whose wait is over.
    pub due: &'a [&'a InboxEntry],
    pub now: Timestamp,
    /// The reports for which repositories were asked.
    pub probed: Mutex<Vec<Report>>,
}

/// A plan with runs that are over.
pub(super) struct Over {
    pub plan: PlanId,
    pub watch: PlanWatch,
    pub settled: Vec<Settled>,
}

/// The first report of a look that could not be made. The others are made all
/// the same: one broken thing must not silence the rest.
#[derive(Default)]
struct Trouble(Option<WatchingError>);

impl Trouble {
    fn none_in(&mut self, done: Result<(), WatchingError>) -> bool {
        let problem = done.err();
        let none = problem.is_none();
        self.0 = self.0.take().or(problem);
        none
    }

    /// That all was seen must not be written down.
    fn over(self) -> Result<(), WatchingError> {
        self.0.map_or(Ok(()), Err)
    }
}

/// What all plans showed.
struct Seen {
    over: Vec<Over>,
    left: Vec<Left>,
    next: i64,
}

impl Look<'_> {
    /// Returns how long nothing more will be due.
    pub async fn observe(&self, session: &mut Session) -> Result<Duration, WatchingError> {
        let between = session.between;
        let Some(watch) = session.watch.as_mut() else {
            return Ok(Duration::ZERO);
        };
        let mut whole = watch.whole.clone();
        let tick = self.tick(&mut whole, between);
        self.begin(watch, &mut whole, &tick).await?;
        self.watching.look.recognize();
        let rules = self.parts.rules();
        let speaks = correlator::speaks(self.state, rules.module.as_ref());
        let mut batch = Batch::default();
        let seen = self
            .look_at_plans(watch, &mut whole, &tick, &rules, &mut batch)
            .await;
        let lost = covered(&mut whole.lost, seen.left, self.state, self.now);
        let verdicts = Verdicts {
            look: self,
            rules: &rules,
            speaks,
        };
        // Who left a plan shows once only, so it goes with the plan. That all
        // was seen is written last: after a crash nothing is taken for seen
        // that is not on disk.
        let mut trouble = Trouble::default();
        if trouble.none_in(verdicts.tell_lost(&mut batch, lost)) {
            if whole.lost != watch.whole.lost {
                batch.whole = Some(WholeWatch {
                    lost: whole.lost.clone(),
                    ..watch.whole.clone()
                });
            }
        } else {
            whole.lost.clone_from(&watch.whole.lost);
        }
        // Quiet plans first: they wait for no repository.
        self.commit(watch, batch).await?;
        for over in seen.over {
            self.watching.vitals.beat(Instant::now());
            trouble.none_in(verdicts.report(watch, &mut whole, over).await);
        }
        trouble.none_in(verdicts.answer_alerts(watch, &mut whole).await);
        trouble.none_in(verdicts.tell_digest(watch, &mut whole).await);
        trouble.over()?;
        let batch = Batch {
            whole: Some(whole),
            ..Batch::default()
        };
        self.commit(watch, batch).await?;
        session.between = Between::Watching;
        Watching::tell_voice(session, speaks);
        Ok(Duration::from_secs(u64::try_from(seen.next).unwrap_or(1)))
    }

    fn tick(&self, whole: &mut WholeWatch, between: Between) -> Tick {
        let identity = Identity {
            cluster: self.state.cluster_uuid.clone(),
            module: self.parts.config.agent.module.clone(),
        };
        let clock = self.watching.clock.mark(self.now);
        correlator::tick(whole, identity, clock, between)
    }

    /// What the first look, a restore and a clock that was set bring about.
    async fn begin(
        &self,
        watch: &mut Watch,
        whole: &mut WholeWatch,
        tick: &Tick,
    ) -> Result<(), WatchingError> {
        if tick.fresh {
            info!(
                plans = self.state.plans.len(),
                modules = self.state.modules.len(),
                "the cluster is looked at for the first time"
            );
            if watch.whole.identity.is_some() {
                let withdrawn = self.watching.store.withdraw_queued(self.now).await?;
                warn!(
                    withdrawn,
                    "this is a restored or cloned instance: what waited to be sent is not, \
                     and watching begins anew"
                );
            }
            // Nor the identity, until all was looked at: what is reported now
            // must not be withdrawn when this look is made again.
            let forgotten = WholeWatch {
                identity: None,
                clock: None,
                ..whole.clone()
            };
            let forget = watch.plans.keys().map(|plan| (plan.clone(), None));
            let batch = Batch {
                plans: forget.collect(),
                whole: Some(forgotten),
                ..Batch::default()
            };
            self.commit(watch, batch).await?;
        }
        if let Some(seconds) = tick.moved {
            warn!(
                seconds,
                "the machine's clock was set: runs are watched anew from now on"
            );
            note(whole, Warning::ClockMoved { seconds });
        }
        Ok(())
    }

    async fn look_at_plans(
        &self,
        watch: &Watch,
        whole: &mut WholeWatch,
        tick: &Tick,
        rules: &Rules,
        batch: &mut Batch,
    ) -> Seen {
        let mut reach = None;
        let (mut over, mut left) = (Vec::new(), Vec::new());
        let mut next = i64::try_from(rules.poll.as_secs()).unwrap_or(i64::MAX);
        let plans: BTreeSet<&PlanId> = self.state.plans.keys().chain(watch.plans.keys()).collect();
        for plan in plans {
            let before = watch.plans.get(plan);
            let with = |reach| PlanLook {
                id: plan,
                state: self.state,
                tick,
                reach,
                rules,
            };
            let mut zones = whole.zones.clone();
            let (mut seen, mut observed) = observed(before, &mut zones, with(reach.as_ref()));
            if observed.wants_reach {
                let asked = self.reachability(rules).await;
                // All of it anew: what was learned of zones is told once.
                zones.clone_from(&whole.zones);
                (seen, observed) = self::observed(before, &mut zones, with(Some(&asked)));
                reach = Some(asked);
            }
            whole.zones = zones;
            next = next.min(observed.next);
            left.extend(observed.left);
            for (node, shift) in observed.learned {
                warn!(
                    node = node.0,
                    shift,
                    "this node's schedules fire {shift} minutes off this machine's zone; \
                     if that is not so, set schedule.timezone"
                );
                note(whole, Warning::NodeZone { node, shift });
            }
            if observed.never_fires {
                let key = format!("cluster/backup/{plan} schedule");
                warn!(key, "{key}: {}", Reason::NotASchedule);
                let reason = Reason::NotASchedule;
                note(whole, Warning::UnreadableKey { key, reason });
            }
            let unjudged = observed.unjudged.into_iter();
            batch
                .unjudged
                .extend(unjudged.map(|mark| (plan.clone(), mark)));
            match seen {
                Some(seen) if !observed.settled.is_empty() => over.push(Over {
                    plan: plan.clone(),
                    watch: seen,
                    settled: observed.settled,
                }),
                seen if seen.as_ref() != before => {
                    batch.plans.insert(plan.clone(), seen);
                }
                _ => {}
            }
        }
        Seen { over, left, next }
    }

    async fn reachability(&self, rules: &Rules) -> Reachability {
        let own = rules.own_node.or(self.state.leader);
        self.watching.peers.reachability(self.state, own).await
    }

    /// Writes `batch` down, and takes over what it says of plans.
    pub async fn commit(
        &self,
        watch: &mut Watch,
        batch: Batch,
    ) -> Result<Vec<Saved>, WatchingError> {
        let plans = batch.plans.clone();
        let whole = batch.whole.clone();
        let saved = self.watching.store.commit(batch, self.now).await?;
        for (plan, seen) in plans {
            match seen {
                Some(seen) => watch.plans.insert(plan, seen),
                None => watch.plans.remove(&plan),
            };
        }
        if let Some(whole) = whole {
            watch.whole = whole;
        }
        Ok(saved)
    }
}

fn observed(
    before: Option<&PlanWatch>,
    zones: &mut BTreeMap<crate::model::NodeId, NodeZone>,
    look: PlanLook<'_>,
) -> (Option<PlanWatch>, Observed) {
    let mut seen = before.cloned();
    let observed = observe(&mut seen, zones, look);
    (seen, observed)
}

/// Kept until a report has named it.
fn note(whole: &mut WholeWatch, warning: Warning) {
    if !whole.notes.contains(&warning) {
        whole.notes.push(warning);
    }
}
