//! What an administrator should do next.

use crate::model::{
    Advice, DestinationHealth, MemberResult, ModuleCause, PlanCause, Probe, RepoCause,
};

/// The steps after a run, most important first, each once.
pub fn of_run(
    members: &[MemberResult],
    plan: &[PlanCause],
    health: DestinationHealth,
    probes: &[Probe],
) -> Vec<Advice> {
    let mut steps: Vec<Advice> = plan.iter().copied().filter_map(of_plan).collect();
    if members.is_empty() {
        steps.push(Advice::AddApplications);
    }
    let of_probes = probes.iter().filter_map(|probe| of_probe(probe.cause));
    steps.extend(of_probes);
    // With the destination down, a module's own log only repeats that.
    if health != DestinationHealth::Failed {
        steps.extend(
            members
                .iter()
                .filter_map(|member| of_member(member, probes)),
        );
    }
    in_order(steps)
}

/// The steps that `causes` alone ask for, most important first, each once.
pub fn of_causes(causes: &[PlanCause]) -> Vec<Advice> {
    in_order(causes.iter().copied().filter_map(of_plan).collect())
}

/// The steps where `watched` enabled plans with applications are fine.
pub fn of_well(watched: usize) -> Vec<Advice> {
    if watched == 0 {
        vec![Advice::CheckPlans]
    } else {
        vec![Advice::Nothing]
    }
}

fn in_order(mut steps: Vec<Advice>) -> Vec<Advice> {
    steps.sort();
    steps.dedup();
    if steps.is_empty() {
        steps.push(Advice::Nothing);
    }
    steps
}

fn of_plan(cause: PlanCause) -> Option<Advice> {
    match cause {
        PlanCause::Disabled => Some(Advice::EnablePlan),
        PlanCause::UnknownPlan => Some(Advice::CheckAlertLabels),
        PlanCause::RedisUnreachable => Some(Advice::CheckRedis),
        PlanCause::Missed => None,
    }
}

fn of_probe(cause: RepoCause) -> Option<Advice> {
    match cause {
        RepoCause::Unreachable | RepoCause::Timeout => Some(Advice::CheckDestination),
        RepoCause::Forbidden => Some(Advice::CheckCredentials),
        RepoCause::WrongPassword => Some(Advice::CheckPassword),
        RepoCause::Locked => Some(Advice::RemoveLock),
        RepoCause::Busy => Some(Advice::WaitForLock),
        RepoCause::Corrupt => Some(Advice::CheckRepository),
        RepoCause::NotFound => Some(Advice::FindRepository),
        RepoCause::Reachable | RepoCause::Error | RepoCause::NotProbed => None,
    }
}

fn of_member(member: &MemberResult, probes: &[Probe]) -> Option<Advice> {
    let explained = || {
        probes
            .iter()
            .any(|probe| probe.module == member.module && of_probe(probe.cause).is_some())
    };
    match member.cause {
        ModuleCause::BackupError | ModuleCause::NotFinished if !explained() => {
            Some(Advice::ReadModuleLog)
        }
        ModuleCause::AfterBackup => Some(Advice::CheckRetention),
        ModuleCause::NeverRan => Some(Advice::RunByHand),
        ModuleCause::Unreadable => Some(Advice::WaitForNextRun),
        _ => None,
    }
}
