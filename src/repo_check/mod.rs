//! Asking restic repositories whether they answer and what their newest
//! snapshot is.
//!
//! Chooses what to ask ([`targets`]), asks with a hard limit on time and output
//! ([`check`]), and turns exit codes and texts into causes. Starts child
//! processes and ends them with everything they started. May import `model` and
//! `config`; reaches the cluster only through the two small traits below, which
//! `pipeline` connects.

mod api;
mod ask;
mod backend;
mod cause;
mod check;
mod child;
mod fields;
mod locks;
mod message;
mod method;
mod plan;
mod restic;
mod runagent;
mod snapshots;
mod tree;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::model::{
    CredentialFault, DestinationId, Obstacle, Probe, ProbeMethod, ProbeTarget, RepoCause,
    SkipReason,
};

pub use api::ApiProber;
pub use check::{LONGEST_CHECK, Limits, check};
pub use fields::FIELDS;
pub use method::{Access, Facts, prober, resolve};
pub use plan::{Targets, targets};
pub use restic::ResticProber;
pub use runagent::RunagentProber;

/// Asks one repository.
#[async_trait]
pub trait Prober: Send + Sync {
    /// Which method this is.
    fn method(&self) -> ProbeMethod;

    /// Asks, and answers within `limit` whatever happens. What the repository
    /// or its destination did wrong is an answer, not an error.
    ///
    /// # Errors
    ///
    /// The method itself does not work (no program, no credentials, no role):
    /// nobody was asked, and asking for another repository of the same
    /// destination is as useless.
    async fn probe(&self, target: &ProbeTarget, limit: Duration) -> Result<Probe, SkipReason>;
}

/// The credentials of a destination as NS8 and the seed keep them: names such
/// as `url`, `password`, `aws_access_key_id` (all of them: [`FIELDS`]).
pub type Credentials = BTreeMap<String, SecretString>;

/// Tells the time, for the age of locks.
pub type Clock = fn() -> Timestamp;

/// Where method `restic` gets credentials that the file does not hold.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// All fields known of a destination, the restic password as `password`;
    /// or why they cannot be had.
    async fn credentials(
        &self,
        destination: &DestinationId,
    ) -> Result<Credentials, CredentialFault>;
}

/// The cluster action `read-backup-snapshots`.
#[async_trait]
pub trait SnapshotAction: Send + Sync {
    /// Runs it for `<destination>/<path>`; the answer is the action's output.
    /// Returns within `limit`.
    async fn read_backup_snapshots(
        &self,
        destination: &DestinationId,
        path: &str,
        limit: Duration,
    ) -> Result<serde_json::Value, ActionError>;
}

/// Why the action brought no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// It ran and failed.
    #[error("exit code {exit_code}: {error}")]
    Failed {
        /// The task's exit code.
        exit_code: i64,
        /// Its error text: restic's own.
        error: String,
    },
    /// The module's role does not allow it.
    #[error("the role cluster:reader is missing")]
    NotGranted,
    /// No end within the limit.
    #[error("no end within the time limit")]
    TimedOut,
    /// The cluster agent or our own share of it is busy.
    #[error("the cluster agent is busy")]
    Busy,
    /// The task API cannot be used.
    #[error("{0}")]
    Unavailable(Obstacle),
}

/// An answer for `target` that says no more than `cause`.
fn answer(target: &ProbeTarget, cause: RepoCause) -> Probe {
    Probe {
        module: target.module.clone(),
        path: target.path.clone(),
        cause,
        snapshots: None,
        newest: None,
        recent: Vec::new(),
        size: None,
        locks: Vec::new(),
        message: None,
        took_ms: 0,
    }
}

/// Whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
