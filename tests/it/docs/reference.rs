//! docs/MODULE.md has every action and every parameter, and its examples are
//! what the actions take.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Map, Value};

use super::{between, files_below, json, named_in_table, read, root, section};

const PAGE: &str = "docs/MODULE.md";
/// Run by NS8 itself, with its own input.
const BY_NS8: &[&str] = &[
    "create-module",
    "destroy-module",
    "restore-module",
    "clone-module",
];

fn actions() -> BTreeSet<String> {
    fs::read_dir(root().join("imageroot/actions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn schema(action: &str) -> Value {
    json(&format!("imageroot/actions/{action}/validate-input.json"))
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema["properties"].as_object()
}

/// The paths of all settings; `ID` stands for the name of a plan.
fn leaves(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let of_any_name = &schema["additionalProperties"];
    if properties(of_any_name).is_some() {
        leaves(of_any_name, &below("ID"), found);
    } else if let Some(known) = properties(schema) {
        for (name, inner) in known {
            leaves(inner, &below(name), found);
        }
    } else {
        found.insert(path.to_owned());
    }
}

/// The first key of an example that the schema does not know.
fn unknown(schema: &Value, example: &Value, path: &str) -> Option<String> {
    let example = example.as_object()?;
    let any = &schema["additionalProperties"];
    example.iter().find_map(|(name, value)| {
        let here = format!("{path}/{name}");
        match properties(schema).and_then(|known| known.get(name)) {
            Some(inner) => unknown(inner, value, &here),
            None if any.is_object() => unknown(any, value, &here),
            None => Some(here),
        }
    })
}

#[test]
fn every_action_is_described() {
    let page = read(PAGE);
    let table: BTreeSet<String> =
        named_in_table(section(&page, "## Actions").split("\n### ").next().unwrap())
            .map(str::to_owned)
            .collect();
    assert_eq!(table, actions());
    let readme = read("README.md");
    for action in actions()
        .iter()
        .filter(|name| !BY_NS8.contains(&name.as_str()))
    {
        let text = section(&page, &format!("### {action}"));
        let call = format!("api-cli run module/backup-monitor1/{action} --data '");
        let examples = between(text, &call, "'\n");
        assert!(!examples.is_empty(), "{PAGE} has no example of {action}");
        for example in examples {
            check(action, example);
        }
        let row = format!("| `{action}` | `");
        let example = between(&readme, &row, "` |");
        assert_eq!(example.len(), 1, "README has no row of {action}");
        check(action, example[0]);
    }
}

#[track_caller]
fn check(action: &str, example: &str) {
    let data: Value = serde_json::from_str(example)
        .unwrap_or_else(|error| panic!("{action}: {error}: {example}"));
    assert_eq!(
        unknown(&schema(action), &data, ""),
        None,
        "{action}: {example}"
    );
}

#[test]
fn every_parameter_is_described() {
    let page = read(PAGE);
    let described: BTreeSet<String> = named_in_table(section(&page, "### configure-module"))
        .map(str::to_owned)
        .collect();
    let mut settable = BTreeSet::new();
    leaves(&schema("configure-module"), "", &mut settable);
    assert_eq!(described, settable);
}

#[test]
fn every_warning_of_the_actions_is_described() {
    let page = read(PAGE);
    let described: BTreeSet<&str> = named_in_table(section(&page, "### Warnings")).collect();
    let mut given = BTreeSet::new();
    for path in files_below("imageroot")
        .iter()
        .filter(|path| !path.ends_with("validate-output.json"))
    {
        let text = read(path.to_str().unwrap());
        given.extend(
            between(&text, "{\"code\": \"", "\"")
                .into_iter()
                .map(str::to_owned),
        );
    }
    assert_eq!(described, given.iter().map(String::as_str).collect());
}

#[test]
fn no_step_touches_the_firewall_or_a_route() {
    for path in files_below("imageroot") {
        let text = read(path.to_str().unwrap());
        for word in [
            "public_service",
            "public-service",
            "set-route",
            "set-certificate",
            "bind_user_domains",
        ] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
    let labels = read("build-images.sh");
    assert!(labels.contains("org.nethserver.authorizations=cluster:reader\""));
    assert!(labels.contains("org.nethserver.tcp-ports-demand=1\""));
    assert!(labels.contains("org.nethserver.rootfull=0\""));
}
