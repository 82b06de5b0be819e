//! Every sentence that an administrator reads in a mail, per language.
//!
//! A language is an implementation of [`Words`]; the enums of the model are
//! matched exhaustively in each, so that neither a language nor a new cause can
//! be forgotten. Names that are put into sentences arrive ready for display.

mod en;
mod it;

use serde::Serialize;

use crate::model::{
    Advice, Language, ModuleCause, Outcome, PlanCause, ProbeMethod, Reason, Remark, RepoCause,
    ReportKind, SkipReason,
};

/// The words of `language`.
pub fn words(language: Language) -> &'static dyn Words {
    match language {
        Language::En => &en::English,
        Language::It => &it::Italian,
    }
}

/// A unit of a rough length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 60 s.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
}

/// What is counted where only a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Things {
    /// Applications.
    Applications,
    /// Plans.
    Plans,
    /// Warnings.
    Warnings,
}

/// Names in a sentence: already joined, and whether they are several, for the
/// verb.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// `Mail (mail1), Webtop (webtop1)`.
    pub text: &'a str,
    /// More than one.
    pub several: bool,
}

/// A moment in a sentence: the date, and how long ago it was.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// `18 Nov 2026 02:04 CET`.
    pub at: &'a str,
    /// `3 days`; nothing when the moment lies ahead (clocks differ).
    pub age: Option<&'a str>,
}

/// What happened, in one sentence at the top.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// All that count are ok.
    AllGood(usize),
    /// Some failed, out of how many.
    SomeFailed(usize, usize),
    /// All failed.
    NoneGood(usize),
    /// Nothing shows that a backup was made.
    NoStatus,
    /// The plan has no application that could be backed up.
    NoMembers,
    /// No application was due.
    NothingDue,
    /// An alert named what is no plan; its ids.
    UnknownPlan(Names<'a>),
    /// Redis does not answer.
    RedisUnreachable(Option<Past<'a>>),
    /// Every plan is fine; how many there are.
    AllWell(usize),
}

/// What is to be said of the destination on the first screen.
#[derive(Clone, Copy, Debug)]
pub enum DestinationStory<'a> {
    /// It failed, and how.
    Failed(&'a str, RepoCause),
    /// It is fine although everything failed.
    FaultElsewhere(&'a str),
    /// It is fine.
    Fine(&'a str),
    /// Nobody asked it, and why.
    NotChecked(Option<&'a str>),
    /// It was asked, and the answers do not tell.
    Unclear(&'a str),
}

/// A warning with its names ready for display.
#[derive(Clone, Copy, Debug)]
pub enum WarningText<'a> {
    /// 0 files.
    NoFiles(&'a str),
    /// End before start.
    EndBeforeStart(&'a str),
    /// A key that could not be understood, and why.
    UnreadableKey(&'a str, &'a str),
    /// Members that are gone.
    GoneMembers(Names<'a>),
    /// A healthy module's repository did not answer well; how it answered.
    HealthyModuleProbe(&'a str, Option<RepoCause>),
    /// A stale lock: where, whose, since when.
    StaleLock(&'a str, &'a str, Option<Past<'a>>),
    /// Saved, but its node could not report it.
    Unreported(Names<'a>),
}

/// One language.
pub trait Words: Sync {
    /// The language tag of the HTML (`en`).
    fn tag(&self) -> &'static str;
    /// Headings and the names of columns.
    fn labels(&self) -> &'static Labels;
    /// The decimal mark, and the mark between thousands.
    fn marks(&self) -> (char, char);
    /// A month's short name; 1 is January.
    fn month(&self, month: i8) -> &'static str;
    /// The letter for days in a short duration (`2 d 03 h`).
    fn day_letter(&self) -> char;
    /// `3 days`.
    fn span(&self, n: u64, unit: Unit) -> String;
    /// `and 12 more`; of what decides the gender.
    fn and_more(&self, n: usize, of: Things) -> String;

    /// The verdict, as the subject and the headline have it.
    fn headline(&self, kind: ReportKind, outcome: Outcome) -> &'static str;
    /// The same where all would be well, had there been any plan to check.
    fn no_plan_headline(&self) -> &'static str;
    /// `2 of 7 applications failed`; for the subject.
    fn counts(&self, bad: usize, counted: usize) -> String;
    /// What happened.
    fn what(&self, what: What<'_>) -> String;
    /// What answered an alert although nothing is wrong.
    fn alarmed(&self) -> &'static str;
    /// Why these modules are not ok.
    fn why(&self, cause: ModuleCause, who: Names<'_>) -> String;
    /// Why, as the modules' repositories tell it; `lock` says who holds a
    /// single one. Nothing where the answer explains nothing.
    fn why_repository(
        &self,
        cause: RepoCause,
        who: Names<'_>,
        lock: Option<(&str, Option<Past<'_>>)>,
    ) -> Option<String>;
    /// What is to be said of the plan as a whole.
    fn plan_cause(&self, cause: PlanCause) -> &'static str;
    /// What is to be said of the destination.
    fn destination(&self, story: DestinationStory<'_>) -> String;
    /// Since when data is in no backup.
    fn at_risk(&self, who: Names<'_>, since: Past<'_>) -> String;
    /// There is no snapshot at all.
    fn never_saved(&self, who: Names<'_>) -> String;
    /// It is not known since when data is in no backup.
    fn risk_unknown(&self) -> &'static str;
    /// It is known of some, and not of these many others.
    fn risk_unknown_of_others(&self, n: usize) -> String;
    /// What to do.
    fn advice(&self, advice: Advice) -> &'static str;

    /// A module's result in the table.
    fn result(&self, cause: ModuleCause) -> &'static str;
    /// Below a module: the newest snapshot there is.
    fn newest_saved(&self, since: Past<'_>) -> String;
    /// Below a module: the snapshot of this run is there.
    fn saved_anyway(&self, at: &str) -> String;
    /// Below a module: none at all.
    fn none_saved(&self) -> &'static str;
    /// Modules that the table leaves out: how many, and that number written.
    fn modules_left_out(&self, n: usize, written: &str) -> String;

    /// A repository's answer in the table.
    fn answer(&self, cause: RepoCause) -> &'static str;
    /// How the repositories were asked.
    fn method(&self, method: ProbeMethod) -> &'static str;
    /// Below a repository: who holds it.
    fn lock(&self, owner: &str, since: Option<Past<'_>>, exclusive: bool) -> String;
    /// Repositories that were not asked.
    fn repositories_left_out(&self, n: usize) -> String;
    /// A warning.
    fn warning(&self, warning: WarningText<'_>) -> String;
    /// What there is to say beside a repository's answer. What restic said stays
    /// as it is.
    fn remark(&self, remark: &Remark) -> String;
    /// Why nobody asked the repositories; without a mark at its end.
    fn skipped(&self, reason: &SkipReason) -> String;
    /// What is wrong with a key of Redis.
    fn reason(&self, reason: &Reason) -> String;
    /// The zone of all times.
    fn zone(&self, zone: &str) -> String;
    /// Behind the schedule of a plan that is not enabled.
    fn switched_off(&self) -> &'static str;

    /// Subject and headline of the test mail.
    fn test_headline(&self) -> &'static str;
    /// What a test mail says; through which way it went.
    fn test_what(&self, way: &str) -> String;
    /// What there is to do after a test mail.
    fn test_next(&self) -> &'static str;
}

/// Headings, columns and the fixed small texts of a language. Templates see it
/// as `labels`.
#[derive(Debug, Serialize)]
pub struct Labels {
    pub what: &'static str,
    pub why: &'static str,
    pub next: &'static str,
    pub at_risk: &'static str,
    pub plan: &'static str,
    pub plans: &'static str,
    pub schedule: &'static str,
    pub cluster: &'static str,
    pub checked: &'static str,
    pub failed: &'static str,
    pub saved: &'static str,
    pub not_counted: &'static str,
    pub application: &'static str,
    pub node: &'static str,
    pub result: &'static str,
    pub start: &'static str,
    pub duration: &'static str,
    pub size: &'static str,
    pub files: &'static str,
    pub destination: &'static str,
    pub address: &'static str,
    pub repository: &'static str,
    pub answer: &'static str,
    pub snapshots: &'static str,
    pub newest: &'static str,
    pub took: &'static str,
    pub last_run: &'static str,
    pub never: &'static str,
    pub warnings: &'static str,
    pub alerts: &'static str,
    pub open_admin: &'static str,
    pub footer: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CredentialFault, Obstacle};

    const REPO_CAUSES: [RepoCause; 11] = [
        RepoCause::Reachable,
        RepoCause::NotFound,
        RepoCause::WrongPassword,
        RepoCause::Locked,
        RepoCause::Busy,
        RepoCause::Forbidden,
        RepoCause::Unreachable,
        RepoCause::Timeout,
        RepoCause::Corrupt,
        RepoCause::Error,
        RepoCause::NotProbed,
    ];

    fn unlike<T: std::fmt::Display>(mut said: Vec<T>) -> usize {
        said.sort_by_key(ToString::to_string);
        said.dedup_by_key(|text| text.to_string());
        said.len()
    }

    #[test]
    fn no_two_causes_are_told_in_the_same_words() {
        let who = Names {
            text: "Mail (mail1)",
            several: false,
        };
        for language in [Language::En, Language::It] {
            let w = words(language);
            let results = ModuleCause::ALL.map(|cause| w.result(cause)).to_vec();
            assert_eq!(unlike(results), 12, "{language:?}");
            let why = ModuleCause::ALL.map(|cause| w.why(cause, who)).to_vec();
            assert_eq!(unlike(why), 12, "{language:?}");
            let answers = REPO_CAUSES.map(|cause| w.answer(cause)).to_vec();
            assert_eq!(unlike(answers), REPO_CAUSES.len(), "{language:?}");
        }
    }

    #[test]
    fn the_verdicts_are_the_words_of_the_documents() {
        let run = |language: Language, outcome| words(language).headline(ReportKind::Run, outcome);
        assert_eq!(run(Language::En, Outcome::Success), "Backup completed");
        assert_eq!(
            run(Language::En, Outcome::Partial),
            "Backup partially failed"
        );
        assert_eq!(run(Language::En, Outcome::RepoFailure), "Backup failed");
        assert_eq!(run(Language::It, Outcome::Success), "Backup completato");
        assert_eq!(
            run(Language::It, Outcome::Partial),
            "Backup parzialmente fallito"
        );
        assert_eq!(run(Language::It, Outcome::RepoFailure), "Backup fallito");
    }

    #[test]
    fn italian_dates_are_joined_as_italian_is_spoken() {
        let it = words(Language::It);
        for (at, joined) in [
            ("8 nov 2026 02:04", "dell'8 nov"),
            ("11 nov 2026 02:04", "dell'11 nov"),
            ("18 nov 2026 02:04", "del 18 nov"),
            ("1 nov 2026 02:04", "del 1 nov"),
        ] {
            assert!(it.saved_anyway(at).contains(joined), "{at}");
        }
        let past = Past {
            at: "8 nov 2026 02:04",
            age: None,
        };
        assert!(
            it.lock("x", Some(past), false)
                .ends_with("da x dall'8 nov 2026 02:04")
        );
    }

    #[test]
    fn no_plan_at_all_is_not_called_fine() {
        for (language, word) in [(Language::En, "fine"), (Language::It, "a posto")] {
            let said = words(language).what(What::AllWell(0));
            assert!(!said.contains(word) && !said.contains('0'), "{said}");
        }
    }

    #[test]
    fn a_busy_cluster_is_told_in_the_readers_language() {
        for (language, word) in [(Language::En, "is busy"), (Language::It, "occupato")] {
            let said = words(language).skipped(&SkipReason::Busy);
            assert!(said.contains(word), "{said}");
        }
    }

    #[test]
    fn what_probes_met_is_told_in_the_readers_language() {
        let (en, it) = (words(Language::En), words(Language::It));
        let said = Remark::Said("Fatal: wrong password or no key found".into());
        assert_eq!(it.remark(&said), en.remark(&said));

        let id = || "48ce".into();
        let fault = |fault| Obstacle::Destination(id(), fault);
        let obstacles = [
            Obstacle::NoAccount,
            Obstacle::Restic {
                program: "restic".into(),
                reason: "-".into(),
            },
            Obstacle::Runagent {
                program: "runagent".into(),
                reason: "-".into(),
            },
            Obstacle::ApiRefused,
            Obstacle::ApiOfWorker("http://x".into()),
            Obstacle::AgentIdle("cluster".into()),
            Obstacle::ApiUnreachable {
                address: "http://x".into(),
                reason: "-".into(),
            },
            Obstacle::ApiAnswered(418),
            Obstacle::ApiSenseless,
            Obstacle::ApiTooLong,
            fault(CredentialFault::Unknown),
            fault(CredentialFault::Missing("url".into())),
            fault(CredentialFault::TooLate),
            fault(CredentialFault::RedisUnreachable),
            fault(CredentialFault::RedisRefused {
                user: "module/x1".into(),
                reason: "-".into(),
            }),
            fault(CredentialFault::RedisFailed),
            fault(CredentialFault::UnknownAddress("gs".into())),
            fault(CredentialFault::NotAbsolute),
            fault(CredentialFault::NotOfForm("sftp:x".into())),
            fault(CredentialFault::RcloneFile("-".into())),
            fault(CredentialFault::Rclone("-".into())),
            fault(CredentialFault::RcloneRefused),
        ];
        let remarks = [
            Remark::EndedSilently(1),
            Remark::TaskEndedSilently(1),
            Remark::EndedBySignal(9),
            Remark::TooMuch,
            Remark::ListSenseless,
            Remark::OutputSenseless,
            Remark::NotGranted,
            Remark::Busy,
        ];
        let remarks = obstacles.map(Remark::NoWay).into_iter().chain(remarks);
        let (english, italian): (Vec<_>, Vec<_>) =
            remarks.map(|r| (en.remark(&r), it.remark(&r))).unzip();
        assert_eq!(unlike(italian.clone()), italian.len());
        for (english, italian) in english.iter().zip(&italian) {
            assert_ne!(english, italian);
            for word in [" the ", " cannot ", " is ", " not ", " and "] {
                assert!(!format!(" {italian} ").contains(word), "{italian}");
            }
        }
    }

    #[test]
    fn one_application_is_not_spoken_of_as_many() {
        let w = words(Language::En);
        assert_eq!(w.counts(1, 1), "1 of 1 application failed");
        assert_eq!(w.counts(1, 7), "1 of 7 applications failed");
        let it = words(Language::It);
        assert_eq!(it.counts(1, 1), "1 applicazione su 1 fallita");
        assert_eq!(it.counts(2, 7), "2 applicazioni su 7 fallite");
        assert_eq!(it.span(1, Unit::Day), "1 giorno");
    }
}
