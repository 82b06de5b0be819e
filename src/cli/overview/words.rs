//! The words of the overview, in both languages.

use crate::model::{Language, Standing};

/// One language.
pub(super) struct Words {
    language: Language,
    /// Heads of the table of plans.
    pub plans: [&'static str; 5],
    /// Heads of the table of applications that need attention.
    pub attention: [&'static str; 5],
    /// Heads of the table of applications without a plan.
    pub uncovered: [&'static str; 4],
    pub attention_title: &'static str,
    pub uncovered_title: &'static str,
    pub legend: &'static str,
    pub by_hand: &'static str,
    pub all_ok: &'static str,
    pub not_known: &'static str,
    pub never: &'static str,
    pub not_voice: &'static str,
    pub never_looked: &'static str,
    pub no_plan: &'static str,
    pub none_at_work: &'static str,
    pub none_seen: &'static str,
}

const EN: Words = Words {
    language: Language::En,
    plans: ["STATE", "PLAN", "LAST RUN", "NEXT RUN", "RUNS"],
    attention: ["APPLICATION", "PLAN", "NODE", "WHAT", "LAST GOOD BACKUP"],
    uncovered: ["APPLICATION", "NODE", "LAST PLAN", "WITHOUT SINCE"],
    attention_title: "Applications that need attention:",
    uncovered_title: "Applications that no plan backs up:",
    legend: "Runs, the newest last: + all good, ! partly failed, X failed, ? not known.",
    by_hand: "by hand",
    all_ok: "ok",
    not_known: "result not known",
    never: "never",
    not_voice: "This instance sends no mails: another one in the cluster does.",
    never_looked: "The service has not looked at this cluster yet: runs are seen while it is running.",
    no_plan: "There is no backup plan.",
    none_at_work: "No backup plan is at work: each is switched off or has no application.",
    none_seen: "No run of any backup plan was seen yet.",
};

const IT: Words = Words {
    language: Language::It,
    plans: [
        "STATO",
        "PIANO",
        "ULTIMA ESECUZIONE",
        "PROSSIMA",
        "ESECUZIONI",
    ],
    attention: [
        "APPLICAZIONE",
        "PIANO",
        "NODO",
        "ESITO",
        "ULTIMO BACKUP RIUSCITO",
    ],
    uncovered: ["APPLICAZIONE", "NODO", "ULTIMO PIANO", "SENZA PIANO DAL"],
    attention_title: "Applicazioni che richiedono attenzione:",
    uncovered_title: "Applicazioni che nessun piano salva:",
    legend: "Esecuzioni, l'ultima a destra: + tutto a posto, ! in parte fallita, X fallita, \
             ? non nota.",
    by_hand: "avviata a mano",
    all_ok: "ok",
    not_known: "esito non noto",
    never: "mai",
    not_voice: "Questa istanza non invia messaggi: lo fa un'altra istanza del cluster.",
    never_looked: "Il servizio non ha ancora osservato questo cluster: le esecuzioni si vedono \
                   mentre è attivo.",
    no_plan: "Non c'è alcun piano di backup.",
    none_at_work: "Nessun piano di backup è attivo: ognuno è disattivato o senza applicazioni.",
    none_seen: "Non si è ancora vista alcuna esecuzione dei piani di backup.",
};

pub(super) fn of(language: Language) -> &'static Words {
    match language {
        Language::En => &EN,
        Language::It => &IT,
    }
}

/// `dal 7 nov`, but `dall'8 nov`: Italian elides before these two numbers.
fn on(article: &str, elided: &str, date: &str) -> String {
    if date.starts_with("8 ") || date.starts_with("11 ") {
        format!("{elided}{date}")
    } else {
        format!("{article} {date}")
    }
}

impl Words {
    /// Some plans are bad, of those that are at work.
    pub fn some_bad(&self, bad: usize, of: usize) -> String {
        match (self.language, bad) {
            (Language::En, 1) if of == 1 => "The backup plan is failing.".into(),
            (Language::En, 1) => format!("1 of {of} backup plans is failing."),
            (Language::En, bad) => format!("{bad} of {of} backup plans are failing."),
            (Language::It, 1) if of == 1 => "Il piano di backup è in errore.".into(),
            (Language::It, 1) => format!("1 piano di backup su {of} è in errore."),
            (Language::It, bad) => format!("{bad} piani di backup su {of} sono in errore."),
        }
    }

    /// All plans that are at work are good.
    pub fn all_good(&self, plans: usize) -> String {
        match (self.language, plans) {
            (Language::En, 1) => "The backup plan is good.".into(),
            (Language::En, n) => format!("All {n} backup plans are good."),
            (Language::It, 1) => "Il piano di backup è a posto.".into(),
            (Language::It, n) => format!("Tutti e {n} i piani di backup sono a posto."),
        }
    }

    /// No plan is bad, and of some no run was seen.
    pub fn some_good(&self, good: usize, of: usize) -> String {
        match (self.language, good) {
            (Language::En, 1) => {
                format!("1 of {of} backup plans is good; of the others no run was seen yet.")
            }
            (Language::En, n) => {
                format!("{n} of {of} backup plans are good; of the others no run was seen yet.")
            }
            (Language::It, 1) => format!(
                "1 piano di backup su {of} è a posto; degli altri non si è ancora vista alcuna \
                 esecuzione."
            ),
            (Language::It, n) => format!(
                "{n} piani di backup su {of} sono a posto; degli altri non si è ancora vista \
                 alcuna esecuzione."
            ),
        }
    }

    /// When the cluster was read.
    pub fn read_on(&self, moment: &str) -> String {
        match self.language {
            Language::En => format!("Read from the cluster on {moment}."),
            Language::It => format!("Letto dal cluster {}.", on("il", "l'", moment)),
        }
    }

    /// Why it cannot be read, and of when the rest is.
    pub fn not_read(&self, problem: &str, moment: Option<&str>) -> String {
        match (self.language, moment) {
            (Language::En, Some(at)) => {
                format!("The cluster cannot be read now: {problem}.\nThis is how it was on {at}.")
            }
            (Language::En, None) => format!("The cluster cannot be read now: {problem}."),
            (Language::It, Some(at)) => format!(
                "Il cluster ora non è leggibile: {problem}.\nQuesta è la situazione {}.",
                on("del", "dell'", at)
            ),
            (Language::It, None) => format!("Il cluster ora non è leggibile: {problem}."),
        }
    }

    /// How a plan stands, with an icon that says the same.
    pub fn standing(&self, standing: Standing, since: Option<&str>) -> String {
        let words = match (self.language, standing) {
            (Language::En, Standing::Bad) => "❌ failing",
            (Language::En, Standing::Unknown) => "❓ not seen yet",
            (Language::En, Standing::Good) => "✅ good",
            (Language::En, Standing::Disabled) => "⚪ switched off",
            (Language::En, Standing::Empty) => "⭕ no application",
            (Language::It, Standing::Bad) => "❌ in errore",
            (Language::It, Standing::Unknown) => "❓ non ancora visto",
            (Language::It, Standing::Good) => "✅ a posto",
            (Language::It, Standing::Disabled) => "⚪ disattivato",
            (Language::It, Standing::Empty) => "⭕ senza applicazioni",
        };
        match (self.language, since) {
            (_, None) => words.to_owned(),
            (Language::En, Some(since)) => format!("{words} since {since}"),
            (Language::It, Some(since)) => format!("{words} {}", on("dal", "dall'", since)),
        }
    }

    /// Behind the state of a plan whose mails are held back.
    pub fn muted(&self, until: &str) -> String {
        match self.language {
            Language::En => format!("muted until {until}"),
            Language::It => format!("silenziato fino {}", on("al", "all'", until)),
        }
    }

    /// `2 of 7 failed`.
    pub fn failed(&self, bad: usize, of: usize) -> String {
        match (self.language, bad) {
            (Language::En, _) => format!("{bad} of {of} failed"),
            (Language::It, 1) => format!("1 su {of} fallita"),
            (Language::It, _) => format!("{bad} su {of} fallite"),
        }
    }

    /// Failed as a whole, without a count that says so.
    pub fn failed_whole(&self) -> &'static str {
        match self.language {
            Language::En => "failed",
            Language::It => "fallita",
        }
    }

    /// A run that is at work.
    pub fn running(
        &self,
        plan: &str,
        since: &str,
        reported: usize,
        of: usize,
        bad: usize,
    ) -> String {
        let failed = match (self.language, bad) {
            (_, 0) => String::new(),
            (Language::En, _) => format!(", {bad} of them with errors"),
            (Language::It, _) => format!(", {bad} con errori"),
        };
        match self.language {
            Language::En => format!(
                "▶ {plan} is running since {since}: {reported} of {of} applications \
                 reported{failed}."
            ),
            Language::It => format!(
                "▶ {plan} è in esecuzione {}: {reported} applicazioni su {of} hanno un \
                 esito{failed}.",
                on("dal", "dall'", since)
            ),
        }
    }

    /// Mails that did not arrive yet, and never will; nothing for none.
    pub fn mails(&self, queued: usize, undelivered: usize) -> Option<String> {
        let queued = (queued > 0).then(|| match (self.language, queued) {
            (Language::En, 1) => "1 mail waits for another attempt.".to_owned(),
            (Language::En, n) => format!("{n} mails wait for another attempt."),
            (Language::It, 1) => "1 messaggio attende un altro tentativo.".to_owned(),
            (Language::It, n) => format!("{n} messaggi attendono un altro tentativo."),
        });
        let lost = (undelivered > 0).then(|| match (self.language, undelivered) {
            (Language::En, 1) => "1 mail could not be delivered in the last 7 days.".to_owned(),
            (Language::En, n) => format!("{n} mails could not be delivered in the last 7 days."),
            (Language::It, 1) => {
                "1 messaggio non è stato recapitato negli ultimi 7 giorni.".to_owned()
            }
            (Language::It, n) => {
                format!("{n} messaggi non sono stati recapitati negli ultimi 7 giorni.")
            }
        });
        let lines: Vec<String> = queued.into_iter().chain(lost).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}
