//! What changes no outcome and should be known.

use jiff::SignedDuration;

use crate::model::{
    JudgedMember, JudgedRun, ModuleCause, ModuleId, ProbeSet, RepoCause, RunKind, Severity, Status,
    Unreadable, Warning,
};

/// A run that is over this soon is never called long, in seconds.
const SHORT: i64 = 600;

/// All warnings of a run.
pub fn warnings(
    run: &JudgedRun,
    causes: &[ModuleCause],
    probes: &ProbeSet,
    unreadable: &[Unreadable],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (member, cause) in run.members.iter().zip(causes) {
        warnings.extend(of_snapshots(member, *cause, probes));
        let Some(status) = &member.status else {
            continue;
        };
        warnings.extend(shrunk(member, *cause, status));
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
    warnings.extend(of_time(run));
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

/// Less than half of what the last good backup was.
fn shrunk(member: &JudgedMember, cause: ModuleCause, status: &Status) -> Option<Warning> {
    let (before, now) = member.ok_size_before.zip(status.size)?;
    (cause == ModuleCause::Ok && now < before / 2).then(|| Warning::Shrunk {
        module: member.id.clone(),
        before,
        now,
    })
}

/// What the repository says beside the status.
fn of_snapshots(member: &JudgedMember, cause: ModuleCause, probes: &ProbeSet) -> Option<Warning> {
    let probe = probes.of(&member.id)?;
    let module = member.id.clone();
    match (cause, &member.status) {
        (ModuleCause::Unreported, _) => Some(Warning::Unreported {
            module,
            snapshot: probe.newest?,
        }),
        (ModuleCause::Ok, Some(status)) if probe.cause == RepoCause::Reachable => {
            // The clocks of node and destination differ.
            let success = status.start;
            let old = probe
                .newest
                .is_none_or(|newest| success.duration_since(newest) > SignedDuration::from_mins(5));
            let newest = probe.newest;
            old.then_some(Warning::SnapshotTooOld {
                module,
                newest,
                success,
            })
        }
        _ => None,
    }
}

/// A run that takes so long may meet the next one.
fn of_time(run: &JudgedRun) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Some(took) = run.took().filter(|_| run.kind == RunKind::Scheduled) {
        match (run.interval, run.usual) {
            (Some(interval), _) if took > interval => {
                warnings.push(Warning::LongerThanInterval { took, interval });
            }
            (_, Some(usual)) if took > usual.saturating_mul(2).max(SHORT) => {
                warnings.push(Warning::LongerThanUsual { took, usual });
            }
            _ => {}
        }
    }
    if !run.skipped.is_empty() {
        warnings.push(Warning::SkippedElapses {
            elapses: run.skipped.clone(),
        });
    }
    if run.own_vpn_suspect {
        warnings.push(Warning::OwnVpnSuspect);
    }
    warnings
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
