//! Settings as the text of a file: the same settings, the same bytes.

use std::fmt::Write as _;

use super::{Content, Entry, Node, keys, names};
use crate::config::tree::{Meaning, Scalar};

pub(super) const HEAD: &str = "\
# Written when the settings were changed. What can be set in this file only is
# kept then; comments and the order of the lines are not.
";

/// The file.
pub(super) fn text(root: &Node) -> String {
    let mut text = HEAD.to_owned();
    if let Content::Map(entries) = &ordered(root).content {
        section(&mut text, entries, 0);
    }
    text
}

/// In the order of the table, plans and nodes by number, without what is not
/// set.
pub(super) fn ordered(root: &Node) -> Node {
    arranged(root, "")
}

fn arranged(node: &Node, pattern: &str) -> Node {
    let Content::Map(entries) = &node.content else {
        return node.clone();
    };
    let known = names::known(pattern);
    let mut entries: Vec<(String, Entry)> = entries
        .iter()
        .filter(|entry| !matches!(entry.value.content, Content::Null))
        .map(|entry| {
            let segment = if known.contains(keys::ANY) {
                keys::ANY
            } else {
                &entry.key
            };
            let pattern = names::join(pattern, "", segment);
            let value = arranged(&entry.value, &pattern);
            (
                pattern,
                Entry {
                    value,
                    ..entry.clone()
                },
            )
        })
        .collect();
    entries.sort_by_cached_key(|(pattern, entry)| {
        (
            place(pattern),
            entry.key.parse::<u64>().unwrap_or(u64::MAX),
            entry.key.clone(),
        )
    });
    Node::new(Content::Map(
        entries.into_iter().map(|(_, entry)| entry).collect(),
    ))
}

/// Where the first key of that name or below it stands in the table.
fn place(pattern: &str) -> usize {
    let below = format!("{pattern}.");
    keys::all()
        .position(|key| key.path() == pattern || key.path().starts_with(&below))
        .unwrap_or(usize::MAX)
}

fn section(text: &mut String, entries: &[Entry], depth: usize) {
    for Entry { key, value, .. } in entries {
        let _ = write!(text, "{}{}:", "  ".repeat(depth), name(key));
        match &value.content {
            Content::Null => text.push('\n'),
            Content::Scalar(value) => {
                let _ = writeln!(text, " {}", scalar(value));
            }
            Content::List(items) if items.is_empty() => text.push_str(" []\n"),
            Content::List(items) => {
                text.push('\n');
                for item in items {
                    let _ = writeln!(text, "{}- {}", "  ".repeat(depth + 1), inline(item));
                }
            }
            Content::Map(below) if below.is_empty() => text.push_str(" {}\n"),
            Content::Map(below) => {
                text.push('\n');
                section(text, below, depth + 1);
            }
        }
    }
}

/// A list has single values only; anything else was refused before.
fn inline(node: &Node) -> String {
    match &node.content {
        Content::Scalar(value) => scalar(value),
        Content::Null | Content::List(_) | Content::Map(_) => "~".to_owned(),
    }
}

fn name(key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if plain { key.to_owned() } else { quoted(key) }
}

fn scalar(scalar: &Scalar) -> String {
    match scalar.meaning {
        Meaning::Text => quoted(&scalar.text),
        Meaning::Whole(_) | Meaning::OtherNumber | Meaning::Bool(_) => scalar.text.clone(),
    }
}

/// In double quotes, with everything escaped that YAML or an editor could take
/// for something else.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) || c == '\u{feff}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
