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
        let why = ModuleCause::ALL
            .map(|cause| w.why(cause, who, None))
            .to_vec();
        assert_eq!(unlike(why), 12, "{language:?}");
        let answers = REPO_CAUSES.map(|cause| w.answer(cause)).to_vec();
        assert_eq!(unlike(answers), REPO_CAUSES.len(), "{language:?}");
    }
}

#[test]
fn the_verdicts_are_the_words_of_the_documents() {
    let run = |language: Language, outcome| {
        words(language).headline(Headline::Run(outcome, Told::Plainly))
    };
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
