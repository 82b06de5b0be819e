//! HUP: another configuration without a restart, or the old one.

use rustix::process::Signal;
use serde_json::json;

use super::{Ran, backup_failed, both_fine, configuration, webhook};
use crate::support::process::{free_port, wait_until};
use crate::support::service::Service;

/// Puts another configuration there, asks for it, and waits for these words.
fn reload(service: &Service, configuration: &str, words: &str) {
    std::fs::write(service.config_file(), configuration).unwrap();
    let before = service.log().matches(words).count();
    service.signal(Signal::HUP);
    wait_until(words, || service.log().matches(words).count() > before);
}

fn recipient_of(service: &Service, report: &str) -> serde_json::Value {
    let mut shown = serde_json::Value::Null;
    wait_until("a delivered report", || {
        let output = service.run(&["report", "show", report, "--format", "json"]);
        if output.status.success() {
            shown = Ran::of(output).json()["deliveries"][0].clone();
        }
        shown["state"] == "sent"
    });
    shown["to"].clone()
}

#[test]
fn a_right_configuration_is_in_force_for_the_next_report() {
    let cluster = both_fine();
    let folder = tempfile::tempdir().unwrap();
    let first = configuration(folder.path(), &cluster);
    let service = Service::start(&first, &[]);
    let answer = service.post_alert(&webhook(
        "firing",
        &json!({ "alertname": "Mine", "id": "1" }),
    ));
    assert_eq!(answer.json()["ignored"], 1);
    assert!(!service.log().contains("DEBUG"));

    let second = first.replace("admin@", "second@")
        + "receiver: {alert_names: [Mine]}\nlogging: {level: DEBUG}\n";
    reload(&service, &second, "the new configuration is in force");
    let answer = service.post_alert(&webhook(
        "firing",
        &json!({ "alertname": "Mine", "id": "1" }),
    ));
    assert_eq!(answer.json()["accepted"], 1);
    assert_eq!(recipient_of(&service, "1"), "second@example.org");
    assert!(service.log().contains(" DEBUG "));
}

#[test]
fn a_wrong_one_is_told_with_all_its_mistakes_and_the_old_one_stays() {
    let cluster = both_fine();
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&configuration(folder.path(), &cluster), &[]);
    let wrong = "mail: {from: nobody, to: []}\nreceiver: {port: 70000}\n";
    reload(&service, wrong, "the old one stays");
    let log = service.log();
    let line = log
        .lines()
        .find(|line| line.contains("the old one stays"))
        .unwrap();
    for word in [
        " ERROR ",
        "mail.from",
        "mail.to",
        "receiver.port",
        "count=3",
    ] {
        assert!(line.contains(word), "no {word} in {line}");
    }
    std::fs::remove_file(service.config_file()).unwrap();
    service.signal(Signal::HUP);
    wait_until("the missing file to be told", || {
        service.log().contains("no such file")
    });

    assert_eq!(service.post_alert(&backup_failed("1")).status(), 200);
    wait_until("the mail", || super::mails_in(folder.path()).len() == 1);
}

#[test]
fn a_mail_that_waits_is_tried_at_once_with_the_new_way_out() {
    let cluster = both_fine();
    let folder = tempfile::tempdir().unwrap();
    let good = configuration(folder.path(), &cluster);
    let dead = format!(
        "transport: smtp, smtp: {{host: 127.0.0.1, port: {}, encryption: none}}, directory:",
        free_port()
    );
    let bad = good.replace("transport: file, directory:", &dead);
    let service = Service::start(&bad, &[]);
    assert_eq!(service.post_alert(&backup_failed("1")).status(), 200);
    wait_until("a failed attempt", || {
        service.log().contains("mail not delivered yet")
    });
    reload(&service, &good, "the new configuration is in force");
    wait_until("the mail", || super::mails_in(folder.path()).len() == 1);
}

#[test]
fn what_needs_a_restart_is_told() {
    let cluster = both_fine();
    let folder = tempfile::tempdir().unwrap();
    let first = configuration(folder.path(), &cluster);
    let service = Service::start(&first, &[]);
    let moved = first.clone() + "receiver: {port: 9}\nstate: {dir: /nonexistent}\n";
    reload(&service, &moved, "needs a restart");
    wait_until("the reload", || service.log().contains("is in force"));
    assert_eq!(service.get("/healthz").status(), 200);
    // What runs is what counts, not what the file said last.
    reload(&service, &first, "the new configuration is in force");
    assert_eq!(service.log().matches("needs a restart").count(), 1);
}

/// What `health` tells programs.
fn reloads(service: &Service) -> serde_json::Value {
    let file = service.address_file();
    let file = file.to_str().unwrap();
    let asked = service.run(&["health", "--address-file", file, "--format", "json"]);
    let mut told = Ran::of(asked).exits(0).json()["reloads"].take();
    assert!(told["start"].take().is_string(), "{told}");
    told
}

#[test]
fn whoever_asked_for_a_reload_can_learn_what_came_of_it() {
    let cluster = both_fine();
    let folder = tempfile::tempdir().unwrap();
    let good = configuration(folder.path(), &cluster);
    let service = Service::start(&good, &[]);
    assert_eq!(
        reloads(&service),
        json!({ "start": null, "begun": 0, "done": 0 })
    );

    // The file is no way to the service any more, and it lives all the same.
    reload(
        &service,
        "mail: {from: nobody, to: []}\n",
        "the old one stays",
    );
    let mut told = reloads(&service);
    let why = told["refused"].take();
    assert!(why.as_str().unwrap().contains("mail.from"), "{why}");
    assert_eq!(told["done"], 1);

    reload(&service, &good, "the new configuration is in force");
    assert_eq!(
        reloads(&service),
        json!({ "start": null, "begun": 2, "done": 2 })
    );
}
