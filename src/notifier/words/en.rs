//! English.

use super::{DestinationStory, Labels, Names, Past, Things, Unit, WarningText, What, Words};
use crate::model::{
    Advice, ModuleCause, Outcome, PlanCause, ProbeMethod, Reason, Remark, RepoCause, ReportKind,
    SkipReason,
};

/// English.
pub(super) struct English;

static LABELS: Labels = Labels {
    what: "What happened",
    why: "Why",
    next: "What to do",
    at_risk: "Data at risk",
    plan: "Plan",
    plans: "Plans",
    schedule: "Schedule",
    cluster: "Cluster",
    checked: "Checked at",
    failed: "Failed",
    saved: "Backed up",
    not_counted: "Not counted",
    application: "Application",
    node: "Node",
    result: "Result",
    start: "Start",
    duration: "Duration",
    size: "Size",
    files: "Files",
    destination: "Destination",
    address: "Address",
    repository: "Repository",
    answer: "Answer",
    snapshots: "Snapshots",
    newest: "Newest snapshot",
    took: "Took",
    last_run: "Newest status",
    never: "never",
    warnings: "Warnings",
    alerts: "Alerts that led here",
    open_admin: "Open cluster-admin",
    footer: "Sent by ns8-backup-monitor.",
};

fn applications(n: usize) -> String {
    if n == 1 {
        "1 application".into()
    } else {
        format!("{n} applications")
    }
}

fn ago(past: Past<'_>) -> String {
    match past.age {
        Some(age) => format!("{} ({age} ago)", past.at),
        None => past.at.to_owned(),
    }
}

fn is(who: Names<'_>) -> &'static str {
    if who.several { "are" } else { "is" }
}

impl Words for English {
    fn tag(&self) -> &'static str {
        "en"
    }

    fn labels(&self) -> &'static Labels {
        &LABELS
    }

    fn marks(&self) -> (char, char) {
        ('.', ',')
    }

    fn month(&self, month: i8) -> &'static str {
        match month {
            1 => "Jan",
            2 => "Feb",
            3 => "Mar",
            4 => "Apr",
            5 => "May",
            6 => "Jun",
            7 => "Jul",
            8 => "Aug",
            9 => "Sep",
            10 => "Oct",
            11 => "Nov",
            _ => "Dec",
        }
    }

    fn day_letter(&self) -> char {
        'd'
    }

    fn span(&self, n: u64, unit: Unit) -> String {
        let unit = match unit {
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
        };
        format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
    }

    fn and_more(&self, n: usize, _: Things) -> String {
        format!("and {n} more")
    }

    fn headline(&self, kind: ReportKind, outcome: Outcome) -> &'static str {
        match (kind, outcome) {
            (ReportKind::Run, Outcome::Success) => "Backup completed",
            (ReportKind::Run, Outcome::Partial) => "Backup partially failed",
            (ReportKind::Run, Outcome::RepoFailure) => "Backup failed",
            (ReportKind::UnknownPlan, _) => "Alert for an unknown backup plan",
            (ReportKind::RedisUnreachable, _) => "Backup state unknown",
            (ReportKind::AllWell, _) => "All backup plans are fine",
            (ReportKind::Uncovered, _) => "Applications no longer backed up",
            (ReportKind::Digest, _) => "Weekly backup summary",
        }
    }

    fn no_plan_headline(&self) -> &'static str {
        "No backup plan to check"
    }

    fn counts(&self, bad: usize, counted: usize) -> String {
        format!("{bad} of {} failed", applications(counted))
    }

    fn what(&self, what: What<'_>) -> String {
        match what {
            What::AllGood(1) => "The only application of this plan was backed up.".into(),
            What::AllGood(n) => format!("All {n} applications were backed up."),
            What::SomeFailed(bad, counted) => format!(
                "{bad} of {} did not complete the backup. The other {} fine.",
                applications(counted),
                match counted.saturating_sub(bad) {
                    1 => "one is".to_owned(),
                    rest => format!("{rest} are"),
                }
            ),
            What::NoneGood(1) => "The only application of this plan did not complete its backup.".into(),
            What::NoneGood(n) => format!("None of the {n} applications completed its backup."),
            What::NoStatus => {
                "No application of this plan has a status: nothing shows that a backup was made."
                    .into()
            }
            What::NoMembers => "This plan backs up no application that the cluster has.".into(),
            What::NothingDue => "No application was due in this run.".into(),
            What::UnknownPlan(ids) => format!(
                "An alert names {} that this cluster does not have: {}.",
                if ids.several { "backup plans" } else { "a backup plan" },
                ids.text
            ),
            What::RedisUnreachable(since) => format!(
                "It is not known how the backups went: the cluster's Redis {}.",
                match since {
                    Some(since) => format!("has not answered since {}", ago(since)),
                    None => "does not answer".to_owned(),
                }
            ),
            What::AllWell(0) => "An alert came in that names no plan, and there is no enabled plan with applications to check.".into(),
            What::AllWell(1) => "An alert came in that names no plan. The only enabled plan was checked, and it is fine.".into(),
            What::AllWell(n) => format!(
                "An alert came in that names no plan. The {n} enabled plans were checked, and they are fine."
            ),
        }
    }

    fn alarmed(&self) -> &'static str {
        "An alert asked for this check; the newest results show no failure."
    }

    fn why(&self, cause: ModuleCause, who: Names<'_>) -> String {
        let names = who.text;
        match cause {
            ModuleCause::Ok => format!("{names}: backed up."),
            ModuleCause::BackupError => format!("{names}: the backup itself ended with errors."),
            ModuleCause::AfterBackup => format!(
                "{names}: the snapshot was made and is safe; what follows it (retention or statistics) failed."
            ),
            ModuleCause::Unreported => {
                format!("{names}: backed up, but the node could not report it.")
            }
            ModuleCause::NotFinished => {
                format!("{names}: the run was given up before any result came.")
            }
            ModuleCause::Busy => format!("{names}: the backup of another plan was still running."),
            ModuleCause::NodeUnreachable => format!("{names}: the node does not answer."),
            ModuleCause::Missed => format!(
                "{names}: the backup did not start, or was stopped before the node's first application ended."
            ),
            ModuleCause::NeverRan => format!("{names}: never ran in this plan."),
            ModuleCause::Unreadable => {
                format!("{names}: there is a status, but it cannot be understood.")
            }
            ModuleCause::NotDue => format!("{names}: joined the plan after the run had begun."),
            ModuleCause::Excluded => format!("{names}: {} in no plan.", is(who)),
        }
    }

    fn why_repository(
        &self,
        cause: RepoCause,
        who: Names<'_>,
        lock: Option<(&str, Option<Past<'_>>)>,
    ) -> Option<String> {
        let held = lock.map_or_else(String::new, |(owner, since)| match since {
            Some(since) => format!(" by {owner} since {}", ago(since)),
            None => format!(" by {owner}"),
        });
        let how = match cause {
            RepoCause::Reachable | RepoCause::NotProbed => return None,
            RepoCause::NotFound => "the repository is not there".to_owned(),
            RepoCause::WrongPassword => "the repository has another password".to_owned(),
            RepoCause::Locked => format!("the repository is locked{held}"),
            RepoCause::Busy => format!("the repository is in use just now{held}"),
            RepoCause::Forbidden => "access to the repository is refused".to_owned(),
            RepoCause::Unreachable => "the repository cannot be reached".to_owned(),
            RepoCause::Timeout => "the repository did not answer in time".to_owned(),
            RepoCause::Corrupt => "the repository is damaged".to_owned(),
            RepoCause::Error => "asking the repository failed (see below)".to_owned(),
        };
        Some(format!("{}: {how}.", who.text))
    }

    fn plan_cause(&self, cause: PlanCause) -> &'static str {
        match cause {
            PlanCause::Missed => "No node ran the plan.",
            PlanCause::Disabled => "The plan is switched off; its alert ends only with a next run.",
            PlanCause::UnknownPlan => {
                "The plan was deleted, or the alert carries a wrong label or belongs to another cluster."
            }
            PlanCause::RedisUnreachable => {
                "An alert waits for its answer. It says nothing yet about the backups themselves."
            }
        }
    }

    fn destination(&self, story: DestinationStory<'_>) -> String {
        match story {
            DestinationStory::Failed(name, cause) => match cause {
                RepoCause::Timeout => format!("The destination {name} did not answer in time."),
                RepoCause::Forbidden => format!("The destination {name} refuses access."),
                RepoCause::WrongPassword => format!(
                    "The repositories at {name} do not open with the encryption key that the cluster holds."
                ),
                _ => format!("The destination {name} does not answer."),
            },
            DestinationStory::FaultElsewhere(name) => format!(
                "The destination {name} was checked and is fine: the fault is elsewhere (the applications, their nodes or the plan)."
            ),
            DestinationStory::Fine(name) => {
                format!("The destination {name} was checked and is fine.")
            }
            DestinationStory::NotChecked(reason) => match reason {
                None => "The destination was not checked.".into(),
                Some(reason) => format!("The destination was not checked: {reason}."),
            },
            DestinationStory::Unclear(name) => format!(
                "The destination {name} was asked; the answers do not tell whether it works."
            ),
        }
    }

    fn at_risk(&self, who: Names<'_>, since: Past<'_>) -> String {
        format!(
            "{}: changes made after {} are not at this destination.",
            who.text,
            ago(since)
        )
    }

    fn never_saved(&self, who: Names<'_>) -> String {
        format!(
            "{}: there is no snapshot at all; nothing could be restored.",
            who.text
        )
    }

    fn risk_unknown(&self) -> &'static str {
        "It is not known how old the newest good snapshots are."
    }

    fn risk_unknown_of_others(&self, n: usize) -> String {
        format!(
            "For {n} other failed {} it is not known since when.",
            if n == 1 {
                "application"
            } else {
                "applications"
            }
        )
    }

    fn advice(&self, advice: Advice) -> &'static str {
        match advice {
            Advice::CheckDestination => {
                "Check that the destination is up and can be reached from the nodes: service, network, name resolution, certificate."
            }
            Advice::CheckCredentials => {
                "Check the destination's credentials and permissions (cluster-admin, Backup and restore)."
            }
            Advice::CheckPassword => {
                "Compare the destination's data encryption key in the cluster with the one you keep in a safe place: the destination may have been created anew or imported with another key."
            }
            Advice::RemoveLock => {
                "Make sure that no backup is running. Then remove the stale lock, as root on the application's node."
            }
            Advice::WaitForLock => {
                "Something is working on the repository right now. Wait until it has ended, then look again."
            }
            Advice::CheckRepository => {
                "The repository is damaged: delete nothing, and check it, as root on the application's node."
            }
            Advice::FindRepository => {
                "The repository is not where the cluster expects it: was it moved, renamed or deleted at the destination?"
            }
            Advice::ReadModuleLog => {
                "Read what the run wrote on the application's node, as root there or in cluster-admin, System logs."
            }
            Advice::CheckRetention => {
                "No data is missing. Read in the node's log what failed after the snapshot, and run the backup again."
            }
            Advice::RunByHand => {
                "Run the plan once by hand (cluster-admin, Backup and restore, Run backup now)."
            }
            Advice::CheckRedis => "Check the Redis service, as root on the leader node.",
            Advice::CheckAlertLabels => {
                "Compare the alert's labels below with the plans in cluster-admin. If the plan was deleted on purpose, the rule or receiver that still sends this alert needs correction."
            }
            Advice::EnablePlan => {
                "If the plan is meant to rest, there is nothing to do; else switch it on again (cluster-admin, Backup and restore)."
            }
            Advice::WaitForNextRun => {
                "The next run writes the damaged status anew. If it stays so, run the backup by hand."
            }
            Advice::AddApplications => {
                "The plan backs up nothing: choose the applications that it should back up (cluster-admin, Backup and restore)."
            }
            Advice::CheckPlans => {
                "Check that the plans that should run are switched on and have applications (cluster-admin, Backup and restore)."
            }
            Advice::Nothing => "Nothing to do.",
        }
    }

    fn result(&self, cause: ModuleCause) -> &'static str {
        match cause {
            ModuleCause::Ok => "ok",
            ModuleCause::BackupError => "backup failed",
            ModuleCause::AfterBackup => "saved, then failed",
            ModuleCause::Unreported => "saved, not reported",
            ModuleCause::NotFinished => "not finished",
            ModuleCause::Busy => "busy with another plan",
            ModuleCause::NodeUnreachable => "node unreachable",
            ModuleCause::Missed => "missed",
            ModuleCause::NeverRan => "never ran",
            ModuleCause::Unreadable => "status unreadable",
            ModuleCause::NotDue => "not due yet",
            ModuleCause::Excluded => "in no plan",
        }
    }

    fn newest_saved(&self, since: Past<'_>) -> String {
        format!("Newest snapshot: {}", ago(since))
    }

    fn saved_anyway(&self, at: &str) -> String {
        format!("Snapshot of {at} is safe")
    }

    fn none_saved(&self) -> &'static str {
        "No snapshot at all"
    }

    fn modules_left_out(&self, n: usize, written: &str) -> String {
        if n == 1 {
            "1 more application is not shown.".into()
        } else {
            format!("{written} more applications are not shown.")
        }
    }

    fn answer(&self, cause: RepoCause) -> &'static str {
        match cause {
            RepoCause::Reachable => "answers",
            RepoCause::NotFound => "not found",
            RepoCause::WrongPassword => "wrong password",
            RepoCause::Locked => "locked",
            RepoCause::Busy => "busy",
            RepoCause::Forbidden => "access refused",
            RepoCause::Unreachable => "no connection",
            RepoCause::Timeout => "no answer in time",
            RepoCause::Corrupt => "damaged",
            RepoCause::Error => "error",
            RepoCause::NotProbed => "not asked",
        }
    }

    fn method(&self, method: ProbeMethod) -> &'static str {
        match method {
            ProbeMethod::Api => "Asked through the cluster's task API.",
            ProbeMethod::Restic => "Asked with restic.",
            ProbeMethod::Runagent => "Asked with runagent and restic.",
            ProbeMethod::Off => "",
        }
    }

    fn lock(&self, owner: &str, since: Option<Past<'_>>, exclusive: bool) -> String {
        let kind = if exclusive {
            "Exclusively locked"
        } else {
            "Locked"
        };
        match since {
            Some(since) => format!("{kind} by {owner} since {}", ago(since)),
            None => format!("{kind} by {owner}"),
        }
    }

    fn repositories_left_out(&self, n: usize) -> String {
        if n == 1 {
            "1 more repository was not asked.".into()
        } else {
            format!("{n} more repositories were not asked.")
        }
    }

    fn warning(&self, warning: WarningText<'_>) -> String {
        match warning {
            WarningText::NoFiles(name) => {
                format!("{name}: the backup is said to be fine, but it holds 0 files.")
            }
            WarningText::EndBeforeStart(name) => {
                format!("{name}: the status ends before it starts; no clock can be right here.")
            }
            WarningText::UnreadableKey(key, reason) => {
                format!("The Redis key {key} cannot be understood: {reason}.")
            }
            WarningText::GoneMembers(who) => format!(
                "The plan still names {}, which {} no longer in the cluster.",
                who.text,
                is(who)
            ),
            WarningText::HealthyModuleProbe(name, cause) => format!(
                "{name}: backed up, but its repository did not answer well{}.",
                cause.map_or_else(String::new, |c| format!(" ({})", self.answer(c)))
            ),
            WarningText::StaleLock(name, owner, since) => format!(
                "{name}: the repository has a stale lock. {}.",
                self.lock(owner, since, false)
            ),
            WarningText::Unreported(who) => format!(
                "{}: a snapshot of this run exists, but the node could not report it; the cluster shows an old status.",
                who.text
            ),
        }
    }

    fn remark(&self, remark: &Remark) -> String {
        remark.to_string()
    }

    fn skipped(&self, reason: &SkipReason) -> String {
        match reason {
            SkipReason::AllOk => "no application failed".into(),
            SkipReason::Off => {
                "repo_check.method is off, or there is no way to ask from this machine".into()
            }
            SkipReason::NoDestination => "the plan names none, or one that does not exist".into(),
            SkipReason::NotGranted => "this program lacks the role cluster:reader".into(),
            SkipReason::Busy => "the cluster agent is busy".into(),
            SkipReason::Unavailable(obstacle) => obstacle.to_string(),
        }
    }

    fn reason(&self, reason: &Reason) -> String {
        reason.to_string()
    }

    fn zone(&self, zone: &str) -> String {
        format!("All times: {zone}.")
    }

    fn switched_off(&self) -> &'static str {
        "switched off"
    }

    fn test_headline(&self) -> &'static str {
        "Test mail"
    }

    fn test_what(&self, way: &str) -> String {
        format!("This is a test. Mails of the backup monitor reach you ({way}).")
    }

    fn test_next(&self) -> &'static str {
        "Nothing to do. The next mail comes when a backup needs you."
    }
}
