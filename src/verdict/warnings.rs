//! What changes no outcome and should be known.

use crate::model::{
    JudgedRun, ModuleCause, ModuleId, ProbeSet, RepoCause, Severity, Unreadable, Warning,
};

/// All warnings of a run.
pub fn warnings(
    run: &JudgedRun,
    causes: &[ModuleCause],
    probes: &ProbeSet,
    unreadable: &[Unreadable],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (member, cause) in run.members.iter().zip(causes) {
        let Some(status) = &member.status else {
            continue;
        };
        if *cause == ModuleCause::Ok && status.files == Some(0) {
            warnings.push(Warning::NoFiles {
                module: member.id.clone(),
            });
        }
        if status.end < status.start {
            warnings.push(Warning::EndBeforeStart {
                module: member.id.clone(),
            });
        }
    }
    warnings.extend(of_probes(run, causes, probes));
    if !run.gone.is_empty() {
        warnings.push(Warning::GoneMembers {
            modules: run.gone.clone(),
        });
    }
    warnings.extend(of_keys(unreadable));
    warnings
}

/// Keys of the cluster that could not be understood: a plan among them is not
/// known to be fine, nor to be gone.
pub fn of_keys(unreadable: &[Unreadable]) -> impl Iterator<Item = Warning> {
    unreadable.iter().map(|what| Warning::UnreadableKey {
        key: what.key.clone(),
        reason: what.reason.clone(),
    })
}

fn of_probes(run: &JudgedRun, causes: &[ModuleCause], probes: &ProbeSet) -> Vec<Warning> {
    let is_good = |module: &ModuleId| {
        run.members
            .iter()
            .zip(causes)
            .any(|(member, cause)| member.id == *module && cause.severity() == Severity::Good)
    };
    let mut warnings = Vec::new();
    for probe in &probes.probes {
        let silent = matches!(probe.cause, RepoCause::Reachable | RepoCause::NotProbed);
        if !silent && is_good(&probe.module) {
            warnings.push(Warning::HealthyModuleProbe {
                module: probe.module.clone(),
            });
        }
        if probe.cause == RepoCause::Locked {
            let oldest = probe.locks.first();
            warnings.push(Warning::StaleLock {
                module: probe.module.clone(),
                owner: oldest.map(|lock| lock.owner.clone()).unwrap_or_default(),
                since: oldest.and_then(|lock| lock.since),
            });
        }
    }
    warnings
}
