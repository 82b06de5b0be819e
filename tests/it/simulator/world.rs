//! A cluster that lives: timers fire, `run-backup` works through its list,
//! nodes lose power, people edit plans, Prometheus alerts. It writes its
//! statuses to a real Redis, and the program looks at them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use fastrand::Rng;
use jiff::Timestamp;
use ns8_backup_monitor::schedule::Calendar;

use super::chance::{Drawn, Trouble};
use super::program::{Program, Shared};
use super::runs::Process;
use super::truth::{Backup, Edit, Fate, NEVER, Of, Part, Posted, Second, Story};
use crate::support::redis::Cluster;

/// What happens at its time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A plan's schedule fires on a node; only if the plan was not given
    /// another one meanwhile.
    Fire(String, u32, u32),
    /// A process begins, or what it does just now ends.
    Step(usize),
    /// Alertmanager posts, unless the alert was resolved meanwhile.
    Post(String, u32, u32),
    /// Trouble of the story begins, and ends.
    Begin(usize),
    End(usize),
}

/// An alert rule's state for one plan on one node.
#[derive(Default)]
struct Metric {
    bad: Option<Of>,
    firing: Option<Second>,
    turn: u32,
}

/// A plan as it is.
pub struct Plan {
    pub schedule: String,
    pub enabled: bool,
    pub exists: bool,
    pub instances: Vec<String>,
    turn: u32,
}

/// The cluster, and the program that watches it.
pub struct World<'a> {
    pub now: Second,
    pub chance: Rng,
    pub drawn: &'a Drawn,
    pub story: Story,
    pub plans: BTreeMap<String, Plan>,
    pub processes: BTreeMap<usize, Process>,
    /// Which process backs a module up just now.
    pub held: BTreeMap<String, usize>,
    pub outside: Shared,
    pub cluster: &'a mut Cluster,
    pub program: Program,
    queue: BinaryHeap<Reverse<(Second, u64, Event)>>,
    number: u64,
    metrics: BTreeMap<(String, u32), Metric>,
    no_power: BTreeSet<u32>,
    no_vpn: BTreeSet<u32>,
    lost_timers: BTreeSet<(String, u32)>,
    wake: Second,
    crashed: bool,
    hands: usize,
}

impl<'a> World<'a> {
    pub fn new(
        drawn: &'a Drawn,
        cluster: &'a mut Cluster,
        program: Program,
        outside: Shared,
    ) -> Self {
        let plans = drawn.story.plans.iter().map(|plan| {
            let begun = Plan {
                schedule: plan.schedule.clone(),
                enabled: plan.enabled,
                exists: true,
                instances: plan.instances.clone(),
                turn: 0,
            };
            (plan.id.clone(), begun)
        });
        let mut world = Self {
            now: drawn.story.began,
            chance: Rng::with_seed(drawn.story.seed ^ 0x5EED),
            drawn,
            story: drawn.story.clone(),
            plans: plans.collect(),
            processes: BTreeMap::new(),
            held: BTreeMap::new(),
            outside,
            cluster,
            program,
            queue: BinaryHeap::new(),
            number: 0,
            metrics: BTreeMap::new(),
            no_power: BTreeSet::new(),
            no_vpn: BTreeSet::new(),
            lost_timers: BTreeSet::new(),
            wake: drawn.story.began + 1,
            crashed: false,
            hands: 0,
        };
        for plan in drawn.story.plans.iter().map(|plan| plan.id.clone()) {
            world.set_timers(&plan);
        }
        for (number, trouble) in drawn.troubles.iter().enumerate() {
            world.at(trouble.at, Event::Begin(number));
        }
        world
    }

    /// Lets everything happen until the end of the story.
    pub async fn live(&mut self) {
        self.show();
        self.program.start();
        loop {
            let happens = self.queue.peek().map_or(NEVER, |Reverse((at, _, _))| *at);
            let looks = if self.program.is_up() {
                self.wake
            } else {
                NEVER
            };
            let next = happens.min(looks);
            if next > self.story.ended {
                if self.crashed {
                    self.cluster.restart();
                }
                break;
            }
            self.now = next.max(self.now);
            self.show();
            if happens <= looks {
                if let Some(Reverse((_, _, event))) = self.queue.pop() {
                    self.happen(event).await;
                }
            } else {
                let pause = self.program.look().await;
                self.wake = self.now + self.pause(pause);
            }
        }
    }

    /// The program looks every 300 s, and every 30 s while a run is open. In
    /// most stories it is late for those looks of which nothing depends: there
    /// are very many of them, and no verdict may need them.
    fn pause(&mut self, pause: Second) -> Second {
        let most = match pause {
            30 => 600,
            300 => 7200,
            _ => return pause,
        };
        if self.drawn.exact {
            return pause;
        }
        let fires = self.queue.iter().filter_map(|Reverse((at, _, event))| {
            matches!(event, Event::Fire(..)).then_some(*at + 1 - self.now)
        });
        let until = fires.filter(|until| *until > 0).min().unwrap_or(NEVER);
        self.chance.i64(pause..=most).min(until)
    }

    pub fn at(&mut self, at: Second, event: Event) {
        self.number += 1;
        self.queue.push(Reverse((at, self.number, event)));
    }

    pub fn note(&mut self, what: impl Into<String>) {
        self.story.notes.push((self.now, what.into()));
    }

    fn show(&mut self) {
        let silent = self.no_power.union(&self.no_vpn).copied().collect();
        let (now, dark) = (self.now, self.is_dark());
        self.outside.with(|outside| {
            outside.now = now;
            outside.silent = silent;
            outside.dark = dark;
        });
    }

    pub fn is_dark(&self) -> bool {
        let mut times = self.story.dark.iter();
        times.any(|(from, to)| *from <= self.now && self.now < *to)
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::Fire(plan, node, turn) => self.fire(&plan, node, turn),
            Event::Step(process) => self.step(process),
            Event::Post(plan, node, turn) => self.post(&plan, node, turn).await,
            Event::Begin(number) => self.begin(number),
            Event::End(number) => self.end(number),
        }
    }

    // --- timers ---

    fn set_timers(&mut self, plan: &str) {
        for node in self.drawn.story.zones.keys().copied().collect::<Vec<_>>() {
            self.set_timer(plan, node, self.now);
        }
    }

    fn set_timer(&mut self, plan: &str, node: u32, after: Second) {
        let known = &self.plans[plan];
        let calendar: Calendar = known.schedule.parse().expect("a schedule");
        let zone = &self.story.zones[&node];
        let after = Timestamp::from_second(after).expect("a time");
        if let Some(next) = calendar.next_in_sequence(after, zone) {
            let event = Event::Fire(plan.to_owned(), node, known.turn);
            self.at(next.as_second(), event);
        }
    }

    fn fire(&mut self, plan: &str, node: u32, turn: u32) {
        if self.plans[plan].turn != turn {
            return;
        }
        self.set_timer(plan, node, self.now);
        let known = &self.plans[plan];
        let here = |module: &&String| self.story.homes.get(*module) == Some(&node);
        let members: Vec<String> = known.instances.iter().filter(here).cloned().collect();
        if !known.enabled || !known.exists || members.is_empty() {
            return;
        }
        let key = (plan.to_owned(), node);
        let mut running = self.processes.values();
        let by_timer = |process: &Process| {
            process.plan == plan && process.node == node && matches!(process.of, Of::Elapse(_))
        };
        let fate = if self.no_power.contains(&node) {
            Fate::NoPower
        } else if self.lost_timers.contains(&key) {
            Fate::TimerLost
        } else if running.any(by_timer) {
            Fate::StillRunning
        } else {
            Fate::Started
        };
        let zone = self.story.zones[&node].clone();
        let now = Timestamp::from_second(self.now).expect("a time");
        let calendar: Calendar = known.schedule.parse().expect("a schedule");
        let local = calendar.local(now, &zone);
        self.story.parts.push(Part {
            plan: plan.to_owned(),
            local,
            node,
            at: self.now,
            members,
            fate,
        });
        if fate == Fate::Started {
            let late = self.chance.i64(0..20);
            self.launch(plan, node, Of::Elapse(local), None, late);
        }
    }

    /// Starts `run-backup`, for some of the modules or for all.
    fn launch(&mut self, plan: &str, node: u32, of: Of, only: Option<Vec<String>>, late: Second) {
        let number = usize::try_from(self.number).unwrap_or_default() + 1;
        let process = Process::new(plan, node, of, only);
        self.processes.insert(number, process);
        self.at(self.now + late, Event::Step(number));
    }

    // --- statuses and what follows them ---

    /// A status is written, if it can be, and told.
    pub fn write(&mut self, mut backup: Backup) {
        let node = backup.node;
        backup.written = !self.outside.with(|outside| outside.cut)
            && !self.crashed
            && !self.no_vpn.contains(&node)
            && !self.no_power.contains(&1);
        if let Some(made) = backup.snapshot {
            let key = (format!("d-{}", backup.plan), backup.module.clone());
            self.outside.with(|outside| {
                outside.snapshots.entry(key).or_default().push(made);
            });
        }
        if backup.written {
            let same = |old: &&mut Backup| {
                old.plan == backup.plan && old.module == backup.module && old.overwritten == NEVER
            };
            for old in self.story.backups.iter_mut().filter(same) {
                if old.written {
                    old.overwritten = self.now;
                }
            }
            self.cluster.status_a(
                node,
                &backup.plan,
                &backup.module,
                backup.start,
                backup.end,
                backup.errors,
            );
            self.tell();
        }
        self.story.backups.push(backup);
    }

    pub fn set_metric(&mut self, plan: &str, node: u32, bad: Option<Of>) {
        let metric = self.metrics.entry((plan.to_owned(), node)).or_default();
        if bad.is_none() || metric.bad.is_none() {
            metric.bad = bad;
        }
        self.evaluate();
    }

    /// Prometheus: what fires, and what fires no more.
    fn evaluate(&mut self) {
        let now = self.now;
        let mut posts = Vec::new();
        for ((plan, node), metric) in &mut self.metrics {
            let known = &self.plans[plan];
            let seen = !self.no_power.contains(node)
                && !self.no_power.contains(&1)
                && !self.no_vpn.contains(node);
            let fires =
                self.drawn.alerts && metric.bad.is_some() && known.exists && known.enabled && seen;
            match (metric.firing, fires) {
                (None, true) => {
                    metric.firing = Some(now);
                    metric.turn += 1;
                    posts.push(Event::Post(plan.clone(), *node, metric.turn));
                }
                (Some(_), false) => {
                    metric.firing = None;
                    metric.turn += 1;
                }
                _ => {}
            }
        }
        for post in posts {
            self.at(now + 30, post);
        }
    }

    async fn post(&mut self, plan: &str, node: u32, turn: u32) {
        let Some(metric) = self.metrics.get(&(plan.to_owned(), node)) else {
            return;
        };
        let (Some(of), Some(since)) = (metric.bad, metric.firing) else {
            return;
        };
        if metric.turn != turn {
            return;
        }
        let name = node.to_string();
        let labels = [("id", plan), ("name", "Nightly"), ("node", name.as_str())];
        let accepted = self.program.accept(&labels, since).await;
        let again = if accepted { 3 * 3600 } else { 300 };
        self.at(self.now + again, Event::Post(plan.to_owned(), node, turn));
        if accepted {
            self.wake = self.wake.min(self.now + 30);
            self.story.posted.push(Posted {
                at: self.now,
                plan: plan.to_owned(),
                node,
                of,
            });
        }
    }

    // --- trouble ---

    fn begin(&mut self, number: usize) {
        let Trouble { what, lasts, .. } = self.drawn.troubles[number].clone();
        let no_leader = self.crashed || self.no_power.contains(&1);
        if no_leader && matches!(what, super::chance::What::Edited(..)) {
            // Nobody can edit anything just now.
            self.at(self.now + 600, Event::Begin(number));
            return;
        }
        self.note(format!("{what:?} for {lasts} s"));
        match what {
            super::chance::What::NoPower(node) => {
                self.no_power.insert(node);
                self.go_silent(node);
                self.kill_processes(node);
                if node == 1 {
                    self.program.kill();
                    for metric in self.metrics.values_mut() {
                        metric.firing = None;
                        metric.turn += 1;
                    }
                }
                self.evaluate();
            }
            super::chance::What::NoVpn(node) => {
                self.no_vpn.insert(node);
                self.go_silent(node);
                self.evaluate();
            }
            super::chance::What::Killed => self.program.kill(),
            super::chance::What::RedisCut => self.outside.with(|outside| outside.cut = true),
            super::chance::What::RedisCrash => {
                if !self.crashed {
                    self.cluster.command(&["SAVE"]);
                }
                self.cluster.redis.crash();
                self.crashed = true;
            }
            super::chance::What::Dark => {
                let until = self.now + lasts;
                self.story.dark.push((self.now, until));
            }
            super::chance::What::ByHand(plan, only) => self.by_hand(&plan, &only),
            super::chance::What::Edited(plan, edit) => self.edit(&plan, &edit),
        }
        if lasts > 0 {
            self.at(self.now + lasts, Event::End(number));
        }
    }

    fn end(&mut self, number: usize) {
        let what = self.drawn.troubles[number].what.clone();
        self.note(format!("over: {what:?}"));
        match what {
            super::chance::What::NoPower(node) => {
                self.no_power.remove(&node);
                self.answer_again(node);
                self.lost_timers.retain(|(_, lost)| *lost != node);
                if node == 1 {
                    let now = self.now;
                    self.outside.with(|outside| {
                        outside.booted = (now, outside.booted.1 + 1);
                    });
                    self.start_again();
                }
                self.evaluate();
            }
            super::chance::What::NoVpn(node) => {
                self.no_vpn.remove(&node);
                self.answer_again(node);
                self.evaluate();
            }
            super::chance::What::Killed => self.start_again(),
            super::chance::What::RedisCut => self.outside.with(|outside| outside.cut = false),
            super::chance::What::RedisCrash if self.crashed => {
                self.cluster.restart();
                self.crashed = false;
            }
            _ => {}
        }
    }

    fn start_again(&mut self) {
        if !self.no_power.contains(&1) && !self.program.is_up() {
            self.show();
            self.program.start();
            self.wake = self.now + 1;
        }
    }

    fn go_silent(&mut self, node: u32) {
        let times = self.story.silent.entry(node).or_default();
        if times.last().is_none_or(|(_, until)| *until != NEVER) {
            times.push((self.now, NEVER));
        }
    }

    fn answer_again(&mut self, node: u32) {
        if self.no_power.contains(&node) || self.no_vpn.contains(&node) {
            return;
        }
        let times = self.story.silent.entry(node).or_default();
        if let Some(last) = times.last_mut()
            && last.1 == NEVER
        {
            last.1 = self.now;
        }
    }

    fn kill_processes(&mut self, node: u32) {
        let dead: Vec<usize> = self
            .processes
            .iter()
            .filter(|(_, process)| process.node == node)
            .map(|(number, _)| *number)
            .collect();
        for number in dead {
            self.processes.remove(&number);
            self.held.retain(|_, holder| *holder != number);
        }
    }

    fn by_hand(&mut self, plan: &str, only: &[String]) {
        let known = &self.plans[plan];
        if !known.exists {
            return;
        }
        self.hands += 1;
        let of = Of::Hand(self.hands);
        for node in self.story.zones.keys().copied().collect::<Vec<_>>() {
            let known = &self.plans[plan];
            let here = |module: &&String| {
                self.story.homes.get(*module) == Some(&node) && only.contains(module)
            };
            let list: Vec<String> = known.instances.iter().filter(here).cloned().collect();
            if list.is_empty() || self.no_power.contains(&node) {
                continue;
            }
            let late = self.chance.i64(0..5);
            self.launch(plan, node, of, Some(list), late);
        }
    }

    /// As `alter-backup` does; every timer is made anew, and one whose service
    /// runs may get lost.
    fn edit(&mut self, plan: &str, edit: &Edit) {
        let Some(known) = self.plans.get_mut(plan).filter(|known| known.exists) else {
            return;
        };
        match edit {
            Edit::Add(module) if !known.instances.contains(module) => {
                known.instances.push(module.clone());
            }
            Edit::Remove(module) if known.instances.len() > 1 => {
                known.instances.retain(|other| other != module);
            }
            Edit::Disable if known.enabled => known.enabled = false,
            Edit::Enable if !known.enabled => known.enabled = true,
            Edit::Schedule(schedule) if *schedule != known.schedule => {
                known.schedule.clone_from(schedule);
            }
            Edit::Delete => known.exists = false,
            _ => return,
        }
        known.turn += 1;
        let key = format!("cluster/backup/{plan}");
        let instances = known.instances.join(" ");
        let enabled = if known.enabled { "1" } else { "" };
        if known.exists {
            self.cluster.hset(&key, "instances", &instances);
            self.cluster.hset(&key, "enabled", enabled);
            self.cluster.hset(&key, "schedule", &known.schedule);
        } else {
            self.cluster.del(&key);
        }
        if matches!(edit, Edit::Disable | Edit::Delete) {
            let ours = |(of, _): &(String, u32), metric: &mut Metric| {
                if of == plan {
                    metric.bad = None;
                }
                true
            };
            self.metrics.retain(ours);
        }
        self.lost_timers.retain(|(of, _)| of != plan);
        let at_work = self
            .processes
            .values()
            .filter(|process| process.plan == plan && matches!(process.of, Of::Elapse(_)));
        let at_work: Vec<u32> = at_work.map(|process| process.node).collect();
        for node in at_work {
            if self.chance.bool() {
                self.note(format!("node {node} loses the timer of plan {plan}"));
                self.lost_timers.insert((plan.to_owned(), node));
            }
        }
        self.story
            .edits
            .push((self.now, plan.to_owned(), edit.clone()));
        self.set_timers(plan);
        self.evaluate();
        self.tell();
    }

    /// An event, unless it gets lost.
    fn tell(&mut self) {
        if self.chance.f64() >= self.drawn.lost_events {
            self.wake = self.wake.min(self.now + 1);
        }
    }
}
