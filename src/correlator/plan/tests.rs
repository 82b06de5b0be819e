//! A plan that is looked at from moment to moment, by a clock that is set; the
//! tests of the rules beside this one use it too.

use super::*;
use crate::correlator::judge::tests::cluster;
use crate::model::{Layout, ModuleCause, Status, StatusReading, Watched};

/// A moment of the tests' month, whose first day is a Sunday.
pub fn day(day: i8, hour: i8, minute: i8) -> Timestamp {
    second(day, hour, minute, 0)
}

/// The same, to the second.
pub fn second(day: i8, hour: i8, minute: i8, second: i8) -> Timestamp {
    let local = jiff::civil::date(2026, 11, day).at(hour, minute, second, 0);
    local.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
}

/// Plan 1, daily at 02:00: `mail1` and `samba1` on node 1, where the program
/// runs, and `webtop1` on node 2. All were backed up on the 19th, in a minute
/// each, and seen for the first time at noon of that day.
pub struct Bench {
    pub state: ClusterState,
    pub rules: Rules,
    pub watch: Option<PlanWatch>,
    pub zones: BTreeMap<NodeId, NodeZone>,
    pub reach: Reachability,
    pub last: Option<Timestamp>,
    pub watched: i64,
}

/// What happened between two looks.
#[derive(Clone, Copy, Default)]
pub struct Meanwhile {
    pub down: bool,
    pub outage: bool,
    pub moved: Option<i64>,
}

pub const DOWN: Meanwhile = Meanwhile {
    down: true,
    outage: false,
    moved: None,
};

impl Bench {
    /// Before the first look.
    pub fn unseen() -> Self {
        let mut state = cluster(&[("1", &[("mail1", None), ("samba1", None), ("webtop1", None)])]);
        let plan = state.plans.get_mut(&"1".into()).unwrap();
        plan.schedule = "*-*-* 02:00:00".into();
        for (module, node) in [("mail1", 1), ("samba1", 1), ("webtop1", 2)] {
            state.modules.get_mut(&module.into()).unwrap().node = Some(NodeId(node));
        }
        let utc = jiff::tz::TimeZone::UTC;
        Self {
            state,
            rules: Rules {
                wait: std::time::Duration::from_secs(30),
                max_wait: std::time::Duration::from_hours(2),
                grace: std::time::Duration::from_hours(3),
                recent_window: std::time::Duration::from_hours(1),
                poll: std::time::Duration::from_mins(5),
                own_zone: utc.clone(),
                zone: Some(utc),
                zones: BTreeMap::new(),
                own_node: Some(NodeId(1)),
                module: None,
            },
            watch: None,
            zones: BTreeMap::new(),
            reach: Reachability::default(),
            last: None,
            watched: 0,
        }
    }

    /// After the first look.
    pub fn new() -> Self {
        let mut bench = Self::unseen();
        for module in ["mail1", "samba1", "webtop1"] {
            bench.backed_up(module, day(19, 2, 0), 1, 0);
        }
        let first = bench.look(day(19, 12, 0));
        assert_eq!(first.settled, []);
        bench
    }

    /// A status is written; it took so many minutes.
    pub fn backed_up(&mut self, module: &str, start: Timestamp, minutes: i64, errors: u32) {
        let status = Status {
            start,
            end: start + jiff::SignedDuration::from_mins(minutes),
            errors,
            size: Some(1000),
            files: Some(10),
            node: self.state.modules[&ModuleId::from(module)].node,
            layout: Layout::A,
            message: None,
        };
        self.reading(module, StatusReading::Read(status));
    }

    pub fn reading(&mut self, module: &str, reading: StatusReading) {
        let of_plan = self.state.statuses.entry("1".into()).or_default();
        of_plan.insert(module.into(), reading);
    }

    pub fn plan(&mut self) -> &mut Plan {
        self.state.plans.get_mut(&"1".into()).unwrap()
    }

    /// Puts an application into the plan.
    pub fn join(&mut self, module: &str, node: u32) {
        let new = crate::model::Module {
            name: None,
            node: Some(NodeId(node)),
            uuid: format!("uuid-{module}").into(),
            no_data: false,
        };
        self.state.modules.insert(module.into(), new);
        self.plan().instances.push(module.into());
    }

    /// Takes one out of it.
    pub fn leave(&mut self, module: &str) {
        self.plan().instances.retain(|id| id.as_str() != module);
    }

    pub fn known(&mut self) -> &mut PlanWatch {
        self.watch.as_mut().unwrap()
    }

    /// Sets what the last backups of a module took.
    pub fn usually_takes(&mut self, module: &str, minutes: i64) {
        let memory = self.known().modules.get_mut(&module.into()).unwrap();
        memory.durations = [minutes * 60].into();
    }

    /// Forgets them.
    pub fn never_measured(&mut self, module: &str) {
        let memory = self.known().modules.get_mut(&module.into()).unwrap();
        memory.durations.clear();
    }

    pub fn look(&mut self, now: Timestamp) -> Observed {
        self.look_after(now, Meanwhile::default())
    }

    pub fn look_after(&mut self, now: Timestamp, meanwhile: Meanwhile) -> Observed {
        let since = |last: Timestamp| now.duration_since(last).as_secs();
        let passed = match self.last {
            Some(last) if !meanwhile.outage => since(last) - meanwhile.moved.unwrap_or(0),
            _ => 0,
        };
        self.watched += passed;
        self.state.read_at = now;
        let tick = Tick {
            now,
            watched: Watched(self.watched),
            passed,
            last: self.last,
            was_down: meanwhile.down,
            fresh: self.last.is_none(),
            moved: meanwhile.moved,
        };
        let (watch, zones) = (self.watch.clone(), self.zones.clone());
        let mut observed = self.observe(&tick, None);
        if observed.wants_reach {
            (self.watch, self.zones) = (watch, zones);
            let reach = self.reach.clone();
            observed = self.observe(&tick, Some(&reach));
        }
        self.last = Some(now);
        observed
    }

    fn observe(&mut self, tick: &Tick, reach: Option<&Reachability>) -> Observed {
        let look = PlanLook {
            id: &"1".into(),
            state: &self.state,
            tick,
            reach,
            rules: &self.rules,
        };
        observe(&mut self.watch, &mut self.zones, look)
    }

    /// Looks every minute until something is over, at most until `until`; when,
    /// and what.
    pub fn wait_for_a_verdict(&mut self, until: Timestamp) -> (Timestamp, Vec<Settled>) {
        let mut now = self.last.unwrap();
        while now < until {
            now += jiff::SignedDuration::from_mins(1);
            let observed = self.look(now);
            if !observed.settled.is_empty() {
                return (now, observed.settled);
            }
        }
        (now, Vec::new())
    }
}

/// The members of a run with what became of them.
pub fn causes(run: &JudgedRun) -> Vec<(&str, ModuleCause)> {
    let members = run.members.iter();
    members
        .map(|member| (member.id.as_str(), member.cause))
        .collect()
}

/// What two looks showed.
pub fn both(mut first: Observed, then: Observed) -> Observed {
    first.settled.extend(then.settled);
    first
}

/// The only run that is over.
#[track_caller]
pub fn only(observed: &Observed) -> &JudgedRun {
    let [settled] = &observed.settled[..] else {
        panic!("{:?}", observed.settled);
    };
    &settled.run
}

#[test]
fn a_good_night_is_one_run_that_ends_well() {
    let mut bench = Bench::new();
    bench.look(day(20, 2, 0));
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    let first = bench.look(second(20, 2, 1, 10));
    let observed = both(first, bench.look(day(20, 2, 2)));
    let run = only(&observed);
    assert_eq!(run.id, "2026-11-20T02:00:00".into());
    assert_eq!(run.at, Some(day(20, 2, 0)));
    assert!(!run.is_bad());
    assert_eq!(bench.look(day(20, 12, 0)).settled, []);
}

/// R2.6: an open run of a deleted plan goes to the history only.
#[test]
fn a_deleted_plan_takes_its_open_run_to_the_history() {
    let mut bench = Bench::new();
    bench.look(day(20, 2, 0));
    bench.state.plans.clear();
    let observed = bench.look(day(20, 2, 5));
    assert_eq!(observed.settled, []);
    assert_eq!(observed.unjudged.len(), 1);
    assert_eq!(bench.watch, None);
}

/// R4.1: a plan whose key makes no sense for a while was not deleted.
#[test]
fn a_plan_that_cannot_be_read_for_a_while_keeps_its_run() {
    let mut bench = Bench::new();
    bench.look(day(20, 2, 0));
    let plans = std::mem::take(&mut bench.state.plans);
    bench.state.unreadable = vec![crate::model::Unreadable::new(
        "cluster/backup/1",
        crate::model::Reason::NotAStatus,
    )];
    assert_eq!(bench.look(day(20, 2, 5)).unjudged, []);
    bench.state.plans = plans;
    bench.look(day(20, 2, 6));
    assert_eq!(bench.known().runs.len(), 1);
}

/// R2.2: every 30 s while a run is open, and in time for what is due.
#[test]
fn the_next_look_comes_in_time() {
    let mut bench = Bench::new();
    assert_eq!(bench.look(day(19, 13, 0)).next, 300);
    assert_eq!(
        bench.look(day(20, 1, 58)).next,
        121,
        "just after the elapse"
    );
    assert_eq!(bench.look(day(20, 2, 0)).next, 30);
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    bench.look(day(20, 2, 1));
    assert_eq!(bench.look(second(20, 2, 1, 20)).next, 10, "late writes");
}

#[test]
fn a_plan_that_cannot_be_read_when_it_fires_is_missed_like_any_other() {
    let mut bench = Bench::new();
    bench.look(day(20, 1, 55));
    let plan = bench.state.plans.remove(&"1".into()).unwrap();
    bench.state.unreadable = vec![crate::model::Unreadable::new(
        "cluster/backup/1",
        crate::model::Reason::NotAHash,
    )];
    for minute in [0, 5, 10] {
        assert_eq!(bench.look(day(20, 2, minute)).settled, []);
    }
    bench.state.unreadable.clear();
    bench.state.plans.insert("1".into(), plan);
    let (_, over) = bench.wait_for_a_verdict(day(20, 12, 0));
    assert_eq!(over[0].run.at, Some(day(20, 2, 0)));
    assert_eq!(over[0].run.causes, [crate::model::PlanCause::Missed]);
}
