//! `test-mail`: does a mail get through, and what does the server say?

use super::{Program, program_for};
use crate::support::process::free_port;
use crate::support::redis::Cluster;
use crate::support::smtp::MailServer;

fn through(port: u16, to: &str) -> Program {
    Program::new(&format!(
        "mail: {{from: a@example.org, to: [{to}], transport: smtp, \
         smtp: {{host: 127.0.0.1, port: {port}, encryption: none}}}}\n"
    ))
}

#[test]
fn every_recipient_has_the_servers_own_answer() {
    let server = MailServer::start();
    let port = server.port("plain");
    let program = through(port, "one@example.org, 5xx@example.org, 4xx@example.org");
    let text = program.run(&["test-mail"]).exits(1);
    let lines: Vec<&str> = text.out.lines().collect();
    let via = format!("127.0.0.1:{port}");
    assert!(
        lines[0].starts_with(&format!("one@example.org: accepted by {via}: ")),
        "{text:?}"
    );
    assert!(
        lines[1].contains("REFUSED") && lines[1].contains("5.1.1"),
        "{text:?}"
    );
    assert!(
        lines[2].contains("NOT SENT") && lines[2].contains("4.7.1"),
        "{text:?}"
    );

    let json = program
        .run(&["test-mail", "--format", "json"])
        .exits(1)
        .json();
    assert_eq!(json["via"], via);
    let results = json["results"].as_array().unwrap().iter();
    let results: Vec<_> = results
        .map(|result| result["result"].as_str().unwrap())
        .collect();
    assert_eq!(results, ["accepted", "refused", "failed"]);
    assert_eq!(
        server.received().len(),
        2,
        "past the outbox, once per command"
    );
    assert!(!program.state().exists());
}

#[test]
fn a_recipient_of_the_moment_takes_the_place_of_the_configured_ones() {
    let server = MailServer::start();
    let program = through(server.port("plain"), "one@example.org");
    program
        .run(&[
            "test-mail",
            "--to",
            "x@example.org",
            "--to",
            "y@example.org",
        ])
        .exits(0);
    let received = server.received();
    let to: Vec<_> = received.iter().map(|mail| mail.to[0].as_str()).collect();
    assert_eq!(to, ["x@example.org", "y@example.org"]);
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let port = free_port();
    let ran = through(port, "one@example.org")
        .run(&["test-mail"])
        .exits(1);
    assert!(
        ran.out.contains(&format!("NOT SENT by 127.0.0.1:{port}: ")),
        "{ran:?}"
    );
}

#[test]
fn without_a_smarthost_it_says_where_to_set_one() {
    let cluster = Cluster::start();
    let program = program_for(&cluster);
    program.configure(&format!(
        "mail: {{from: a@example.org, to: [b@example.org]}}\nredis: {{address: \"{}\"}}\n",
        cluster.redis.address()
    ));
    let none = program.run(&["test-mail"]).exits(1);
    assert!(
        none.out
            .contains("b@example.org: NOT SENT: the cluster has no smarthost"),
        "{none:?}"
    );
    assert!(none.out.contains("mail.transport"), "{none:?}");
    let told = program.run(&["test-mail", "--format", "json"]).exits(1);
    assert_eq!(told.json()["via"], serde_json::Value::Null);

    let server = MailServer::start();
    cluster.smarthost("127.0.0.1", server.port("plain"));
    program.run(&["test-mail"]).exits(0);
    assert_eq!(server.received().len(), 1);
}
