//! docs/JSON.md says what the program does, and all of it.
//!
//! The examples of types that can be read are read and written again: a field
//! that only one side knows would be lost or appear. The others are compared
//! with real output. The tables of names are compared with what serde takes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::Path;

use ns8_backup_monitor::config::{self, Code, WarningCode};
use ns8_backup_monitor::model::{
    Advice, ClusterState, DeliveryRecord, DestinationHealth, ModuleCause, Outcome, Overview,
    PlanCause, ProbeMethod, RecipientState, RepoCause, Report, ReportKind, RunKind, Severity,
    SkipReason, Standing, Warning,
};
use ns8_backup_monitor::notifier::Said;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::settings::asked;
use super::{Program, Ran, backup_failed, configuration, one_of_two_failed, program_for};
use crate::support::http;
use crate::support::process::wait_until;
use crate::support::service::Service;

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/JSON.md");
    std::fs::read_to_string(path).unwrap()
}

fn example(name: &str) -> Value {
    let text = document();
    let mark = format!("<!-- example: {name} -->\n```json\n");
    let (_, from) = text
        .split_once(&mark)
        .unwrap_or_else(|| panic!("no {mark}"));
    let (json, _) = from.split_once("```").expect("an end");
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The first column of the table below a heading.
fn names_below(heading: &str) -> BTreeSet<String> {
    let text = document();
    let mark = format!("\n### {heading}\n");
    let (_, from) = text
        .split_once(&mark)
        .unwrap_or_else(|| panic!("no {mark}"));
    let table = from.split("\n#").next().unwrap_or_default();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `"));
    cells
        .map(|cell| cell.split('`').next().unwrap().to_owned())
        .collect()
}

/// Every name that serde takes: it lists them when it meets another one.
fn names_of<T: DeserializeOwned + Debug>(other: &Value) -> BTreeSet<String> {
    let error = serde_json::from_value::<T>(other.clone())
        .unwrap_err()
        .to_string();
    let (_, expected) = error.split_once("expected ").expect(&error);
    expected
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn is_documented<T: DeserializeOwned + Debug>(heading: &str) {
    assert_eq!(
        names_below(heading),
        names_of::<T>(&json!("?")),
        "{heading}"
    );
}

/// Reading an example and writing it again must change nothing.
#[track_caller]
fn is_exact<T: DeserializeOwned + Serialize>(example: &Value) {
    let read: T = serde_json::from_value(example.clone()).expect("an example that can be read");
    assert_eq!(&serde_json::to_value(&read).unwrap(), example);
}

/// The fields of a value, and of what is below them.
fn fields(value: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    collect(value, "", &mut all);
    all
}

fn collect(value: &Value, place: &str, all: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let place = format!("{place}/{name}");
                collect(value, &place, all);
                all.insert(place);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, place, all)),
        _ => {}
    }
}

#[test]
fn every_name_is_documented() {
    is_documented::<Outcome>("Outcome");
    is_documented::<ReportKind>("Kind of a report");
    is_documented::<PlanCause>("Cause of a plan");
    is_documented::<ModuleCause>("Cause of a member");
    is_documented::<RepoCause>("Cause of a probe");
    is_documented::<DestinationHealth>("Health of a destination");
    is_documented::<ProbeMethod>("Method of asking");
    is_documented::<SkipReason>("Why nobody asked");
    is_documented::<Advice>("Advice");
    is_documented::<RecipientState>("State of a delivery");
    is_documented::<Standing>("How a plan stands");
    is_documented::<RunKind>("Kind of a run");
    is_documented::<Code>("Code of a mistake");
    is_documented::<WarningCode>("Code of a warning");
    let warnings = names_of::<Warning>(&json!({ "kind": "?" }));
    assert_eq!(names_below("Kind of a warning"), warnings);
    let shown = example("report of a run");
    let shown = shown["warnings"].as_array().unwrap().iter();
    let shown: BTreeSet<String> = shown
        .map(|warning| warning["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(shown, warnings, "one example each");
}

#[test]
fn what_counts_how_is_documented() {
    let text = document();
    for cause in ModuleCause::ALL {
        let counts = match cause.severity() {
            Severity::Good => "good",
            Severity::Bad => "bad",
            Severity::Uncounted => "not at all",
        };
        let row = format!("| `{}` | {counts} | ", cause.as_str());
        assert!(text.contains(&row), "no {row}");
    }
}

#[test]
fn examples_have_every_field_and_no_other() {
    is_exact::<Report>(&example("report of a run"));
    is_exact::<Report>(&example("report that all is well"));
    is_exact::<Report>(&example("report of lost plans"));
    is_exact::<ClusterState>(&example("snapshot")["state"]);
    is_exact::<Vec<DeliveryRecord>>(&example("report")["deliveries"]);
    is_exact::<Overview>(&example("overview")["overview"]);
    let unavailable = json!({ "unavailable": "why" });
    is_exact::<SkipReason>(&unavailable);
    // An empty list would hide what belongs into it.
    for list in ["members", "gone", "warnings", "advice", "alerts", "causes"] {
        assert_ne!(example("report of a run")[list], json!([]), "{list}");
    }
}

/// Compares real output with an example, without what is an example of its own.
#[track_caller]
fn has_the_fields_of(name: &str, real: &Value, elsewhere: &[&str]) {
    let own = |value: &Value| -> BTreeSet<String> {
        let below = |field: &String| {
            elsewhere
                .iter()
                .any(|place| field.starts_with(&format!("{place}/")))
        };
        fields(value)
            .into_iter()
            .filter(|field| !below(field))
            .collect()
    };
    let example = example(name);
    assert_eq!(own(real), own(&example), "{name}");
    assert_eq!(real["format"], example["format"], "{name}");
}

#[test]
fn commands_print_what_is_documented() {
    let cluster = one_of_two_failed();
    let program = program_for(&cluster);
    let json = |arguments: &[&str], code| program.run(arguments).exits(code).json();
    let check = json(&["check", "--notify", "--format", "json"], 1);
    has_the_fields_of("check", &check, &["/reports"]);
    is_exact::<Vec<Report>>(&check["reports"]);

    let list = json(&["report", "list", "--format", "json"], 0);
    has_the_fields_of("reports", &list, &[]);
    let shown = json(&["report", "show", "1", "--format", "json"], 0);
    has_the_fields_of("report", &shown, &["/report", "/said"]);
    is_exact::<Report>(&shown["report"]);
    let resent = json(&["report", "resend", "1", "--format", "json"], 0);
    has_the_fields_of("resent", &resent, &[]);

    let overview = json(&["overview", "--format", "json"], 0);
    let unknown = ["/overview", "/details/1/destination_probe"];
    has_the_fields_of("overview", &overview, &unknown);
    is_exact::<Overview>(&overview["overview"]);
    let newest = overview["overview"]["plans"][0]["last"]["report"].to_string();
    let newest = json(&["report", "show", &newest, "--format", "json"], 0);
    let members = newest["report"]["members"].as_array().unwrap().iter();
    let saved = members.filter(|member| member["cause"] == "ok");
    let bytes: u64 = saved.filter_map(|member| member["size"].as_u64()).sum();
    assert!(bytes > 0);
    assert_eq!(overview["details"]["1"]["last_size"], bytes);

    let sent = json(&["test-mail", "--format", "json"], 0);
    has_the_fields_of("test-mail", &sent, &[]);
    let results: BTreeSet<String> = ["accepted", "failed", "refused"].map(str::to_owned).into();
    assert_eq!(names_below("Result of a test mail"), results);

    let snapshot = json(&["snapshot"], 0);
    has_the_fields_of("snapshot", &snapshot, &["/state"]);
    is_exact::<ClusterState>(&snapshot["state"]);
    std::fs::write(program.path("s.json"), example("snapshot").to_string()).unwrap();
    json(&["check", "--format", "json", "--snapshot", "s.json"], 1);
}

#[test]
fn what_a_mail_says_is_documented() {
    let shown = example("report of a run");
    let report: Report = serde_json::from_value(shown).unwrap();
    let text = "mail: {from: a@example.org, to: [b@example.org]}";
    let config = config::load_str(text, &BTreeMap::new()).unwrap().config;
    let said = serde_json::to_value(Said::of(&report, &config.mail)).unwrap();
    let example = example("said");
    let own = |value: &Value| -> BTreeSet<String> {
        let label = |field: &String| field.starts_with("/labels/");
        fields(value)
            .into_iter()
            .filter(|field| !label(field))
            .collect()
    };
    assert_eq!(own(&said), own(&example));
}

#[test]
fn the_settings_for_programs_are_documented() {
    let program = Program::without_configuration();
    let input = example("settings input").to_string();
    let settings = asked(&program, &["config", "settings"], &input)
        .exits(0)
        .json();
    // Beside what the example has: a plan and a file with something idle in it.
    let text = "mail: {from: monitor@example.org, sendmail: /bin/x}\n\
        plans: {3: {to: [customer@example.org], mute_until: 2030-12-24}}\n";
    let input = json!({ "current": text }).to_string();
    let told = asked(&program, &["config", "settings"], &input)
        .exits(0)
        .json();
    assert_eq!(told, example("settings"));
    assert_eq!(settings["format"], told["format"]);

    let input = example("apply input").to_string();
    let applied = asked(&program, &["config", "apply"], &input)
        .exits(0)
        .json();
    let mut documented = example("applied");
    has_the_fields_of("applied", &applied, &[]);
    let shown = documented["text"].take();
    assert!(
        applied["text"]
            .as_str()
            .unwrap()
            .ends_with(shown.as_str().unwrap())
    );

    let defaults = program.run(&["config", "defaults"]).exits(0).json();
    has_the_fields_of("defaults", &defaults, &["/settings", "/limits"]);
    let path = "correlator.wait_seconds";
    assert_eq!(
        defaults["limits"][path],
        example("defaults")["limits"][path]
    );
}

#[test]
fn the_service_answers_what_is_documented() {
    let cluster = one_of_two_failed();
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&configuration(folder.path(), &cluster), &[]);
    let taken = service.post_alert(&backup_failed("1"));
    has_the_fields_of("alert answer", &taken.json(), &[]);
    let refused = http::request(service.address(), "POST", "/alert", &[], b"oops").unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.json(), example("error answer"));
    assert_eq!(service.get("/healthz").json(), example("healthz"));

    let file = service.address_file();
    let words = ["health", "--format", "json", "--address-file"];
    let asked = service.run(&[&words[..], &[file.to_str().unwrap()]].concat());
    let told = Ran::of(asked).exits(0).json();
    has_the_fields_of("health", &told, &[]);
    let reloads = &told["reloads"];
    assert_eq!(&service.get("/reloads").json(), reloads);
    has_the_fields_of("reloads", reloads, &["/refused"]);

    let ready = json!({
        "ready": true, "database": { "ok": true }, "redis": { "ok": true },
        "reloads": told["reloads"],
    });
    assert_eq!(service.get("/readyz").json(), ready);
    drop(cluster);
    let later = Ran::of(service.run(&["check"]));
    later.fails(3, &["cannot be read"]);
    // An alert makes it look at the cluster before its next regular look.
    assert_eq!(service.post_alert(&backup_failed("9")).status(), 200);
    wait_until("the missing cluster to be noticed", || {
        service.get("/readyz").status() == 503
    });
    has_the_fields_of("readyz", &service.get("/readyz").json(), &["/reloads"]);
}
