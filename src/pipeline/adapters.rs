//! Joins the probers to the cluster: `repo_check` names what it needs as small
//! traits, `cluster` has it, and neither knows the other.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tracing::warn;

use crate::cluster::{AccountReader, ClusterError, TaskApi, TaskError};
use crate::model::{CredentialFault, DestinationId};
use crate::repo_check::{ActionError, CredentialSource, Credentials, SnapshotAction};

/// `read-backup-snapshots` through NS8's task API.
pub struct Snapshots {
    /// The task API.
    pub tasks: Arc<TaskApi>,
}

#[async_trait]
impl SnapshotAction for Snapshots {
    async fn read_backup_snapshots(
        &self,
        destination: &DestinationId,
        path: &str,
        limit: Duration,
    ) -> Result<serde_json::Value, ActionError> {
        let data = serde_json::json!({ "repository": destination, "path": path });
        self.tasks
            .run("cluster", "read-backup-snapshots", data, limit)
            .await
            .map_err(action_error)
    }
}

/// Credentials that the configuration does not hold, from Redis.
pub struct CredentialStore {
    /// The module's own account, where there is one.
    pub account: Option<AccountReader>,
}

#[async_trait]
impl CredentialSource for CredentialStore {
    async fn credentials(
        &self,
        destination: &DestinationId,
    ) -> Result<Credentials, CredentialFault> {
        let account = self.account.as_ref().ok_or(CredentialFault::Unknown)?;
        let mut fields = account
            .destination_fields(destination)
            .await
            .map_err(|error| unread(destination, error))?;
        // Newer cores keep the restic password apart from the destination.
        if !fields.contains_key("password") {
            let password = account
                .restic_password(destination)
                .await
                .map_err(|error| unread(destination, error))?;
            if let Some(password) = password {
                fields.insert("password".to_owned(), password);
            }
        }
        Ok(fields)
    }
}

fn action_error(error: TaskError) -> ActionError {
    match error {
        TaskError::Failed { exit_code, error } => ActionError::Failed { exit_code, error },
        TaskError::NotGranted => ActionError::NotGranted,
        TaskError::TimedOut => ActionError::TimedOut,
        TaskError::Busy => ActionError::Busy,
        TaskError::Unavailable(obstacle) => ActionError::Unavailable(obstacle),
    }
}

/// The whole is for the log: much of it is English.
fn unread(destination: &DestinationId, error: ClusterError) -> CredentialFault {
    warn!(%destination, %error, "the credentials of a destination cannot be read");
    match error {
        ClusterError::Unreachable { .. } => CredentialFault::RedisUnreachable,
        ClusterError::Refused { user, reason, .. } => {
            CredentialFault::RedisRefused { user, reason }
        }
        ClusterError::Answer { .. } | ClusterError::Snapshot { .. } => CredentialFault::RedisFailed,
    }
}
