//! The manuals name buttons, fields and pages as who reads them sees them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{json, marked, prose, read};

/// What the cluster-admin calls its own pages and buttons.
const OF_NS8: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "Software center",
            "Settings",
            "Email notifications",
            "Metrics",
            "Alert notifications",
            "Backup and restore",
            "Run backup now",
            "Restore application",
        ],
    ),
    (
        "it",
        &[
            "Software center",
            "Impostazioni",
            "Notifiche email",
            "Metrics",
            "Notifiche allarmi",
            "Backup e ripristino",
            "Eseguire il backup ora",
            "Ripristina applicazione",
        ],
    ),
];

fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(inner) => inner.values().for_each(|value| texts(value, found)),
        Value::String(text) => found.extend(text.split(" | ").map(str::to_owned)),
        _ => {}
    }
}

/// What stands in italics: labels, and nothing else.
fn labels(page: &str) -> Vec<String> {
    let page = prose(page).replace("**", "");
    marked(&page, "*")
        .into_iter()
        .map(|label| label.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn the_manuals_name_the_pages_as_they_are() {
    for (language, of_ns8) in OF_NS8 {
        let mut known: BTreeSet<String> = of_ns8.iter().copied().map(str::to_owned).collect();
        texts(
            &json(&format!("ui/public/i18n/{language}/translation.json")),
            &mut known,
        );
        let named = labels(&read(&format!("docs/manual/{language}.md")));
        assert!(named.len() > 80, "{language}: {} labels", named.len());
        let strange: Vec<&String> = named
            .iter()
            .filter(|label| !known.contains(*label))
            .collect();
        assert!(strange.is_empty(), "{language}: {strange:?}");
    }
}

/// Both have the same parts, in the same order.
#[test]
fn the_manuals_say_the_same() {
    let shape = |language: &str| -> Vec<(usize, usize)> {
        let page = read(&format!("docs/manual/{language}.md"));
        page.split("\n## ")
            .map(|part| (part.matches("\n### ").count(), part.matches("\n| ").count()))
            .collect()
    };
    assert_eq!(shape("en"), shape("it"));
}
