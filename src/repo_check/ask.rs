//! The questions to one repository, whichever way restic is called.

use std::time::{Duration, Instant};

use super::child::{self, Command, Output};
use super::message::Masker;
use super::{Clock, answer, cause, locks, millis, snapshots};
use crate::model::{Lock, Obstacle, Probe, ProbeTarget, Remark, RepoCause, SkipReason};

/// Most locks that are looked at; each costs restic a whole opening of the
/// repository.
const MAX_LOCKS: usize = 5;

/// Before every question: a probe changes nothing, neither in the repository
/// nor on this machine.
pub(super) const QUIET: [&str; 3] = ["--no-lock", "--no-cache", "--json"];

/// One repository, ready to be asked.
pub(super) trait Restic: Sync {
    /// How to run restic with `args`, which must end within `limit`.
    fn command(&self, args: &[&str], limit: Duration) -> Command;

    /// Takes its credentials out of texts.
    fn masker(&self) -> &Masker;

    /// What it means that `program` cannot be started, and `reason` is why.
    fn obstacle(&self, program: String, reason: String) -> Obstacle;
}

/// Lists the snapshots and, for a failed module, the locks, all within `limit`.
pub(super) async fn ask(
    restic: &dyn Restic,
    target: &ProbeTarget,
    limit: Duration,
    clock: Clock,
) -> Result<Probe, SkipReason> {
    let begun = Instant::now();
    let output = run(restic, &["snapshots"], limit).await?;
    let mut probe = judge(restic, target, &output, clock);
    if target.failed && probe.snapshots.is_some() {
        probe.locks = list_locks(restic, begun + limit).await;
        if probe.cause == RepoCause::Reachable && !probe.locks.is_empty() {
            probe.cause = locks::cause(&probe.locks, clock());
        }
    }
    probe.took_ms = millis(begun.elapsed());
    Ok(probe)
}

async fn run(restic: &dyn Restic, args: &[&str], limit: Duration) -> Result<Output, SkipReason> {
    child::run(restic.command(args, limit), limit)
        .await
        .map_err(|error| {
            let program = restic.masker().clean(&error.program.to_string_lossy());
            let reason = restic.masker().clean(&error.source.to_string());
            SkipReason::Unavailable(restic.obstacle(program, reason))
        })
}

fn judge(restic: &dyn Restic, target: &ProbeTarget, output: &Output, clock: Clock) -> Probe {
    let finding = cause::of_child(output.ending, &output.stderr, clock());
    let mut probe = Probe {
        message: finding.message.map(|said| restic.masker().remark(said)),
        locks: finding.lock.into_iter().collect(),
        ..answer(target, finding.cause)
    };
    if output.ending != child::Ending::Exit(0) {
        return probe;
    }
    match snapshots::parse(&output.stdout) {
        Some(found) => {
            probe.snapshots = Some(found.count);
            probe.newest = found.newest;
            probe.recent = found.recent;
            probe.size = found.size;
        }
        None if probe.cause == RepoCause::Reachable => {
            probe.cause = RepoCause::Error;
            probe.message = Some(Remark::ListSenseless);
        }
        None => {}
    }
    probe
}

/// The locks that can be read in the time that is left; a repository that
/// answered stays an answer when this fails.
async fn list_locks(restic: &dyn Restic, deadline: Instant) -> Vec<Lock> {
    let left = || deadline.saturating_duration_since(Instant::now());
    let Ok(listed) = run(restic, &["list", "locks"], left()).await else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&listed.stdout);
    let mut found = Vec::new();
    for id in locks::ids(&text).into_iter().take(MAX_LOCKS) {
        if left().is_zero() {
            break;
        }
        // A lock that is gone by now was held by somebody at work.
        if let Ok(output) = run(restic, &["cat", "lock", id], left()).await {
            found.extend(locks::parse(&output.stdout));
        }
    }
    locks::sort(&mut found);
    found
}
