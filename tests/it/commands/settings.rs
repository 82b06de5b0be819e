//! The settings for programs: JSON in, JSON out, nothing read and nothing
//! written beside it.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{Program, Ran};

/// Runs a command with this on its standard input.
pub(super) fn asked(program: &Program, arguments: &[&str], input: &str) -> Ran {
    let mut child = program
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    // A program that ends before it read everything is seen by its exit code.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ran::of(child.wait_with_output().unwrap())
}

fn apply(program: &Program, current: Option<&str>, change: &Value) -> Value {
    let input = json!({"current": current, "change": change, "secrets": {}}).to_string();
    asked(program, &["config", "apply"], &input).exits(0).json()
}

#[test]
fn what_apply_writes_is_what_the_service_takes() {
    let program = Program::without_configuration();
    let first = json!({"mail": {"from": "a@example.org", "to": ["b@example.org"]}});
    let applied = apply(&program, None, &first);
    let text = applied["text"].as_str().unwrap();
    assert_eq!(applied["changed"], true);
    program.configure(text);
    program.run(&["config", "check"]).exits(0);
    assert_eq!(apply(&program, Some(text), &first)["changed"], false);

    let input = json!({"current": text}).to_string();
    let settings = asked(&program, &["config", "settings"], &input)
        .exits(0)
        .json();
    assert_eq!(settings["settings"]["mail"]["to"], json!(["b@example.org"]));
    assert_eq!(settings["mistakes"], json!([]));
}

/// They run in a container of their own, also before anything is configured.
#[test]
fn neither_a_configuration_nor_the_environment_is_read() {
    let broken = Program::new("this: [is\n")
        .with("REDIS_ADDRESS", "no address")
        .with("AGENT_ENV_FILES", "/nowhere/agent.env");
    let input = json!({"current": null}).to_string();
    let settings = asked(&broken, &["config", "settings"], &input)
        .exits(0)
        .json();
    let codes: Vec<_> = settings["mistakes"].as_array().unwrap().iter().collect();
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert_eq!(settings["settings"]["mail"]["from"], Value::Null);
    let defaults = broken.run(&["config", "defaults"]).exits(0).json();
    assert_eq!(defaults["settings"], settings["settings"]);
    assert!(!broken.state().exists());
}

/// What the pages and their stand-in of the module are tried with.
#[test]
fn the_examples_of_get_defaults_are_what_the_program_gives() {
    let given = Program::without_configuration()
        .run(&["config", "defaults"])
        .exits(0)
        .json();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("imageroot/actions/get-defaults/validate-output.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let examples = schema["examples"].as_array().unwrap();
    assert!(!examples.is_empty());
    for example in examples {
        for part in ["settings", "limits"] {
            assert_eq!(example[part], given[part], "{part}");
        }
    }
}

#[test]
fn input_that_is_not_understood_is_a_failure_that_shows_nothing_of_it() {
    let program = Program::without_configuration();
    for input in [
        "hunter2",
        r#"{"current": 5, "change": {}}"#,
        r#"{"current": null}"#,
        r#"{"current": null, "change": {}, "secrets": {"hunter2": true}}"#,
        r#"{"current": null, "change": [], "extra": "hunter2"}"#,
    ] {
        let ran = asked(&program, &["config", "apply"], input);
        ran.fails(1, &["standard input"]);
        let ran = asked(&program, &["config", "apply"], input);
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    }
    asked(&program, &["config", "apply"], "\n").fails(1, &["nothing came in", "docs/JSON.md"]);
    let long = format!("{{\"current\": \"{}\"}}", "x".repeat(5 * 1024 * 1024));
    asked(&program, &["config", "settings"], &long).fails(1, &["longer than"]);
}
