//! What the program remembers of itself, as far as decisions need it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PlanId, RunId};

/// Facts from the history. The store fills it in one read, the correlator
/// decides with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Runs a report was made of, by plan.
    pub reported: BTreeMap<PlanId, BTreeSet<RunId>>,
    /// Every plan that was ever seen in the cluster.
    pub known_plans: BTreeSet<PlanId>,
    /// When the newest `unknown_plan` report was made.
    pub unknown_plan_at: Option<Timestamp>,
    /// When the newest `all_well` report was made.
    pub all_well_at: Option<Timestamp>,
    /// The time during which Redis could not be read while something waited.
    pub outage: Option<Outage>,
}

/// Redis could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Since when.
    pub since: Timestamp,
    /// Whether a report said so already.
    pub reported: bool,
}

/// Why an alert was closed without a report of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The run it speaks of was reported before.
    Repeat,
    /// It speaks of a plan that was deleted.
    DeletedPlan,
    /// The same was said within the last day.
    SaidToday,
}
