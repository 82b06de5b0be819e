//! Whether and what to ask the repositories of a run.

use super::parts::Parts;
use crate::model::{ClusterState, JudgedRun, ProbeSet};
use crate::repo_check::{LONGEST_CHECK, Limits, check, targets};

/// Asks the repositories that matter for `run`; says why when it asks none.
pub async fn probes_of(parts: &Parts, state: &ClusterState, run: &JudgedRun) -> ProbeSet {
    let prober = match &parts.prober {
        Ok(prober) => prober,
        Err((method, reason)) => return ProbeSet::skipped(*method, reason.clone()),
    };
    let settings = &parts.config.repo_check;
    let limits = Limits {
        timeout: settings.timeout,
        concurrency: settings.concurrency,
        whole: LONGEST_CHECK,
    };
    match targets(state, run, settings.max_per_report) {
        Ok(targets) => check(prober.as_ref(), targets, limits).await,
        Err(reason) => ProbeSet::skipped(prober.method(), reason),
    }
}
