//! Settings as JSON: those of a file, and the defaults.

use jiff::tz;
use serde_json::{Map, Value};

use super::{AnyKey, Content, Defaults, Node, SecretsSet, Settings, check, edit, key_of};
use super::{keys, of_the_file, read, tree};

/// The settings that an administrator may set, as the file says them.
pub fn settings(current: Option<&str>, secrets: SecretsSet) -> Settings {
    let (mut root, duplicates) = match read(current) {
        Ok(read) => read,
        Err(mistake) => {
            return Settings {
                settings: None,
                mistakes: vec![of_the_file(&mistake)],
                warnings: Vec::new(),
            };
        }
    };
    let replaced = edit::secrets(&mut root, secrets);
    let (mistakes, warnings) = check(&root, duplicates);
    Settings {
        settings: Some(all(&root)),
        mistakes,
        warnings: replaced.into_iter().chain(warnings).collect(),
    }
}

/// The settings of a program that nobody has set up.
pub fn defaults() -> Defaults {
    let settable = keys::all().filter(|key| !key.file_only());
    Defaults {
        settings: all(&Node::new(Content::Null)),
        limits: settable.map(|key| (key.path(), key.limits())).collect(),
        timezones: tz::db()
            .available()
            .map(|name| name.as_str().to_owned())
            .collect(),
    }
}

fn all(root: &Node) -> Value {
    let mut all = Map::new();
    // Also where none has anything of its own.
    all.insert("plans".to_owned(), Value::Object(Map::new()));
    for key in keys::all().filter(|key| !key.file_only()) {
        if key.path().contains(keys::ANY) {
            for id in edit::ids(root, key.path()) {
                let path = key.path().replace(keys::ANY, &id);
                let names: Vec<&str> = key
                    .path()
                    .split('.')
                    .map(|name| if name == keys::ANY { &id } else { name })
                    .collect();
                put(&mut all, &names, effective(root, key, &path, &names));
            }
        } else {
            let names: Vec<&str> = key.path().split('.').collect();
            put(&mut all, &names, effective(root, key, key.path(), &names));
        }
    }
    Value::Object(all)
}

/// The value that counts. A wrong one is shown as it is, so that it can be
/// corrected, unless it may hold a secret.
fn effective(root: &Node, key: &dyn AnyKey, path: &str, names: &[&str]) -> Value {
    match edit::at(root, names) {
        Some(node) if key.secret() && !right(key, node, path) => Value::Null,
        Some(node) => key.json(node).unwrap_or(Value::Null),
        None => default(key).unwrap_or_else(|| absent(key)),
    }
}

/// What says that a key without a default is not set.
fn absent(key: &dyn AnyKey) -> Value {
    if key.limits().list {
        Value::Array(Vec::new())
    } else {
        Value::Null
    }
}

fn right(key: &dyn AnyKey, node: &Node, shown: &str) -> bool {
    let mut mistakes = Vec::new();
    key.check(node, super::Place::File, shown, &mut mistakes);
    mistakes.is_empty()
}

/// The default of the table.
pub(super) fn default(key: &dyn AnyKey) -> Option<Value> {
    let (node, _) = tree::parse(key.default()?).ok()?;
    key.json(&node)
}

/// What stands at a path with dots, where it may be shown.
pub(super) fn value(root: &Node, field: &str) -> Option<Value> {
    let key = key_of(field)?;
    if key.secret() || key.file_only() {
        return None;
    }
    let mut node = edit::at(root, &field.split('.').take(depth(key)).collect::<Vec<_>>())?;
    for name in field.split('.').skip(depth(key)) {
        node = match &node.content {
            Content::List(items) => items.get(name.parse::<usize>().ok()?)?,
            Content::Map(entries) => &entries.iter().find(|entry| entry.key == name)?.value,
            _ => return None,
        };
    }
    edit::to_json(node)
}

fn depth(key: &dyn AnyKey) -> usize {
    key.path().split('.').count()
}

fn put(object: &mut Map<String, Value>, names: &[&str], value: Value) {
    let Some((name, rest)) = names.split_first() else {
        return;
    };
    if rest.is_empty() {
        object.insert((*name).to_owned(), value);
        return;
    }
    let below = object
        .entry(*name)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(below) = below {
        put(below, rest, value);
    }
}
