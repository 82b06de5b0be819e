//! English.

mod advice;
mod causes;
mod plans;
mod run;
mod warnings;

use std::borrow::Cow;

use super::{
    DestinationStory, Glance, Headline, Labels, Names, Past, PlanStory, Reasoned, Things, Unit,
    WarningText, What, Words,
};
use crate::model::{
    Advice, ModuleCause, Outcome, PlanCause, ProbeMethod, Reason, Remark, RepoCause, SkipReason,
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
    run: "Run",
    planned: "Planned for",
    run_took: "Run time",
    next_run: "Next run",
    newest_run: "Last run",
    standing: "State",
    applications: "Applications",
    attention: "Need attention",
    uncovered: "In no plan",
    last_plan: "Last plan",
    since: "In none since",
    last_good: "Last good backup",
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

    fn spans(&self, larger: &str, smaller: &str) -> String {
        format!("{larger} {smaller}")
    }

    fn and_more(&self, n: usize, _: Things) -> String {
        format!("and {n} more")
    }

    fn headline(&self, headline: Headline) -> Cow<'static, str> {
        run::headline(headline)
    }

    fn counts(&self, bad: usize, counted: usize) -> String {
        format!("{bad} of {} failed", applications(counted))
    }

    fn no_sign(&self) -> &'static str {
        "no sign of a run"
    }

    fn by_hand(&self, part: Option<(usize, usize)>) -> String {
        run::by_hand(part)
    }

    fn bad_for(&self, length: &str) -> String {
        format!("bad for {length}")
    }

    fn glance(&self, glance: Glance) -> String {
        run::glance(glance)
    }

    fn what(&self, what: What<'_>) -> String {
        run::what(what)
    }

    fn reasoned(&self, why: Reasoned<'_>) -> String {
        run::reasoned(why)
    }

    fn ok_again(&self, who: Names<'_>) -> String {
        format!("Good again: {}.", who.text)
    }

    fn started_by_hand(&self, part: Option<(usize, usize)>) -> String {
        run::started_by_hand(part)
    }

    fn held_back(&self, n: u32, until: &str) -> String {
        run::held_back(n, until)
    }

    fn in_no_plan(&self, n: usize) -> String {
        let verb = if n == 1 { "is" } else { "are" };
        format!("{} {verb} in no plan.", applications(n))
    }

    fn why_uncovered(&self, several: bool) -> &'static str {
        if several {
            "Somebody took them out of their plan, or they were moved, cloned or restored: then they have new ids, which no plan names."
        } else {
            "Somebody took it out of its plan, or it was moved, cloned or restored: then it has a new id, which no plan names."
        }
    }

    fn alert_of_the_gone(&self, who: Names<'_>) -> String {
        format!(
            "{} left the plan or the cluster during the run. NS8's own alert for {} ends only with the plan's next run.",
            who.text,
            if who.several { "them" } else { "it" }
        )
    }

    fn alarmed(&self) -> &'static str {
        "An alert asked for this check; the newest results show no failure."
    }

    fn why(&self, cause: ModuleCause, who: Names<'_>, by: Option<&str>) -> String {
        causes::why(cause, who, by)
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
            PlanCause::Missed => "No node of the plan shows a result of this run.",
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
            DestinationStory::ItselfFine(name) => {
                format!("The destination {name} itself was checked and works.")
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

    fn last_good(&self, who: Names<'_>, at: Past<'_>) -> String {
        format!(
            "{}: the last good backup is of {}; what changed since then may be in none.",
            who.text,
            ago(at)
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
        advice::text(advice)
    }

    fn result(&self, cause: ModuleCause) -> &'static str {
        causes::result(cause)
    }

    fn newest_saved(&self, since: Past<'_>) -> String {
        format!("Newest snapshot: {}", ago(since))
    }

    fn saved_anyway(&self, at: &str) -> String {
        format!("Snapshot of {at} is safe")
    }

    fn ok_before(&self, at: Past<'_>) -> String {
        format!("Last good backup: {}", ago(at))
    }

    fn held_by(&self, plan: &str) -> String {
        format!("Held by plan {plan}")
    }

    fn not_counted(&self, cause: ModuleCause) -> Option<&'static str> {
        (cause == ModuleCause::NotDue)
            .then_some("Joined the plan after the run had begun; counts from the next run on")
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
        warnings::text(self, warning)
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

    fn plan(&self, story: PlanStory<'_>) -> String {
        plans::story(story)
    }

    fn run_result(&self, outcome: Option<Outcome>, bad: usize, counted: usize) -> String {
        plans::run_result(outcome, bad, counted)
    }

    fn zone(&self, zone: &str) -> String {
        format!("All times: {zone}.")
    }

    fn switched_off(&self) -> &'static str {
        "switched off"
    }

    fn test_what(&self, way: &str) -> String {
        format!("This is a test. Mails of the backup monitor reach you ({way}).")
    }

    fn test_next(&self) -> &'static str {
        "Nothing to do. The next mail comes when a backup needs you."
    }
}
