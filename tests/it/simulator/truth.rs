//! What really happened in a simulated cluster, and what the program showed of
//! it. Times are seconds since 1970 by the one true clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ns8_backup_monitor::model::{ReportId, RunMark, StoredReport};

/// Seconds since 1970.
pub type Second = i64;

/// After everything.
pub const NEVER: Second = i64::MAX;

/// What made a backup run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The schedule, at this local time.
    Elapse(DateTime),
    /// Somebody, the number so and so of the story.
    Hand(usize),
    /// It was there before the story.
    Before,
}

/// One backup of one module by one plan, as its node knows it.
#[derive(Clone, Debug)]
pub struct Backup {
    pub plan: String,
    pub module: String,
    pub node: u32,
    pub of: Of,
    /// As the node's clock stamps it.
    pub start: Second,
    pub end: Second,
    pub errors: u32,
    /// When it ended by the true clock.
    pub ended: Second,
    /// Whether its status reached the cluster's Redis.
    pub written: bool,
    /// When the next status of this module and plan took its place.
    pub overwritten: Second,
    /// When its snapshot was made, if one was.
    pub snapshot: Option<Second>,
}

/// Why a node did or did not start its part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Started,
    NoPower,
    TimerLost,
    StillRunning,
}

/// A plan's schedule fires on a node.
#[derive(Clone, Debug)]
pub struct Part {
    pub plan: String,
    pub local: DateTime,
    pub node: u32,
    pub at: Second,
    pub members: Vec<String>,
    pub fate: Fate,
}

/// What somebody does to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    Add(String),
    Remove(String),
    Disable,
    Enable,
    Schedule(String),
    Delete,
}

/// One look of the program.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub at: Second,
    /// Whether it could read the cluster.
    pub read: bool,
    /// Whether it was the first one since the program was started.
    pub first: bool,
}

/// A firing alert that the program accepted.
#[derive(Clone, Debug)]
pub struct Posted {
    pub at: Second,
    pub plan: String,
    pub node: u32,
    /// The run that made the metric 0.
    pub of: Of,
}

/// A report as it was after one look.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Second,
    pub id: ReportId,
    /// How many mails it has had until then.
    pub mails: usize,
    pub stored: StoredReport,
}

/// A plan as it was at the beginning.
#[derive(Clone, Debug)]
pub struct PlanTruth {
    pub id: String,
    pub schedule: String,
    pub enabled: bool,
    pub instances: Vec<String>,
}

/// Everything.
#[derive(Clone, Debug)]
pub struct Story {
    pub seed: u64,
    pub began: Second,
    pub ended: Second,
    pub zones: BTreeMap<u32, TimeZone>,
    /// By how many seconds each node's clock is ahead.
    pub skews: BTreeMap<u32, Second>,
    pub homes: BTreeMap<String, u32>,
    pub plans: Vec<PlanTruth>,
    pub backups: Vec<Backup>,
    pub parts: Vec<Part>,
    pub edits: Vec<(Second, String, Edit)>,
    /// By node, from when until when nobody reached it.
    pub silent: BTreeMap<u32, Vec<(Second, Second)>>,
    /// From when until when the destination did not answer.
    pub dark: Vec<(Second, Second)>,
    pub looks: Vec<Look>,
    pub posted: Vec<Posted>,
    pub seen: Vec<Seen>,
    pub marks: BTreeMap<String, Vec<RunMark>>,
    /// Alerts that nobody had answered at the end.
    pub unanswered: usize,
    pub probed: bool,
    pub always: bool,
    /// What else happened, for people.
    pub notes: Vec<(Second, String)>,
}

impl Story {
    /// The first look that read the cluster at or after `at`.
    pub fn look_after(&self, at: Second) -> Option<usize> {
        let from = self.looks.partition_point(|look| look.at < at);
        (from..self.looks.len()).find(|place| self.looks[*place].read)
    }

    /// The time of the last look that read the cluster before the one at `place`.
    pub fn look_before(&self, place: usize) -> Second {
        let earlier = self.looks[..place].iter().rev();
        let mut read = earlier.filter(|look| look.read).map(|look| look.at);
        read.next().unwrap_or(self.began - 1)
    }

    /// Whether a look until `until` could see the status of `backup`.
    pub fn visible(&self, backup: &Backup, until: Second) -> bool {
        self.first_sight(backup).is_some_and(|at| at <= until)
    }

    /// When the status of `backup` was seen first.
    pub fn first_sight(&self, backup: &Backup) -> Option<Second> {
        if !backup.written {
            return None;
        }
        let at = self.looks[self.look_after(backup.ended)?].at;
        (at < backup.overwritten).then_some(at)
    }

    /// The modules that a plan names at `at`.
    pub fn instances(&self, plan: &str, at: Second) -> BTreeSet<String> {
        let first = self.plans.iter().find(|known| known.id == plan);
        let mut named: BTreeSet<String> = first
            .into_iter()
            .flat_map(|plan| plan.instances.iter().cloned())
            .collect();
        for (when, of, edit) in &self.edits {
            if *when > at || of != plan {
                continue;
            }
            match edit {
                Edit::Add(module) => {
                    named.insert(module.clone());
                }
                Edit::Remove(module) => {
                    named.remove(module);
                }
                _ => {}
            }
        }
        named
    }

    /// Whether a node was silent for all, some or none of the time.
    pub fn silence(&self, node: u32, from: Second, to: Second) -> (bool, bool) {
        let times = self.silent.get(&node).into_iter().flatten();
        let (mut some, mut all) = (false, false);
        for (down, up) in times {
            some |= *down <= to && *up >= from;
            all |= *down <= from && *up >= to;
        }
        (some, all)
    }
}

/// A time as a person reads it.
pub fn clock(at: Second) -> String {
    if at == NEVER {
        return "never".into();
    }
    Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elapse(local) => write!(f, "{local}"),
            Self::Hand(number) => write!(f, "hand {number}"),
            Self::Before => f.write_str("before"),
        }
    }
}
