//! How a run went and why it is told, in English.

use std::borrow::Cow;

use super::super::{Glance, Headline, Reasoned, Told, What, sentence};
use super::{ago, applications, is};
use crate::model::Outcome;

pub(super) fn headline(headline: Headline) -> Cow<'static, str> {
    let (outcome, told) = match headline {
        Headline::Run(_, Told::GoodAgain) => return "Backup good again".into(),
        Headline::Run(outcome, told) => (outcome, told),
        Headline::UnknownPlan => return "Alert for an unknown backup plan".into(),
        Headline::RedisUnreachable => return "Backup state unknown".into(),
        Headline::AllWell => return "All backup plans are fine".into(),
        Headline::NoPlan => return "No backup plan to check".into(),
        Headline::Uncovered(1) => return "Application no longer backed up".into(),
        Headline::Uncovered(_) => return "Applications no longer backed up".into(),
        Headline::Digest => return "Weekly backup summary".into(),
        Headline::Test => return "Test mail".into(),
    };
    let verdict = match outcome {
        Outcome::Success => "Backup completed",
        Outcome::Partial => "Backup partially failed",
        Outcome::RepoFailure => "Backup failed",
    };
    let told = match told {
        Told::Plainly | Told::GoodAgain => return verdict.into(),
        Told::Again => " again",
        Told::InAnotherWay => " again, in another way",
        Told::FoundAtStart => ", found at start",
        Told::Corrected => " (correction)",
        Told::AsBefore => ", as told before",
    };
    format!("{verdict}{told}").into()
}

pub(super) fn what(what: What<'_>) -> String {
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
        What::PartGood(1) => "The application that was backed up by hand is fine.".into(),
        What::PartGood(2) => "Both applications that were backed up by hand are fine.".into(),
        What::PartGood(n) => format!("All {n} applications that were backed up by hand are fine."),
        What::PartFailed(_, 1) => {
            "The application that was backed up by hand did not complete its backup.".into()
        }
        What::PartFailed(bad, n) if bad == n => format!(
            "None of the {n} applications that were backed up by hand completed its backup."
        ),
        What::PartFailed(bad, n) => format!(
            "{bad} of the {n} applications that were backed up by hand did not complete the backup."
        ),
        What::Missed(at) => format!(
            "The backup{} did not start, or was stopped before its first application ended.",
            at.map_or_else(String::new, |at| format!(" planned for {at}"))
        ),
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
        What::UnreadablePlan(ids) => format!(
            "The settings of {} cannot be read, so it is not known how the backups went: {}.",
            if ids.several { "some backup plans" } else { "a backup plan" },
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
        What::Uncovered(who, before) => format!(
            "{} {} in no backup plan any more{}.",
            who.text,
            is(who),
            match before {
                Some((plan, Some(until))) => {
                    format!("; until {} it was in plan {plan}", ago(until))
                }
                Some((plan, None)) => format!("; it was in plan {plan}"),
                None => String::new(),
            }
        ),
        What::Digest(stand, names) => sentence(&glance(stand), names),
    }
}

pub(super) fn glance(glance: Glance) -> String {
    match glance {
        Glance::NoPlan => "there is no plan".into(),
        Glance::AllGood(1) => "the only plan is good".into(),
        Glance::AllGood(2) => "both plans are good".into(),
        Glance::AllGood(n) => format!("all {n} plans are good"),
        Glance::NoneNeeds => "no plan needs attention".into(),
        Glance::Some(n, all) => format!(
            "{n} of {all} {} attention",
            match (n, all) {
                (_, 1) => "plan needs",
                (1, _) => "plans needs",
                _ => "plans need",
            }
        ),
    }
}

pub(super) fn reasoned(why: Reasoned<'_>) -> String {
    match why {
        Reasoned::Changed(since) => format!(
            "The plan has been bad since {}, and now it is so in another way than told before.",
            ago(since)
        ),
        Reasoned::Reminder(since) => format!(
            "The plan has been bad since {}, and it still is, as told before.",
            ago(since)
        ),
        Reasoned::FoundAtStart => {
            "Found at start: it was so when this service looked for the first time. No run was watched."
                .into()
        }
        Reasoned::Recovery(since, length) => format!(
            "The plan is good again. It had been bad since {}, for {length}.",
            since.at
        ),
        Reasoned::Correction(at) => format!(
            "This corrects the report on {}: late results arrived.",
            at.map_or_else(|| "this run".to_owned(), |at| format!("the run of {at}"))
        ),
        Reasoned::AsBefore => {
            "An alert asked for this check. Nothing is new: it is as told before.".into()
        }
        Reasoned::Every => "Every run of this plan is reported, as the configuration asks.".into(),
    }
}

pub(super) fn by_hand(part: Option<(usize, usize)>) -> String {
    match part {
        Some((n, all)) => format!("started by hand: {n} of {}", applications(all)),
        None => "started by hand".into(),
    }
}

pub(super) fn started_by_hand(part: Option<(usize, usize)>) -> String {
    match part {
        Some((n, all)) => format!(
            "The run was started by hand, for {n} of the plan's {}.",
            applications(all)
        ),
        None => "The run was started by hand.".into(),
    }
}

pub(super) fn held_back(n: u32, until: &str) -> String {
    if n == 1 {
        format!("1 report was held back until {until}, because the plan was muted.")
    } else {
        format!("{n} reports were held back until {until}, because the plan was muted.")
    }
}
