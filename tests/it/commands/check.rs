//! `check`: how did the runs go, now?

use jiff::Timestamp;
use serde_json::json;

use super::{Program, one_of_two_failed, program_for};
use crate::support::process::free_port;
use crate::support::redis::Cluster;

#[test]
fn the_exit_code_is_that_of_the_worst_run() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    let partial = program.run(&["check"]).exits(1);
    assert!(partial.out.contains("Nightly") && partial.out.contains("samba1"));

    let start = Timestamp::now().as_second() - 60;
    cluster.status_a(1, "1", "samba1", start, start + 1, 0);
    cluster.status_a(1, "1", "mail1", start, start + 1, 0);
    program.run(&["check"]).exits(0);

    cluster.module("n8n1", 1);
    cluster
        .plan("2", "Weekly")
        .destination("d-1")
        .instances(["n8n1"]);
    cluster.status_a(1, "2", "n8n1", start, start + 1, 1);
    let both = program.run(&["check", "--format", "json"]).exits(2);
    assert_eq!(both.json()["outcome"], "REPO_FAILURE");
    let outcomes: Vec<_> = both.json()["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| (report["plan"]["id"].clone(), report["outcome"].clone()))
        .collect();
    assert_eq!(
        outcomes,
        [
            (json!("1"), json!("SUCCESS")),
            (json!("2"), json!("REPO_FAILURE"))
        ]
    );
    program.run(&["check", "--plan", "1"]).exits(0);
    program.run(&["check", "--plan", "2"]).exits(2);
}

#[test]
fn looking_makes_no_state_and_no_mail() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    let ran = program.run(&["check"]).exits(1);
    assert_eq!(ran.err, "", "no progress for a script");
    assert!(!program.state().exists() && !program.path("mails").exists());
}

#[test]
fn what_cannot_be_told_is_exit_code_3_and_never_a_report() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    program
        .run(&["check", "--plan", "77", "--format", "json"])
        .fails(3, &["the cluster has no plan 77", "1 (Nightly)"]);
    cluster.del("cluster/backup/1");
    program
        .run(&["check", "--plan", "77"])
        .fails(3, &["none at all"]);
    program
        .run(&["check"])
        .fails(3, &["nothing to check", "enabled plan"]);

    let port = free_port();
    let nowhere = Program::new(&format!(
        "mail: {{from: a@example.org, to: [b@example.org]}}\nredis: {{address: \"127.0.0.1:{port}\"}}\n"
    ));
    nowhere.run(&["check"]).fails(
        3,
        &[
            "the cluster cannot be read",
            "because: Redis at 127.0.0.1",
            "`redis`",
        ],
    );
}

#[test]
fn without_a_word_on_redis_it_says_what_a_stock_cluster_needs() {
    let nowhere = Program::new("mail: {from: a@example.org, to: [b@example.org]}\n");
    for (command, code) in [(&["check"][..], 3), (&["snapshot", "-"], 1)] {
        nowhere.run(command).fails(
            code,
            &[
                "the cluster cannot be read: there is no socket /var/lib/nethserver/",
                "set `redis.address` to \"127.0.0.1:6379\"",
                "because: Redis at /var/lib/nethserver/",
            ],
        );
    }
    let hint = "there is no socket /var/lib/nethserver/";
    let set = "set `redis.address` to \"127.0.0.1:6379\"";
    let overview = nowhere.run(&["overview"]);
    overview.fails(3, &["nothing is known", hint, set]);
    let mail = nowhere.run(&["test-mail"]).exits(1);
    assert!(
        mail.out.contains(hint) && mail.out.contains(set),
        "{mail:?}"
    );
    assert!(mail.out.contains("b@example.org: NOT SENT: "), "{mail:?}");
}

#[test]
fn a_refused_account_is_told_and_not_gone_around() {
    let cluster = Cluster::start();
    cluster.command(&["ACL", "SETUSER", "default", "resetpass", ">other"]);
    let ran = program_for(&cluster).run(&["check"]);
    ran.fails(3, &["the cluster cannot be read", "because: "]);
}

#[test]
fn a_hostile_name_cannot_move_the_cursor() {
    let cluster = one_of_two_failed();
    cluster.hset("cluster/backup/1", "name", "a\u{1b}[2J\r\nb\u{202e}c");
    let program = program_for(&cluster);
    for arguments in [&["check"][..], &["check", "--plan", "x"]] {
        let ran = program.run(arguments);
        let all = format!("{}{}", ran.out, ran.err);
        assert!(all.contains("a␛[2J"), "{all}");
        let bad = all
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{all}");
    }
}

#[test]
fn words_come_in_the_language_that_is_asked_for_and_mails_in_theirs() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    let english = program.run(&["check", "--format", "json"]).exits(1).json();
    assert_eq!(english.get("said"), None);
    let italian = ["check", "--format", "json", "--language", "it", "--notify"];
    let italian = program.run(&italian).exits(1).json();
    let said = italian["said"].as_array().unwrap();
    assert_eq!(said.len(), italian["reports"].as_array().unwrap().len());
    assert_eq!(said[0]["language"], "it");
    let text = program.run(&["check", "--language", "it"]).exits(1).out;
    assert!(text.contains(said[0]["what"].as_str().unwrap()), "{text}");
    let shown = program.run(&["report", "show", "1", "--format", "json"]);
    let shown = shown.exits(0).json();
    let subject = shown["deliveries"][0]["subject"].as_str().unwrap();
    assert!(subject.contains("partially failed"), "{subject}");
}

#[test]
fn a_program_is_told_how_far_it_is_line_by_line() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    for arguments in [
        &[
            "check",
            "--format",
            "json",
            "--notify",
            "--progress",
            "json",
        ][..],
        &["check", "--progress", "--format", "json", "--plan", "1"],
    ] {
        let ran = program.run(arguments).exits(1);
        ran.json();
        let lines = ran.err.lines().filter(|line| line.starts_with('{'));
        let steps: Vec<(u64, String)> = lines
            .map(|line| {
                let step: serde_json::Value = serde_json::from_str(line).unwrap();
                let words = step["step"].as_str().unwrap().to_owned();
                (step["progress"].as_u64().unwrap(), words)
            })
            .collect();
        assert!(
            steps.is_sorted_by_key(|(progress, _)| *progress),
            "{steps:?}"
        );
        assert_eq!(steps.first().unwrap().0, 0);
        assert_eq!(steps.last().unwrap().0, 100);
        assert!(
            steps.iter().any(|(_, step)| step == "plan 1: Nightly"),
            "{steps:?}"
        );
    }
    assert_eq!(program.run(&["check"]).exits(1).err, "", "and nobody else");
}
