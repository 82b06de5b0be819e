//! How everything stands: the first page, the `overview` command and the weekly
//! digest.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    DestinationId, ModuleCause, ModuleId, NodeId, Outcome, PlanSummary, ReportId, RunId, RunKind,
};

/// How everything stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// When that was so.
    pub made_at: Timestamp,
    /// Cluster name, else the leader's name, else nothing.
    #[serde(default)]
    pub cluster_name: Option<String>,
    /// When the cluster was last read; `None`: not yet.
    #[serde(default)]
    pub read_at: Option<Timestamp>,
    /// Why it could not be read the last time, if it could not.
    #[serde(default)]
    pub redis_problem: Option<String>,
    /// Whether this instance is the one that sends mails.
    pub voice: bool,
    /// Every plan, the bad ones first.
    pub plans: Vec<PlanOverview>,
    /// Applications that no plan backs up.
    #[serde(default)]
    pub uncovered: Vec<UncoveredModule>,
    /// Mails that wait for another attempt.
    #[serde(default)]
    pub queued_mails: usize,
    /// Mails that could not be delivered within the last 7 days.
    #[serde(default)]
    pub undelivered_mails: usize,
}

/// One plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanOverview {
    /// The plan.
    pub plan: PlanSummary,
    /// Where it stores.
    #[serde(default)]
    pub destination: Option<DestinationId>,
    /// That destination's label.
    #[serde(default)]
    pub destination_name: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// Since when it is bad.
    #[serde(default)]
    pub bad_since: Option<Timestamp>,
    /// How many live applications it has.
    pub applications: usize,
    /// Its newest run that is over.
    #[serde(default)]
    pub last: Option<RunMark>,
    /// A run that is open.
    #[serde(default)]
    pub open: Option<OpenMark>,
    /// When it fires next; `None`: never, or not known.
    #[serde(default)]
    pub next: Option<Timestamp>,
    /// No mails until then.
    #[serde(default)]
    pub muted_until: Option<Timestamp>,
    /// Applications that need attention.
    #[serde(default)]
    pub attention: Vec<Attention>,
    /// The last runs, oldest first.
    #[serde(default)]
    pub strip: Vec<RunMark>,
}

/// How a plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Bad since a run of it failed or was missed.
    Bad,
    /// No run of it was seen yet.
    Unknown,
    /// Its last run was good.
    Good,
    /// It is switched off.
    Disabled,
    /// It has no live application.
    Empty,
}

/// A run in a strip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMark {
    /// Its report; `None` for a run that nobody could judge.
    #[serde(default)]
    pub report: Option<ReportId>,
    /// Which run.
    pub run: RunId,
    /// What made it one run.
    #[serde(default)]
    pub kind: RunKind,
    /// Its elapse, or when it began.
    pub at: Timestamp,
    /// Seconds it took.
    #[serde(default)]
    pub took_s: Option<i64>,
    /// The verdict; `None`: not known.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// How many members count as bad.
    #[serde(default)]
    pub bad: usize,
    /// How many members count at all.
    #[serde(default)]
    pub counted: usize,
}

/// A run that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenMark {
    /// Its elapse, or when it began.
    pub at: Timestamp,
    /// What made it one run.
    pub kind: RunKind,
    /// How many applications it has to back up.
    pub members: usize,
    /// How many reported.
    pub reported: usize,
    /// How many of them with errors.
    pub failed: usize,
}

/// An application that needs attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// Which one.
    pub module: ModuleId,
    /// Its label.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it lives.
    #[serde(default)]
    pub node: Option<NodeId>,
    /// What is wrong.
    pub cause: ModuleCause,
    /// When it was last ok, as far as it was seen.
    #[serde(default)]
    pub ok_at: Option<Timestamp>,
}

/// An application that no plan backs up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncoveredModule {
    /// Which one.
    pub module: ModuleId,
    /// Its label.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it lives.
    #[serde(default)]
    pub node: Option<NodeId>,
    /// The plan that had it last, if one had.
    #[serde(default)]
    pub plan: Option<PlanSummary>,
    /// Since when it is in none.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

impl Overview {
    /// Before anything is known.
    pub fn unknown(made_at: Timestamp) -> Self {
        Self {
            made_at,
            cluster_name: None,
            read_at: None,
            redis_problem: None,
            voice: false,
            plans: Vec::new(),
            uncovered: Vec::new(),
            queued_mails: 0,
            undelivered_mails: 0,
        }
    }
}
