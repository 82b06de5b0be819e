//! `config check` and `config example`, and what a wrong configuration does to
//! every other command.

use std::net::TcpStream;

use super::Program;
use crate::support::process::free_port;

/// One of every kind of mistake.
const ALL_WRONG: &str = "\
mail:
  from: not an address
  to: []
  languge: en
receiver:
  port: 70000
correlator:
  wait_seconds: soon
logging:
  level: LOUD
";

#[test]
fn all_mistakes_are_told_at_once_with_where_and_what_is_allowed() {
    let program = Program::new(ALL_WRONG);
    let ran = program.run(&["config", "check"]);
    ran.fails(2, &["the configuration has 6 mistakes:"]);
    for (line, key, words) in [
        (2, "mail.from", "space"),
        (3, "mail.to", "allowed: "),
        (4, "mail.languge", "language"),
        (6, "receiver.port", "0 to 65535"),
        (8, "correlator.wait_seconds", "0 to 3600"),
        (10, "logging.level", "DEBUG, INFO, WARNING"),
    ] {
        let place = format!("config.yml:{line}: {key}: ");
        let told = ran.err.lines().find(|told| told.contains(&place));
        let told = told.unwrap_or_else(|| panic!("no {place} in {}", ran.err));
        assert!(told.contains(words), "no {words} in {told}");
    }
}

#[test]
fn a_missing_file_and_bad_yaml_say_what_to_do() {
    let program = Program::without_configuration();
    let none = program.run(&["config", "check"]);
    none.fails(
        2,
        &["config.yml", "no such file", "config example", "--config"],
    );
    program.configure("mail: [from: x\n");
    program
        .run(&["config", "check"])
        .fails(2, &["config.yml:", "not valid YAML"]);
    program.configure("mail: {from: a@example.org}\n");
    program
        .run(&["config", "check"])
        .fails(2, &["mail.to", "must be set"]);
}

#[test]
fn every_command_refuses_a_wrong_configuration_and_starts_nothing() {
    let port = free_port();
    let program = Program::new(ALL_WRONG).with("TCP_PORT", &port.to_string());
    for (arguments, code) in [
        (&["serve"][..], 2),
        (&["check"], 3),
        (&["check", "--notify"], 3),
        (&["test-mail"], 3),
        (&["report", "list"], 2),
        (&["report", "show", "1"], 2),
        (&["report", "resend", "1"], 2),
        (&["health"], 2),
        (&["snapshot"], 2),
    ] {
        program
            .run(arguments)
            .fails(code, &["6 mistakes", "mail.from", "logging.level"]);
    }
    let files: Vec<_> = std::fs::read_dir(program.folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "only the configuration is there: {files:?}");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn the_example_passes_the_check() {
    let program = Program::without_configuration();
    let example = program.run(&["config", "example"]).exits(0);
    program.configure(&example.out);
    let ran = program.run(&["config", "check"]).exits(0);
    let told: Vec<_> = ran.out.lines().collect();
    assert_eq!(told.len(), 3, "{ran:?}");
    for (line, address) in [
        (told[0], "mail.from: ns8-backup-monitor@example.org"),
        (told[1], "mail.to: admin@example.org"),
    ] {
        assert!(line.starts_with("warning: "), "{line}");
        assert!(line.contains(address), "{line}");
        assert!(line.contains("only an example"), "{line}");
    }
    assert!(told[2].contains("2 warnings"), "{ran:?}");
    assert_eq!(ran.err, "");
    program.configure("mail: {from: a@backup.Example.COM, to: [b@notexample.org, c@lan]}\n");
    let ran = program.run(&["config", "check"]).exits(0);
    assert!(ran.out.contains("2 recipients, 1 warning."), "{ran:?}");
    assert!(!program.state().exists());
}

#[test]
fn what_should_be_known_is_a_warning() {
    let program = Program::new("mail: {from: a@lan, to: [b@lan]}\nreceiver: {host: 0.0.0.0}\n");
    let ran = program.run(&["config", "check"]).exits(0);
    assert!(ran.out.starts_with("warning: "), "{ran:?}");
    assert!(ran.out.contains("config.yml:2: receiver.host: "), "{ran:?}");
    assert!(ran.out.contains("1 recipient, 1 warning."), "{ran:?}");
}

#[test]
fn a_named_file_counts_more_than_the_environment() {
    let program = Program::new(ALL_WRONG);
    let other = program.path("other.yml");
    std::fs::write(&other, "mail: {from: a@example.org, to: [b@example.org]}\n").unwrap();
    let name = other.to_str().unwrap();
    program.run(&["config", "check", "--config", name]).exits(0);
    program.run(&["--config", name, "config", "check"]).exits(0);
}
