//! What one full read of the cluster says. The same shape, as JSON, is a
//! snapshot file; it is made only of fields that hold no secret.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{DestinationId, ModuleId, ModuleUuid, Modules, NodeId, PlanId, Readings, Reason};

/// Everything that was read, at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterState {
    /// When the read ended, by the program's clock.
    pub read_at: Timestamp,
    /// `cluster/uuid`.
    #[serde(default)]
    pub cluster_uuid: Option<String>,
    /// The label that people gave the cluster, if they did.
    #[serde(default)]
    pub cluster_name: Option<String>,
    /// `cluster/environment` `NODE_ID`.
    #[serde(default)]
    pub leader: Option<NodeId>,
    /// Nodes by id: those that host a module, and the leader.
    pub nodes: BTreeMap<NodeId, Node>,
    /// Live modules by id (`cluster/module_uuid`).
    pub modules: Modules,
    /// Destinations by id.
    pub destinations: BTreeMap<DestinationId, Destination>,
    /// Plans by id, enabled or not.
    pub plans: BTreeMap<PlanId, Plan>,
    /// Newest status by plan and module; also of modules that are members no
    /// more. A module without an entry never had a status for that plan.
    pub statuses: BTreeMap<PlanId, Readings>,
    /// `cluster/default_instance/backup-monitor`: the instance that sends. It
    /// need not be live any more.
    #[serde(default)]
    pub voice: Option<ModuleId>,
    /// Keys beside statuses that could not be understood.
    #[serde(default)]
    pub unreadable: Vec<Unreadable>,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// `node/<n>/ui_name`, where set.
    #[serde(default)]
    pub name: Option<String>,
    /// `node/<n>/vpn` `ip_address`.
    #[serde(default)]
    pub vpn_address: Option<String>,
}

/// A live module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// `module/<id>/ui_name`, where set.
    #[serde(default)]
    pub name: Option<SmolStr>,
    /// Where it lives (`cluster/module_node`).
    #[serde(default)]
    pub node: Option<NodeId>,
    /// `cluster/module_uuid`; the last part of its repository's path.
    pub uuid: ModuleUuid,
    /// Flag `no_data_backup` of `module/<id>/flags`; known only of a module that
    /// no plan lists, since it says nothing of others.
    #[serde(default)]
    pub no_data: bool,
}

/// A destination, without its credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The label people gave it.
    pub name: String,
    /// `backblaze`, `aws`, `smb`, `cluster`, ...
    pub provider: String,
    /// The address, with user and password removed if it held any.
    pub url: String,
}

/// A plan: `cluster/backup/<id>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The label people gave it.
    pub name: String,
    /// Whether its timers run.
    pub enabled: bool,
    /// Where it stores; `None` when the plan names none.
    #[serde(default)]
    pub destination: Option<DestinationId>,
    /// systemd `OnCalendar` text.
    pub schedule: String,
    /// The modules it says it backs up, in its own order, also those that are
    /// no longer live.
    pub instances: Vec<ModuleId>,
    /// UUIDs of modules that wait to be restored into it (`uinstances`).
    #[serde(default)]
    pub restoring: BTreeSet<ModuleUuid>,
    /// Layout C only: when the first tool's plan-level status was written.
    #[serde(default)]
    pub status_changed: Option<Timestamp>,
}

/// Which of the three key layouts a status came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Layout {
    /// `node/<n>/backup_status/<plan>`, core 3.20 and newer.
    A,
    /// `module/<id>/backup_status/<plan>`, up to core 3.19.
    B,
    /// `module/<id>/backup/<plan>/status`, the first tool's own.
    C,
}

/// How the newest backup of one module in one plan ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// When the module's backup began.
    pub start: Timestamp,
    /// When it ended; NS8 takes it before retention runs.
    pub end: Timestamp,
    /// 0 is success. NS8 writes 0, 1 or 2.
    pub errors: u32,
    /// Bytes, of the newest snapshot. Describes the previous snapshot when the
    /// backup failed.
    #[serde(default)]
    pub size: Option<u64>,
    /// Files, of the newest snapshot.
    #[serde(default)]
    pub files: Option<u64>,
    /// The node that wrote it, where the layout says so.
    #[serde(default)]
    pub node: Option<NodeId>,
    /// Where it was read.
    pub layout: Layout,
    /// Layout C only: the error text that came with it.
    #[serde(default)]
    pub message: Option<String>,
}

/// A status, or why there is none although the key exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusReading {
    /// Understood.
    Read(Status),
    /// There, but not understood.
    Unreadable(Unreadable),
}

impl StatusReading {
    /// The status, if it was understood.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Read(status) => Some(status),
            Self::Unreadable(_) => None,
        }
    }

    /// What tells it from the next one, where that is known.
    pub fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::Read(status) => Some(Stamp {
                start: status.start.as_second(),
                end: status.end.as_second(),
                errors: status.errors,
            }),
            Self::Unreadable(what) => what.stamp,
        }
    }
}

/// A key that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// The Redis key, with ` field` behind it for a hash field.
    pub key: String,
    /// What is wrong with it.
    pub reason: Reason,
    /// Of a status that lies in the future: what it says all the same. With
    /// time it can be understood, and is no news then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Stamp>,
}

/// The plan whose key in Redis this is: `cluster/backup/<id>`, and neither a key
/// below it nor one field of it.
pub fn plan_of_key(key: &str) -> Option<PlanId> {
    let id = key.strip_prefix("cluster/backup/")?;
    (!id.is_empty() && !id.contains(['/', ' '])).then(|| PlanId::from(id))
}

impl Unreadable {
    /// `key` cannot be understood because of `reason`.
    pub fn new(key: impl Into<String>, reason: Reason) -> Self {
        Self {
            key: key.into(),
            reason,
            stamp: None,
        }
    }
}

/// What tells a status from the next one of the same module, in seconds since
/// 1970 as its node wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// When the backup began.
    pub start: i64,
    /// When it ended.
    pub end: i64,
    /// How many errors it had.
    pub errors: u32,
}

impl Plan {
    /// Its members that are live in `modules`, in the plan's order.
    pub fn live_members<'a>(
        &'a self,
        modules: &'a Modules,
    ) -> impl Iterator<Item = (&'a ModuleId, &'a Module)> {
        self.instances
            .iter()
            .filter_map(move |id| modules.get_key_value(id))
    }
}

impl ClusterState {
    /// The path of a module's restic repository below its destination:
    /// `<image>/<uuid>`.
    pub fn repository_path(&self, module: &ModuleId) -> Option<String> {
        let uuid = &self.modules.get(module)?.uuid;
        Some(format!("{}/{uuid}", module.image()))
    }

    /// The plans whose keys are there and make no sense: nobody knows what they
    /// say. A key whose name cannot be a plan's id is nobody's.
    pub fn unreadable_plans(&self) -> impl Iterator<Item = PlanId> {
        let keys = self.unreadable.iter();
        keys.filter(|what| what.reason != Reason::NoPlanId)
            .filter_map(|what| plan_of_key(&what.key))
            .filter(|plan| !self.plans.contains_key(plan))
    }

    /// Whether `plan` is one of [`Self::unreadable_plans`].
    pub fn plan_is_unreadable(&self, plan: &PlanId) -> bool {
        self.unreadable_plans()
            .any(|unreadable| unreadable == *plan)
    }

    /// The newest reading of `module` in `plan`.
    pub fn reading(&self, plan: &PlanId, module: &ModuleId) -> Option<&StatusReading> {
        self.statuses.get(plan)?.get(module)
    }
}
