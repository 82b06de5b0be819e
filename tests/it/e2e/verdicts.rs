//! What became of a run, by its statuses and its repositories.

use std::time::Duration;

use super::case::backup_failed;
use super::world::{World, last_run};
use crate::support::restic::PASSWORD;

#[test]
fn an_alert_for_a_run_that_is_fine_gives_one_mail_that_says_so() {
    let case = World::nightly(&[]).serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 1));
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ✅ Backup completed: Nightly (Test cluster)"
    );
    assert_eq!(letter.received.to, ["admin@example.org"]);
    letter.says(&[
        "All 7 applications were backed up.",
        "An alert asked for this check; the newest results show no failure.",
        "Backed up (7)",
        "The destination was not checked: no application failed.",
        "alertname=BackupFailed id=1 name=Nightly node=1 severity=critical",
    ]);
    letter.has_row("mail1 mail1 Leader (1) ok");
    letter.has_row("piler1 piler1 Worker (2) ok");
    letter.is_silent_about(&["Failed (", "not at this destination"]);
    assert_eq!(case.reports(), 1);
}

#[test]
fn one_failed_of_seven_is_named_with_what_its_repository_holds() {
    let world = World::nightly(&[("mail1", 1)]).by_api(PASSWORD);
    world.cluster.module_label("mail1", "Company mail");
    let case = world.serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 1));
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ⚠️ Backup partially failed, found at start: Nightly - 1 of 7 applications failed (Test cluster)"
    );
    letter.says(&[
        "1 of 7 applications did not complete the backup. The other 6 are fine.",
        "Company mail (mail1): the backup itself ended with errors.",
        "The destination Off-site was checked and is fine.",
        "(2 days ago) are not at this destination.",
        "Failed (1)",
        "Backed up (6)",
        "Asked through the cluster's task API.",
        "journalctl -u backup1",
    ]);
    letter.has_row("Company mail mail1 Leader (1) backup failed");
    letter.has_row("webtop1 webtop1 Leader (1) ok");
    letter.has_row("mail1 answers 1");
    // The failed one and, to learn about the destination, one that is fine.
    let asked = case.api().started();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(asked[0]["data"]["path"], "mail/uuid-mail1");
}

#[test]
fn all_failed_at_a_destination_that_is_fine_is_a_fault_elsewhere() {
    let three = [("mail1", 1), ("samba1", 2), ("piler1", 2)];
    let world = World::of(&three).italian();
    world.plan("1", "Nightly", &three.map(|(module, _)| module));
    for (module, node) in three {
        world.status(node, "1", module, 1);
    }
    let case = world.serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 2));
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ❌ Backup fallito, trovato all'avvio: Nightly - 3 applicazioni su 3 fallite (Test cluster)"
    );
    letter.says(&[
        "Nessuna delle 3 applicazioni ha completato il backup.",
        "mail1, samba1, piler1: il backup è terminato con errori.",
        "La destinazione Off-site è stata verificata e funziona: il guasto è altrove (le applicazioni, i loro nodi o il piano).",
        "Fallite (3)",
    ]);
    letter.has_row("samba1 samba1 Worker (2) backup fallito");
    letter.has_row("samba1 risponde 1");
    letter.is_silent_about(&["Salvate ("]);
}

#[test]
fn no_status_at_all_is_no_backup_and_never_a_success() {
    let world = World::of(&[("mail1", 1), ("samba1", 2)]);
    world.plan("4", "New plan", &["mail1", "samba1"]);
    let case = world.serve();
    let letter = case.one_letter_for(&backup_failed("4", "New plan", 1));
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ❌ Backup failed: New plan - 2 of 2 applications failed (Test cluster)"
    );
    letter.says(&[
        "No application of this plan has a status: nothing shows that a backup was made.",
        "Run the plan once by hand (cluster-admin, Backup and restore, Run backup now).",
    ]);
    letter.has_row("mail1 mail1 Leader (1) never ran");
    letter.has_row("samba1 samba1 Worker (2) never ran");
}

#[test]
fn a_snapshot_newer_than_the_start_is_safe_although_the_run_has_errors() {
    let world = World::nightly(&[("mail1", 2)]).italian();
    let begun = jiff::Timestamp::from_second(last_run()).unwrap();
    world
        .repositories
        .save_at("mail1", begun + Duration::from_secs(20));
    let case = world.serve();
    let letter = case.one_letter_for(&backup_failed("1", "Nightly", 1));
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ⚠️ Backup parzialmente fallito, trovato all'avvio: Nightly - 1 applicazione su 7 fallita (Test cluster)"
    );
    letter.says(&[
        " c'è ed è al sicuro; è fallito ciò che segue (retention o statistiche).",
        "Nessun dato è andato perso. Leggere nel log del nodo cosa è fallito dopo lo snapshot, poi rieseguire il backup.",
    ]);
    letter.has_row("mail1 mail1 Leader (1) salvata, poi errore");
    letter.has_row("mail1 risponde 2");
    letter.is_silent_about(&["non sono in questa destinazione"]);
}

/// The first tool's set-up: the Redis socket, its own keys, its own alerts.
#[test]
fn a_cluster_of_the_first_tool_is_read_by_its_socket() {
    let world = World::of(&[("mail1", 1), ("samba1", 1)]);
    let at = |second: i64| jiff::Timestamp::from_second(second).unwrap().to_string();
    let when = at(last_run());
    world.plan("7", "Weekly", &[]);
    world
        .cluster
        .command(&["HDEL", "cluster/backup/7", "instances"]);
    world.cluster.plan_status_c("7", "error", &when, 1);
    world.cluster.status_c("7", "mail1", "success", &when, "");
    world
        .cluster
        .status_c("7", "samba1", "error", &when, "disk quota exceeded");
    let socket = world.cluster.redis.socket();
    let case = world
        .set("redis.socket", socket.to_str().unwrap().into())
        .serve_with(&[]);
    let alert = vec![
        ("alertname", "NsBackupFailed".to_owned()),
        ("backup_id", "7".to_owned()),
    ];
    let letter = case.one_letter_for(&alert);
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ⚠️ Backup partially failed, found at start: Weekly - 1 of 2 applications failed (Test cluster)"
    );
    letter.says(&[
        "samba1: the backup itself ended with errors.",
        "disk quota exceeded",
        "The destination Off-site was checked and is fine.",
    ]);
    letter.has_row("mail1 mail1 Leader (1) ok");
    letter.has_row("samba1 samba1 Leader (1) backup failed");
}
