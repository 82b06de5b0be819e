//! Whether and what to ask the repositories of a run.

use crate::model::{ClusterState, JudgedRun, ProbeMethod, ProbeSet, SkipReason};
use crate::repo_check::{check, targets};

use super::parts::Parts;

/// Asks the repositories that matter for `run`; says why when it asks none.
pub async fn probes_of(parts: &Parts, state: &ClusterState, run: &JudgedRun) -> ProbeSet {
    let Some(prober) = &parts.prober else {
        return ProbeSet::skipped(ProbeMethod::Off, SkipReason::Off);
    };
    if !run.is_bad() {
        return ProbeSet::skipped(prober.method(), SkipReason::AllOk);
    }
    let known = |id| state.destinations.contains_key(id);
    if !run.plan.destination.as_ref().is_some_and(known) {
        return ProbeSet::skipped(prober.method(), SkipReason::NoDestination);
    }
    let targets = targets(state, run, parts.config.repo_check.max_per_report);
    check(prober.as_ref(), targets, &parts.config.repo_check).await
}
