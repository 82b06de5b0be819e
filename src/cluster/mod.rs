//! Reading NS8: the cluster's Redis, its events, its task API, its Alertmanager,
//! and whether its nodes answer.
//!
//! Turns keys into a [`ClusterState`](crate::model::ClusterState) and nothing
//! more; what it means is decided elsewhere. fred and reqwest are used here
//! and nowhere else. Reads only: nothing is ever written to the cluster, except
//! the tasks that the probe method `api` asks for. May import `model` and
//! `config`.

mod account;
mod alertmanager;
mod command;
mod connection;
mod desk;
mod event;
mod events;
mod fetch;
mod http;
mod keys;
mod leader;
mod nodes;
mod old_layouts;
mod parse;
mod reader;
mod resp;
mod scan;
mod smarthost;
mod snapshot;
mod status;
mod statuses;
mod task_http;
mod task_server;
mod tasks;
mod value;
mod whole;
mod wire;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::{ClusterState, ReadFailure, SmtpSettings};

pub use account::AccountReader;
pub use alertmanager::{Alertmanager, AlertmanagerError};
pub use event::ClusterEvent;
pub use events::{EventStream, Pulse};
pub use http::install_crypto_provider;
pub use nodes::NodeProbe;
pub use reader::{Limits, RedisReader};
pub use snapshot::{Document, SnapshotReader};
pub use tasks::{Pace, TaskApi, TaskError};

/// Reads the cluster.
#[async_trait]
pub trait ClusterReader: Send + Sync {
    /// Everything that the program needs to know, at one moment. `now` becomes
    /// `read_at`. A value that cannot be understood never fails the read.
    async fn read(&self, now: Timestamp) -> Result<ClusterState, ClusterError>;

    /// The cluster's smarthost; `None` when none is set or it is switched off.
    async fn smarthost(&self) -> Result<Option<SmtpSettings>, ClusterError>;

    /// Whether the cluster can be read just now.
    async fn ping(&self) -> Result<(), ClusterError>;

    /// Says that another node may lead now: it is looked up before the next
    /// read.
    fn doubt_leader(&self) {}
}

/// Why the cluster could not be read. Never means "no status".
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No connection, lost connection, no answer in time.
    #[error("Redis at {address} cannot be reached: {reason}")]
    Unreachable {
        /// Where it was tried.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// The account was refused.
    #[error("Redis at {address} refused the account {user}: {reason}")]
    Refused {
        /// Where it was tried.
        address: String,
        /// As whom.
        user: String,
        /// What Redis said.
        reason: String,
    },
    /// It answered with an error or with something that makes no sense.
    #[error("Redis at {address} answered {command} with an error: {reason}")]
    Answer {
        /// Who answered.
        address: String,
        /// To what.
        command: String,
        /// What it said.
        reason: String,
    },
    /// A snapshot file that is none.
    #[error("{path} is not a snapshot that this version can read: {reason}")]
    Snapshot {
        /// Which file.
        path: String,
        /// Why not.
        reason: String,
    },
}

impl ClusterError {
    /// What the metrics call it.
    pub fn failure(&self) -> ReadFailure {
        match self {
            Self::Unreachable { .. } => ReadFailure::Unreachable,
            Self::Refused { .. } => ReadFailure::Refused,
            Self::Answer { .. } | Self::Snapshot { .. } => ReadFailure::Answer,
        }
    }
}
