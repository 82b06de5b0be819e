//! The words of the status page, in both languages.

use std::time::Duration;

use crate::model::{Language, Outcome};

/// One language.
pub(super) struct Words {
    pub(super) lang: &'static str,
    pub(super) uptime: &'static str,
    pub(super) database: &'static str,
    pub(super) redis: &'static str,
    pub(super) ok: &'static str,
    pub(super) alerts: &'static str,
    pub(super) mails: &'static str,
    pub(super) undeliverable: &'static str,
    pub(super) last_reports: &'static str,
    pub(super) none_yet: &'static str,
    pub(super) columns: [&'static str; 4],
    pub(super) unknown_plan: &'static str,
    pub(super) redis_unreachable: &'static str,
    pub(super) all_well: &'static str,
    pub(super) uncovered: &'static str,
    pub(super) digest: &'static str,
    success: &'static str,
    partial: &'static str,
    failure: &'static str,
    day: &'static str,
}

const EN: Words = Words {
    lang: "en",
    uptime: "Running for",
    database: "Database",
    redis: "Redis of the cluster",
    ok: "works",
    alerts: "Alerts that wait for an answer",
    mails: "Mails that wait to be delivered",
    undeliverable: "Mails given up",
    last_reports: "Last reports",
    none_yet: "None yet.",
    columns: ["No.", "Time", "Plan", "Result"],
    unknown_plan: "An alert named an unknown plan",
    redis_unreachable: "Redis could not be read",
    all_well: "No plan has failed",
    uncovered: "Applications lost their plan",
    digest: "Weekly summary",
    success: "✅ Backup completed",
    partial: "⚠️ Backup partially failed",
    failure: "❌ Backup failed",
    day: "d",
};

const IT: Words = Words {
    lang: "it",
    uptime: "In esecuzione da",
    database: "Database",
    redis: "Redis del cluster",
    ok: "funziona",
    alerts: "Avvisi in attesa di risposta",
    mails: "Messaggi in attesa di consegna",
    undeliverable: "Messaggi non consegnabili",
    last_reports: "Ultimi report",
    none_yet: "Ancora nessuno.",
    columns: ["N.", "Ora", "Piano", "Esito"],
    unknown_plan: "Un avviso nominava un piano sconosciuto",
    redis_unreachable: "Redis non era leggibile",
    all_well: "Nessun piano è fallito",
    uncovered: "Applicazioni rimaste senza piano",
    digest: "Riepilogo settimanale",
    success: "✅ Backup completato",
    partial: "⚠️ Backup parzialmente fallito",
    failure: "❌ Backup fallito",
    day: "g",
};

pub(super) fn of(language: Language) -> &'static Words {
    match language {
        Language::En => &EN,
        Language::It => &IT,
    }
}

impl Words {
    pub(super) fn outcome(&self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Success => self.success,
            Outcome::Partial => self.partial,
            Outcome::RepoFailure => self.failure,
        }
    }

    /// The two largest units.
    pub(super) fn duration(&self, time: Duration) -> String {
        let minutes = time.as_secs() / 60;
        match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
            (0, 0, minutes) => format!("{minutes} min"),
            (0, hours, minutes) => format!("{hours} h {minutes} min"),
            (days, hours, _) => format!("{days} {} {hours} h", self.day),
        }
    }
}
