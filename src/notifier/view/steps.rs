//! What to do, and the commands for it.

use serde::Serialize;

use super::overview::needs_attention;
use super::uncovered::uncovered;
use crate::model::{Advice, ModuleId, Outcome, RepoCause, Report, ReportKind};
use crate::notifier::format::Locale;

/// Something to do, and the command for it if there is one.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct Step {
    /// The sentence.
    pub text: String,
    /// A shell command that is safe to copy.
    pub command: Option<String>,
}

/// What to do.
pub(super) fn next(report: &Report, locale: &Locale) -> Vec<Step> {
    let advice = if report.advice.is_empty() {
        of_kind(report)
    } else {
        report.advice.clone()
    };
    advice
        .into_iter()
        .map(|advice| Step {
            text: locale.words.advice(advice).to_owned(),
            command: command(advice, report),
        })
        .collect()
}

/// What a report without advice of its own asks for.
fn of_kind(report: &Report) -> Vec<Advice> {
    let mut advice = Vec::new();
    if let Some(overview) = &report.overview
        && overview.plans.iter().any(needs_attention)
    {
        advice.push(Advice::ReadReports);
    }
    if uncovered(report).next().is_some() {
        advice.push(Advice::CoverApplications);
    }
    let good = report.outcome == Outcome::Success || report.kind == ReportKind::Digest;
    if advice.is_empty() && good {
        advice.push(Advice::Nothing);
    }
    advice
}

/// The commands of NS8 (`runagent`, `restic-wrapper`; a plan's timer is the
/// unit `backup<id>`, while a run that was started by hand in cluster-admin is a
/// task of the node's agent; the VPN is the device `wg0`; flags of an
/// application are the set `module/<id>/flags`), built only from ids that no shell could misunderstand.
fn command(advice: Advice, report: &Report) -> Option<String> {
    let plan = report.plan.as_ref().map(|plan| plan.id.as_str());
    let plan = plan.filter(|id| shell_safe(id));
    let restic = |cause: RepoCause, verb: &str| {
        let module = probed(report, cause)?.as_str();
        let plan = plan?;
        shell_safe(module)
            .then(|| format!("runagent -m {module} restic-wrapper --backup {plan} {verb}"))
    };
    match advice {
        Advice::RemoveLock => restic(RepoCause::Locked, "unlock"),
        Advice::CheckRepository => restic(RepoCause::Corrupt, "check"),
        Advice::ReadModuleLog | Advice::CheckRetention => {
            Some(format!("journalctl -u backup{} -u agent@node", plan?))
        }
        Advice::CheckVpn => Some("wg show wg0".into()),
        Advice::CheckTimer => Some("systemctl list-timers 'backup*'".into()),
        Advice::CoverApplications => {
            let lost: Vec<&ModuleId> = uncovered(report).map(|lost| &lost.module).take(2).collect();
            let module = match &lost[..] {
                [module] if shell_safe(module.as_str()) => module.as_str(),
                _ => "ID",
            };
            Some(format!(
                "redis-cli sadd module/{module}/flags no_data_backup"
            ))
        }
        Advice::CheckRedis => Some("systemctl status redis".into()),
        Advice::CheckDestination
        | Advice::CheckCredentials
        | Advice::CheckPassword
        | Advice::WaitForLock
        | Advice::FindRepository
        | Advice::CheckNode
        | Advice::MoveSchedule
        | Advice::ReadReports
        | Advice::RunByHand
        | Advice::CheckAlertLabels
        | Advice::RepairPlan
        | Advice::EnablePlan
        | Advice::WaitForNextRun
        | Advice::AddApplications
        | Advice::CheckPlans
        | Advice::Nothing => None,
    }
}

fn probed(report: &Report, cause: RepoCause) -> Option<&ModuleId> {
    let probes = &report.destination.as_ref()?.probes;
    probes
        .iter()
        .find(|probe| probe.cause == cause)
        .map(|probe| &probe.module)
}

fn shell_safe(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
