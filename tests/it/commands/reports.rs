//! `report list` and `report show`.

use super::{Program, one_of_two_failed, program_for};

#[test]
fn looking_into_an_empty_history_makes_nothing() {
    let program = Program::new("mail: {from: a@example.org, to: [b@example.org]}\n");
    let list = program.run(&["report", "list"]).exits(0);
    assert!(
        list.out.starts_with("There is no report yet in "),
        "{list:?}"
    );
    assert!(
        list.out.contains(program.state().to_str().unwrap()),
        "{list:?}"
    );
    let none = program
        .run(&["report", "list", "--format", "json"])
        .exits(0);
    assert_eq!(none.json()["reports"], serde_json::json!([]));
    program
        .run(&["report", "show", "1"])
        .fails(1, &["there is no report 1", "report list"]);
    assert!(!program.state().exists());

    std::fs::create_dir(program.state()).unwrap();
    program.run(&["report", "list"]).exits(0);
    assert_eq!(std::fs::read_dir(program.state()).unwrap().count(), 0);
}

#[test]
fn reports_are_listed_newest_first_and_by_plan() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    program.run(&["check", "--notify"]).exits(1);
    let start = jiff::Timestamp::now().as_second() - 60;
    cluster.module("n8n1", 1);
    cluster
        .plan("2", "Weekly")
        .destination("d-1")
        .instances(["n8n1"]);
    cluster.status_a(1, "2", "n8n1", start, start + 1, 0);
    program.run(&["check", "--notify", "--plan", "2"]).exits(0);

    let list = program.run(&["report", "list"]).exits(0);
    let lines: Vec<&str> = list.out.lines().collect();
    assert_eq!(lines.len(), 3, "{list:?}");
    assert!(lines[0].starts_with("ID  MADE"), "{list:?}");
    assert!(
        lines[1].starts_with("2 ") && lines[1].contains("SUCCESS"),
        "{list:?}"
    );
    assert!(
        lines[2].contains("PARTIAL") && lines[2].contains("1/2"),
        "{list:?}"
    );

    let ids = |arguments: &[&str]| {
        let all = [&["report", "list", "--format", "json"], arguments].concat();
        let list = program.run(&all).exits(0).json();
        let reports = list["reports"].as_array().unwrap().clone();
        reports
            .iter()
            .map(|report| report["id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&[]), [2, 1]);
    assert_eq!(ids(&["--limit", "1"]), [2]);
    assert_eq!(ids(&["--plan", "1"]), [1]);
    assert_eq!(ids(&["--plan", "9"]), [0_i64; 0]);
    let none = program.run(&["report", "list", "--plan", "9"]).exits(0);
    assert!(
        none.out.starts_with("There is no report on plan 9"),
        "{none:?}"
    );
}

#[test]
fn a_report_shows_its_text_and_what_became_of_its_mails() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    program.run(&["check", "--notify"]).exits(1);
    let shown = program.run(&["report", "show", "1"]).exits(0);
    for word in ["Nightly", "samba1", "MAIL TO", "admin@example.org", "sent"] {
        assert!(shown.out.contains(word), "no {word} in {}", shown.out);
    }
}

#[test]
fn a_damaged_history_and_a_wrong_place_are_told() {
    let program = Program::new("mail: {from: a@example.org, to: [b@example.org]}\n");
    std::fs::create_dir(program.state()).unwrap();
    let database = program.state().join("state.db");
    std::fs::write(&database, "this is no database, it only has its name").unwrap();
    program
        .run(&["report", "list"])
        .fails(1, &["damaged", "backup"]);

    std::fs::remove_dir_all(program.state()).unwrap();
    std::fs::write(program.state(), "").unwrap();
    program
        .run(&["report", "list"])
        .fails(1, &["state directory", "state.db"]);
}
