//! What an administrator should do next.

use crate::model::{
    Advice, DestinationHealth, JudgedRun, MemberResult, ModuleCause, PlanCause, Probe, RepoCause,
    Warning,
};

/// The steps after a run, most important first, each once.
pub fn of_run(
    members: &[MemberResult],
    run: &JudgedRun,
    health: DestinationHealth,
    probes: &[Probe],
    warnings: &[Warning],
) -> Vec<Advice> {
    let mut steps: Vec<Advice> = run.causes.iter().copied().map(of_plan).collect();
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
    for member in members {
        steps.extend(of_absence(member.cause));
    }
    steps.extend(warnings.iter().filter_map(of_warning));
    if warnings.contains(&Warning::OwnVpnSuspect) {
        // The others are most likely fine.
        steps.retain(|step| *step != Advice::CheckNode);
    }
    in_order(steps)
}

/// The steps that `causes` alone ask for, most important first, each once.
pub fn of_causes(causes: &[PlanCause]) -> Vec<Advice> {
    in_order(causes.iter().copied().map(of_plan).collect())
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

fn of_plan(cause: PlanCause) -> Advice {
    match cause {
        PlanCause::Disabled => Advice::EnablePlan,
        PlanCause::UnknownPlan => Advice::CheckAlertLabels,
        PlanCause::RedisUnreachable => Advice::CheckRedis,
        PlanCause::Missed => Advice::CheckTimer,
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

/// What no repository explains.
fn of_absence(cause: ModuleCause) -> &'static [Advice] {
    match cause {
        ModuleCause::Missed => &[Advice::CheckTimer, Advice::ReadModuleLog, Advice::RunByHand],
        ModuleCause::NodeUnreachable => &[Advice::CheckNode, Advice::RunByHand],
        ModuleCause::NotFinished => &[Advice::RunByHand],
        ModuleCause::Busy => &[Advice::MoveSchedule],
        _ => &[],
    }
}

fn of_warning(warning: &Warning) -> Option<Advice> {
    match warning {
        Warning::OwnVpnSuspect | Warning::Unreported { .. } => Some(Advice::CheckVpn),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Plan;

    fn steps(
        causes: &[ModuleCause],
        health: DestinationHealth,
        warnings: &[Warning],
    ) -> Vec<Advice> {
        let members: Vec<MemberResult> = causes.iter().map(|cause| member(*cause)).collect();
        let run = JudgedRun::new("r".into(), "1".into(), Plan::default());
        of_run(&members, &run, health, &[], warnings)
    }

    fn member(cause: ModuleCause) -> MemberResult {
        MemberResult {
            module: "mail1".into(),
            name: None,
            node: None,
            node_name: None,
            cause,
            started: None,
            duration_s: None,
            size: None,
            files: None,
            at_risk_since: None,
            never_saved: false,
            ok_before: None,
            busy_with: None,
            detail: None,
            unreadable: None,
        }
    }

    #[test]
    fn a_node_that_showed_nothing_is_looked_at_also_when_the_destination_is_down() {
        for health in [DestinationHealth::Failed, DestinationHealth::Fine] {
            assert_eq!(
                steps(&[ModuleCause::Missed, ModuleCause::Missed], health, &[]),
                [Advice::CheckTimer, Advice::ReadModuleLog, Advice::RunByHand]
            );
        }
        let away = [ModuleCause::NodeUnreachable, ModuleCause::Busy];
        assert_eq!(
            steps(&away, DestinationHealth::NotChecked, &[]),
            [Advice::CheckNode, Advice::MoveSchedule, Advice::RunByHand]
        );
    }

    #[test]
    fn where_the_own_vpn_is_the_suspect_no_other_node_is_blamed() {
        let away = [ModuleCause::NodeUnreachable];
        let health = DestinationHealth::NotChecked;
        assert_eq!(
            steps(&away, health, &[Warning::OwnVpnSuspect]),
            [Advice::CheckVpn, Advice::RunByHand]
        );
    }

    #[test]
    fn a_run_that_went_well_may_still_leave_something_to_do() {
        let health = DestinationHealth::NotChecked;
        assert_eq!(steps(&[ModuleCause::Ok], health, &[]), [Advice::Nothing]);
        let unreported = Warning::Unreported {
            module: "mail1".into(),
            snapshot: jiff::Timestamp::UNIX_EPOCH,
        };
        assert_eq!(
            steps(&[ModuleCause::Unreported], health, &[unreported]),
            [Advice::CheckVpn]
        );
    }
}
