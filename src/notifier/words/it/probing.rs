//! Italian for what the probes of repositories met.

use crate::model::{CredentialFault, Obstacle, Remark, SkipReason};

/// What there is to say beside a repository's answer.
pub(super) fn remark(remark: &Remark) -> String {
    match remark {
        Remark::Said(text) => text.clone(),
        Remark::EndedSilently(code) => {
            format!("restic è terminato con il codice {code} senza dire nulla")
        }
        Remark::TaskEndedSilently(code) => {
            format!("il task è terminato con il codice {code} senza dire nulla")
        }
        Remark::EndedBySignal(number) => format!("restic è stato terminato dal segnale {number}"),
        Remark::TooMuch => {
            "restic ha scritto più di quanto si possa leggere ed è stato terminato".into()
        }
        Remark::ListSenseless => "l'elenco degli snapshot di restic non è comprensibile".into(),
        Remark::OutputSenseless => "l'output dell'azione non è comprensibile".into(),
        Remark::NotGranted => "manca il ruolo cluster:reader".into(),
        Remark::Busy => "l'agente del cluster è occupato".into(),
        Remark::NoWay(obstacle) => self::obstacle(obstacle),
    }
}

/// Why nobody asked the repositories.
pub(super) fn skipped(reason: &SkipReason) -> String {
    match reason {
        SkipReason::AllOk => "nessuna applicazione è fallita".into(),
        SkipReason::Off => {
            "repo_check.method è off, oppure da questa macchina non c'è modo di interrogarla".into()
        }
        SkipReason::NoDestination => {
            "il piano non ne indica una, o ne indica una inesistente".into()
        }
        SkipReason::NotGranted => "a questo programma manca il ruolo cluster:reader".into(),
        SkipReason::Busy => "l'agente del cluster è occupato".into(),
        SkipReason::Unavailable(obstacle) => self::obstacle(obstacle),
    }
}

fn obstacle(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::NoAccount => "il metodo `api` richiede l'account dell'agente (REDIS_USER, \
                                REDIS_PASSWORD), che non è impostato; installare questo programma \
                                come modulo o scegliere un altro `repo_check.method`"
            .into(),
        Obstacle::Restic { program, reason } => format!(
            "impossibile avviare {program}: {reason}; installare restic o indicare in \
             `repo_check.restic` dove si trova"
        ),
        Obstacle::Runagent { program, reason } => format!(
            "impossibile avviare {program}: {reason}; il metodo `runagent` funziona solo per root \
             su un nodo del cluster"
        ),
        Obstacle::ApiRefused => "l'API dei task ha rifiutato utente e password del modulo".into(),
        Obstacle::ApiOfWorker(address) => format!(
            "l'API dei task su {address} non è quella del leader; il leader viene individuato \
             da sé se `repo_check.api_url` non è impostato"
        ),
        Obstacle::AgentIdle(agent) => format!("l'agente {agent} non è in esecuzione"),
        Obstacle::ApiUnreachable { address, reason } => {
            format!("l'API dei task su {address} non è raggiungibile: {reason}")
        }
        Obstacle::ApiAnswered(status) => format!("l'API dei task ha risposto {status}"),
        Obstacle::ApiSenseless => "la risposta dell'API dei task non è comprensibile".into(),
        Obstacle::ApiTooLong => "la risposta dell'API dei task è troppo lunga".into(),
        Obstacle::Destination(id, fault) => format!("destinazione {id}: {}", credentials(fault)),
        Obstacle::Other(text) => text.clone(),
    }
}

fn credentials(fault: &CredentialFault) -> String {
    match fault {
        CredentialFault::Unknown => {
            "le sue credenziali non sono note; scriverle nella sezione `destinations` del file"
                .into()
        }
        CredentialFault::Missing(field) => {
            format!("`{field}` non è noto; scriverlo nella sezione `destinations` del file")
        }
        CredentialFault::TooLate => {
            "non è stato possibile leggere in tempo le sue credenziali".into()
        }
        CredentialFault::RedisUnreachable => {
            "impossibile leggere le sue credenziali: il Redis del cluster non risponde".into()
        }
        CredentialFault::RedisRefused { user, reason } => format!(
            "impossibile leggere le sue credenziali: Redis ha rifiutato l'account {user}: {reason}"
        ),
        CredentialFault::RedisFailed => {
            "impossibile leggere le sue credenziali: Redis ha risposto con un errore".into()
        }
        CredentialFault::UnknownAddress(scheme) => format!(
            "gli indirizzi che iniziano con `{scheme}` non si possono interrogare con il metodo \
             `restic`; indicare `url` nella forma di restic nella sezione `destinations` del file"
        ),
        CredentialFault::NotAbsolute => "il suo `url` non è un percorso assoluto".into(),
        CredentialFault::NotOfForm(form) => format!("il suo `url` non ha la forma `{form}`"),
        CredentialFault::RcloneFile(reason) => {
            format!("impossibile scrivere la configurazione di rclone: {reason}")
        }
        CredentialFault::Rclone(reason) => {
            format!("impossibile avviare rclone: {reason}; installare rclone")
        }
        CredentialFault::RcloneRefused => {
            "rclone non ha accettato la password (`rclone obscure -` non è riuscito)".into()
        }
    }
}
