//! The names of NS8's keys.
//!
//! Sources: ns8-core's `docs/core/database.md` and the actions that write them;
//! layout C is that of the first `ns8-backup-monitor`.

use crate::model::{DestinationId, ModuleId, NodeId, PlanId};

/// `SCAN` pattern of the plans and of every layout's statuses.
pub(super) const BACKUPS: &str = "*/backup*";
pub(super) const CLUSTER_UUID: &str = "cluster/uuid";
pub(super) const CLUSTER_NAME: &str = "cluster/ui_name";
pub(super) const CLUSTER_ENVIRONMENT: &str = "cluster/environment";
pub(super) const MODULE_UUID: &str = "cluster/module_uuid";
pub(super) const MODULE_NODE: &str = "cluster/module_node";
/// The first instance of this application in the cluster; the core names it when
/// it adds the first one (`add-module`).
pub(super) const VOICE: &str = "cluster/default_instance/backup-monitor";
pub(super) const SMARTHOST: &str = "cluster/smarthost";
/// Destination to restic password; core 3.20 and newer.
pub(super) const RESTIC_PASSWORD: &str = "private/agents/backup_destination/restic_password";

pub(super) fn plan(plan: &PlanId) -> String {
    format!("cluster/backup/{plan}")
}

pub(super) fn destination(destination: &DestinationId) -> String {
    format!("cluster/backup_repository/{destination}")
}

pub(super) fn node_name(node: NodeId) -> String {
    format!("node/{node}/ui_name")
}

pub(super) fn node_vpn(node: NodeId) -> String {
    format!("node/{node}/vpn")
}

/// In parts: there are thousands.
pub(super) fn module_name(module: &ModuleId) -> [&str; 3] {
    ["module/", module.as_str(), "/ui_name"]
}

/// SET of what the core knows of a module.
pub(super) fn module_flags(module: &ModuleId) -> String {
    ["module/", module.as_str(), "/flags"].concat()
}

/// SET of plan ids, up to core 3.19.
pub(super) fn module_plans(module: &ModuleId) -> String {
    format!("module/{module}/backups")
}

pub(super) fn status_a(node: NodeId, plan: &PlanId) -> String {
    format!("node/{node}/backup_status/{plan}")
}

pub(super) fn status_b(module: &ModuleId, plan: &PlanId) -> String {
    ["module/", module.as_str(), "/backup_status/", plan.as_str()].concat()
}

pub(super) fn status_c(module: &ModuleId, plan: &PlanId) -> String {
    format!("module/{module}/backup/{plan}/status")
}

/// The plan-level status of layout C.
pub(super) fn plan_status_c(plan: &PlanId) -> String {
    format!("cluster/backup/{plan}/status")
}
