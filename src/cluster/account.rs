//! What only the module's own account may read, or what holds secrets: the
//! credentials of destinations, for the probe method `restic`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use secrecy::SecretString;
use tokio::time::timeout;

use super::command::{Command, Reply};
use super::connection::Account;
use super::reader::Limits;
use super::value::raw;
use super::{ClusterError, keys, leader};
use crate::config::Redis;
use crate::model::DestinationId;

/// Reads credentials with the agent's account (`REDIS_USER`, `REDIS_PASSWORD`).
///
/// Redis goes on serving a connection as `default` after it refused a password.
/// Here a refusal ends the connection: nothing is read as somebody else.
/// Connects anew for each call, for these calls are rare.
#[derive(Debug)]
pub struct AccountReader {
    redis: Redis,
    account: Account,
    limits: Limits,
}

impl AccountReader {
    /// Does not connect yet.
    pub fn new(redis: &Redis, user: impl Into<String>, password: SecretString) -> Self {
        Self {
            redis: redis.clone(),
            account: Account {
                user: user.into(),
                password,
            },
            limits: Limits::default(),
        }
    }

    /// The restic password of `destination`, where core 3.20 and newer keep it
    /// (`private/agents/backup_destination/restic_password`); `None` when there
    /// is none.
    pub async fn restic_password(
        &self,
        destination: &DestinationId,
    ) -> Result<Option<SecretString>, ClusterError> {
        let command = Command::field(keys::RESTIC_PASSWORD, destination.as_str());
        let reply = self.ask(command).await?.value();
        Ok(reply
            .as_ref()
            .and_then(raw)
            .map(|text| SecretString::from(text.into_owned())))
    }

    /// All fields of `cluster/backup_repository/<uuid>`; up to core 3.19 the
    /// storage's credentials and the restic password are among them.
    pub async fn destination_fields(
        &self,
        destination: &DestinationId,
    ) -> Result<BTreeMap<String, SecretString>, ClusterError> {
        let reply = self
            .ask(Command::hash(keys::destination(destination)))
            .await?;
        let text = |value| raw(&value).map(Cow::into_owned);
        Ok(reply
            .fields()
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((text(name)?, text(value)?.into())))
            .collect())
    }

    async fn ask(&self, command: Command) -> Result<Reply, ClusterError> {
        let answer = async {
            let (_, redis) = leader::connect(&self.redis, Some(&self.account), self.limits).await?;
            redis.ask(command).await
        };
        timeout(self.limits.call, answer).await.unwrap_or_else(|_| {
            Err(ClusterError::Unreachable {
                address: "the leader".to_owned(),
                reason: format!("no answer within {} s", self.limits.call.as_secs()),
            })
        })
    }
}
