//! How a plan stands, from run to run, and what its mails said of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DestinationHealth, ModuleCause, ModuleId, Outcome, PlanCause, RunId};

/// How a plan stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The trouble that is going on; `None`: good, as far as is known.
    pub trouble: Option<Trouble>,
    /// A trouble that ended while its end could not be told (muted).
    #[serde(default)]
    pub owed: Option<Trouble>,
    /// A mute in whose time something was not told, for the next report.
    #[serde(default)]
    pub muted: Option<Muted>,
}

/// A time in which a plan is bad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The elapse of the first bad run.
    pub since: Timestamp,
    /// Its id: all mails of this trouble belong to one thread.
    pub first: RunId,
    /// Modules that were bad and have not reported ok since.
    pub bad: BTreeMap<ModuleId, ModuleCause>,
    /// What was mailed of it last; `None`: nothing was.
    pub told: Option<Told>,
}

/// What was mailed last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The elapse of the run that it was about; of a hand run, its start.
    pub at: Timestamp,
    /// What it said.
    pub verdict: Signature,
}

/// A verdict, as far as it decides whether another one says the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The outcome.
    pub outcome: Outcome,
    /// The plan's causes.
    pub plan: Vec<PlanCause>,
    /// Bad modules with their causes.
    pub bad: BTreeMap<ModuleId, ModuleCause>,
    /// Whether the destination had failed.
    pub destination_failed: bool,
}

impl Signature {
    /// Whether `health` counts as a failed destination.
    pub fn failed(health: Option<DestinationHealth>) -> bool {
        health == Some(DestinationHealth::Failed)
    }
}

/// Mails that were held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Muted {
    /// Until when.
    pub until: Timestamp,
    /// How many reports would have been mailed.
    pub held_back: u32,
}

/// Why a report is mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Motive {
    /// The first bad run after a good one.
    Failure,
    /// Bad before, and now in another way.
    Changed {
        /// Bad since.
        since: Timestamp,
    },
    /// Bad as before, for long enough to be told again.
    Reminder {
        /// Bad since.
        since: Timestamp,
    },
    /// Bad when the program looked for the first time.
    FoundAtStart,
    /// Good again.
    Recovery {
        /// It was bad since.
        since: Timestamp,
    },
    /// Late statuses changed the verdict of a run that was reported.
    Correction,
    /// Somebody was alarmed, and all is well, or as it was told before.
    Answer,
    /// Every run is to be told.
    Every,
}
