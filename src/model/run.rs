//! A run as the statuses show it, before any repository was asked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Module, ModuleCause, ModuleId, Plan, PlanCause, PlanId, RunId, Severity, Status, Unreadable,
};

/// A run that is over, judged by its members' statuses alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgedRun {
    /// Which run.
    pub id: RunId,
    /// Of which plan.
    pub plan_id: PlanId,
    /// The plan as it was.
    pub plan: Plan,
    /// What made it one run.
    pub kind: RunKind,
    /// Whether late statuses changed it after it was reported.
    pub corrected: bool,
    /// When its schedule fired, in the program's zone; of a hand run, when its
    /// first backup began; `None` when nothing is known.
    pub at: Option<Timestamp>,
    /// Seconds from its elapse to the next one.
    pub interval: Option<i64>,
    /// Seconds that the plan's last runs took, the middle one of them; `None`
    /// until there were a few.
    pub usual: Option<i64>,
    /// Elapses that fired while it was still at work.
    pub skipped: Vec<Timestamp>,
    /// No node but the own one answered: its VPN is the suspect.
    pub own_vpn_suspect: bool,
    /// What is to be said about the plan as a whole.
    pub causes: Vec<PlanCause>,
    /// Its live members, in the plan's order.
    pub members: Vec<JudgedMember>,
    /// Instances the plan names that are no longer in the cluster, and members
    /// that left the plan during the run.
    pub gone: Vec<ModuleId>,
}

/// What made it one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// The plan's schedule.
    Scheduled,
    /// Somebody started it, for some of the plan's applications.
    HandPart,
    /// Somebody started it, for all of them.
    HandWhole,
    /// The newest statuses, whatever run they are of.
    #[default]
    AsFound,
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
    /// The status, if one of this run could be read.
    pub status: Option<Status>,
    /// Why none could be read, where one exists: rare, so it takes no room in the
    /// others.
    pub unreadable: Option<Box<Unreadable>>,
    /// From when on a snapshot can be of this run, where no status says it.
    pub due: Option<Timestamp>,
    /// When it was last ok before this run, as far as it was seen.
    pub ok_before: Option<Timestamp>,
    /// Bytes then.
    pub ok_size_before: Option<u64>,
    /// The plan that held it, where the cause is `busy`.
    pub busy_with: Option<PlanId>,
    /// Backups of this module by other plans that store at the same
    /// destination: a snapshot from within one is not this run's.
    pub others: Vec<(Timestamp, Timestamp)>,
}

impl JudgedMember {
    /// A member of which nothing more is known.
    // Large, and completed by whoever makes it: a copy less of each.
    #[inline]
    pub fn new(id: ModuleId, module: Module, cause: ModuleCause) -> Self {
        Self {
            id,
            module,
            cause,
            status: None,
            unreadable: None,
            due: None,
            ok_before: None,
            ok_size_before: None,
            busy_with: None,
            others: Vec::new(),
        }
    }
}

impl JudgedRun {
    /// A run without members, of which nothing more is known.
    pub fn new(id: RunId, plan_id: PlanId, plan: Plan) -> Self {
        Self {
            id,
            plan_id,
            plan,
            kind: RunKind::default(),
            corrected: false,
            at: None,
            interval: None,
            usual: None,
            skipped: Vec::new(),
            own_vpn_suspect: false,
            causes: Vec::new(),
            members: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// Whether any member counts as bad.
    pub fn is_bad(&self) -> bool {
        self.members
            .iter()
            .any(|member| member.cause.severity() == Severity::Bad)
    }

    /// When the newest of its statuses was written.
    pub fn changed_at(&self) -> Option<Timestamp> {
        self.statuses()
            .map(|status| status.end.max(status.start))
            .chain(self.plan.status_changed)
            .max()
    }

    /// When the first of its backups began.
    pub fn began(&self) -> Option<Timestamp> {
        self.statuses().map(|status| status.start).min()
    }

    /// Seconds from the first beginning to the last end.
    pub fn took(&self) -> Option<i64> {
        let end = self.statuses().map(|status| status.end).max()?;
        Some(end.duration_since(self.began()?).as_secs()).filter(|seconds| *seconds >= 0)
    }

    fn statuses(&self) -> impl Iterator<Item = &Status> {
        self.members
            .iter()
            .filter_map(|member| member.status.as_ref())
    }
}
