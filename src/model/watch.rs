//! What the program knows of every plan between two looks at the cluster: the
//! statuses it has seen, the runs that are open, and how the plan stands. Kept
//! in the database, so that a restart goes on where the last one ended.

use std::collections::{BTreeMap, VecDeque};

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

use super::{
    Condition, Layout, Module, ModuleId, ModuleUuid, NodeId, Plan, PlanId, RunId, Status,
    StatusReading, Warning,
};

/// How many past durations are kept, of a module and of a plan.
pub const DURATIONS: usize = 10;

/// Seconds of the clock by which the program waits. It goes on while the
/// program watches and stands still while Redis cannot be read; what it counts
/// from has no meaning.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Watched(pub i64);

impl Watched {
    /// Seconds from `earlier` to this.
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// So many seconds later.
    #[must_use]
    pub fn after(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

/// All that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// What concerns no single plan.
    pub whole: WholeWatch,
    /// By plan.
    pub plans: BTreeMap<PlanId, PlanWatch>,
}

/// What concerns no single plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WholeWatch {
    /// Whose state this is; `None` before the first look.
    pub identity: Option<Identity>,
    /// Both clocks at the last look that succeeded.
    pub clock: Option<ClockMark>,
    /// The clock of waiting at that look.
    pub watched: Watched,
    /// What was learned of the nodes' zones.
    #[serde(default)]
    pub zones: BTreeMap<NodeId, NodeZone>,
    /// Applications that left their plan and are in no other one, by UUID.
    #[serde(default)]
    pub lost: BTreeMap<ModuleUuid, Lost>,
    /// What the next report has to warn of.
    #[serde(default)]
    pub notes: Vec<Warning>,
    /// When the newest digest was made.
    #[serde(default)]
    pub digest_at: Option<Timestamp>,
}

/// Tells this installation from a clone of it and from a restored one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `cluster/uuid`.
    pub cluster: Option<String>,
    /// `MODULE_ID`.
    pub module: Option<ModuleId>,
}

impl Identity {
    /// Whether `other` is of another installation. A cluster that does not say
    /// who it is may be the same.
    pub fn is_another(&self, other: &Self) -> bool {
        let clusters = self.cluster.as_ref().zip(other.cluster.as_ref());
        self.module != other.module || clusters.is_some_and(|(a, b)| a != b)
    }
}

/// One look at both clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockMark {
    /// The wall clock.
    pub wall: Timestamp,
    /// Seconds since the machine was started, also while it slept.
    pub boot: i64,
    /// Which start of the machine `boot` counts from.
    pub boot_id: String,
}

/// An application that left its plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Its id when it was in the plan.
    pub module: ModuleId,
    /// The plan.
    pub plan: PlanId,
    /// Since when.
    pub since: Timestamp,
    /// Whether that was said.
    #[serde(default)]
    pub told: bool,
}

/// How a node's own time lies to the schedules as read in the program's zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeZone {
    /// Minutes from an elapse to the node's own; known once two runs agreed.
    pub shift: Option<i64>,
    /// The distance of the last run that covered all its members, in minutes.
    #[serde(default)]
    pub sample: Option<i64>,
    /// The run that the sample was taken from.
    #[serde(default)]
    pub sampled: Option<Timestamp>,
}

/// What is known of one plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanWatch {
    /// The plan as it was seen last.
    pub plan: Plan,
    /// Only later elapses count.
    pub baseline: Timestamp,
    /// The newest elapse that each node was considered for.
    #[serde(default)]
    pub handled: BTreeMap<NodeId, civil::DateTime>,
    /// What was seen of each module.
    #[serde(default)]
    pub modules: BTreeMap<ModuleId, ModuleMemory>,
    /// Runs that are not over, oldest elapse first.
    #[serde(default)]
    pub runs: Vec<OpenRun>,
    /// A hand run that is not over.
    #[serde(default)]
    pub hand: Option<HandRun>,
    /// The newest run that was given up: late statuses correct it.
    #[serde(default)]
    pub late: Option<LateRun>,
    /// Seconds that the last runs took, oldest first.
    #[serde(default)]
    pub durations: VecDeque<i64>,
    /// How it stands.
    #[serde(default)]
    pub condition: Condition,
    /// Its newest run that is over.
    #[serde(default)]
    pub newest: Option<NewestRun>,
}

impl PlanWatch {
    /// Of a plan of which nothing was seen yet.
    pub fn new(plan: Plan, baseline: Timestamp) -> Self {
        Self {
            plan,
            baseline,
            handled: BTreeMap::new(),
            modules: BTreeMap::new(),
            runs: Vec::new(),
            hand: None,
            late: None,
            durations: VecDeque::new(),
            condition: Condition::default(),
            newest: None,
        }
    }
}

/// What was seen of one module in one plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModuleMemory {
    /// Its UUID, which it keeps when it is moved.
    #[serde(default)]
    pub uuid: ModuleUuid,
    /// The newest reading; a different one is new. `None`: there never was any.
    pub reading: Option<StatusReading>,
    /// Seconds that its last backups took, oldest first.
    #[serde(default)]
    pub durations: VecDeque<i64>,
    /// When it was last ok, by its status.
    #[serde(default)]
    pub ok_at: Option<Timestamp>,
    /// Bytes then.
    #[serde(default)]
    pub ok_size: Option<u64>,
}

/// One moment at which a plan's schedule fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Elapse {
    /// As the schedule says it; the same on all nodes.
    pub local: civil::DateTime,
    /// When that is, on one node.
    pub at: Timestamp,
}

/// A scheduled run that is not over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenRun {
    /// Which run.
    pub id: RunId,
    /// Its elapse as the schedule says it.
    pub local: civil::DateTime,
    /// When that is in the program's own zone.
    pub at: Timestamp,
    /// The plan at the elapse.
    pub plan: Plan,
    /// Seconds from its elapse to the next one; `None` when there is none.
    pub interval: Option<i64>,
    /// What each node does of it.
    pub parts: BTreeMap<NodeId, RunPart>,
    /// Set when the last part was over.
    #[serde(default)]
    pub over: Option<Watched>,
}

/// What one node does of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunPart {
    /// When the schedule fires there.
    pub at: Timestamp,
    /// How far it is.
    pub state: PartState,
    /// Since when it waits, or when its newest status came.
    pub since: Watched,
    /// For how long after `since` it waits, in seconds; fixed when it fires and
    /// at each new status, for the longest of its pending members.
    pub patience: i64,
    /// What it has to back up, and how that ended; set when it fires.
    #[serde(default)]
    pub members: BTreeMap<ModuleId, PartMember>,
    /// Elapses that fired while it was still at work.
    #[serde(default)]
    pub skipped: Vec<Elapse>,
    /// When it was given up, by the wall clock.
    #[serde(default)]
    pub given_up: Option<Timestamp>,
    /// No node but the own one answered then.
    #[serde(default)]
    pub own_vpn_suspect: bool,
}

/// How far a node is with its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// The schedule fires there later.
    Upcoming,
    /// It fired; nothing is known yet.
    Waiting,
    /// At least one member reported.
    Going,
    /// All members reported.
    Done,
    /// Some members reported; the others are waited for no more.
    GivenUp,
    /// Nothing was seen, and is waited for no more.
    Missed,
    /// It was still at work on an earlier run.
    Skipped,
}

impl PartState {
    /// Whether nothing more is waited for.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Upcoming | Self::Waiting | Self::Going)
    }
}

/// A member of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartMember {
    /// The module at the elapse.
    pub module: Module,
    /// Its reading of this run.
    #[serde(default)]
    pub reading: Option<StatusReading>,
    /// When it was last ok before this run, as far as it was seen.
    #[serde(default)]
    pub ok_before: Option<Timestamp>,
    /// Bytes then.
    #[serde(default)]
    pub ok_size_before: Option<u64>,
    /// Whether it joined after the elapse.
    #[serde(default)]
    pub joined: bool,
    /// Why it did not report, once it was given up: found out then, since the
    /// cluster goes on.
    #[serde(default)]
    pub absence: Option<super::ModuleCause>,
    /// The plan that held it, where the absence is `busy`.
    #[serde(default)]
    pub busy_with: Option<PlanId>,
}

/// A run that nobody's schedule explains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandRun {
    /// Which run.
    pub id: RunId,
    /// When its first backup began.
    pub began: Timestamp,
    /// The plan as it was.
    pub plan: Plan,
    /// When its newest status came.
    pub since: Watched,
    /// What reported.
    pub members: BTreeMap<ModuleId, PartMember>,
    /// Set when all members of the plan are in.
    #[serde(default)]
    pub over: Option<Watched>,
}

/// A run that was given up and reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LateRun {
    /// It, with what was known.
    pub run: OpenRun,
    /// When its newest late status came; none came yet when `None`.
    #[serde(default)]
    pub since: Option<Watched>,
    /// By node, when its newest backup ended.
    #[serde(default)]
    pub ended: BTreeMap<NodeId, Timestamp>,
}

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewestRun {
    /// Which one.
    pub id: RunId,
    /// Its elapse; of a hand run, when it began.
    pub at: Timestamp,
    /// Whether an alert on it needs no further answer.
    pub answered: bool,
}

impl StatusReading {
    /// Whether it says something else than `other`, as far as runs go: start,
    /// end and errors; of what cannot be read, the key and why. A status of a
    /// clock that runs ahead is the same one when its time has come.
    pub fn differs(&self, other: &Self) -> bool {
        match (self.stamp(), other.stamp()) {
            (Some(one), Some(other)) => one != other,
            _ => self != other,
        }
    }
}

impl Status {
    /// Whether it was written where `other` was, so that it took its place.
    pub fn same_place(&self, other: &Self) -> bool {
        self.layout == other.layout && (self.layout != Layout::A || self.node == other.node)
    }
}
