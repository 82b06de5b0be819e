//! A run as the statuses show it, before any repository was asked.

use serde::{Deserialize, Serialize};

use super::{Module, ModuleCause, ModuleId, Plan, PlanCause, PlanId, RunId, Status, Unreadable};

/// A run that is over, judged by its members' statuses alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgedRun {
    /// Which run.
    pub id: RunId,
    /// Of which plan.
    pub plan_id: PlanId,
    /// The plan as it was.
    pub plan: Plan,
    /// What is to be said about the plan as a whole.
    pub causes: Vec<PlanCause>,
    /// Its live members, in the plan's order.
    pub members: Vec<JudgedMember>,
    /// Instances the plan names that are no longer in the cluster.
    pub gone: Vec<ModuleId>,
}

/// One member and what its status says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgedMember {
    /// The module's id.
    pub id: ModuleId,
    /// The module as it was.
    pub module: Module,
    /// By its status alone.
    pub cause: ModuleCause,
    /// The status, if one could be read.
    pub status: Option<Status>,
    /// Why none could be read, where one exists.
    pub unreadable: Option<Unreadable>,
}
