//! Italian, in the words of NS8's own pages (`Backup e ripristino`, `Log di
//! sistema`, `chiave di crittografia dei dati`).

mod advice;
mod causes;
mod plans;
mod probing;
mod run;
mod warnings;

use std::borrow::Cow;

use super::{
    DestinationStory, Glance, Headline, Labels, Names, Past, PlanStory, Reasoned, Things, Unit,
    WarningText, What, Words,
};
use crate::model::{
    Advice, Fault, ModuleCause, Outcome, PlanCause, ProbeMethod, Reason, Remark, RepoCause,
    SkipReason,
};

/// Italian.
pub(super) struct Italian;

static LABELS: Labels = Labels {
    what: "Cosa è successo",
    why: "Perché",
    next: "Cosa fare",
    at_risk: "Dati a rischio",
    plan: "Piano",
    plans: "Piani",
    schedule: "Pianificazione",
    cluster: "Cluster",
    checked: "Verificato il",
    failed: "Fallite",
    saved: "Salvate",
    not_counted: "Non conteggiate",
    application: "Applicazione",
    node: "Nodo",
    result: "Esito",
    start: "Inizio",
    duration: "Durata",
    size: "Dimensione",
    files: "File",
    destination: "Destinazione",
    address: "Indirizzo",
    repository: "Repository",
    answer: "Risposta",
    snapshots: "Snapshot",
    newest: "Ultimo snapshot",
    took: "Tempo",
    last_run: "Ultimo stato",
    never: "mai",
    warnings: "Avvisi",
    alerts: "Allarmi ricevuti",
    open_admin: "Apri cluster-admin",
    footer: "Inviato da ns8-backup-monitor.",
    run: "Esecuzione",
    planned: "Prevista per",
    run_took: "Durata totale",
    next_run: "Prossima esecuzione",
    newest_run: "Ultima esecuzione",
    standing: "Stato",
    applications: "Applicazioni",
    attention: "Richiedono attenzione",
    uncovered: "In nessun piano",
    last_plan: "Ultimo piano",
    since: "In nessuno dal",
    last_good: "Ultimo backup riuscito",
};

fn ago(past: Past<'_>) -> String {
    match past.age {
        Some(age) => format!("{} ({age} fa)", past.at),
        None => past.at.to_owned(),
    }
}

fn since(past: Past<'_>) -> String {
    match past.age {
        Some(age) => format!("{} (da {age})", past.at),
        None => past.at.to_owned(),
    }
}

/// `dal 7 nov`, but `dall'8 nov`: Italian elides before these two numbers.
fn on(preposition: &str, date: &str) -> String {
    if date.starts_with("8 ") || date.starts_with("11 ") {
        format!("{preposition}l'{date}")
    } else {
        format!("{preposition} {date}")
    }
}

/// `l'8 nov`, but `il 18 nov`.
fn the(date: &str) -> String {
    if date.starts_with("8 ") || date.starts_with("11 ") {
        format!("l'{date}")
    } else {
        format!("il {date}")
    }
}

fn applications(n: usize) -> String {
    if n == 1 {
        "1 applicazione".into()
    } else {
        format!("{n} applicazioni")
    }
}

impl Words for Italian {
    fn tag(&self) -> &'static str {
        "it"
    }

    fn labels(&self) -> &'static Labels {
        &LABELS
    }

    fn marks(&self) -> (char, char) {
        (',', '.')
    }

    fn month(&self, month: i8) -> &'static str {
        match month {
            1 => "gen",
            2 => "feb",
            3 => "mar",
            4 => "apr",
            5 => "mag",
            6 => "giu",
            7 => "lug",
            8 => "ago",
            9 => "set",
            10 => "ott",
            11 => "nov",
            _ => "dic",
        }
    }

    fn day_letter(&self) -> char {
        'g'
    }

    fn span(&self, n: u64, unit: Unit) -> String {
        let (one, many) = match unit {
            Unit::Minute => ("minuto", "minuti"),
            Unit::Hour => ("ora", "ore"),
            Unit::Day => ("giorno", "giorni"),
        };
        format!("{n} {}", if n == 1 { one } else { many })
    }

    fn spans(&self, larger: &str, smaller: &str) -> String {
        format!("{larger} e {smaller}")
    }

    fn and_more(&self, n: usize, of: Things) -> String {
        match (of, n) {
            (Things::Applications, 1) => "e un'altra".into(),
            (Things::Applications, n) => format!("e altre {n}"),
            (Things::Plans | Things::Warnings | Things::Elapses, 1) => "e un altro".into(),
            (Things::Plans | Things::Warnings | Things::Elapses, n) => format!("e altri {n}"),
        }
    }

    fn headline(&self, headline: Headline) -> Cow<'static, str> {
        run::headline(headline)
    }

    fn counts(&self, bad: usize, counted: usize) -> String {
        if bad == 1 {
            format!("1 applicazione su {counted} fallita")
        } else {
            format!("{bad} applicazioni su {counted} fallite")
        }
    }

    fn no_sign(&self) -> &'static str {
        "nessuna traccia dell'esecuzione"
    }

    fn by_hand(&self, part: Option<(usize, usize)>) -> String {
        run::by_hand(part)
    }

    fn bad_for(&self, length: &str) -> String {
        format!("non lo era da {length}")
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
        format!("Di nuovo a posto: {}.", who.text)
    }

    fn started_by_hand(&self, part: Option<(usize, usize)>) -> String {
        run::started_by_hand(part)
    }

    fn held_back(&self, n: u32, until: &str) -> String {
        run::held_back(n, until)
    }

    fn in_no_plan(&self, n: usize) -> String {
        let verb = if n == 1 { "è" } else { "sono" };
        format!("{} non {verb} in alcun piano.", applications(n))
    }

    fn why_uncovered(&self, several: bool) -> &'static str {
        if several {
            "Qualcuno le ha tolte dal piano, oppure sono state spostate, clonate o ripristinate: in tal caso hanno nuovi id, che nessun piano nomina."
        } else {
            "Qualcuno l'ha tolta dal piano, oppure è stata spostata, clonata o ripristinata: in tal caso ha un nuovo id, che nessun piano nomina."
        }
    }

    fn alert_of_the_gone(&self, who: Names<'_>) -> String {
        format!(
            "{} {} il piano o il cluster durante l'esecuzione. L'allarme di NS8 che {} riguarda rientra solo con la prossima esecuzione del piano.",
            who.text,
            if who.several {
                "hanno lasciato"
            } else {
                "ha lasciato"
            },
            if who.several { "le" } else { "la" }
        )
    }

    fn alarmed(&self) -> &'static str {
        "La verifica è partita da un allarme; gli ultimi risultati non mostrano errori."
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
        let held = lock.map_or_else(String::new, |(owner, held)| match held {
            Some(held) => format!(" da {owner} {}", on("dal", &since(held))),
            None => format!(" da {owner}"),
        });
        let how = match cause {
            RepoCause::Reachable | RepoCause::NotProbed => return None,
            RepoCause::NotFound => "il repository non c'è".to_owned(),
            RepoCause::WrongPassword => "il repository ha un'altra password".to_owned(),
            RepoCause::Locked => format!("il repository è bloccato{held}"),
            RepoCause::Busy => format!("il repository in questo momento è in uso{held}"),
            RepoCause::Forbidden => "l'accesso al repository è negato".to_owned(),
            RepoCause::Unreachable => "il repository non è raggiungibile".to_owned(),
            RepoCause::Timeout => "il repository non ha risposto in tempo".to_owned(),
            RepoCause::Corrupt => "il repository è danneggiato".to_owned(),
            RepoCause::Error => "la verifica del repository è fallita (vedi sotto)".to_owned(),
        };
        Some(format!("{}: {how}.", who.text))
    }

    fn plan_cause(&self, cause: PlanCause) -> &'static str {
        match cause {
            PlanCause::Missed => "Nessun nodo del piano mostra un esito di questa esecuzione.",
            PlanCause::Disabled => {
                "Il piano è disabilitato; il suo allarme rientra solo con una nuova esecuzione."
            }
            PlanCause::UnknownPlan => {
                "Il piano è stato eliminato, oppure l'allarme ha un'etichetta errata o appartiene a un altro cluster."
            }
            PlanCause::RedisUnreachable => {
                "Un allarme attende risposta. Questo non dice ancora nulla sui backup."
            }
        }
    }

    fn destination(&self, story: DestinationStory<'_>) -> String {
        match story {
            DestinationStory::Failed(name, cause) => match cause {
                RepoCause::Timeout => format!("La destinazione {name} non ha risposto in tempo."),
                RepoCause::Forbidden => format!("La destinazione {name} nega l'accesso."),
                RepoCause::WrongPassword => format!(
                    "I repository su {name} non si aprono con la chiave di crittografia del cluster."
                ),
                _ => format!("La destinazione {name} non risponde."),
            },
            DestinationStory::FaultElsewhere(name) => format!(
                "La destinazione {name} è stata verificata e funziona: il guasto è altrove (le applicazioni, i loro nodi o il piano)."
            ),
            DestinationStory::Fine(name) => {
                format!("La destinazione {name} è stata verificata e funziona.")
            }
            DestinationStory::ItselfFine(name) => {
                format!("La destinazione {name} è stata verificata e di per sé funziona.")
            }
            DestinationStory::NotChecked(reason) => match reason {
                None => "La destinazione non è stata verificata.".into(),
                Some(reason) => {
                    format!("La destinazione non è stata verificata: {reason}.")
                }
            },
            DestinationStory::Unclear(name) => format!(
                "La destinazione {name} è stata interrogata; dalle risposte non si capisce se funziona."
            ),
        }
    }

    fn at_risk(&self, who: Names<'_>, since: Past<'_>) -> String {
        format!(
            "{}: le modifiche successive {} non sono in questa destinazione.",
            who.text,
            on("al", &ago(since))
        )
    }

    fn last_good(&self, who: Names<'_>, at: Past<'_>) -> String {
        format!(
            "{}: l'ultimo backup riuscito è {}; le modifiche successive potrebbero non essere in alcun backup.",
            who.text,
            on("del", &ago(at))
        )
    }

    fn never_saved(&self, who: Names<'_>) -> String {
        format!(
            "{}: non esiste alcuno snapshot; non si potrebbe ripristinare nulla.",
            who.text
        )
    }

    fn risk_unknown(&self) -> &'static str {
        "Non si sa a quando risalgono gli ultimi snapshot validi."
    }

    fn risk_unknown_of_others(&self, n: usize) -> String {
        if n == 1 {
            "Per un'altra applicazione fallita non si sa da quando.".into()
        } else {
            format!("Per altre {n} applicazioni fallite non si sa da quando.")
        }
    }

    fn advice(&self, advice: Advice) -> &'static str {
        advice::text(advice)
    }

    fn result(&self, cause: ModuleCause) -> &'static str {
        causes::result(cause)
    }

    fn newest_saved(&self, since: Past<'_>) -> String {
        format!("Ultimo snapshot: {}", ago(since))
    }

    fn saved_anyway(&self, at: &str) -> String {
        format!("Lo snapshot {} è al sicuro", on("del", at))
    }

    fn ok_before(&self, at: Past<'_>) -> String {
        format!("Ultimo backup riuscito: {}", ago(at))
    }

    fn held_by(&self, plan: &str) -> String {
        format!("Occupata dal piano {plan}")
    }

    fn not_counted(&self, cause: ModuleCause) -> Option<&'static str> {
        (cause == ModuleCause::NotDue).then_some(
            "Aggiunta al piano a esecuzione già iniziata; conta dalla prossima esecuzione",
        )
    }

    fn none_saved(&self) -> &'static str {
        "Nessuno snapshot"
    }

    fn modules_left_out(&self, n: usize, written: &str) -> String {
        if n == 1 {
            "Un'altra applicazione non è elencata.".into()
        } else {
            format!("Altre {written} applicazioni non sono elencate.")
        }
    }

    fn answer(&self, cause: RepoCause) -> &'static str {
        match cause {
            RepoCause::Reachable => "risponde",
            RepoCause::NotFound => "non trovato",
            RepoCause::WrongPassword => "password errata",
            RepoCause::Locked => "bloccato",
            RepoCause::Busy => "in uso",
            RepoCause::Forbidden => "accesso negato",
            RepoCause::Unreachable => "nessuna connessione",
            RepoCause::Timeout => "nessuna risposta in tempo",
            RepoCause::Corrupt => "danneggiato",
            RepoCause::Error => "errore",
            RepoCause::NotProbed => "non interrogato",
        }
    }

    fn method(&self, method: ProbeMethod) -> &'static str {
        match method {
            ProbeMethod::Api => "Interrogata tramite i task del cluster.",
            ProbeMethod::Restic => "Interrogata con restic.",
            ProbeMethod::Runagent => "Interrogata con runagent e restic.",
            ProbeMethod::Off => "",
        }
    }

    fn lock(&self, owner: &str, held: Option<Past<'_>>, exclusive: bool) -> String {
        let kind = if exclusive {
            "Bloccato in modo esclusivo"
        } else {
            "Bloccato"
        };
        match held {
            Some(held) => format!("{kind} da {owner} {}", on("dal", &since(held))),
            None => format!("{kind} da {owner}"),
        }
    }

    fn repositories_left_out(&self, n: usize) -> String {
        if n == 1 {
            "Un altro repository non è stato interrogato.".into()
        } else {
            format!("Altri {n} repository non sono stati interrogati.")
        }
    }

    fn warning(&self, warning: WarningText<'_>) -> String {
        warnings::text(self, warning)
    }

    fn remark(&self, remark: &Remark) -> String {
        probing::remark(remark)
    }

    fn skipped(&self, reason: &SkipReason) -> String {
        probing::skipped(reason)
    }

    fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::NotAHash => "non è un hash".into(),
            Reason::NotASet => "non è un set".into(),
            Reason::NotAnObject => "non è un oggetto JSON".into(),
            Reason::NotAStatus => "non è il testo JSON di uno stato".into(),
            Reason::NoModule => "non è un modulo con il suo UUID".into(),
            Reason::NoNodeId => "non è il numero di un nodo".into(),
            Reason::NoPlanId => "l'ultima parte non è l'id di un piano".into(),
            Reason::NoDestinationId => "non è l'id di una destinazione".into(),
            Reason::NoModuleId => "non è l'id di un modulo".into(),
            Reason::NoModuleIdInside => "contiene ciò che non è l'id di un modulo".into(),
            Reason::NotASchedule => {
                "systemd non può leggerla, quindi il piano non viene mai eseguito: impostare di \
                 nuovo la pianificazione"
                    .into()
            }
            Reason::Field(name, fault) => format!("{name} {}", self::fault(*fault)),
            Reason::Other(text) => text.clone(),
        }
    }

    fn plan(&self, story: PlanStory<'_>) -> String {
        plans::story(story)
    }

    fn run_result(&self, outcome: Option<Outcome>, bad: usize, counted: usize) -> String {
        plans::run_result(outcome, bad, counted)
    }

    fn zone(&self, zone: &str) -> String {
        format!("Tutti gli orari: {zone}.")
    }

    fn switched_off(&self) -> &'static str {
        "disabilitato"
    }

    fn test_what(&self, way: &str) -> String {
        format!("Questa è una prova. Le mail del monitoraggio dei backup arrivano ({way}).")
    }

    fn test_next(&self) -> &'static str {
        "Nulla da fare. La prossima mail arriva quando un backup richiede attenzione."
    }
}

fn fault(fault: Fault) -> &'static str {
    match fault {
        Fault::Missing => "manca",
        Fault::Empty => "è vuoto",
        Fault::Negative => "è negativo",
        Fault::TooLarge => "è troppo grande",
        Fault::NotWhole => "non è un numero intero",
        Fault::NotANumber => "non è un numero",
        Fault::InFuture => "è nel futuro: l'orologio del nodo o di questa macchina è sbagliato",
        Fault::NotATime => "non è un istante ISO 8601 con il fuso orario",
        Fault::NotAResult => "non è né success né error",
    }
}
