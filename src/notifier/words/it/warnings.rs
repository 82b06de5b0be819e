//! What changes no outcome, in Italian.

use super::super::{WarningText, Words as _};
use super::{Italian, ago, on, the};

pub(super) fn text(words: &Italian, warning: WarningText<'_>) -> String {
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
            cause.map_or_else(String::new, |c| format!(" ({})", words.answer(c)))
        ),
        WarningText::StaleLock(name, owner, held) => format!(
            "{name}: nel repository è rimasto un vecchio lock. {}.",
            words.lock(owner, held, false)
        ),
        WarningText::LeftMembers(who) => format!(
            "{} {} il piano o il cluster e non {} parte di questa esecuzione.",
            who.text,
            if who.several { "hanno lasciato" } else { "ha lasciato" },
            if who.several { "fanno" } else { "fa" }
        ),
        WarningText::Unreported(who, at) => format!(
            "{}: lo snapshot di questa esecuzione{} esiste, ma il nodo non ha potuto comunicarlo; il cluster mostra uno stato vecchio.",
            who.text,
            at.map_or_else(String::new, |at| format!(", {},", on("del", at)))
        ),
        WarningText::Shrunk(name, before, now) => format!(
            "{name}: il backup contiene {now}, meno della metà dell'ultimo riuscito ({before}). Verificare che nell'applicazione non manchi nulla."
        ),
        WarningText::LongerThanInterval(took, interval) => format!(
            "L'esecuzione è durata {took}, più del tempo fino alla successiva ({interval}). NS8 non ne avvia un'altra finché una è in corso."
        ),
        WarningText::LongerThanUsual(took, usual) => {
            format!("L'esecuzione è durata {took}, più del doppio del solito ({usual}).")
        }
        WarningText::SkippedElapses(at) => format!(
            "La pianificazione è scattata mentre l'esecuzione era ancora in corso ({}): allora non ne è partita un'altra.",
            at.text
        ),
        WarningText::UncoveredModules(who) => {
            format!("In nessun piano di backup: {}.", who.text)
        }
        WarningText::SnapshotTooOld(name, success, newest) => format!(
            "{name}: secondo il suo stato è stata salvata {}, ma nella destinazione {}.",
            the(success),
            match newest {
                Some(newest) => {
                    format!("l'ultimo snapshot è {}", on("del", &ago(newest)))
                }
                None => "non c'è alcuno snapshot".to_owned(),
            }
        ),
        WarningText::OwnVpnSuspect => {
            "Nessun altro nodo risponde. Probabilmente il guasto è nella VPN del nodo su cui gira questo servizio, non negli altri nodi."
                .into()
        }
        WarningText::NodeZone(node, by, later) => format!(
            "Il nodo {node} avvia le esecuzioni {by} {} di quanto dice la pianificazione nel fuso orario di questo servizio: probabilmente il suo fuso è un altro. D'ora in poi se ne tiene conto.",
            if later { "più tardi" } else { "prima" }
        ),
        WarningText::ClockMoved(by, forward) => format!(
            "L'orologio di questa macchina è stato spostato {} di {by}. Le esecuzioni che sembrano cadere nel mezzo non vengono giudicate.",
            if forward { "in avanti" } else { "indietro" }
        ),
        WarningText::HistoryLost(file) => format!(
            "Il database di questo servizio era danneggiato e ne è stato iniziato uno nuovo. I rapporti precedenti non sono più in elenco, le mail che attendevano l'invio non sono state inviate e un errore già segnalato può essere segnalato di nuovo. Il file danneggiato si trova nella cartella di stato con il nome {file}."
        ),
        WarningText::StaleReading(why, at) => format!(
            "L'ultima volta non è stato possibile leggere il cluster ({why}){}.",
            at.map_or_else(String::new, |at| format!(
                "; questa è la situazione {}",
                on("del", &ago(at))
            ))
        ),
        WarningText::QueuedMails(1) => "1 mail attende un altro tentativo di consegna.".into(),
        WarningText::QueuedMails(n) => {
            format!("{n} mail attendono un altro tentativo di consegna.")
        }
        WarningText::UndeliveredMails(1) => {
            "Negli ultimi 7 giorni non è stato possibile consegnare 1 mail.".into()
        }
        WarningText::UndeliveredMails(n) => {
            format!("Negli ultimi 7 giorni non è stato possibile consegnare {n} mail.")
        }
    }
}
