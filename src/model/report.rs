//! The settled verdict on a run: what is mailed, stored and shown. It is made
//! of enums and values, never of sentences, so that it can be told in another
//! language or form at any later time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    DestinationId, ModuleCause, ModuleId, Motive, Muted, NodeId, Outcome, Overview, PlanCause,
    PlanId, Probe, ProbeMethod, Reason, ReportId, RunId, RunKind, SkipReason, UncoveredModule,
    Unreadable,
};

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// One run of one plan.
    Run,
    /// An alert named a plan that the cluster does not have.
    UnknownPlan,
    /// The cluster's Redis could not be read for too long.
    RedisUnreachable,
    /// An alert named no plan, and every plan is fine.
    AllWell,
    /// Applications that had a plan have none any more.
    Uncovered,
    /// The weekly summary.
    Digest,
}

/// The labels of an alert that are shown: alertname, id, `backup_id`, name,
/// node, severity; each at most 200 characters.
pub type AlertLabels = BTreeMap<String, String>;

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What it is about.
    pub kind: ReportKind,
    /// When it was made.
    pub made_at: Timestamp,
    /// Which run; for the other kinds an id that says which outage or day.
    pub run: RunId,
    /// What made it one run.
    #[serde(default)]
    pub run_kind: RunKind,
    /// When the run's schedule fired; of a hand run, when it began.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// How many applications the plan has, where its run is of some of them;
    /// `None`: not known.
    #[serde(default)]
    pub applications: Option<usize>,
    /// Seconds from its first backup's start to its last one's end.
    #[serde(default)]
    pub took_s: Option<i64>,
    /// The verdict.
    pub outcome: Outcome,
    /// Why it is mailed; `None`: it is only kept.
    #[serde(default)]
    pub motive: Option<Motive>,
    /// The run of this plan's trouble that all its mails are threaded by.
    #[serde(default)]
    pub thread: Option<RunId>,
    /// Mails that were held back before this one.
    #[serde(default)]
    pub muted: Option<Muted>,
    /// When the plan fires next; `None`: never, or not known.
    #[serde(default)]
    pub next_run: Option<Timestamp>,
    /// What is to be said about the plan as a whole.
    #[serde(default)]
    pub causes: Vec<PlanCause>,
    /// The plan; for the kinds that concern none or several: none.
    #[serde(default)]
    pub plan: Option<PlanSummary>,
    /// Cluster name, else the leader's name, else nothing.
    #[serde(default)]
    pub cluster_name: Option<String>,
    /// Bad ones first, then as the plan has them.
    #[serde(default)]
    pub members: Vec<MemberResult>,
    /// Instances that the plan names and the cluster no longer has.
    #[serde(default)]
    pub gone: Vec<ModuleId>,
    /// Where the plan stores, and what the repositories said.
    #[serde(default)]
    pub destination: Option<DestinationResult>,
    /// What changes no outcome and should be known.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// What to do next, most important first.
    #[serde(default)]
    pub advice: Vec<Advice>,
    /// The labels of the alerts that led here, without repetitions.
    #[serde(default)]
    pub alerts: Vec<AlertLabels>,
    /// [`ReportKind::UnknownPlan`]: the ids that alerts named, 200 characters
    /// each. Else empty.
    #[serde(default)]
    pub unknown_plans: Vec<PlanId>,
    /// [`ReportKind::AllWell`]: every enabled plan with the time of its newest
    /// status. Else empty.
    #[serde(default)]
    pub plans: Vec<PlanLastRun>,
    /// [`ReportKind::RedisUnreachable`]: since when. Else none.
    #[serde(default)]
    pub unreachable_since: Option<Timestamp>,
    /// [`ReportKind::Uncovered`]: applications that lost their plan. Else empty.
    #[serde(default)]
    pub uncovered: Vec<UncoveredModule>,
    /// [`ReportKind::Digest`]: how everything stands. Else none.
    #[serde(default)]
    pub overview: Option<Overview>,
}

/// The plan, as the report needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    /// Its id.
    pub id: PlanId,
    /// Its name.
    pub name: String,
    /// Its schedule, as systemd reads it.
    pub schedule: String,
    /// Whether it is switched on.
    pub enabled: bool,
}

/// A plan and when its newest run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLastRun {
    /// The plan.
    pub plan: PlanSummary,
    /// When the newest of its statuses was written, if there is one.
    #[serde(default)]
    pub last: Option<Timestamp>,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberResult {
    /// The module.
    pub module: ModuleId,
    /// The label people gave it.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it lives.
    #[serde(default)]
    pub node: Option<NodeId>,
    /// That node's label.
    #[serde(default)]
    pub node_name: Option<String>,
    /// What became of it, after the probes.
    pub cause: ModuleCause,
    /// When its backup began.
    #[serde(default)]
    pub started: Option<Timestamp>,
    /// How long it took, in seconds.
    #[serde(default)]
    pub duration_s: Option<i64>,
    /// Bytes; only for ok ones.
    #[serde(default)]
    pub size: Option<u64>,
    /// Files; only for ok ones.
    #[serde(default)]
    pub files: Option<u64>,
    /// For what is not ok: the newest snapshot that a probe found. Changes
    /// made since then are not at this destination.
    #[serde(default)]
    pub at_risk_since: Option<Timestamp>,
    /// A probe saw the repository and found no snapshot in it at all.
    #[serde(default)]
    pub never_saved: bool,
    /// When it was last ok before this run, as far as it was seen.
    #[serde(default)]
    pub ok_before: Option<Timestamp>,
    /// The plan that held it, where the cause is `busy`.
    #[serde(default)]
    pub busy_with: Option<PlanSummary>,
    /// An error text that came with the status, or why it is unreadable.
    #[serde(default)]
    pub detail: Option<String>,
    /// For what is unreadable: the key and what is wrong with it.
    #[serde(default)]
    pub unreadable: Option<Unreadable>,
}

/// Whether the destination itself works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DestinationHealth {
    /// At least one repository answered in a way that shows it works.
    Fine,
    /// Every probed repository blames it.
    Failed,
    /// Nobody asked, or the answers do not tell.
    NotChecked,
}

/// The destination and its probes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationResult {
    /// Its id.
    pub id: DestinationId,
    /// Its label.
    pub name: String,
    /// Its kind.
    pub provider: String,
    /// Its address, without credentials.
    pub url: String,
    /// Whether it works.
    pub health: DestinationHealth,
    /// How it was asked.
    pub method: ProbeMethod,
    /// Why not, when it was not.
    #[serde(default)]
    pub skipped: Option<SkipReason>,
    /// Every answer.
    #[serde(default)]
    pub probes: Vec<Probe>,
    /// Repositories that were left out.
    #[serde(default)]
    pub left_out: usize,
}

/// Changes no outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Warning {
    /// Ok by its status, but with 0 files.
    NoFiles {
        /// Which module.
        module: ModuleId,
    },
    /// A status without a run: its end lies before its start.
    EndBeforeStart {
        /// Which module.
        module: ModuleId,
    },
    /// A key beside the statuses could not be understood.
    UnreadableKey {
        /// Which key.
        key: String,
        /// What is wrong with it.
        reason: Reason,
    },
    /// The plan names modules that are not in the cluster any more.
    GoneMembers {
        /// Which ones.
        modules: Vec<ModuleId>,
    },
    /// A repository of a module that is ok did not answer well.
    HealthyModuleProbe {
        /// Which module.
        module: ModuleId,
    },
    /// A repository is locked for a day or longer.
    StaleLock {
        /// Whose repository.
        module: ModuleId,
        /// Who holds it.
        owner: String,
        /// Since when.
        since: Option<Timestamp>,
    },
    /// Its backup is less than half as large as its last good one.
    Shrunk {
        /// Which module.
        module: ModuleId,
        /// Bytes of its last good backup.
        before: u64,
        /// Bytes now.
        now: u64,
    },
    /// The run took longer than the time to the next one.
    LongerThanInterval {
        /// Seconds it took.
        took: i64,
        /// Seconds to the next elapse.
        interval: i64,
    },
    /// The run took more than twice as long as usual.
    LongerThanUsual {
        /// Seconds it took.
        took: i64,
        /// Seconds that the middle one of the last runs took.
        usual: i64,
    },
    /// The schedule fired while the run was still at work.
    SkippedElapses {
        /// When.
        elapses: Vec<Timestamp>,
    },
    /// The snapshot is there; the node could not say so.
    Unreported {
        /// Which module.
        module: ModuleId,
        /// When the snapshot was made.
        snapshot: Timestamp,
    },
    /// Applications that no plan backs up.
    UncoveredModules {
        /// Which ones.
        modules: Vec<ModuleId>,
    },
    /// By its status a module is ok, and the newest snapshot is older.
    SnapshotTooOld {
        /// Which module.
        module: ModuleId,
        /// When its newest snapshot was made; none is there when `None`.
        newest: Option<Timestamp>,
        /// When its backup began, by its status.
        success: Timestamp,
    },
    /// No node but the own one answers: the own VPN is the suspect.
    OwnVpnSuspect,
    /// A node's schedules fire at another time than the program's zone says.
    NodeZone {
        /// Which node.
        node: NodeId,
        /// Minutes later (negative: earlier).
        shift: i64,
    },
    /// The machine's clock was moved by so many seconds.
    ClockMoved {
        /// Forward, or back when negative.
        seconds: i64,
    },
    /// This program's database was damaged, and a fresh one was begun.
    HistoryLost {
        /// The name of the damaged one, in the state directory.
        kept_as: String,
    },
}

/// What to do next. The texts live with the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// The destination does not answer: check that it is up and reachable.
    CheckDestination,
    /// The destination refused: check its credentials.
    CheckCredentials,
    /// The restic password is not the right one.
    CheckPassword,
    /// Remove the stale lock, after making sure that nothing runs.
    RemoveLock,
    /// Something holds the repository now; wait and look again.
    WaitForLock,
    /// The repository is damaged: run `restic check`, keep what is there.
    CheckRepository,
    /// The repository is not there: was it moved or deleted?
    FindRepository,
    /// Nodes do not reach each other: look at the cluster's VPN.
    CheckVpn,
    /// A node does not answer: look at it.
    CheckNode,
    /// A node showed nothing of a run: look for the plan's timer there.
    CheckTimer,
    /// The destination is fine: look at the module's and node's log.
    ReadModuleLog,
    /// The snapshot is safe; retention or statistics failed.
    CheckRetention,
    /// Two plans back up an application at the same time: move one.
    MoveSchedule,
    /// What was not backed up should not wait for the next run.
    RunByHand,
    /// The cluster's Redis does not answer.
    CheckRedis,
    /// The alert's labels name a plan that does not exist.
    CheckAlertLabels,
    /// The key of a plan makes no sense: look at it, and save the plan anew.
    RepairPlan,
    /// The plan is switched off; its alert ends only with the next run.
    EnablePlan,
    /// A status value is damaged; the next run writes it anew.
    WaitForNextRun,
    /// The plan backs up no application that the cluster has: choose some.
    AddApplications,
    /// No plan is switched on and has applications: is that meant?
    CheckPlans,
    /// Applications are in no plan: add them, or flag them.
    CoverApplications,
    /// The mails on the plans that are bad say what to do.
    ReadReports,
    /// Nothing to do.
    Nothing,
}

/// A report that was stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredReport {
    /// Its number.
    pub id: ReportId,
    /// The report.
    pub report: Report,
}

impl Report {
    /// A report that says nothing yet, and is a failure until something says
    /// otherwise.
    pub fn blank(kind: ReportKind, run: RunId, made_at: Timestamp) -> Self {
        Self {
            kind,
            made_at,
            run,
            run_kind: RunKind::default(),
            at: None,
            applications: None,
            took_s: None,
            outcome: Outcome::RepoFailure,
            motive: None,
            thread: None,
            muted: None,
            next_run: None,
            causes: Vec::new(),
            plan: None,
            cluster_name: None,
            members: Vec::new(),
            gone: Vec::new(),
            destination: None,
            warnings: Vec::new(),
            advice: Vec::new(),
            alerts: Vec::new(),
            unknown_plans: Vec::new(),
            plans: Vec::new(),
            unreachable_since: None,
            uncovered: Vec::new(),
            overview: None,
        }
    }

    /// How many members count as bad.
    pub fn bad(&self) -> usize {
        self.count(super::Severity::Bad)
    }

    /// How many members count at all.
    pub fn counted(&self) -> usize {
        self.bad() + self.count(super::Severity::Good)
    }

    fn count(&self, severity: super::Severity) -> usize {
        self.members
            .iter()
            .filter(|member| member.cause.severity() == severity)
            .count()
    }
}
