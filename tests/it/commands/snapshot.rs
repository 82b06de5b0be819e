//! `snapshot`, and `check --snapshot` on what it wrote.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::{Program, one_of_two_failed, program_for};

/// A report without what must differ: when it was made.
fn told(check: &Value) -> Value {
    let mut report = check["reports"][0].clone();
    report["made_at"].take();
    report
}

#[test]
fn a_snapshot_tells_the_same_as_the_cluster_it_was_made_of() {
    let cluster = one_of_two_failed();
    let secret = "pl4nted-S3cret";
    cluster
        .destination("d-1")
        .field("password", secret)
        .field("aws_secret_access_key", secret);
    let program = program_for(&cluster);
    let live = program.run(&["check", "--format", "json"]).exits(1).json();
    let ran = program.run(&["snapshot", "cluster.json"]).exits(0);
    assert!(
        ran.out.contains("1 plan, 2 applications and no secret"),
        "{ran:?}"
    );
    let file = program.path("cluster.json");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(secret));
    let printed = program.run(&["snapshot"]).exits(0).json();
    let written: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(printed["state"]["statuses"], written["state"]["statuses"]);

    // On another machine, years later, without cluster and configuration.
    drop(cluster);
    let elsewhere = Program::without_configuration().with("CONFIG_FILE", "");
    let name = file.to_str().unwrap();
    let ran = elsewhere
        .run(&["check", "--format", "json", "--snapshot", name])
        .exits(1);
    assert_eq!(told(&ran.json()), told(&live));
    assert_eq!(
        ran.json()["reports"][0]["made_at"],
        written["state"]["read_at"]
    );
    assert!(!elsewhere.state().exists());
}

#[test]
fn a_configuration_that_was_named_must_be_right_also_with_a_snapshot() {
    let program = Program::without_configuration();
    program
        .run(&["check", "--snapshot", "x.json"])
        .fails(3, &["config.yml", "no such file"]);
}

#[test]
fn a_file_that_is_no_snapshot_is_told() {
    let program = Program::without_configuration().with("CONFIG_FILE", "");
    let missing = program.run(&["check", "--snapshot", "x.json"]);
    missing.fails(3, &["x.json", "cannot be read"]);
    std::fs::write(
        program.path("x.json"),
        "{\"format\": \"of another program\"}",
    )
    .unwrap();
    program
        .run(&["check", "--snapshot", "x.json"])
        .fails(3, &["x.json", "its format is"]);
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let cluster = one_of_two_failed();
    let ran = program_for(&cluster).run(&["snapshot", "/nonexistent/cluster.json"]);
    ran.fails(
        1,
        &[
            "/nonexistent/cluster.json cannot be written",
            "because: No such file",
        ],
    );
}
