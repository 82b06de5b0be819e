//! How plans stand, in Italian.

use super::super::PlanStory;
use super::{on, since};
use crate::model::{Outcome, Standing};

pub(super) fn story(story: PlanStory<'_>) -> String {
    match story {
        PlanStory::Stands(standing) => match standing {
            Standing::Bad => "richiede attenzione",
            Standing::Unknown => "non ancora noto",
            Standing::Good => "a posto",
            Standing::Disabled => "disabilitato",
            Standing::Empty => "senza applicazioni",
        }
        .into(),
        PlanStory::BadSince(bad) => format!("Richiede attenzione {}", on("dal", &since(bad))),
        PlanStory::MutedUntil(at) => format!("Silenziato: nessuna mail fino {}", on("al", at)),
        PlanStory::Open(begun, [members, reported, failed]) => format!(
            "Un'esecuzione è in corso {}: {reported} applicazioni su {members} hanno un esito{}",
            on("dal", begun),
            match failed {
                0 => String::new(),
                n => format!(", {n} con errori"),
            }
        ),
    }
}

pub(super) fn run_result(outcome: Option<Outcome>, bad: usize, counted: usize) -> String {
    match outcome {
        None => "non noto".into(),
        Some(Outcome::Success) => "completato".into(),
        Some(_) if bad == 1 => format!("1 fallita su {counted}"),
        Some(_) if bad > 0 => format!("{bad} fallite su {counted}"),
        Some(Outcome::Partial) => "parzialmente fallito".into(),
        Some(Outcome::RepoFailure) => "fallito".into(),
    }
}
