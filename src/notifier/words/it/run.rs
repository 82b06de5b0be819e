//! How a run went and why it is told, in Italian.

use std::borrow::Cow;

use super::super::{Glance, Headline, Reasoned, Told, What, sentence};
use super::{ago, applications, on, since, the};
use crate::model::Outcome;

pub(super) fn headline(headline: Headline) -> Cow<'static, str> {
    let (outcome, told) = match headline {
        Headline::Run(_, Told::GoodAgain) => return "Backup di nuovo a posto".into(),
        Headline::Run(outcome, told) => (outcome, told),
        Headline::UnknownPlan => return "Allarme per un piano di backup sconosciuto".into(),
        Headline::RedisUnreachable => return "Stato dei backup sconosciuto".into(),
        Headline::AllWell => return "Tutti i piani di backup sono a posto".into(),
        Headline::NoPlan => return "Nessun piano di backup da verificare".into(),
        Headline::Uncovered(1) => return "Applicazione non più salvata".into(),
        Headline::Uncovered(_) => return "Applicazioni non più salvate".into(),
        Headline::Digest => return "Riepilogo settimanale dei backup".into(),
        Headline::Test => return "Mail di prova".into(),
    };
    let verdict = match outcome {
        Outcome::Success => "Backup completato",
        Outcome::Partial => "Backup parzialmente fallito",
        Outcome::RepoFailure => "Backup fallito",
    };
    let told = match told {
        Told::Plainly | Told::GoodAgain => return verdict.into(),
        Told::Again => " di nuovo",
        Told::InAnotherWay => " di nuovo, in altro modo",
        Told::FoundAtStart => ", trovato all'avvio",
        Told::Corrected => " (correzione)",
        Told::AsBefore => ", come già comunicato",
    };
    format!("{verdict}{told}").into()
}

pub(super) fn what(what: What<'_>) -> String {
    match what {
        What::AllGood(1) => "Il backup dell'unica applicazione del piano è riuscito.".into(),
        What::AllGood(n) => format!("Il backup di tutte le {n} applicazioni è riuscito."),
        What::SomeFailed(bad, counted) => {
            let failed = if bad == 1 {
                format!("1 applicazione su {counted} non ha completato il backup.")
            } else {
                format!("{bad} applicazioni su {counted} non hanno completato il backup.")
            };
            match counted.saturating_sub(bad) {
                1 => format!("{failed} L'altra è a posto."),
                rest => format!("{failed} Le altre {rest} sono a posto."),
            }
        }
        What::NoneGood(1) => {
            "L'unica applicazione del piano non ha completato il backup.".into()
        }
        What::NoneGood(n) => {
            format!("Nessuna delle {n} applicazioni ha completato il backup.")
        }
        What::PartGood(1) => "L'applicazione salvata a mano è a posto.".into(),
        What::PartGood(2) => "Entrambe le applicazioni salvate a mano sono a posto.".into(),
        What::PartGood(n) => format!("Tutte le {n} applicazioni salvate a mano sono a posto."),
        What::PartFailed(_, 1) => {
            "L'applicazione dell'esecuzione avviata a mano non ha completato il backup.".into()
        }
        What::PartFailed(bad, n) if bad == n => format!(
            "Nessuna delle {n} applicazioni dell'esecuzione avviata a mano ha completato il backup."
        ),
        What::PartFailed(1, n) => format!(
            "1 delle {n} applicazioni dell'esecuzione avviata a mano non ha completato il backup."
        ),
        What::PartFailed(bad, n) => format!(
            "{bad} delle {n} applicazioni dell'esecuzione avviata a mano non hanno completato il backup."
        ),
        What::Missed(at) => format!(
            "Il backup{} non è partito, oppure è stato interrotto prima che terminasse la sua prima applicazione.",
            at.map_or_else(String::new, |at| format!(" previsto per {}", the(at)))
        ),
        What::NoStatus => {
            "Nessuna applicazione del piano ha uno stato: nulla indica che sia stato fatto un backup."
                .into()
        }
        What::NoMembers => {
            "Questo piano non salva alcuna applicazione esistente nel cluster.".into()
        }
        What::NothingDue => "Nessuna applicazione era prevista in questa esecuzione.".into(),
        What::UnknownPlan(ids) if ids.several => format!(
            "Un allarme nomina piani di backup che in questo cluster non esistono: {}.",
            ids.text
        ),
        What::UnknownPlan(id) => format!(
            "Un allarme nomina un piano di backup che in questo cluster non esiste: {}.",
            id.text
        ),
        What::UnreadablePlan(ids) => format!(
            "Le impostazioni {} non sono leggibili, quindi non è possibile sapere come sono andati i backup: {}.",
            if ids.several { "di alcuni piani di backup" } else { "di un piano di backup" },
            ids.text
        ),
        What::RedisUnreachable(gone) => format!(
            "Non è possibile sapere come sono andati i backup: il Redis del cluster non risponde{}.",
            gone.map_or_else(String::new, |gone| format!(" {}", on("dal", &since(gone))))
        ),
        What::AllWell(0) => "È arrivato un allarme che non nomina alcun piano, e non c'è alcun piano abilitato con applicazioni da verificare.".into(),
        What::AllWell(1) => "È arrivato un allarme che non nomina alcun piano. L'unico piano abilitato è stato verificato ed è a posto.".into(),
        What::AllWell(n) => format!(
            "È arrivato un allarme che non nomina alcun piano. I {n} piani abilitati sono stati verificati e sono a posto."
        ),
        What::Uncovered(who, before) => format!(
            "{} non {} più in alcun piano di backup{}.",
            who.text,
            if who.several { "sono" } else { "è" },
            match before {
                Some((plan, Some(until))) => format!(
                    "; fino {} era nel piano {plan}",
                    on("al", &ago(until))
                ),
                Some((plan, None)) => format!("; era nel piano {plan}"),
                None => String::new(),
            }
        ),
        What::Digest(stand, names) => sentence(&glance(stand), names),
    }
}

pub(super) fn glance(glance: Glance) -> String {
    match glance {
        Glance::NoPlan => "non c'è alcun piano".into(),
        Glance::AllGood(1) => "l'unico piano è a posto".into(),
        Glance::AllGood(2) => "entrambi i piani sono a posto".into(),
        Glance::AllGood(n) => format!("tutti i {n} piani sono a posto"),
        Glance::NoneNeeds => "nessun piano richiede attenzione".into(),
        Glance::Some(n, all) => format!(
            "{n} {} su {all} {} attenzione",
            if n == 1 { "piano" } else { "piani" },
            if n == 1 { "richiede" } else { "richiedono" }
        ),
    }
}

pub(super) fn reasoned(why: Reasoned<'_>) -> String {
    match why {
        Reasoned::Changed(bad) => format!(
            "Il piano non è a posto {}, e ora in modo diverso da quanto già comunicato.",
            on("dal", &since(bad))
        ),
        Reasoned::Reminder(bad) => format!(
            "Il piano non è a posto {}, e tuttora non lo è, come già comunicato.",
            on("dal", &since(bad))
        ),
        Reasoned::FoundAtStart => {
            "Trovato all'avvio: era già così quando questo servizio ha guardato per la prima volta. Nessuna esecuzione è stata osservata."
                .into()
        }
        Reasoned::Recovery(bad, length) => format!(
            "Il piano è di nuovo a posto. Non lo era stato per {length}, {}.",
            on("dal", bad.at)
        ),
        Reasoned::Correction(at) => format!(
            "Questa mail corregge il rapporto {}: sono arrivati altri esiti.",
            at.map_or_else(
                || "di questa esecuzione".to_owned(),
                |at| format!("dell'esecuzione {}", on("del", at))
            )
        ),
        Reasoned::AsBefore => {
            "La verifica è partita da un allarme. Non c'è nulla di nuovo: è come già comunicato."
                .into()
        }
        Reasoned::Every => {
            "Ogni esecuzione di questo piano viene comunicata, come chiede la configurazione.".into()
        }
    }
}

pub(super) fn by_hand(part: Option<(usize, usize)>) -> String {
    match part {
        Some((n, all)) => format!("avvio manuale: {} su {all}", applications(n)),
        None => "avvio manuale".into(),
    }
}

pub(super) fn started_by_hand(part: Option<(usize, usize)>) -> String {
    match part {
        Some((n, 1)) => format!(
            "L'esecuzione è stata avviata a mano, per {}.",
            applications(n)
        ),
        Some((n, all)) => format!(
            "L'esecuzione è stata avviata a mano, per {n} delle {all} applicazioni del piano."
        ),
        None => "L'esecuzione è stata avviata a mano.".into(),
    }
}

pub(super) fn held_back(n: u32, until: &str) -> String {
    let until = on("al", until);
    if n == 1 {
        format!("Un rapporto è stato trattenuto fino {until}, perché il piano era silenziato.")
    } else {
        format!("{n} rapporti sono stati trattenuti fino {until}, perché il piano era silenziato.")
    }
}
