//! What became of an application, in Italian.

use super::super::Names;
use super::on;
use crate::model::ModuleCause;

pub(super) fn why(cause: ModuleCause, who: Names<'_>, by: Option<&str>) -> String {
    let names = who.text;
    let node = || by.map_or_else(|| "il nodo".to_owned(), |node| format!("il nodo {node}"));
    match cause {
        ModuleCause::Ok => format!("{names}: backup riuscito."),
        ModuleCause::BackupError => format!("{names}: il backup è terminato con errori."),
        ModuleCause::AfterBackup => format!(
            "{names}: lo snapshot {} ed è al sicuro; è fallito ciò che segue (retention o statistiche).",
            by.map_or_else(
                || "è stato creato".to_owned(),
                |at| format!("{} c'è", on("del", at))
            )
        ),
        ModuleCause::Unreported => {
            format!("{names}: backup riuscito, ma il nodo non ha potuto comunicarlo.")
        }
        ModuleCause::NotFinished => format!(
            "{names}: nessun esito ricevuto in tempo. Probabilmente {} è stato riavviato, oppure l'esecuzione è stata interrotta.",
            node()
        ),
        ModuleCause::Busy => format!(
            "{names}: era ancora in corso il backup {}, perciò a questo si è rinunciato.",
            by.map_or_else(
                || "di un altro piano".to_owned(),
                |plan| format!("del piano {plan}")
            )
        ),
        ModuleCause::NodeUnreachable => format!("{names}: {} non risponde.", node()),
        ModuleCause::Missed => format!(
            "{names}: il backup {} non è partito, oppure è stato interrotto prima che terminasse la sua prima applicazione.",
            by.map_or_else(|| "sul nodo".to_owned(), |node| format!("sul nodo {node}"))
        ),
        ModuleCause::NeverRan => format!("{names}: mai salvata da questo piano."),
        ModuleCause::Unreadable => format!("{names}: lo stato esiste ma non è comprensibile."),
        ModuleCause::NotDue => {
            format!("{names}: aggiunta al piano a esecuzione già iniziata.")
        }
        ModuleCause::Excluded => format!("{names}: in nessun piano."),
    }
}

pub(super) fn result(cause: ModuleCause) -> &'static str {
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
