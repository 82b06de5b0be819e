//! Which mails which alerts bring.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::case::{Case, Labels, backup_failed, webhook};
use super::letter::Letter;
use super::world::{World, last_run};
use crate::support::process::wait_until;

/// Two plans with one module each, which went well yesterday.
pub fn two_plans() -> World {
    let world = World::of(&[("mail1", 1), ("samba1", 2)]).set("repo_check.method", json!("off"));
    world.plan("1", "Nightly", &["mail1"]);
    world.plan("2", "Weekly", &["samba1"]);
    let yesterday = last_run() - 86_400;
    for (node, plan, module) in [(1, "1", "mail1"), (2, "2", "samba1")] {
        world
            .cluster
            .status_a(node, plan, module, yesterday, yesterday + 60, 0);
    }
    world
}

/// The program has seen these, and then the second plan fails.
fn the_second_fails(world: World) -> Case {
    let case = world.serve();
    case.status(2, "2", "samba1", 1);
    case
}

fn nameless() -> Labels {
    vec![("alertname", "NsBackupMissing".to_owned())]
}

fn subjects(letters: &[Letter]) -> BTreeSet<&str> {
    letters
        .iter()
        .map(|letter| letter.subject.as_str())
        .collect()
}

/// How many posts with firing alerts the program took, and how many resolved
/// alerts, by its own log.
fn taken(case: &Case) -> (usize, usize) {
    let log = case.service.log();
    let count = |what: &str| log.lines().filter(|line| line.contains(what)).count();
    (count("alerts accepted"), count("alert resolved"))
}

#[test]
fn alertmanagers_own_repeats_ends_and_returns_bring_no_second_mail() {
    let world = two_plans().set("correlator.wait_seconds", json!(3600));
    let case = world.serve_repeating(Duration::from_secs(1));
    case.status(2, "2", "samba1", 1);
    let (one, other) = (
        backup_failed("2", "Weekly", 1),
        backup_failed("2", "Weekly", 2),
    );
    case.fire(&[&one, &other]);
    wait_until("the alerts", || taken(&case).0 >= 1);
    case.wait_no_longer();
    let letter = case.letters(1).remove(0);
    letter.says(&[
        "alertname=BackupFailed id=2 name=Weekly node=1 severity=critical",
        "The only application of this plan did not complete its backup.",
    ]);
    wait_until("repeats", || taken(&case).0 >= 4);
    case.resolve(&one);
    wait_until("the end of one", || taken(&case).1 >= 1);
    let before = taken(&case).0;
    case.fire(&[&one]);
    wait_until("its return", || taken(&case).0 >= before + 2);
    case.letters(1);

    // The next run is another thing to tell.
    let start = last_run() + 900;
    case.cluster
        .status_a(2, "2", "samba1", start, start + 60, 0);
    let letters = case.letters(2);
    assert!(letters[1].subject.contains("Weekly"), "{:?}", letters[1]);
    assert!(letters[1].subject.contains("✅"), "{:?}", letters[1]);
}

#[test]
fn a_restart_forgets_no_run_that_was_told() {
    let mut case = the_second_fails(two_plans());
    let alert = backup_failed("2", "Weekly", 2);
    case.fire(&[&alert]);
    case.letters(1);
    case.service.restart();
    case.repeats_give_nothing(&[&alert], 1);
    assert_eq!(case.reports(), 1);
}

#[test]
fn an_unknown_plan_is_told_once_a_day() {
    let case = two_plans().serve();
    let letter = case.one_letter_for(&backup_failed("77", "Ghost", 1));
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ❌ Alert for an unknown backup plan: 77 (Test cluster)"
    );
    letter.says(&[
        "An alert names a backup plan that this cluster does not have: 77.",
        "alertname=BackupFailed id=77 name=Ghost node=1 severity=critical",
    ]);
    case.post(&webhook(&[("firing", &backup_failed("78", "Another", 1))]));
    case.letters(1);
    assert_eq!(case.reports(), 1);
}

#[test]
fn a_plan_that_was_deleted_is_no_unknown_plan() {
    let case = two_plans().serve();
    case.cluster.del("cluster/backup/2");
    case.post(&webhook(&[("firing", &backup_failed("2", "Weekly", 2))]));
    wait_until("the alert to be answered", || case.waiting() == (0, 0));
    assert_eq!((case.reports(), case.mail.received().len()), (0, 0));
}

#[test]
fn an_alert_without_a_plan_means_the_bad_one_that_changed_lately() {
    let patient = two_plans().set("correlator.wait_seconds", json!(3600));
    let case = the_second_fails(patient.italian());
    case.fire(&[&nameless()]);
    wait_until("the alert", || taken(&case).0 >= 1);
    // Else the run may be told before the alert is there.
    case.wait_no_longer();
    let letter = case.letters(1).remove(0);
    case.repeats_give_nothing(&[&nameless()], 1);
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ❌ Backup fallito: Weekly - 1 applicazione su 1 fallita, avvio manuale (Test cluster)"
    );
    letter.says(&[
        "L'unica applicazione del piano non ha completato il backup.",
        "alertname=NsBackupMissing",
        "La destinazione non è stata verificata: ",
    ]);
}

#[test]
fn an_alert_without_a_plan_where_all_is_well_is_told_once_a_day() {
    let case = two_plans().italian().serve();
    let letter = case.one_letter_for(&nameless());
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ✅ Tutti i piani di backup sono a posto (Test cluster)"
    );
    letter.says(&[
        "È arrivato un allarme che non nomina alcun piano. I 2 piani abilitati sono stati verificati e sono a posto.",
        "Nightly",
        "Weekly",
    ]);
}

/// One post of a node can speak of several plans, and mix firing with resolved.
#[test]
fn a_mixed_post_is_answered_plan_by_plan_and_what_is_over_is_not() {
    let case = the_second_fails(two_plans());
    case.status(1, "1", "mail1", 1);
    let (first, second) = (
        backup_failed("1", "Nightly", 1),
        backup_failed("2", "Weekly", 1),
    );
    case.fire(&[&first, &second]);
    let letters = case.letters(2);
    assert_eq!(
        subjects(&letters),
        BTreeSet::from([
            "[NS8 Backup] ❌ Backup failed: Nightly - 1 of 1 application failed, started by hand (Test cluster)",
            "[NS8 Backup] ❌ Backup failed: Weekly - 1 of 1 application failed, started by hand (Test cluster)",
        ])
    );
    case.repeats_give_nothing(&[&first, &second], 2);

    // Both plans ran again, the second one well. Alertmanager posts that one as
    // over with the other, which failed as it was told.
    let start = last_run() + 900;
    for (node, plan, module, errors) in [(1, "1", "mail1", 1), (2, "2", "samba1", 0)] {
        case.cluster
            .status_a(node, plan, module, start, start + 60, errors);
    }
    case.resolve(&second);
    wait_until("the mixed post", || taken(&case).1 >= 3);
    case.post(&webhook(&[("resolved", &second), ("firing", &first)]));
    let letters = case.letters(3);
    assert!(letters[2].subject.contains("Weekly"), "{:?}", letters[2]);
    assert!(letters[2].subject.contains("✅"), "{:?}", letters[2]);
    assert_eq!(case.reports(), 4);
}

#[test]
fn alerts_of_other_names_and_ends_alone_bring_nothing() {
    let case = two_plans().serve();
    let mut other = backup_failed("2", "Weekly", 2);
    other[0].1 = "DiskFull".to_owned();
    let answer = case.post(&webhook(&[("firing", &other)]));
    assert_eq!(answer.json()["ignored"], 1);
    case.post(&webhook(&[("resolved", &backup_failed("2", "Weekly", 2))]));
    assert_eq!(case.waiting(), (0, 0));
    assert_eq!((case.reports(), case.mail.received().len()), (0, 0));
}
