//! What the configuration says about waiting and zones.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::model::{ModuleId, NodeId};

/// How long is waited for what, and where elapses lie.
#[derive(Clone, Debug)]
pub struct Rules {
    /// `correlator.wait_seconds`.
    pub wait: Duration,
    /// `correlator.max_wait_seconds`.
    pub max_wait: Duration,
    /// `missed.grace_minutes`.
    pub grace: Duration,
    /// `correlator.recent_window`.
    pub recent_window: Duration,
    /// `redis.poll_seconds`.
    pub poll: Duration,
    /// The machine's own zone.
    pub own_zone: TimeZone,
    /// `schedule.timezone`, where it is one for all nodes.
    pub zone: Option<TimeZone>,
    /// `schedule.timezone`, where it is said for single nodes.
    pub zones: BTreeMap<NodeId, TimeZone>,
    /// `NODE_ID`: where the program runs.
    pub own_node: Option<NodeId>,
    /// `MODULE_ID`: what the program is called in the cluster.
    pub module: Option<ModuleId>,
}

impl Rules {
    /// The zone in which schedules are read where nothing else is known.
    pub fn default_zone(&self) -> &TimeZone {
        self.zone.as_ref().unwrap_or(&self.own_zone)
    }

    /// The zone that the configuration gives `node`.
    pub fn configured(&self, node: NodeId) -> Option<&TimeZone> {
        self.zones.get(&node).or(self.zone.as_ref())
    }
}

/// A limit in whole seconds.
pub(super) fn seconds(limit: Duration) -> i64 {
    i64::try_from(limit.as_secs()).unwrap_or(i64::MAX)
}
