//! What is asked of a repository, and what it answered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DestinationId, ModuleId, Obstacle, Remark, RepoCause};

/// How repositories are asked (`repo_check.method`, after `auto` was resolved).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeMethod {
    /// The cluster action `read-backup-snapshots`.
    Api,
    /// An own restic process.
    Restic,
    /// `runagent ... restic-wrapper`, as root of a node.
    Runagent,
    /// Not at all.
    Off,
}

/// A repository to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeTarget {
    /// The module that stores there.
    pub module: ModuleId,
    /// The destination it lies at.
    pub destination: DestinationId,
    /// Its path below the destination, `<image>/<uuid>`.
    pub path: String,
    /// Whether the module's backup failed: then the locks are listed too.
    pub failed: bool,
}

/// The answer of one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The module that stores there.
    pub module: ModuleId,
    /// The path below the destination.
    pub path: String,
    /// What came out.
    pub cause: RepoCause,
    /// How many snapshots there are.
    #[serde(default)]
    pub snapshots: Option<u64>,
    /// When the newest one was made.
    #[serde(default)]
    pub newest: Option<Timestamp>,
    /// When the newest ones were made, as many as a verdict may ask for; not
    /// kept in reports.
    #[serde(skip)]
    pub recent: Vec<Timestamp>,
    /// Bytes of the newest one, where restic says it.
    #[serde(default)]
    pub size: Option<u64>,
    /// Who holds the repository, oldest first.
    #[serde(default)]
    pub locks: Vec<Lock>,
    /// What else there is to say, on a failure.
    #[serde(default)]
    pub message: Option<Remark>,
    /// Milliseconds from the question to the answer.
    pub took_ms: u64,
}

impl Probe {
    /// When snapshots were made, as far as the answer says.
    pub fn saved_at(&self) -> impl Iterator<Item = Timestamp> {
        self.newest.into_iter().chain(self.recent.iter().copied())
    }
}

/// A lock in a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// `user@host`, as far as restic says.
    pub owner: String,
    /// Since when.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Whether it keeps everybody else out.
    pub exclusive: bool,
}

/// Why nobody asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Every member was ok: nothing to find out.
    AllOk,
    /// `repo_check.method` is `off`, or `auto` found no way to ask.
    Off,
    /// The plan names no destination, or one that does not exist.
    NoDestination,
    /// The cluster refused: the module has not the role that is needed.
    NotGranted,
    /// The cluster agent, or our own share of it, takes no more tasks.
    Busy,
    /// The way to the repositories failed before the first question.
    Unavailable(Obstacle),
}

/// All that one check of a destination brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeSet {
    /// How it was asked.
    pub method: ProbeMethod,
    /// The answers, in the order of the questions.
    pub probes: Vec<Probe>,
    /// Why there are none, when there are none.
    #[serde(default)]
    pub skipped: Option<SkipReason>,
    /// How many repositories were left out: over the limit, out of time, or
    /// after the destination turned out dead.
    #[serde(default)]
    pub left_out: usize,
}

impl ProbeSet {
    /// Nobody asked, and why.
    pub fn skipped(method: ProbeMethod, reason: SkipReason) -> Self {
        Self {
            method,
            probes: Vec::new(),
            skipped: Some(reason),
            left_out: 0,
        }
    }

    /// The answer of `module`'s repository.
    pub fn of(&self, module: &ModuleId) -> Option<&Probe> {
        self.probes.iter().find(|probe| probe.module == *module)
    }
}
