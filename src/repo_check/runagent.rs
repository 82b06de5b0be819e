//! Method `runagent`: NS8's own wrapper around restic, as root of a node.
//!
//! `runagent -m cluster restic-wrapper --destination <id> --repopath <path>`
//! finds the credentials by itself, runs restic in a container against the
//! node's gateway, passes everything it does not know on to restic, and ends
//! with restic's exit code (ns8-core, `usr/local/agent/bin/restic-wrapper`).

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;

use super::ask::{QUIET, Restic, ask};
use super::child::{Command, Environment};
use super::message::Masker;
use super::{Clock, Prober};
use crate::model::{Obstacle, Probe, ProbeMethod, ProbeTarget, SkipReason};

/// Runs `runagent` on this node.
pub struct RunagentProber {
    /// The program, `runagent`.
    pub program: PathBuf,
    /// `repo_check.restic_flags`.
    pub flags: Vec<String>,
    /// For the age of locks.
    pub clock: Clock,
}

#[async_trait]
impl Prober for RunagentProber {
    fn method(&self) -> ProbeMethod {
        ProbeMethod::Runagent
    }

    async fn probe(&self, target: &ProbeTarget, limit: Duration) -> Result<Probe, SkipReason> {
        let repository = Repository {
            prober: self,
            target,
            masker: Masker::default(),
        };
        ask(&repository, target, limit, self.clock).await
    }
}

struct Repository<'a> {
    prober: &'a RunagentProber,
    target: &'a ProbeTarget,
    masker: Masker,
}

impl Restic for Repository<'_> {
    fn command(&self, args: &[&str], limit: Duration) -> Command {
        // The container is no descendant of ours: only its own limit ends it
        // for sure.
        let seconds = limit.as_secs().saturating_add(1);
        let mut words: Vec<String> = ["-m", "cluster", "restic-wrapper"]
            .map(str::to_owned)
            .into();
        words.push(format!("--podman=timeout={seconds}"));
        words.push(format!("--destination={}", self.target.destination));
        words.push(format!("--repopath={}", self.target.path));
        words.extend(QUIET.map(str::to_owned));
        words.extend(self.prober.flags.iter().cloned());
        words.extend(args.iter().map(|arg| (*arg).to_owned()));
        Command {
            program: self.prober.program.clone(),
            args: words,
            env: Environment::bare(),
            input: None,
        }
    }

    fn masker(&self) -> &Masker {
        &self.masker
    }

    fn obstacle(&self, program: String, reason: String) -> Obstacle {
        Obstacle::Runagent { program, reason }
    }
}
