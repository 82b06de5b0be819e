//! How everything stands, put together from all who know a part of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::config::{Config, ZoneOf};
use crate::correlator::{Beside, module_facts, overview, unreadable};
use crate::model::{
    ClusterState, Facts, ModuleId, NodeId, Overview, Plan, PlanId, ReadFailure, RepositoryFacts,
    RunMark, Totals, Watch,
};
use crate::schedule::Calendar;
use crate::store::{Counters, Store, StoreError};

/// How many runs a strip shows.
const STRIP: usize = 30;

/// What the database knows of the past.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The last runs of each plan, oldest first.
    pub strips: BTreeMap<PlanId, Vec<RunMark>>,
    /// When the newest good run of each plan fired.
    pub good_runs: BTreeMap<PlanId, Timestamp>,
    /// How often things happened.
    pub counters: Counters,
}

impl History {
    /// Reads it.
    pub async fn load(store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        Ok(Self {
            strips: store.strips(STRIP).await?,
            good_runs: store.good_runs().await?,
            counters: store.counters(now).await?,
        })
    }
}

/// What is known at one moment.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    /// The configuration that is in force.
    pub config: &'a Config,
    /// What is remembered of the plans.
    pub watch: &'a Watch,
    /// The cluster as it was read last, also while it cannot be read.
    pub state: Option<&'a ClusterState>,
    /// Why the cluster could not be read the last time, if it could not.
    pub problem: Option<&'a str>,
    /// Whether this instance is the one that sends mails.
    pub voice: bool,
    /// The moment.
    pub now: Timestamp,
}

impl Picture<'_> {
    /// For people: the first page, the command, the digest.
    pub fn overview(self, history: &History) -> Overview {
        let plans = &self.config.plans;
        let beside = Beside {
            now: self.now,
            redis_problem: self.problem.map(str::to_owned),
            voice: self.voice,
            strips: history.strips.clone(),
            next: &|_, plan| self.next_run(plan),
            muted: &|id| plans.get(id)?.mute_until,
            queued_mails: history.counters.mails_queued,
            undelivered_mails: history.counters.mails_undeliverable,
        };
        overview(self.watch, self.state, beside)
    }

    /// For `/metrics`. `failed_reads` are counted since the start.
    pub fn facts(
        self,
        history: &History,
        repositories: Vec<RepositoryFacts>,
        failed_reads: BTreeMap<ReadFailure, u64>,
    ) -> Facts {
        let counters = &history.counters;
        Facts {
            overview: self.overview(history),
            good_runs: history.good_runs.clone(),
            modules: module_facts(self.watch, self.state),
            repositories,
            totals: Totals {
                alerts: counters.alerts,
                reports: counters.reports.clone(),
                mails_sent: counters.mails_sent,
                mails_given_up: counters.mails_given_up,
                failed_reads,
            },
            redis_reachable: self.state.is_some() && self.problem.is_none(),
            unreadable: self.state.map(unreadable).unwrap_or_default(),
        }
    }

    /// When the plan fires next on any node that has something to do; `None`:
    /// never, or its schedule cannot be understood.
    pub fn next_run(self, plan: &Plan) -> Option<Timestamp> {
        let calendar: Calendar = plan.schedule.parse().ok()?;
        let nodes: BTreeSet<Option<NodeId>> = plan
            .instances
            .iter()
            .filter_map(|module| self.home(module))
            .map(Some)
            .collect();
        let anywhere = BTreeSet::from([None]);
        let nodes = if nodes.is_empty() { anywhere } else { nodes };
        let next = nodes.into_iter().filter_map(|node| {
            let zone = self.config.zones.of(node);
            let shift = self.shift(node, zone);
            let after = self.now.checked_sub(shift).ok()?;
            let elapse = calendar.next_in_sequence(after, zone.zone())?;
            elapse.checked_add(shift).ok()
        });
        next.min()
    }

    fn home(self, module: &ModuleId) -> Option<NodeId> {
        self.state?.modules.get(module)?.node
    }

    /// How much later a node fires than its assumed zone says, as far as its
    /// runs have shown it.
    fn shift(self, node: Option<NodeId>, zone: ZoneOf<'_>) -> SignedDuration {
        let learned = node.and_then(|node| self.watch.whole.zones.get(&node)?.shift);
        match zone {
            ZoneOf::Assumed(_) => SignedDuration::from_mins(learned.unwrap_or_default()),
            ZoneOf::Configured(_) => SignedDuration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load_str;
    use crate::model::{Module, Modules, NodeZone};

    const MAIL: &str = "mail: {from: a@example.org, to: [b@example.org]}\n";

    fn config(extra: &str) -> Config {
        let text = format!("{MAIL}{extra}");
        load_str(&text, &BTreeMap::new()).unwrap().config
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Plan 1 every day at 02:00, one application on each of the nodes.
    fn state(nodes: &[u32]) -> ClusterState {
        let module = |node: &u32| {
            let module = Module {
                name: None,
                node: Some(NodeId(*node)),
                uuid: format!("u{node}").into(),
                no_data: false,
            };
            (ModuleId::new(format!("mail{node}")), module)
        };
        let modules: Modules = nodes.iter().map(module).collect();
        let plan = Plan {
            name: "Nightly".into(),
            enabled: true,
            schedule: "*-*-* 02:00:00".into(),
            instances: modules.keys().cloned().collect(),
            ..Plan::default()
        };
        ClusterState {
            read_at: time("2026-11-20T12:00:00Z"),
            cluster_uuid: None,
            cluster_name: None,
            leader: None,
            nodes: BTreeMap::new(),
            modules,
            destinations: BTreeMap::new(),
            plans: BTreeMap::from([("1".into(), plan)]),
            statuses: BTreeMap::new(),
            voice: None,
            unreadable: Vec::new(),
        }
    }

    fn picture<'a>(config: &'a Config, watch: &'a Watch, state: &'a ClusterState) -> Picture<'a> {
        Picture {
            config,
            watch,
            state: Some(state),
            problem: None,
            voice: true,
            now: state.read_at,
        }
    }

    fn next(config: &Config, watch: &Watch, state: &ClusterState) -> Timestamp {
        let overview = picture(config, watch, state).overview(&History::default());
        overview.plans[0].next.unwrap()
    }

    #[test]
    fn the_next_run_is_that_of_the_node_that_fires_first() {
        let zones = "schedule: {timezone: {1: UTC, 2: Europe/Rome}}\n";
        let (config, watch) = (config(zones), Watch::default());
        let at = |nodes: &[u32]| next(&config, &watch, &state(nodes));
        assert_eq!(at(&[1]), time("2026-11-21T02:00:00Z"));
        assert_eq!(at(&[1, 2]), time("2026-11-21T01:00:00Z"));
    }

    #[test]
    fn a_zone_that_was_learned_moves_the_next_run_unless_one_is_configured() {
        let mut watch = Watch::default();
        let learned = NodeZone {
            shift: Some(-90),
            ..NodeZone::default()
        };
        watch.whole.zones.insert(NodeId(1), learned);
        let named = config("schedule: {timezone: UTC}\n");
        let state = state(&[1]);
        assert_eq!(next(&named, &watch, &state), time("2026-11-21T02:00:00Z"));
        let mut assumed = config("");
        assumed.zones.own = jiff::tz::TimeZone::UTC;
        assert_eq!(next(&assumed, &watch, &state), time("2026-11-21T00:30:00Z"));
    }

    #[test]
    fn a_schedule_that_makes_no_sense_has_no_next_run() {
        let (config, watch, mut state) = (config(""), Watch::default(), state(&[1]));
        for plan in state.plans.values_mut() {
            plan.schedule = "whenever".into();
        }
        let overview = picture(&config, &watch, &state).overview(&History::default());
        assert_eq!(overview.plans[0].next, None);
    }

    #[test]
    fn a_mute_of_the_configuration_is_told_until_it_ends() {
        let config = config("plans: {1: {mute_until: 2026-11-20T13:00:00Z}}\n");
        let (watch, state) = (Watch::default(), state(&[1]));
        let muted = |now: &str| {
            let picture = Picture {
                now: time(now),
                ..picture(&config, &watch, &state)
            };
            picture.overview(&History::default()).plans[0].muted_until
        };
        let until = time("2026-11-20T13:00:00Z");
        assert_eq!(muted("2026-11-20T12:59:59Z"), Some(until));
        assert_eq!(muted("2026-11-20T13:00:00Z"), None);
    }

    #[test]
    fn a_cluster_that_cannot_be_read_keeps_its_series_and_is_not_reachable() {
        let (config, watch, state) = (config(""), Watch::default(), state(&[1]));
        let facts = |problem| {
            let picture = Picture {
                problem,
                ..picture(&config, &watch, &state)
            };
            picture.facts(&History::default(), Vec::new(), BTreeMap::new())
        };
        let (good, bad) = (facts(None), facts(Some("refused")));
        assert!(good.redis_reachable && !bad.redis_reachable);
        assert_eq!(good.modules, bad.modules);
        assert_eq!(bad.modules.len(), 1);
        assert_eq!(bad.overview.redis_problem.as_deref(), Some("refused"));
    }
}
