//! Method `restic`: an own restic process with the destination's credentials.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::ask::{QUIET, Restic, ask};
use super::backend::{Backend, HidePassword};
use super::child::{self, Command, Ending, Environment};
use super::message::Masker;
use super::{Clock, CredentialSource, Credentials, Prober};
use crate::model::{
    CredentialFault, DestinationId, Obstacle, Probe, ProbeMethod, ProbeTarget, SkipReason,
};

/// Runs `restic` on this machine.
pub struct ResticProber {
    /// `repo_check.restic`.
    pub program: PathBuf,
    /// `repo_check.restic_flags`.
    pub flags: Vec<String>,
    /// The file's `destinations`: what is said here counts more than what
    /// `source` says.
    pub destinations: BTreeMap<DestinationId, Credentials>,
    /// Where what the file does not say comes from.
    pub source: Option<Arc<dyn CredentialSource>>,
    /// For the age of locks.
    pub clock: Clock,
}

#[async_trait]
impl Prober for ResticProber {
    fn method(&self) -> ProbeMethod {
        ProbeMethod::Restic
    }

    async fn probe(&self, target: &ProbeTarget, limit: Duration) -> Result<Probe, SkipReason> {
        let deadline = Instant::now() + limit;
        let repository = self.repository(target, limit).await.map_err(|fault| {
            let destination = target.destination.clone();
            SkipReason::Unavailable(Obstacle::Destination(destination, fault))
        })?;
        let left = deadline.saturating_duration_since(Instant::now());
        ask(&repository, target, left, self.clock).await
    }
}

impl ResticProber {
    /// Everything that is needed to open the repository of `target`.
    async fn repository(
        &self,
        target: &ProbeTarget,
        limit: Duration,
    ) -> Result<Repository<'_>, CredentialFault> {
        let credentials = self.credentials(&target.destination, limit).await?;
        let mut backend = Backend::new(&credentials, &target.path)?;
        let mut env = Environment::bare();
        env.extend(&backend.env);
        if let Some(hide) = backend.hide.take() {
            let hidden = obscure(&hide, &env, limit / 2).await?;
            // `rclone reveal` makes the password of it again.
            backend.masker = backend.masker.and(&hidden);
            env.set(hide.variable, hidden);
        }
        Ok(Repository {
            prober: self,
            env,
            backend,
        })
    }

    async fn credentials(
        &self,
        destination: &DestinationId,
        limit: Duration,
    ) -> Result<Credentials, CredentialFault> {
        let own = self
            .destinations
            .get(destination)
            .cloned()
            .unwrap_or_default();
        let complete =
            own.contains_key("password") && (own.contains_key("url") || own.contains_key("path"));
        let Some(source) = self.source.as_ref().filter(|_| !complete) else {
            return Ok(own);
        };
        let mut all = tokio::time::timeout(limit / 2, source.credentials(destination))
            .await
            .map_err(|_| CredentialFault::TooLate)??;
        all.extend(own);
        Ok(all)
    }
}

/// rclone takes passwords from its environment only in a form of its own, and
/// makes that form of what it reads on its standard input.
async fn obscure(
    hide: &HidePassword,
    env: &Environment,
    limit: Duration,
) -> Result<String, CredentialFault> {
    let command = Command {
        program: "rclone".into(),
        args: vec!["obscure".to_owned(), "-".to_owned()],
        env: env.clone(),
        input: Some(hide.password.clone()),
    };
    let output = child::run(command, limit)
        .await
        .map_err(|error| CredentialFault::Rclone(error.source.to_string()))?;
    let hidden = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.ending == Ending::Exit(0) && !hidden.is_empty() {
        Ok(hidden)
    } else {
        Err(CredentialFault::RcloneRefused)
    }
}

/// One repository with its credentials.
struct Repository<'a> {
    prober: &'a ResticProber,
    env: Environment,
    backend: Backend,
}

impl Restic for Repository<'_> {
    fn command(&self, args: &[&str], _: Duration) -> Command {
        let flags = &self.prober.flags;
        let own_way_to_ssh = flags.iter().any(|flag| flag.contains("sftp."));
        let options = self.backend.options.iter().filter(|_| !own_way_to_ssh);
        Command {
            program: self.prober.program.clone(),
            args: QUIET
                .iter()
                .map(|flag| (*flag).to_owned())
                .chain(options.flat_map(|option| ["-o".to_owned(), option.clone()]))
                .chain(flags.iter().cloned())
                .chain(args.iter().map(|arg| (*arg).to_owned()))
                .collect(),
            env: self.env.clone(),
            input: None,
        }
    }

    fn masker(&self) -> &Masker {
        &self.backend.masker
    }

    fn obstacle(&self, program: String, reason: String) -> Obstacle {
        Obstacle::Restic { program, reason }
    }
}
