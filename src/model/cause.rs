//! The closed lists of what can be said about a module, a repository, a plan
//! and a run. Their serialized names are part of the JSON output and of the
//! database; they never change.

use serde::{Deserialize, Serialize};

/// The verdict on a run. Exactly these three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// Every member is ok.
    Success,
    /// At least one ok, at least one not, and the destination has not failed.
    Partial,
    /// No member ok, no status at all, or the destination failed.
    RepoFailure,
}

impl Outcome {
    /// All of them, the best first.
    pub const ALL: [Self; 3] = [Self::Success, Self::Partial, Self::RepoFailure];

    /// The word as the documents write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Partial => "PARTIAL",
            Self::RepoFailure => "REPO_FAILURE",
        }
    }
}

/// How much a cause counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Counts as good.
    Good,
    /// Counts as bad.
    Bad,
    /// Does not count in either direction.
    Uncounted,
}

/// What became of one member of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModuleCause {
    /// Backed up without errors.
    Ok,
    /// The backup itself failed.
    BackupError,
    /// The backup made its snapshot; retention or statistics failed after it.
    AfterBackup,
    /// The snapshot exists, but the node could not report it.
    Unreported,
    /// The run was given up before this module reported.
    NotFinished,
    /// Another plan's run held the module.
    Busy,
    /// Its node does not answer.
    NodeUnreachable,
    /// Its node showed nothing of the run.
    Missed,
    /// No status of it ever existed in this plan.
    NeverRan,
    /// Its status exists and cannot be understood.
    Unreadable,
    /// Joined the plan after the run had begun.
    NotDue,
    /// No plan covers it.
    Excluded,
}

impl ModuleCause {
    /// All of them, in the order in which a table shows them.
    pub const ALL: [Self; 12] = [
        Self::BackupError,
        Self::AfterBackup,
        Self::NotFinished,
        Self::Busy,
        Self::NodeUnreachable,
        Self::Missed,
        Self::NeverRan,
        Self::Unreadable,
        Self::Unreported,
        Self::Ok,
        Self::NotDue,
        Self::Excluded,
    ];

    /// How it counts for the outcome.
    pub fn severity(self) -> Severity {
        match self {
            Self::Ok | Self::Unreported => Severity::Good,
            Self::NotDue | Self::Excluded => Severity::Uncounted,
            _ => Severity::Bad,
        }
    }

    /// Place in a table: bad ones first.
    pub fn rank(self) -> usize {
        Self::ALL
            .iter()
            .position(|cause| *cause == self)
            .unwrap_or(Self::ALL.len())
    }

    /// The serialized name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::BackupError => "backup_error",
            Self::AfterBackup => "after_backup",
            Self::Unreported => "unreported",
            Self::NotFinished => "not_finished",
            Self::Busy => "busy",
            Self::NodeUnreachable => "node_unreachable",
            Self::Missed => "missed",
            Self::NeverRan => "never_ran",
            Self::Unreadable => "unreadable",
            Self::NotDue => "not_due",
            Self::Excluded => "excluded",
        }
    }
}

/// What a probe found out about one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepoCause {
    /// Answered, and its snapshots could be listed.
    Reachable,
    /// The destination answered, the repository is not there.
    NotFound,
    /// The repository's password is not the right one.
    WrongPassword,
    /// Locked for a day or longer, by what is likely dead.
    Locked,
    /// Locked by something younger than a day: most likely at work.
    Busy,
    /// The destination refused the credentials, or access to this path.
    Forbidden,
    /// No answer: refused, unknown host, gateway error.
    Unreachable,
    /// No end within the probe's time limit.
    Timeout,
    /// It answered, and its content is damaged.
    Corrupt,
    /// Failed in another way; restic's last line says how.
    Error,
    /// Nobody asked it.
    NotProbed,
}

impl RepoCause {
    /// Whether this answer speaks of the whole destination rather than of one
    /// repository: a destination has failed when every answer is such a one.
    pub fn blames_destination(self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Timeout | Self::Forbidden | Self::WrongPassword
        )
    }

    /// The serialized name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::NotFound => "not_found",
            Self::WrongPassword => "wrong_password",
            Self::Locked => "locked",
            Self::Busy => "busy",
            Self::Forbidden => "forbidden",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Corrupt => "corrupt",
            Self::Error => "error",
            Self::NotProbed => "not_probed",
        }
    }
}

/// What is to be said about a whole plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanCause {
    /// No node ran it.
    Missed,
    /// It is switched off.
    Disabled,
    /// The cluster has no such plan.
    UnknownPlan,
    /// The cluster's Redis could not be read: the state is not known.
    RedisUnreachable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_written_as_it_is_serialized() {
        for cause in ModuleCause::ALL {
            let json = serde_json::to_string(&cause).unwrap();
            assert_eq!(json, format!("\"{}\"", cause.as_str()));
        }
        for outcome in [Outcome::Success, Outcome::Partial, Outcome::RepoFailure] {
            let json = serde_json::to_string(&outcome).unwrap();
            assert_eq!(json, format!("\"{}\"", outcome.as_str()));
        }
    }

    #[test]
    fn a_table_shows_what_is_bad_before_what_is_good() {
        let worst_good = ModuleCause::ALL
            .iter()
            .filter(|c| c.severity() == Severity::Bad)
            .map(|c| c.rank())
            .max();
        assert!(worst_good < Some(ModuleCause::Ok.rank()));
    }
}
