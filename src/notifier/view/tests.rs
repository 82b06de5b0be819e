use super::*;
use crate::model::{Advice, DestinationHealth, Language, ModuleCause, Probe, RepoCause};
use crate::notifier::sample;

fn english(report: &Report) -> View {
    of_report(report, &sample::mail(Language::En))
}

fn with(causes: &[ModuleCause]) -> Report {
    Report {
        members: causes.iter().map(|cause| sample::member(*cause)).collect(),
        ..sample::full()
    }
}

#[test]
fn a_snapshot_that_exists_is_not_called_at_risk() {
    let view = english(&with(&[ModuleCause::AfterBackup, ModuleCause::Ok]));
    assert!(view.at_risk.is_empty(), "{:?}", view.at_risk);
    let row = &view.modules.unwrap().groups[0].rows[0];
    assert!(row.notes[0].ends_with("is safe"), "{:?}", row.notes);
}

fn asked(health: DestinationHealth, answers: &[RepoCause]) -> View {
    let mut report = with(&[ModuleCause::BackupError]);
    if let Some(destination) = &mut report.destination {
        let one = destination.probes.remove(0);
        let answer = |cause: &RepoCause| Probe {
            cause: *cause,
            ..one.clone()
        };
        destination.health = health;
        destination.probes = answers.iter().map(answer).collect();
    }
    english(&report)
}

#[test]
fn a_destination_that_failed_is_told_by_its_answers_only() {
    let answers = [
        RepoCause::WrongPassword,
        RepoCause::NotProbed,
        RepoCause::NotProbed,
    ];
    let view = asked(DestinationHealth::Failed, &answers);
    let told = |word| view.why.iter().any(|line| line.contains(word));
    assert!(told("encryption key"), "{:?}", view.why);
    assert!(!told("does not answer"), "{:?}", view.why);
}

#[test]
fn the_fault_is_elsewhere_only_where_every_repository_answers() {
    for (cause, elsewhere) in [(RepoCause::Reachable, true), (RepoCause::Locked, false)] {
        let view = asked(DestinationHealth::Fine, &[cause]);
        let said = view.why.iter().any(|line| line.contains("elsewhere"));
        assert_eq!(said, elsewhere, "{cause:?}: {:?}", view.why);
    }
}

#[test]
fn a_plan_without_a_destination_says_that_nothing_was_checked() {
    let mut report = with(&[ModuleCause::BackupError]);
    report.destination = None;
    let view = english(&report);
    let line = "The destination was not checked: the plan names none, or one that does not exist.";
    assert!(view.why.iter().any(|said| said == line), "{:?}", view.why);
    report.members = with(&[ModuleCause::Ok]).members;
    let view = english(&report);
    assert!(!view.why.iter().any(|said| said == line), "{:?}", view.why);
}

#[test]
fn what_was_saved_but_not_reported_counts_as_good_with_a_warning() {
    let view = english(&with(&[ModuleCause::Unreported]));
    assert_eq!(
        view.what,
        "The only application of this plan was backed up."
    );
    assert!(view.warnings[0].contains("could not report it"));
    let group = &view.modules.unwrap().groups[0];
    assert_eq!(
        (group.mark.tone, group.rows[0].size.as_str()),
        (Tone::Good, "–")
    );
}

#[test]
fn size_and_files_of_a_failed_module_are_not_shown() {
    let view = english(&with(&[ModuleCause::BackupError]));
    let group = &view.modules.unwrap().groups[0];
    assert!(!group.sized);
    assert_eq!(
        (group.rows[0].size.as_str(), group.rows[0].files.as_str()),
        ("–", "–")
    );
}

#[test]
fn only_web_addresses_of_the_configuration_become_a_link() {
    for (url, linked) in [
        ("https://cluster.example.org/", true),
        ("http://10.0.0.1/", true),
        ("javascript:alert(1)", false),
    ] {
        let mut mail = sample::mail(Language::En);
        mail.admin_url = Some(url.into());
        assert_eq!(
            of_report(&sample::full(), &mail).admin_url.is_some(),
            linked,
            "{url}"
        );
    }
}

#[test]
fn no_command_is_built_from_an_id_that_a_shell_could_misread() {
    for (id, command) in [
        ("1", Some("journalctl -u backup1 -u agent@node")),
        ("1; reboot", None),
        ("-x", None),
    ] {
        let mut report = with(&[ModuleCause::BackupError]);
        report.advice = vec![Advice::ReadModuleLog];
        report.plan.as_mut().unwrap().id = id.into();
        assert_eq!(english(&report).next[0].command.as_deref(), command, "{id}");
    }
}

#[test]
fn many_names_are_cut_and_counted() {
    let view = english(&with(&[ModuleCause::BackupError; 7]));
    assert!(
        view.why.iter().any(|line| line.contains("and 3 more: ")),
        "{:?}",
        view.why
    );
}
