//! The annotated example can never drift from the table of keys.

use super::keys;
use super::names;
use super::tree::{self, Node};
use super::{EXAMPLE, Problem, load_str};

/// The example with every commented-out setting switched on.
fn everything() -> (String, Node) {
    let text: Vec<String> = EXAMPLE.lines().map(switched_on).collect();
    let text = text.join("\n");
    let (root, duplicates) = tree::parse(&text).unwrap();
    assert_eq!(duplicates, []);
    (text, root)
}

fn switched_on(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    match line.trim_start().strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => {
            format!("{}{setting}", &line[..indent])
        }
        _ => line.to_owned(),
    }
}

#[test]
fn the_example_passes_the_check_without_a_word() {
    let loaded = load_str(EXAMPLE, &std::collections::BTreeMap::new()).unwrap();
    assert_eq!(loaded.warnings, []);
}

#[test]
fn the_example_has_every_key() {
    let (_, root) = everything();
    for key in keys::all() {
        assert!(
            !names::find(&root, key.path()).is_empty(),
            "{} is not in the example",
            key.path()
        );
    }
    let destination = &names::find(&root, keys::DESTINATION.path)[0].entry.value;
    for name in keys::CREDENTIALS {
        assert!(destination.entry(name).is_some(), "{name}");
    }
}

#[test]
fn every_default_in_the_example_is_the_real_one() {
    let (_, root) = everything();
    for key in keys::all() {
        let Some(default) = key.default() else {
            continue;
        };
        let stated = &names::find(&root, key.path())[0].entry.value;
        let (default, _) = tree::parse(default).unwrap();
        assert!(same(stated, &default), "{}", key.path());
    }
}

/// Quotes do not make a difference to people.
fn same(a: &Node, b: &Node) -> bool {
    use tree::Content::{List, Scalar};
    match (&a.content, &b.content) {
        (Scalar(a), Scalar(b)) => a.text == b.text,
        (List(a), List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => false,
    }
}

#[test]
fn the_example_states_the_limits_of_every_number_and_the_words_of_every_list() {
    let (_, root) = everything();
    let lines: Vec<_> = EXAMPLE.lines().collect();
    for key in keys::all() {
        let allowed = key.allowed();
        let limits = allowed.starts_with(|c: char| c.is_ascii_digit());
        let words = allowed.starts_with(|c: char| c.is_alphabetic())
            && allowed.split(", ").count() > 1
            && allowed.split(", ").all(|word| !word.contains(' '));
        if !limits && !words {
            continue;
        }
        let line = names::find(&root, key.path())[0].entry.line;
        let above = lines[line.saturating_sub(15)..line]
            .iter()
            .map(|line| line.trim_start().trim_start_matches('#').trim())
            .collect::<Vec<_>>()
            .join(" ");
        assert!(above.contains(&allowed), "{}: {allowed}", key.path());
    }
}

#[test]
fn every_setting_of_the_example_is_right_once_it_is_switched_on() {
    let (text, _) = everything();
    let text = text
        .replace("transport: smarthost", "transport: smtp")
        .replace("password_file:", "#")
        .replace("token_file:", "#")
        .replace("  address:", "#")
        .replace("replica_address:", "#");
    let loaded = load_str(&text, &std::collections::BTreeMap::new());
    let loaded = loaded.unwrap_or_else(|errors| panic!("{errors}"));
    let idle: Vec<_> = loaded
        .warnings
        .iter()
        .filter_map(|w| w.key.clone())
        .collect();
    let expected = [
        "mail.sendmail",
        "mail.directory",
        "digest.weekday",
        "digest.hour",
    ];
    assert_eq!(idle, expected);
}

#[test]
fn every_default_passes_its_own_check() {
    for key in keys::all() {
        if let Some(default) = key.default() {
            let (node, _) = tree::parse(default).unwrap();
            let mut mistakes = Vec::new();
            key.check(&node, super::Place::File, key.path(), &mut mistakes);
            assert_eq!(mistakes, [], "{}", key.path());
        }
    }
}

#[test]
fn an_unknown_key_in_any_section_of_the_example_is_found() {
    for section in EXAMPLE
        .lines()
        .filter(|line| line.ends_with(':') && !line.starts_with([' ', '#']))
    {
        let text = EXAMPLE.replacen(section, &format!("{section}\n  zzzzzzzz: 1"), 1);
        let errors = load_str(&text, &std::collections::BTreeMap::new()).unwrap_err();
        let [mistake] = errors.mistakes.as_slice() else {
            panic!("{section} {errors}");
        };
        assert!(matches!(mistake.problem, Problem::Unknown { .. }));
    }
}
