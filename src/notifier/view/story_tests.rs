use super::super::{View, of_report};
use crate::model::{
    DestinationHealth, DestinationResult, Fault, Language, MemberResult, ModuleCause, Outcome,
    Reason, Remark, Report, ReportKind, Unreadable, Warning,
};
use crate::notifier::sample;

fn told(report: &Report, language: Language) -> View {
    of_report(report, &sample::mail(language))
}

fn failed(count: usize) -> Report {
    let member = MemberResult {
        never_saved: false,
        at_risk_since: None,
        ..sample::member(ModuleCause::BackupError)
    };
    Report {
        members: vec![member; count],
        ..sample::full()
    }
}

#[test]
fn data_at_risk_tells_for_how_many_others_it_is_not_known() {
    let mut report = failed(3);
    report.members[0] = sample::member(ModuleCause::BackupError);
    let english = told(&report, Language::En).at_risk;
    assert_eq!(english.len(), 2, "{english:?}");
    assert_eq!(
        english[1],
        "For 2 other failed applications it is not known since when."
    );
    report.members.pop();
    let italian = told(&report, Language::It).at_risk;
    assert_eq!(
        italian[1],
        "Per un'altra applicazione fallita non si sa da quando."
    );
}

#[test]
fn data_at_risk_tells_nothing_of_others_where_all_are_known_or_none_is() {
    let mut report = failed(2);
    assert_eq!(told(&report, Language::En).at_risk.len(), 1);
    report.members = vec![sample::member(ModuleCause::BackupError); 2];
    assert_eq!(told(&report, Language::En).at_risk.len(), 1);
}

#[test]
fn a_plan_without_applications_is_not_told_as_one_without_a_status() {
    let report = Report {
        outcome: Outcome::RepoFailure,
        members: Vec::new(),
        destination: None,
        ..sample::full()
    };
    for (language, word) in [
        (Language::En, "backs up no application"),
        (Language::It, "non salva alcuna applicazione"),
    ] {
        let said = told(&report, language).what;
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn where_no_plan_was_checked_none_is_called_fine() {
    let report = Report {
        outcome: Outcome::Success,
        ..sample::bare(ReportKind::AllWell)
    };
    for (language, headline) in [
        (Language::En, "No backup plan to check"),
        (Language::It, "Nessun piano di backup da verificare"),
    ] {
        let view = told(&report, language);
        assert_eq!((&*view.headline.text, view.icon), (headline, "⚠️"));
    }
}

#[test]
fn what_is_wrong_with_a_key_is_told_in_the_readers_language() {
    let reason = Reason::Field("end".into(), Fault::Negative);
    let what = Unreadable::new("node/1/backup_status/1 mail1", reason.clone());
    let report = Report {
        members: vec![MemberResult {
            detail: Some(format!("{}: {reason}", what.key)),
            unreadable: Some(what.clone()),
            ..sample::member(ModuleCause::Unreadable)
        }],
        warnings: vec![Warning::UnreadableKey {
            key: "cluster/backup/9".into(),
            reason: Reason::NotAHash,
        }],
        ..sample::full()
    };
    let view = told(&report, Language::It);
    assert_eq!(
        view.warnings,
        ["La chiave Redis cluster/backup/9 non è comprensibile: non è un hash."]
    );
    let notes = &view.modules.unwrap().groups[0].rows[0].notes;
    assert!(
        notes.contains(&format!("{}: end è negativo", what.key)),
        "{notes:?}"
    );
}

#[test]
fn what_kept_a_probe_from_asking_is_told_in_the_readers_language() {
    let stored = r#"{"unavailable":"restic cannot be started: No such file (os error 2); install restic, or say in `repo_check.restic` where it is"}"#;
    let skipped = serde_json::from_str(stored).unwrap();
    let told = |destination: DestinationResult| {
        let report = Report {
            destination: Some(destination),
            ..sample::full()
        };
        told(&report, Language::It).destination.unwrap()
    };
    let asked = sample::full().destination.unwrap();
    let nobody = DestinationResult {
        health: DestinationHealth::NotChecked,
        probes: Vec::new(),
        skipped: Some(skipped),
        ..asked.clone()
    };
    let view = told(nobody);
    assert!(
        view.method.contains("impossibile avviare restic: No such"),
        "{}",
        view.method
    );
    let mut silent = asked;
    silent.probes[0].locks.clear();
    silent.probes[0].message = Some(Remark::EndedSilently(7));
    let view = told(silent);
    let note = "restic è terminato con il codice 7 senza dire nulla";
    assert_eq!(view.probes[0].notes, [note]);
}

#[test]
fn more_plans_and_warnings_are_masculine_in_italian() {
    let unknown = |count: usize| Report {
        unknown_plans: (0..count).map(|n| n.to_string().as_str().into()).collect(),
        ..sample::bare(ReportKind::UnknownPlan)
    };
    let said = |count| told(&unknown(count), Language::It).what;
    assert!(said(7).contains("e altri 3"), "{}", said(7));
    assert!(said(5).contains("e un altro"), "{}", said(5));
    let no_files = Warning::NoFiles {
        module: "mail1".into(),
    };
    let warned = Report {
        warnings: vec![no_files; 53],
        ..sample::bare(ReportKind::Run)
    };
    let warnings = told(&warned, Language::It).warnings;
    assert_eq!(warnings.last().unwrap(), "e altri 3");
    let why = told(&failed(7), Language::It).why;
    assert!(
        why.iter().any(|line| line.contains("e altre 3: ")),
        "{why:?}"
    );
}
