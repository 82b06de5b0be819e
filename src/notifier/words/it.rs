//! Italian, in the words of NS8's own pages (`Backup e ripristino`, `Log di
//! sistema`, `chiave di crittografia dei dati`).

mod probing;

use super::{DestinationStory, Labels, Names, Past, Things, Unit, WarningText, What, Words};
use crate::model::{
    Advice, Fault, ModuleCause, Outcome, PlanCause, ProbeMethod, Reason, Remark, RepoCause,
    ReportKind, SkipReason,
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

    fn and_more(&self, n: usize, of: Things) -> String {
        match (of, n) {
            (Things::Applications, 1) => "e un'altra".into(),
            (Things::Applications, n) => format!("e altre {n}"),
            (Things::Plans | Things::Warnings, 1) => "e un altro".into(),
            (Things::Plans | Things::Warnings, n) => format!("e altri {n}"),
        }
    }

    fn headline(&self, kind: ReportKind, outcome: Outcome) -> &'static str {
        match (kind, outcome) {
            (ReportKind::Run, Outcome::Success) => "Backup completato",
            (ReportKind::Run, Outcome::Partial) => "Backup parzialmente fallito",
            (ReportKind::Run, Outcome::RepoFailure) => "Backup fallito",
            (ReportKind::UnknownPlan, _) => "Allarme per un piano di backup sconosciuto",
            (ReportKind::RedisUnreachable, _) => "Stato dei backup sconosciuto",
            (ReportKind::AllWell, _) => "Tutti i piani di backup sono a posto",
            (ReportKind::Uncovered, _) => "Applicazioni non più salvate",
            (ReportKind::Digest, _) => "Riepilogo settimanale dei backup",
        }
    }

    fn no_plan_headline(&self) -> &'static str {
        "Nessun piano di backup da verificare"
    }

    fn counts(&self, bad: usize, counted: usize) -> String {
        if bad == 1 {
            format!("1 applicazione su {counted} fallita")
        } else {
            format!("{bad} applicazioni su {counted} fallite")
        }
    }

    fn what(&self, what: What<'_>) -> String {
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
            What::RedisUnreachable(gone) => format!(
                "Non è possibile sapere come sono andati i backup: il Redis del cluster non risponde{}.",
                gone.map_or_else(String::new, |gone| format!(" {}", on("dal", &since(gone))))
            ),
            What::AllWell(0) => "È arrivato un allarme che non nomina alcun piano, e non c'è alcun piano abilitato con applicazioni da verificare.".into(),
            What::AllWell(1) => "È arrivato un allarme che non nomina alcun piano. L'unico piano abilitato è stato verificato ed è a posto.".into(),
            What::AllWell(n) => format!(
                "È arrivato un allarme che non nomina alcun piano. I {n} piani abilitati sono stati verificati e sono a posto."
            ),
        }
    }

    fn alarmed(&self) -> &'static str {
        "La verifica è partita da un allarme; gli ultimi risultati non mostrano errori."
    }

    fn why(&self, cause: ModuleCause, who: Names<'_>) -> String {
        let names = who.text;
        match cause {
            ModuleCause::Ok => format!("{names}: backup riuscito."),
            ModuleCause::BackupError => format!("{names}: il backup è terminato con errori."),
            ModuleCause::AfterBackup => format!(
                "{names}: lo snapshot è stato creato ed è al sicuro; è fallito ciò che segue (retention o statistiche)."
            ),
            ModuleCause::Unreported => {
                format!("{names}: backup riuscito, ma il nodo non ha potuto comunicarlo.")
            }
            ModuleCause::NotFinished => {
                format!("{names}: nessun esito; l'esecuzione è stata considerata interrotta.")
            }
            ModuleCause::Busy => {
                format!("{names}: era ancora in corso il backup di un altro piano.")
            }
            ModuleCause::NodeUnreachable => format!("{names}: il nodo non risponde."),
            ModuleCause::Missed => format!(
                "{names}: il backup non è partito, oppure è stato interrotto prima che terminasse la prima applicazione del nodo."
            ),
            ModuleCause::NeverRan => format!("{names}: mai salvata da questo piano."),
            ModuleCause::Unreadable => format!("{names}: lo stato esiste ma non è comprensibile."),
            ModuleCause::NotDue => {
                format!("{names}: aggiunta al piano a esecuzione già iniziata.")
            }
            ModuleCause::Excluded => format!("{names}: in nessun piano."),
        }
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
            PlanCause::Missed => "Nessun nodo ha eseguito il piano.",
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
        match advice {
            Advice::CheckDestination => {
                "Verificare che la destinazione sia attiva e raggiungibile dai nodi: servizio, rete, risoluzione dei nomi, certificato."
            }
            Advice::CheckCredentials => {
                "Verificare credenziali e permessi della destinazione (cluster-admin, Backup e ripristino)."
            }
            Advice::CheckPassword => {
                "Confrontare la chiave di crittografia dei dati della destinazione con quella conservata in un luogo sicuro: la destinazione potrebbe essere stata ricreata o importata con un'altra chiave."
            }
            Advice::RemoveLock => {
                "Accertarsi che nessun backup sia in corso, poi rimuovere il lock rimasto, come root sul nodo dell'applicazione."
            }
            Advice::WaitForLock => {
                "In questo momento il repository è in uso. Attendere la fine dell'operazione, poi ricontrollare."
            }
            Advice::CheckRepository => {
                "Il repository è danneggiato: non cancellare nulla e controllarlo, come root sul nodo dell'applicazione."
            }
            Advice::FindRepository => {
                "Il repository non è dove il cluster se lo aspetta: è stato spostato, rinominato o eliminato sulla destinazione?"
            }
            Advice::ReadModuleLog => {
                "Leggere cosa ha scritto l'esecuzione sul nodo dell'applicazione, come root sul nodo oppure in cluster-admin, Log di sistema."
            }
            Advice::CheckRetention => {
                "Nessun dato è andato perso. Leggere nel log del nodo cosa è fallito dopo lo snapshot, poi rieseguire il backup."
            }
            Advice::RunByHand => {
                "Eseguire il piano una volta a mano (cluster-admin, Backup e ripristino, Eseguire il backup ora)."
            }
            Advice::CheckRedis => "Controllare il servizio Redis, come root sul nodo leader.",
            Advice::CheckAlertLabels => {
                "Confrontare le etichette dell'allarme, qui sotto, con i piani in cluster-admin. Se il piano è stato eliminato di proposito, va corretta la regola o il receiver che invia ancora l'allarme."
            }
            Advice::EnablePlan => {
                "Se il piano deve restare fermo non c'è nulla da fare; altrimenti riabilitarlo (cluster-admin, Backup e ripristino)."
            }
            Advice::WaitForNextRun => {
                "La prossima esecuzione riscrive lo stato danneggiato. Se il problema resta, eseguire il backup a mano."
            }
            Advice::AddApplications => {
                "Il piano non salva nulla: scegliere le applicazioni che deve salvare (cluster-admin, Backup e ripristino)."
            }
            Advice::CheckPlans => {
                "Verificare che i piani previsti siano abilitati e abbiano applicazioni (cluster-admin, Backup e ripristino)."
            }
            Advice::Nothing => "Nulla da fare.",
        }
    }

    fn result(&self, cause: ModuleCause) -> &'static str {
        match cause {
            ModuleCause::Ok => "ok",
            ModuleCause::BackupError => "backup fallito",
            ModuleCause::AfterBackup => "salvata, poi errore",
            ModuleCause::Unreported => "salvata, non comunicata",
            ModuleCause::NotFinished => "non terminata",
            ModuleCause::Busy => "occupata da altro piano",
            ModuleCause::NodeUnreachable => "nodo irraggiungibile",
            ModuleCause::Missed => "non eseguita",
            ModuleCause::NeverRan => "mai eseguita",
            ModuleCause::Unreadable => "stato illeggibile",
            ModuleCause::NotDue => "non ancora prevista",
            ModuleCause::Excluded => "in nessun piano",
        }
    }

    fn newest_saved(&self, since: Past<'_>) -> String {
        format!("Ultimo snapshot: {}", ago(since))
    }

    fn saved_anyway(&self, at: &str) -> String {
        format!("Lo snapshot {} è al sicuro", on("del", at))
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
        match warning {
            WarningText::NoFiles(name) => {
                format!("{name}: il backup risulta riuscito, ma contiene 0 file.")
            }
            WarningText::EndBeforeStart(name) => format!(
                "{name}: lo stato finisce prima di iniziare; gli orari non possono essere corretti."
            ),
            WarningText::UnreadableKey(key, reason) => {
                format!("La chiave Redis {key} non è comprensibile: {reason}.")
            }
            WarningText::GoneMembers(who) => format!(
                "Il piano nomina ancora {}, che nel cluster non {} più.",
                who.text,
                if who.several { "esistono" } else { "esiste" }
            ),
            WarningText::HealthyModuleProbe(name, cause) => format!(
                "{name}: salvata, ma il suo repository non ha risposto bene{}.",
                cause.map_or_else(String::new, |c| format!(" ({})", self.answer(c)))
            ),
            WarningText::StaleLock(name, owner, held) => format!(
                "{name}: nel repository è rimasto un vecchio lock. {}.",
                self.lock(owner, held, false)
            ),
            WarningText::Unreported(who) => format!(
                "{}: lo snapshot di questa esecuzione esiste, ma il nodo non ha potuto comunicarlo; il cluster mostra uno stato vecchio.",
                who.text
            ),
        }
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
            Reason::Field(name, fault) => format!("{name} {}", self::fault(*fault)),
            Reason::Other(text) => text.clone(),
        }
    }

    fn zone(&self, zone: &str) -> String {
        format!("Tutti gli orari: {zone}.")
    }

    fn switched_off(&self) -> &'static str {
        "disabilitato"
    }

    fn test_headline(&self) -> &'static str {
        "Mail di prova"
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
