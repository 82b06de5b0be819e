//! What a scenario says, after it was read.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ns8_backup_monitor::model::{
    DestinationId, ModuleCause, ModuleId, NodeId, Outcome, PlanId, RepoCause,
};

/// A whole scenario.
#[derive(Debug)]
pub struct Scenario {
    pub title: String,
    /// In which all its times are, and where the program runs.
    pub zone: TimeZone,
    pub setup: Setup,
    /// In the order of the file; not of their times.
    pub steps: Vec<Step>,
    pub mails: Vec<ExpectedMail>,
    pub end: Timestamp,
}

/// What is there before the first day.
#[derive(Debug, Default)]
pub struct Setup {
    pub plans: Vec<(PlanId, NewPlan)>,
    pub modules: Vec<(ModuleId, NodeId, bool)>,
    pub nodes: BTreeSet<NodeId>,
    pub usual: BTreeMap<ModuleId, i64>,
    pub config: Vec<String>,
    pub probes: bool,
    /// `MODULE_ID` of the programs; without one it is a plain service.
    pub instances: Vec<ModuleId>,
}

/// A plan as it is made.
#[derive(Clone, Debug, Default)]
pub struct NewPlan {
    pub name: Option<String>,
    pub schedule: String,
    pub destination: Option<DestinationId>,
    pub members: Vec<Place>,
}

/// A module, with the node it is made on; without one it is there already.
#[derive(Clone, Debug)]
pub struct Place {
    pub module: ModuleId,
    pub node: Option<NodeId>,
}

/// Something that happens or is looked at.
#[derive(Clone, Debug)]
pub struct Step {
    pub line: usize,
    pub at: Timestamp,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Happens(Action),
    Check(Check),
}

#[derive(Clone, Debug)]
pub enum Action {
    Status(NewStatus),
    Runs(Runs),
    Plan(PlanId, PlanEdit),
    Alert(NewAlert),
    Program(Option<ModuleId>, Power),
    MachineReboots,
    ClockJumps(i64),
    Node(NodeId, NodeIs),
    Vpn { up: bool },
    Redis { there: bool },
    Events { arrive: bool },
    MailServer { there: bool },
    Voice(Option<ModuleId>),
    Leader(NodeId),
    ClusterUuid(String),
    Config(String),
    Destination(DestinationId, RepoCause),
    Repository(ModuleId, RepoCause),
    Snapshot(ModuleId),
    Module(ModuleId, ModuleBecomes),
    StateSaved,
    StateRestored(Option<ModuleId>),
}

/// A node reports one application.
#[derive(Clone, Debug)]
pub struct NewStatus {
    pub module: ModuleId,
    pub plan: PlanId,
    pub result: Ending,
    pub took: Option<i64>,
    pub started: Option<Timestamp>,
    pub megabytes: Option<u64>,
    pub files: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Ok,
    Fails,
    Unreadable,
}

/// A node by node, application by application run as `run-backup` does it.
#[derive(Clone, Debug)]
pub struct Runs {
    pub plan: PlanId,
    pub only_on: Option<NodeId>,
    pub changes: Vec<(ModuleId, Change)>,
}

#[derive(Clone, Copy, Debug)]
pub enum Change {
    Fails,
    Takes(i64),
    Without,
}

#[derive(Clone, Debug)]
pub enum PlanEdit {
    Created(NewPlan),
    Deleted,
    Enabled(bool),
    Schedule(String),
    Gains(Place),
    Loses(ModuleId),
    WaitsToRestore(Vec<ModuleId>),
    Unreadable(bool),
}

#[derive(Clone, Debug)]
pub struct NewAlert {
    pub plan: Option<PlanId>,
    pub node: NodeId,
    pub since: Option<Timestamp>,
    pub resolved: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum Power {
    Starts,
    Stops,
    Restarts,
    KilledAtNextProbe,
}

#[derive(Clone, Copy, Debug)]
pub enum NodeIs {
    Reachable(bool),
    /// Seconds by which its clock is ahead.
    Clock(i64),
}

#[derive(Clone, Debug)]
pub enum ModuleBecomes {
    Removed { still_named: bool },
    Moved { node: NodeId, id: ModuleId },
    Cloned { node: NodeId, id: ModuleId },
    Restored { node: NodeId, id: ModuleId },
    Added { node: NodeId, no_data: bool },
}

/// What is looked at when everything up to a moment has happened.
#[derive(Clone, Debug)]
pub enum Check {
    Plan(PlanId, PlanIs),
    History(PlanId, Vec<Past>),
    /// The report of a run, mailed or not.
    Report(PlanId, Outcome, Box<Details>),
    /// There is none of a run of then.
    NoReport(PlanId, Timestamp),
    RunOpen(PlanId, bool),
    AlertsWait(usize),
}

#[derive(Clone, Debug)]
pub enum PlanIs {
    Good,
    Unknown,
    Forgotten,
    Bad {
        since: Timestamp,
        modules: BTreeMap<ModuleId, ModuleCause>,
        reported: Reported,
    },
}

/// What the last mail of a trouble said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// Nobody looks at it.
    Anyhow,
    /// None was sent.
    Not,
    As(Outcome),
}

/// One line of a plan's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub at: Timestamp,
    /// `None`: nobody could judge it.
    pub outcome: Option<Outcome>,
    pub by_hand: bool,
}

/// A mail that must come, between two moments.
#[derive(Clone, Debug)]
pub struct ExpectedMail {
    pub line: usize,
    pub from: Timestamp,
    pub to: Timestamp,
    pub about: About,
    pub details: Details,
}

#[derive(Clone, Debug)]
pub enum About {
    Run {
        plan: PlanId,
        outcome: Outcome,
        /// The serialized name, without its data.
        motive: String,
        since: Option<Timestamp>,
    },
    UnknownPlans(Vec<PlanId>),
    RedisUnreachable,
    AllWell,
    Uncovered(BTreeSet<ModuleId>),
    Digest,
}

/// What stands below an expected mail.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// The cause of each, and the plan it is busy with.
    pub modules: BTreeMap<ModuleId, (ModuleCause, Option<PlanId>)>,
    pub gone: BTreeSet<ModuleId>,
    pub missed: bool,
    pub disabled: bool,
    /// In words: `longer than interval`, `unreported C`.
    pub warns: Vec<String>,
    pub says: Vec<String>,
    pub says_not: Vec<String>,
    /// Whether it continues the thread of the plan's mail before it.
    pub same_thread: Option<bool>,
    pub recipients: Vec<String>,
    /// The instance that sent it.
    pub by: Option<ModuleId>,
    pub run_of: Option<Timestamp>,
    pub held_back: Option<u32>,
    /// The newest snapshot of an application that is not ok.
    pub at_risk: BTreeMap<ModuleId, Timestamp>,
    /// Whether the destination has failed.
    pub destination_failed: bool,
}
