//! What is wrong with a destination or a repository, by the repositories' own
//! answers.

use serde_json::json;

use super::case::backup_failed;
use super::world::World;
use crate::support::api_server::Outcome;
use crate::support::process::wait_until;
use crate::support::redis::{MODULE_PASSWORD, MODULE_USER};
use crate::support::restic::{PASSWORD, repository_path, versions};

/// Two modules in plan 1, one of which failed.
fn one_of_two() -> World {
    let world = World::of(&[("mail1", 1), ("samba1", 2)]);
    world.plan("1", "Nightly", &["mail1", "samba1"]);
    world.status(1, "1", "mail1", 1);
    world.status(2, "1", "samba1", 0);
    world
}

/// restic 0.18 would try for a quarter of an hour.
#[test]
fn a_dead_gateway_is_told_as_a_destination_that_does_not_answer() {
    let (_, newest) = versions().pop().unwrap();
    let mut world = one_of_two()
        .set("repo_check.restic", json!(newest))
        .set("repo_check.timeout", json!(4));
    world.gateway.kill();
    let case = world.serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 1));
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ❌ Backup failed, found at start: Nightly - 1 of 2 applications failed (Test cluster)"
    );
    letter.says(&[
        "The destination Off-site does not answer.",
        "mail1: the backup itself ended with errors.",
        "It is not known how old the newest good snapshots are.",
        "Check that the destination is up and can be reached from the nodes: service, network, name resolution, certificate.",
        "connection refused",
        "1 more repository was not asked.",
    ]);
    letter.has_row("mail1 no connection");
    letter.is_silent_about(&["journalctl", "n0de"]);
}

#[test]
fn a_wrong_restic_password_is_told_by_the_cores_own_action() {
    let case = one_of_two().by_api("not-the-passw0rd").italian().serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 1));
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ❌ Backup fallito, trovato all'avvio: Nightly - 1 applicazione su 2 fallita (Test cluster)"
    );
    letter.says(&[
        "I repository su Off-site non si aprono con la chiave di crittografia del cluster.",
        "Confrontare la chiave di crittografia dei dati della destinazione con quella conservata in un luogo sicuro",
        "Interrogata tramite i task del cluster.",
        "wrong password or no key found",
    ]);
    letter.has_row("mail1 password errata");
    letter.is_silent_about(&["not-the-passw0rd", "CalledProcessError"]);
    assert_eq!(case.api().started().len(), 2);
}

#[test]
fn a_wrong_restic_password_is_told_by_our_own_restic() {
    let case = one_of_two()
        .credential("password", "not-the-passw0rd")
        .serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 1));
    letter.says(&[
        "The repositories at Off-site do not open with the encryption key that the cluster holds.",
    ]);
    letter.has_row("mail1 wrong password");
    letter.has_row("samba1 wrong password");
    letter.is_silent_about(&["not-the-passw0rd"]);
}

/// The gateway lets a module reach its own repository only.
#[test]
fn an_account_that_the_gateway_refuses_is_told_as_no_access() {
    let case = one_of_two()
        .credential("rest_username", MODULE_USER)
        .credential("rest_password", MODULE_PASSWORD)
        .serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 1));
    assert!(letter.subject.contains("❌"), "{}", letter.subject);
    letter.says(&[
        "The destination Off-site refuses access.",
        "Check the destination's credentials and permissions (cluster-admin, Backup and restore).",
    ]);
    letter.has_row("mail1 access refused");
    letter.is_silent_about(&[MODULE_PASSWORD]);
}

#[test]
fn a_repository_that_somebody_holds_is_told_with_its_holder() {
    let world = one_of_two();
    world.repositories.lock("mail1");
    let case = world.serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 1));
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ⚠️ Backup partially failed, found at start: Nightly - 1 of 2 applications failed (Test cluster)"
    );
    letter.says(&[
        "mail1: the repository is in use just now by ",
        "Exclusively locked by ",
        "Something is working on the repository right now. Wait until it has ended, then look again.",
        "The destination Off-site itself was checked and works.",
    ]);
    letter.has_row("mail1 busy 1");
    letter.has_row("samba1 answers 1");
}

/// The core's action takes a lock itself, so restic refuses; a lock of
/// yesterday is told in restic's words, since no restic makes an old one.
#[test]
fn a_lock_of_yesterday_is_stale_and_its_removal_is_advised() {
    let world = one_of_two().by_api(PASSWORD);
    world.status(2, "1", "samba1", 1);
    world.repositories.lock("samba1");
    let words = "unable to create lock in backend: repository is already locked exclusively by PID 4711 on leader by root (UID 0, GID 0)\n\
                 lock was created at 2026-01-02 03:04:05 (30h1m0s ago)\nstorage ID 75b91ce0\n\
                 the `unlock` command can be used to remove stale locks\n";
    let path = repository_path("mail1");
    world.api().at_path(&path, Outcome::failed(1, words));
    let case = world.serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 1));
    letter.says(&[
        "mail1: the repository is locked by root@leader since ",
        "(30 hours ago)",
        "samba1: the repository is in use just now by ",
        "runagent -m mail1 restic-wrapper --backup 1 unlock",
    ]);
    letter.has_row("mail1 locked");
    letter.has_row("samba1 busy");
}

/// The action has a lifetime of its own in the cluster; we do not wait for it.
#[test]
fn a_task_that_does_not_end_is_a_destination_that_did_not_answer_in_time() {
    let world = one_of_two()
        .by_api(PASSWORD)
        .set("repo_check.timeout", json!(1));
    world.api().next(Outcome::never());
    let case = world.serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 1));
    letter.says(&[
        "The destination Off-site did not answer in time.",
        "1 more repository was not asked.",
    ]);
    letter.has_row("mail1 no answer in time");
    case.api().end_all();
    wait_until("the task to be gone", || case.api().live() == 0);
    assert!(case.api().peak() <= 4);
}
