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
fn a_list_is_narrowed_and_paged_and_says_how_many_there_are() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    program.run(&["check", "--notify"]).exits(1);
    let start = jiff::Timestamp::now().as_second() - 60;
    cluster.status_a(1, "1", "samba1", start, start + 1, 0);
    program.run(&["check", "--notify"]).exits(0);

    let found = |arguments: &[&str]| {
        let all = [&["report", "list", "--format", "json"], arguments].concat();
        let list = program.run(&all).exits(0).json();
        let reports = list["reports"].as_array().unwrap();
        let ids = reports.iter().map(|report| report["id"].to_string());
        (list["total"].as_u64().unwrap(), ids.collect::<String>())
    };
    let is = |total: u64, ids: &str| (total, ids.to_owned());
    assert_eq!(found(&[]), is(2, "21"));
    assert_eq!(found(&["--limit", "1", "--offset", "1"]), is(2, "1"));
    assert_eq!(found(&["--offset", "9"]), is(2, ""));
    assert_eq!(found(&["--outcome", "SUCCESS"]), is(1, "2"));
    assert_eq!(found(&["--outcome", "partial"]), is(1, "1"));
    assert_eq!(found(&["--text", "SAMBA1"]), is(1, "1"), "where it failed");
    assert_eq!(found(&["--text", "night"]), is(2, "21"));
    assert_eq!(found(&["--text", "night wiki"]), is(0, ""));
    assert_eq!(found(&["--since", "2020-01-01"]), is(2, "21"));
    assert_eq!(found(&["--until", "2020-01-01"]), is(0, ""));
    let today = jiff::Timestamp::now().to_string();
    assert_eq!(
        found(&["--until", &today[..10]]),
        is(2, "21"),
        "the whole day"
    );
    assert_eq!(found(&["--since", &today]), is(0, ""));

    let list = program.run(&["report", "list", "--limit", "1"]).exits(0);
    assert!(list.err.contains("1 from the 1. on, of 2"), "{list:?}");
    let none = program.run(&["report", "list", "--text", "wiki"]).exits(0);
    assert!(
        none.out.starts_with("There is no such report in "),
        "{none:?}"
    );
    program
        .run(&["report", "list", "--mails", "lost"])
        .fails(2, &["--mails", "queued, undelivered"]);
    for wrong in [["--outcome", "GOOD"], ["--since", "soon"], ["--until", "x"]] {
        program
            .run(&[&["report", "list"][..], &wrong].concat())
            .fails(2, &[wrong[0], "it is "]);
    }
}

#[test]
fn a_report_is_told_in_the_language_that_is_asked_for() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    program.run(&["check", "--notify"]).exits(1);
    let shown = |language: &[&str]| {
        let all = [&["report", "show", "1", "--format", "json"], language].concat();
        program.run(&all).exits(0).json()
    };
    let english = shown(&[]);
    let text = program.run(&["report", "show", "1"]).exits(0).out;
    let what = english["said"]["what"].as_str().unwrap();
    assert!(text.contains(what), "{what}: {text}");
    assert_eq!(shown(&["--language", "en"]), english);

    let italian = shown(&["--language", "it"]);
    assert_eq!(italian["report"], english["report"]);
    let what = italian["said"]["what"].as_str().unwrap();
    let text = program.run(&["report", "show", "1", "--language", "it"]);
    assert!(text.exits(0).out.contains(what), "{what}");
    program
        .run(&["report", "show", "1", "--language", "de"])
        .fails(2, &["en or it"]);
}

#[test]
fn others_than_the_administrator_see_no_whole_address() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    program.run(&["check", "--notify"]).exits(1);
    for arguments in [
        &["report", "show", "1", "--format", "json"][..],
        &["report", "show", "1"],
        &["test-mail", "--format", "json"],
    ] {
        let whole = program.run(arguments).exits(0);
        assert!(whole.out.contains("admin@example.org"), "{whole:?}");
        let shortened = [arguments, &["--shorten-addresses"]].concat();
        let ran = program.run(&shortened).exits(0);
        assert!(ran.out.contains("ad…@example.org"), "{ran:?}");
        assert!(!ran.out.contains("admin@example.org"), "{ran:?}");
        assert!(!ran.err.contains("admin@example.org"), "{ran:?}");
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
