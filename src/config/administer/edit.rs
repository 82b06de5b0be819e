//! Looking into a tree of settings, and changing it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Content, Entry, Node, SecretsSet, Warned, WarningCode, keys, names};
use super::{SMTP_PASSWORD_FILE, WEBHOOK_TOKEN_FILE};
use crate::config::tree::{Meaning, Scalar};

/// The value at a path, if one is set.
pub(super) fn at<'a>(root: &'a Node, path: &[&str]) -> Option<&'a Node> {
    let found = path.iter().try_fold(root, |node, name| {
        let mut entries = node.entries().iter();
        entries.find(|entry| entry.key == *name).map(|e| &e.value)
    })?;
    (!matches!(found.content, Content::Null)).then_some(found)
}

/// What stands where a key's path has a `*`, in the file's order.
pub(super) fn ids(root: &Node, path: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let above = path.split(keys::ANY).next().unwrap_or_default();
    let section: Vec<&str> = above.trim_end_matches('.').split('.').collect();
    let entries = at(root, &section).map_or(&[][..], Node::entries);
    let set = entries
        .iter()
        .filter(|entry| !matches!(entry.value.content, Content::Null));
    set.filter(|entry| seen.insert(&entry.key))
        .map(|entry| entry.key.clone())
        .collect()
}

/// Sets a value, or removes it and the sections that it leaves empty. Where
/// something else than a section stands in the way, that stays, and is a
/// mistake of its own.
pub(super) fn set(node: &mut Node, path: &[&str], value: Option<Node>) {
    let Some((name, rest)) = path.split_first() else {
        return;
    };
    if matches!(node.content, Content::Null) && value.is_some() {
        node.content = Content::Map(Vec::new());
    }
    let Content::Map(entries) = &mut node.content else {
        return;
    };
    let found = entries.iter().position(|entry| entry.key == *name);
    let Some(value) = value else {
        let Some((index, entry)) = found.and_then(|index| Some((index, entries.get_mut(index)?)))
        else {
            return;
        };
        if !rest.is_empty() {
            set(&mut entry.value, rest, None);
        }
        let empty = match &entry.value.content {
            Content::Null => true,
            Content::Map(below) => below.is_empty(),
            Content::Scalar(_) | Content::List(_) => false,
        };
        if rest.is_empty() || empty {
            entries.remove(index);
        }
        return;
    };
    let index = found.unwrap_or_else(|| {
        entries.push(Entry {
            key: (*name).to_owned(),
            line: 0,
            value: Node::new(Content::Null),
        });
        entries.len() - 1
    });
    let Some(entry) = entries.get_mut(index) else {
        return;
    };
    if rest.is_empty() {
        entry.value = value;
    } else {
        set(&mut entry.value, rest, Some(value));
    }
}

/// A secret that can lie in a file of its own.
struct Place {
    inline: &'static str,
    file: &'static str,
    /// The file, where it was set beside the configuration.
    ours: &'static str,
    is_set: bool,
}

/// Names the files of the secrets that are set, and no others. A secret that
/// the configuration has by itself gives way to one that was set beside it.
pub(super) fn secrets(root: &mut Node, are_set: SecretsSet) -> Vec<Warned> {
    let places = [
        Place {
            inline: keys::RECEIVER_TOKEN.path,
            file: keys::RECEIVER_TOKEN_FILE.path,
            ours: WEBHOOK_TOKEN_FILE,
            is_set: are_set.webhook_token,
        },
        Place {
            inline: keys::SMTP_PASSWORD.path,
            file: keys::SMTP_PASSWORD_FILE.path,
            ours: SMTP_PASSWORD_FILE,
            is_set: are_set.smtp_password,
        },
    ];
    places
        .iter()
        .flat_map(|place| secret(root, place))
        .collect()
}

fn secret(root: &mut Node, place: &Place) -> Vec<Warned> {
    let ours = from_json(&Value::from(place.ours));
    let file = segments(place.file);
    let is_ours = at(root, &file) == Some(&ours);
    if !place.is_set {
        if is_ours {
            set(root, &file, None);
        }
        return Vec::new();
    }
    let mut replaced = Vec::new();
    for key in [place.inline, place.file] {
        let path = segments(key);
        if at(root, &path).is_some_and(|there| there != &ours) {
            replaced.push(Warned {
                field: Some(key.to_owned()),
                code: WarningCode::SecretReplaced,
                message: format!("{key} gave way to the secret that was set beside the file"),
            });
            set(root, &path, None);
        }
    }
    if !is_ours {
        set(root, &file, Some(ours));
    }
    replaced
}

fn segments(path: &str) -> Vec<&str> {
    path.split('.').collect()
}

/// Every path below `pattern` that is set and may be changed here.
pub(super) fn set_below(root: &Node, pattern: &str) -> Vec<Vec<String>> {
    let below = format!("{pattern}.");
    keys::all()
        .filter(|key| !key.file_only())
        .flat_map(|key| {
            names::find(root, key.path())
                .into_iter()
                .map(move |found| (key, found))
        })
        .map(|(key, found)| {
            let id = found.id.unwrap_or_default();
            let segments = key.path().split('.');
            segments
                .map(|name| if name == keys::ANY { id } else { name }.to_owned())
                .collect::<Vec<_>>()
        })
        .filter(|path| path.join(".").starts_with(&below))
        .collect()
}

/// A value from a program, as if the file had it.
pub(super) fn from_json(value: &Value) -> Node {
    let scalar = |text: String, meaning| Content::Scalar(Scalar { text, meaning });
    Node::new(match value {
        Value::Null => Content::Null,
        Value::Bool(value) => scalar(value.to_string(), Meaning::Bool(*value)),
        Value::Number(number) => scalar(
            number.to_string(),
            number.as_i64().map_or(Meaning::OtherNumber, Meaning::Whole),
        ),
        Value::String(text) => scalar(text.clone(), Meaning::Text),
        Value::Array(items) => Content::List(items.iter().map(from_json).collect()),
        Value::Object(entries) => Content::Map(
            entries
                .iter()
                .map(|(key, value)| Entry {
                    key: key.clone(),
                    line: 0,
                    value: from_json(value),
                })
                .collect(),
        ),
    })
}

/// As a program sees what it is not known what it should be; nothing for a
/// section that is nested without end.
pub(super) fn to_json(node: &Node) -> Option<Value> {
    Some(match &node.content {
        Content::Null => Value::Null,
        Content::Scalar(scalar) => match scalar.meaning {
            Meaning::Whole(number) => Value::from(number),
            Meaning::Bool(value) => Value::Bool(value),
            Meaning::Text | Meaning::OtherNumber => Value::String(scalar.text.clone()),
        },
        Content::List(items) => Value::Array(items.iter().map(to_json).collect::<Option<_>>()?),
        Content::Map(entries) => entries
            .iter()
            .map(|entry| Some((entry.key.clone(), to_json(&entry.value)?)))
            .collect::<Option<Map<_, _>>>()
            .map(Value::Object)?,
    })
}
