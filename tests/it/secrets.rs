//! No secret in a log at debug level, an argument, a mail, the history, a
//! snapshot, an error or an HTTP answer: known ones are planted wherever the
//! program meets one, everything is made to fail, and everything it left or
//! said is searched.

mod account;
mod mistakes;
mod repositories;

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::crash::{alert, pending, webhook};
use crate::support::http;
use crate::support::leaks::Search;
use crate::support::process::{wait_until, wait_within};
use crate::support::redis::Cluster;
use crate::support::restic::PATH;
use crate::support::service::Service;
use crate::support::smtp::MailServer;

/// What others than this machine have to show, and what somebody else shows.
pub const TOKEN: &str = "T0kenOfTheWebhook";
pub const WRONG_TOKEN: &str = "T0kenOfSomebodyElse";

/// Around a secret: what forms and quotations would change. ASCII, because the
/// mail server that repeats what it gets can repeat nothing else.
pub fn odd(core: &str) -> String {
    format!("{core}\"'<&>/+%")
}

/// A cluster with one module, whose repository lies at [`PATH`] of every
/// destination.
pub fn cluster() -> Cluster {
    let cluster = Cluster::start();
    let (_, uuid) = PATH.split_once('/').unwrap();
    cluster.module("mail1", 1);
    cluster.hset("cluster/module_uuid", "mail1", uuid);
    cluster
}

/// What every configuration here has in common; `log` becomes a log file.
pub fn settings(cluster: &Cluster, log: &std::path::Path) -> Value {
    json!({
        "mail": {"from": "monitor@example.org", "to": ["admin@example.org"]},
        "redis": {"address": cluster.redis.address().to_string()},
        "receiver": {"token": TOKEN},
        "correlator": {"wait_seconds": 0},
        "logging": {"level": "DEBUG", "file": log},
    })
}

/// Posts an alert for each plan, with a right token and a wrong one, and waits
/// until each has its report.
pub fn tell(service: &Service, plans: &[&str], search: &mut Search) {
    let alerts: Vec<Value> = plans.iter().map(|plan| alert(plan)).collect();
    let body = webhook(&alerts).to_string();
    for token in [TOKEN, WRONG_TOKEN] {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Content-Type", "application/json"),
            ("Authorization", bearer.as_str()),
        ];
        let answer = http::request(
            service.address(),
            "POST",
            "/alert",
            &headers,
            body.as_bytes(),
        );
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200, "{answer:?}");
        search.place("the answer to a post", format!("{answer:?}"));
    }
    wait_within(Duration::from_mins(2), "every report", || {
        pending(service).alerts == 0
    });
}

/// Asks every route, rightly and wrongly.
pub fn ask_every_route(service: &Service, search: &mut Search) {
    let bearer = format!("Bearer {WRONG_TOKEN}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    for path in ["/", "/healthz", "/readyz", "/alert", "/config"] {
        for (method, body) in [("GET", ""), ("POST", "{\"alerts\": 1")] {
            let body = body.as_bytes();
            let answer = http::request(service.address(), method, path, &headers, body).unwrap();
            search.place(
                format!("{method} {path}"),
                format!("{answer:?}{}", answer.text()),
            );
        }
    }
}

/// Runs every command that reads the cluster, the configuration or the history.
pub fn run_every_command(service: &Service, plan: &str, search: &mut Search) {
    let snapshot = service.config_file().with_file_name("snapshot.json");
    let snapshot = snapshot.to_str().unwrap();
    let commands: [&[&str]; 12] = [
        &["config", "check"],
        &["snapshot"],
        &["snapshot", snapshot],
        &["check"],
        &["check", "--plan", plan, "--format", "json"],
        &["check", "--snapshot", snapshot],
        &["report", "list"],
        &["report", "list", "--format", "json"],
        &["report", "resend", "1"],
        &["test-mail"],
        &["test-mail", "--format", "json"],
        &["health"],
    ];
    for command in commands {
        search.output(command, &service.run(command));
    }
    let list = service.run(&["report", "list", "--format", "json"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    for report in list["reports"].as_array().unwrap() {
        let id = report["id"].to_string();
        for format in ["text", "json"] {
            let command = ["report", "show", &id, "--format", format];
            search.output(&command, &service.run(&command));
        }
    }
}

/// Ends the service and looks at everything that it left.
pub fn search_what_is_left(service: &mut Service, search: &mut Search) {
    search.files(&service.state_dir(), "");
    assert!(service.term().success(), "{}", service.log());
    let folder = service.state_dir().parent().unwrap().to_owned();
    search.files(&folder, "config.yml");
    assert!(search.finds(" DEBUG "), "the log was not at debug level");
}

/// Searches the mails that came, and says how many that were.
pub fn search_mails(mail: &MailServer, search: &mut Search) -> usize {
    let received = mail.received();
    for (number, mail) in received.iter().enumerate() {
        search.place(format!("mail {number}"), &mail.raw);
    }
    received.len()
}

/// Replaces the configuration and lets the service read it again.
pub fn reload(service: &Service, text: &str, sign: &str) {
    fs::write(service.config_file(), text).unwrap();
    let pid = i32::try_from(service.pid())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(pid.unwrap(), rustix::process::Signal::HUP).unwrap();
    wait_until(sign, || service.log().contains(sign));
}
