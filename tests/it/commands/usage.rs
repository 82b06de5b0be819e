//! Help, version, and arguments that cannot be understood.

use std::fs::File;

use super::Program;

fn program() -> Program {
    Program::new("mail: {from: a@example.org, to: [b@example.org]}\n")
}

#[test]
fn help_shows_every_command_examples_and_exit_codes() {
    let ran = program().run(&["--help"]).exits(0);
    for word in [
        "serve",
        "check",
        "overview",
        "test-mail",
        "config",
        "report",
        "health",
        "demo",
        "snapshot",
        "state",
        "Examples:",
        "ns8-backup-monitor check --plan 1",
        "Exit codes:",
        "CONFIG_FILE",
    ] {
        assert!(ran.out.contains(word), "{word}");
    }
    assert_eq!(ran.err, "");
}

#[test]
fn the_version_is_one_line() {
    let ran = program().run(&["--version"]).exits(0);
    let expected = concat!("ns8-backup-monitor ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(ran.out, expected);
}

#[test]
fn wrong_arguments_are_told_with_exit_code_2_and_for_check_with_3() {
    let program = program();
    for (arguments, code, word) in [
        (&[][..], 2, "Usage"),
        (&["chekc"], 2, "check"),
        (&["config", "check", "--bogus"], 2, "--bogus"),
        (&["serve", "check"], 2, "check"),
        (&["overview", "--bogus"], 2, "--bogus"),
        (&["report", "show", "one"], 2, "one"),
        (&["report", "list", "--limit", "0"], 2, "10000"),
        (&["test-mail", "--to", "no address"], 2, "space"),
        (&["check", "--bogus"], 3, "--bogus"),
        (&["check", "--format", "yaml"], 3, "text, json"),
        (&["check", "--notify", "--snapshot", "x"], 3, "--snapshot"),
        (&["--config", "config.yml", "check", "extra"], 3, "extra"),
    ] {
        program.run(arguments).fails(code, &[word]);
    }
    assert!(!program.state().exists());
}

#[test]
fn half_an_output_is_a_failure() {
    let program = program();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = program
        .command(&["config", "example"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("the output cannot be written"), "{err}");
}

#[test]
fn a_reader_that_went_away_is_none() {
    let program = program();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = program
        .command(&["config", "example"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
