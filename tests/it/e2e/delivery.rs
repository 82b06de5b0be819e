//! What the mail server says, and what becomes of the mail.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ns8_backup_monitor::store::Store;
use serde_json::{Value, json};

use super::case::{Case, backup_failed, webhook};
use super::world::World;
use crate::support::process::{DeadPort, wait_until};

/// One module that failed; its repository is not asked.
fn failed() -> World {
    let world = World::of(&[("mail1", 1)]).set("repo_check.method", json!("off"));
    world.plan("1", "Nightly", &["mail1"]);
    world.status(1, "1", "mail1", 1);
    world
}

/// The first report's delivery to `to`.
fn delivery(case: &Case, to: &str) -> Value {
    let report = case.first_report();
    let all = report["deliveries"].as_array().expect("deliveries");
    let found = all.iter().find(|delivery| delivery["to"] == to);
    found.unwrap_or_else(|| panic!("{to}: {report}")).clone()
}

fn answer(delivery: &Value) -> &str {
    delivery["answer"].as_str().unwrap_or_default()
}

/// Makes queued mails due now: their first pause is a minute.
fn let_the_pause_pass(case: &Case) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(&case.service.state_dir()).unwrap();
        store.flush(Timestamp::now()).await.unwrap();
    });
}

#[test]
fn each_plan_has_its_recipients() {
    let world = failed().set("plans.2", json!({ "to": ["customer@example.net"] }));
    world.plan("2", "Weekly", &["mail1"]);
    world.status(1, "2", "mail1", 1);
    let case = world.serve();
    let (nightly, weekly) = (
        backup_failed("1", "Nightly", 1),
        backup_failed("2", "Weekly", 1),
    );
    case.fire(&[&nightly, &weekly]);
    let letters = case.letters(2);
    case.repeats_give_nothing(&[&nightly, &weekly], 2);
    for letter in &letters {
        let to = if letter.subject.contains("Weekly") {
            "customer@example.net"
        } else {
            "admin@example.org"
        };
        assert_eq!(letter.received.to, [to]);
        assert!(letter.headers().contains(&format!("To: {to}\r\n")));
    }
    let subjects: BTreeSet<_> = letters.iter().map(|letter| &letter.subject).collect();
    assert_eq!(subjects.len(), 2);
}

#[test]
fn a_refused_recipient_keeps_the_mail_from_nobody_else() {
    let to = ["admin@example.org", "5xx@example.org", "boss@example.org"];
    let case = failed().set("mail.to", json!(to)).serve();
    let alert = backup_failed("1", "Nightly", 1);
    case.fire(&[&alert]);
    let letters = case.letters(2);
    case.repeats_give_nothing(&[&alert], 2);
    let reached: BTreeSet<_> = letters
        .iter()
        .map(|letter| &letter.received.to[0])
        .collect();
    assert_eq!(
        reached.into_iter().collect::<Vec<_>>(),
        ["admin@example.org", "boss@example.org"]
    );
    assert_eq!(letters[0].message_id, letters[1].message_id);
    assert_eq!(letters[0].received.raw, letters[1].received.raw);
    let refused = delivery(&case, "5xx@example.org");
    assert_eq!(refused["state"], "refused");
    assert!(answer(&refused).contains("550"), "{refused}");
    assert!(answer(&refused).contains("No such user here"), "{refused}");
    assert_eq!(delivery(&case, "admin@example.org")["state"], "sent");
}

#[test]
fn a_temporary_error_delays_the_very_same_mail() {
    let world = failed();
    world.mail.be_busy();
    let case = world.serve();
    let alert = backup_failed("1", "Nightly", 1);
    case.fire(&[&alert]);
    wait_until("a first attempt", || {
        case.waiting() == (0, 1) && delivery(&case, "admin@example.org")["attempts"] == 1
    });
    let waits = delivery(&case, "admin@example.org");
    assert_eq!(waits["state"], "queued");
    assert!(answer(&waits).contains("451"), "{waits}");
    assert_eq!(case.mail.received().len(), 0);

    case.mail.be_ready();
    case.post(&webhook(&[("firing", &alert)]));
    let_the_pause_pass(&case);
    let letter = case.letters(1).remove(0);
    case.repeats_give_nothing(&[&alert], 1);
    assert_eq!(case.mail.put_off(), [letter.received.raw]);
    let sent = delivery(&case, "admin@example.org");
    assert_eq!(sent["state"], "sent");
    assert_eq!(sent["message_id"], format!("<{}>", letter.message_id));
}

#[test]
fn a_new_smarthost_is_used_at_once_for_what_waits() {
    let world = failed().italian();
    let good = world.mail.port("starttls_auth").to_string();
    let dead = DeadPort::take();
    let port = dead.number().to_string();
    world.cluster.hset("cluster/smarthost", "port", &port);
    let case = world.serve();
    let alert = backup_failed("1", "Nightly", 1);
    case.fire(&[&alert]);
    wait_until("a first attempt", || {
        case.waiting() == (0, 1) && delivery(&case, "admin@example.org")["attempts"] == 1
    });
    let waits = delivery(&case, "admin@example.org");
    assert!(answer(&waits).contains("refused"), "{waits}");

    case.cluster.hset("cluster/smarthost", "port", &good);
    let letter = case.letters(1).remove(0);
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ❌ Backup fallito, trovato all'avvio: Nightly - 1 applicazione su 1 fallita (Test cluster)"
    );
    case.repeats_give_nothing(&[&alert], 1);
}
