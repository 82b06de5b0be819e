//! A cluster that does what the scenario says, with its clocks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ns8_backup_monitor::cluster::{ClusterError, ClusterReader};
use ns8_backup_monitor::model::{
    ClockMark, ClusterState, Destination, DestinationId, Layout, Lock, Module, ModuleId,
    ModuleUuid, Modules, Node, NodeId, Plan, PlanId, Probe, ProbeMethod, ProbeTarget, Reachability,
    Reason, RepoCause, SkipReason, SmtpSettings, Status, StatusReading, Unreadable,
};
use ns8_backup_monitor::pipeline::{Clock, Peers};
use ns8_backup_monitor::repo_check::Prober;
use tokio::sync::Notify;

use super::actions::DESTINATION;
use super::future;
use super::language::{
    Change, Ending, ModuleBecomes, NewPlan, NewStatus, Place, PlanEdit, Runs, Setup,
};

/// Where the programs run.
const OWN_NODE: NodeId = NodeId(1);
/// What an application takes of which nothing is said, in seconds.
const USUAL: i64 = 300;
/// Bytes and files of a backup of which nothing is said.
const SIZE: u64 = 100_000_000;
const FILES: u64 = 1000;

/// The cluster; programs hold it as their reader, their peers and their
/// repositories.
pub struct World {
    inside: Mutex<Inside>,
    clock: Mutex<Clocks>,
    /// A program that asks a repository dies of it.
    deadly: Mutex<bool>,
    pub died: Notify,
}

struct Clocks {
    /// What really is the time.
    real: Timestamp,
    /// By how many seconds the program's machine is ahead.
    ahead: i64,
    booted: Timestamp,
    boots: u32,
}

struct Inside {
    state: ClusterState,
    redis_there: bool,
    vpn_up: bool,
    unreachable: BTreeSet<NodeId>,
    /// By how many seconds nodes' clocks are ahead.
    clocks: BTreeMap<NodeId, i64>,
    usual: BTreeMap<ModuleId, i64>,
    /// By UUID: when each snapshot was made.
    snapshots: BTreeMap<ModuleUuid, Vec<Timestamp>>,
    repositories: BTreeMap<ModuleId, RepoCause>,
    destinations: BTreeMap<DestinationId, RepoCause>,
}

/// An application's backup, as a run comes to it.
pub struct Backup {
    pub at: Timestamp,
    pub status: NewStatus,
}

impl World {
    pub fn new(setup: &Setup, began: Timestamp) -> Arc<Self> {
        let state = ClusterState {
            read_at: began,
            cluster_uuid: Some("cluster-a".into()),
            cluster_name: Some("example".into()),
            leader: Some(OWN_NODE),
            nodes: BTreeMap::new(),
            modules: Modules::default(),
            destinations: BTreeMap::new(),
            plans: BTreeMap::new(),
            statuses: BTreeMap::new(),
            voice: None,
            unreadable: Vec::new(),
        };
        let mut inside = Inside {
            state,
            redis_there: true,
            vpn_up: true,
            unreachable: BTreeSet::new(),
            clocks: BTreeMap::new(),
            usual: setup.usual.clone(),
            snapshots: BTreeMap::new(),
            repositories: BTreeMap::new(),
            destinations: BTreeMap::new(),
        };
        inside.add_node(OWN_NODE);
        setup.nodes.iter().for_each(|node| inside.add_node(*node));
        for (id, plan) in &setup.plans {
            inside.create(id, plan);
        }
        for (id, node, no_data) in &setup.modules {
            inside.add_module(id, *node, *no_data);
        }
        for id in &setup.instances {
            inside.add_module(id, OWN_NODE, true);
        }
        Arc::new(Self {
            inside: Mutex::new(inside),
            clock: Mutex::new(Clocks {
                real: began,
                ahead: 0,
                booted: began,
                boots: 1,
            }),
            deadly: Mutex::new(false),
            died: Notify::new(),
        })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    // ------------------------------------------------------------- clocks

    pub fn set_time(&self, real: Timestamp) {
        self.clock.lock().unwrap().real = real;
    }

    /// The wall clock of the program's machine.
    pub fn wall(&self) -> Timestamp {
        let clock = self.clock.lock().unwrap();
        later(clock.real, clock.ahead)
    }

    pub fn jump(&self, seconds: i64) {
        self.clock.lock().unwrap().ahead += seconds;
    }

    pub fn reboot(&self) {
        let mut clock = self.clock.lock().unwrap();
        clock.boots += 1;
        clock.booted = clock.real;
    }

    // ------------------------------------------------------------ cluster

    pub fn set_redis(&self, there: bool) {
        self.inside().redis_there = there;
    }

    pub fn set_vpn(&self, up: bool) {
        self.inside().vpn_up = up;
    }

    pub fn set_reachable(&self, node: NodeId, reachable: bool) {
        if reachable {
            self.inside().unreachable.remove(&node);
        } else {
            self.inside().unreachable.insert(node);
        }
    }

    pub fn set_clock_of(&self, node: NodeId, ahead: i64) {
        self.inside().clocks.insert(node, ahead);
    }

    pub fn set_voice(&self, voice: Option<ModuleId>) {
        self.inside().state.voice = voice;
    }

    pub fn set_leader(&self, leader: NodeId) {
        self.inside().state.leader = Some(leader);
    }

    pub fn set_uuid(&self, uuid: &str) {
        self.inside().state.cluster_uuid = Some(uuid.to_owned());
    }

    pub fn set_destination(&self, id: DestinationId, cause: RepoCause) {
        self.inside().destinations.insert(id, cause);
    }

    pub fn set_repository(&self, module: ModuleId, cause: RepoCause) {
        self.inside().repositories.insert(module, cause);
    }

    pub fn kill_at_next_probe(&self) {
        *self.deadly.lock().unwrap() = true;
    }

    pub fn edit(&self, id: &PlanId, edit: PlanEdit) -> Result<(), String> {
        self.inside().edit(id, edit)
    }

    pub fn change(&self, id: &ModuleId, becomes: ModuleBecomes) -> Result<(), String> {
        self.inside().change(id, becomes)
    }

    pub fn add_module(&self, id: &ModuleId, no_data: bool) {
        self.inside().add_module(id, OWN_NODE, no_data);
    }

    pub fn snapshot(&self, module: &ModuleId, at: Timestamp) -> Result<(), String> {
        let mut inside = self.inside();
        let uuid = inside.known(module)?.uuid.clone();
        inside.snapshots.entry(uuid).or_default().push(at);
        Ok(())
    }

    pub fn write(&self, status: &NewStatus, at: Timestamp) -> Result<(), String> {
        self.inside().write(status, at)
    }

    /// What a run that begins at `at` does, on each node one after another.
    pub fn run(&self, runs: &Runs, at: Timestamp) -> Result<Vec<Backup>, String> {
        let inside = self.inside();
        let plan = inside
            .state
            .plans
            .get(&runs.plan)
            .ok_or(format!("there is no plan {}", runs.plan))?;
        let mut done = Vec::new();
        let mut free: BTreeMap<NodeId, Timestamp> = BTreeMap::new();
        for id in &plan.instances {
            let Some(node) = inside.state.modules.get(id).and_then(|module| module.node) else {
                continue;
            };
            if runs.only_on.is_some_and(|only| only != node) {
                continue;
            }
            let changes = || runs.changes.iter().filter(|(module, _)| module == id);
            if changes().any(|(_, change)| matches!(change, Change::Without)) {
                continue;
            }
            let takes = changes().find_map(|(_, change)| match change {
                Change::Takes(seconds) => Some(*seconds),
                _ => None,
            });
            let took = takes.unwrap_or_else(|| inside.usual(id));
            let fails = changes().any(|(_, change)| matches!(change, Change::Fails));
            let free = free.entry(node).or_insert(at);
            *free = later(*free, took);
            done.push(Backup {
                at: *free,
                status: NewStatus {
                    module: id.clone(),
                    plan: runs.plan.clone(),
                    result: if fails { Ending::Fails } else { Ending::Ok },
                    took: Some(took),
                    started: None,
                    megabytes: None,
                    files: None,
                },
            });
        }
        Ok(done)
    }
}

impl Inside {
    fn add_node(&mut self, id: NodeId) {
        self.state.nodes.entry(id).or_insert(Node {
            name: None,
            vpn_address: Some(format!("10.5.4.{id}")),
        });
    }

    fn add_module(&mut self, id: &ModuleId, node: NodeId, no_data: bool) {
        self.add_node(node);
        self.state.modules.insert(
            id.clone(),
            Module {
                name: None,
                node: Some(node),
                uuid: format!("uuid-{id}").into(),
                no_data,
            },
        );
    }

    fn known(&self, id: &ModuleId) -> Result<&Module, String> {
        let module = self.state.modules.get(id);
        module.ok_or(format!("there is no application {id}"))
    }

    fn plan(&mut self, id: &PlanId) -> Result<&mut Plan, String> {
        let plan = self.state.plans.get_mut(id);
        plan.ok_or(format!("there is no plan {id}"))
    }

    fn usual(&self, id: &ModuleId) -> i64 {
        self.usual.get(id).copied().unwrap_or(USUAL)
    }

    fn create(&mut self, id: &PlanId, new: &NewPlan) {
        let destination = new.destination.clone().unwrap_or(DESTINATION.into());
        self.state
            .destinations
            .entry(destination.clone())
            .or_insert(Destination {
                name: destination.to_string(),
                provider: "smb".into(),
                url: format!("smb:nas/{destination}"),
            });
        for Place { module, node } in &new.members {
            if let Some(node) = node {
                self.add_module(module, *node, false);
            }
        }
        self.state.plans.insert(
            id.clone(),
            Plan {
                name: new.name.clone().unwrap_or(format!("Plan {id}")),
                enabled: true,
                destination: Some(destination),
                schedule: new.schedule.clone(),
                instances: new.members.iter().map(|new| new.module.clone()).collect(),
                ..Plan::default()
            },
        );
    }

    fn edit(&mut self, id: &PlanId, edit: PlanEdit) -> Result<(), String> {
        match edit {
            PlanEdit::Created(new) => self.create(id, &new),
            PlanEdit::Deleted => {
                self.plan(id)?;
                self.state.plans.remove(id);
            }
            PlanEdit::Enabled(enabled) => self.plan(id)?.enabled = enabled,
            PlanEdit::Schedule(schedule) => self.plan(id)?.schedule = schedule,
            PlanEdit::Gains(Place { module, node }) => {
                if let Some(node) = node {
                    self.add_module(&module, node, false);
                }
                self.known(&module)?;
                self.plan(id)?.instances.push(module);
            }
            PlanEdit::Loses(module) => {
                self.plan(id)?.instances.retain(|member| *member != module);
            }
            PlanEdit::WaitsToRestore(modules) => {
                for module in modules {
                    let plan = self.plan(id)?;
                    plan.instances.retain(|member| *member != module);
                    plan.restoring.insert(format!("uuid-{module}").into());
                    self.state.modules.remove(&module);
                }
            }
            PlanEdit::Unreadable(true) => {
                self.plan(id)?;
                self.state.plans.remove(id);
                self.state.unreadable.push(Unreadable::new(
                    format!("cluster/backup/{id}"),
                    Reason::NotAHash,
                ));
            }
            PlanEdit::Unreadable(false) => {
                return Err("a plan that became unreadable is created again".into());
            }
        }
        Ok(())
    }

    fn change(&mut self, id: &ModuleId, becomes: ModuleBecomes) -> Result<(), String> {
        let copy = |module: Module, node| Module {
            node: Some(node),
            ..module
        };
        match becomes {
            ModuleBecomes::Added { node, no_data } => self.add_module(id, node, no_data),
            ModuleBecomes::Removed { still_named } => {
                self.known(id)?;
                self.remove(id, still_named);
            }
            ModuleBecomes::Moved { node, id: new } => {
                let module = copy(self.known(id)?.clone(), node);
                self.add_node(node);
                self.remove(id, false);
                self.state.modules.insert(new, module);
            }
            ModuleBecomes::Cloned { node, id: new } => {
                self.known(id)?;
                self.add_module(&new, node, false);
            }
            ModuleBecomes::Restored { node, id: new } => {
                self.add_module(&new, node, false);
                let uuid = format!("uuid-{id}").into();
                if let Some(module) = self.state.modules.get_mut(&new) {
                    module.uuid.clone_from(&uuid);
                }
                for plan in self.state.plans.values_mut() {
                    if plan.restoring.remove(&uuid) {
                        plan.instances.push(new.clone());
                    }
                }
            }
        }
        Ok(())
    }

    fn remove(&mut self, id: &ModuleId, still_named: bool) {
        self.state.modules.remove(id);
        if !still_named {
            for plan in self.state.plans.values_mut() {
                plan.instances.retain(|member| member != id);
            }
        }
    }

    /// The node writes what the application's backup came to, by its own clock.
    fn write(&mut self, new: &NewStatus, at: Timestamp) -> Result<(), String> {
        let module = self.known(&new.module)?.clone();
        let node = module.node.unwrap_or(OWN_NODE);
        let took = new.took.unwrap_or_else(|| self.usual(&new.module));
        let ahead = self.clocks.get(&node).copied().unwrap_or(0);
        let start = new.started.unwrap_or_else(|| later(at, -took));
        let ok = new.result == Ending::Ok;
        if ok {
            let made = self.snapshots.entry(module.uuid.clone()).or_default();
            made.push(start);
        }
        let status = Status {
            start: later(start, ahead),
            end: later(at, ahead),
            errors: u32::from(!ok),
            size: Some(
                new.megabytes
                    .map_or(SIZE, |megabytes| megabytes * 1_000_000),
            ),
            files: Some(new.files.unwrap_or(FILES)),
            node: Some(node),
            layout: Layout::A,
            message: None,
        };
        let reading = if new.result == Ending::Unreadable {
            StatusReading::Unreadable(Unreadable::new(
                format!("node/{node}/backup_status/{} {}", new.plan, new.module),
                Reason::NotAStatus,
            ))
        } else {
            StatusReading::Read(status)
        };
        let known = self.state.statuses.entry(new.plan.clone()).or_default();
        known.insert(new.module.clone(), reading);
        Ok(())
    }

    /// Newest first.
    fn saved(&self, target: &ProbeTarget) -> Vec<Timestamp> {
        let uuid = target.path.rsplit('/').next().unwrap_or_default();
        let mut made = self
            .snapshots
            .get(&ModuleUuid::from(uuid))
            .cloned()
            .unwrap_or_default();
        made.sort_by(|a, b| b.cmp(a));
        made
    }
}

pub fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn away() -> ClusterError {
    ClusterError::Unreachable {
        address: "127.0.0.1:6379".into(),
        reason: "connection refused".into(),
    }
}

#[async_trait]
impl ClusterReader for World {
    async fn read(&self, now: Timestamp) -> Result<ClusterState, ClusterError> {
        let inside = self.inside();
        if !inside.redis_there {
            return Err(away());
        }
        let mut state = ClusterState {
            read_at: now,
            ..inside.state.clone()
        };
        for (plan, readings) in &mut state.statuses {
            for (module, reading) in readings {
                future::disbelieve(plan, module, reading, now);
            }
        }
        Ok(state)
    }

    async fn smarthost(&self) -> Result<Option<SmtpSettings>, ClusterError> {
        Ok(None)
    }

    async fn ping(&self) -> Result<(), ClusterError> {
        if self.inside().redis_there {
            Ok(())
        } else {
            Err(away())
        }
    }
}

#[async_trait]
impl Peers for World {
    async fn reachability(&self, state: &ClusterState, own: Option<NodeId>) -> Reachability {
        let inside = self.inside();
        let peers = state.nodes.keys().filter(|node| Some(**node) != own);
        let (silent, answering): (BTreeSet<NodeId>, BTreeSet<NodeId>) =
            peers.partition(|node| !inside.vpn_up || inside.unreachable.contains(node));
        let own_vpn_suspect = silent.len() >= 2 && answering.is_empty();
        Reachability {
            unreachable: if own_vpn_suspect {
                BTreeSet::new()
            } else {
                silent
            },
            own_vpn_suspect,
        }
    }
}

#[async_trait]
impl Prober for World {
    fn method(&self) -> ProbeMethod {
        ProbeMethod::Api
    }

    async fn probe(&self, target: &ProbeTarget, _: Duration) -> Result<Probe, SkipReason> {
        if std::mem::take(&mut *self.deadly.lock().unwrap()) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        let wall = self.wall();
        let inside = self.inside();
        let cause = [
            inside.destinations.get(&target.destination),
            inside.repositories.get(&target.module),
        ];
        let cause = cause
            .into_iter()
            .flatten()
            .copied()
            .find(|cause| *cause != RepoCause::Reachable)
            .unwrap_or(RepoCause::Reachable);
        let reached = cause == RepoCause::Reachable;
        let saved = inside.saved(target);
        let lock = Lock {
            owner: "root@old-node".into(),
            since: Some(later(wall, -2 * 86_400)),
            exclusive: true,
        };
        Ok(Probe {
            module: target.module.clone(),
            path: target.path.clone(),
            cause,
            snapshots: reached.then_some(saved.len() as u64),
            newest: saved.first().copied().filter(|_| reached),
            recent: if reached { saved } else { Vec::new() },
            size: reached.then_some(SIZE),
            locks: if cause == RepoCause::Locked {
                vec![lock]
            } else {
                Vec::new()
            },
            message: None,
            took_ms: 100,
        })
    }
}

#[async_trait]
impl Clock for World {
    fn now(&self) -> Timestamp {
        self.wall()
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }

    fn mark(&self, wall: Timestamp) -> ClockMark {
        let clock = self.clock.lock().unwrap();
        ClockMark {
            wall,
            boot: clock.real.duration_since(clock.booted).as_secs(),
            boot_id: format!("boot-{}", clock.boots),
        }
    }
}
