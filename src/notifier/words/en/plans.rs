//! How plans stand, in English.

use super::super::PlanStory;
use super::{ago, applications};
use crate::model::{Outcome, Standing};

pub(super) fn story(story: PlanStory<'_>) -> String {
    match story {
        PlanStory::Stands(standing) => match standing {
            Standing::Bad => "needs attention",
            Standing::Unknown => "not known yet",
            Standing::Good => "good",
            Standing::Disabled => "switched off",
            Standing::Empty => "no applications",
        }
        .into(),
        PlanStory::BadSince(since) => format!("Needs attention since {}", ago(since)),
        PlanStory::MutedUntil(at) => format!("Muted: no mails until {at}"),
        PlanStory::Open(since, [members, reported, failed]) => format!(
            "A run is going on since {since}: {reported} of {} reported{}",
            applications(members),
            match failed {
                0 => String::new(),
                n => format!(", {n} with errors"),
            }
        ),
    }
}

pub(super) fn run_result(outcome: Option<Outcome>, bad: usize, counted: usize) -> String {
    match outcome {
        None => "not known".into(),
        Some(Outcome::Success) => "completed".into(),
        Some(_) if bad > 0 => format!("{bad} of {counted} failed"),
        Some(Outcome::Partial) => "partially failed".into(),
        Some(Outcome::RepoFailure) => "failed".into(),
    }
}
