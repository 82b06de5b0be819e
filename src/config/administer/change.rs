//! A change of settings: what it makes of the file, or why it cannot be.

use serde_json::{Map, Value};

use super::{AnyKey, edit, keys, names, shown, tree};
use super::{
    Applied, Code, Node, Problem, SecretsSet, Told, Warned, WarningCode, check, of_the_file, read,
    write,
};

/// What `change` makes of `current`. A key that the change does not name stays
/// as it is, `null` sets it back to its default, and what only the file may set
/// is kept.
pub fn apply(current: Option<&str>, change: &Map<String, Value>, secrets: SecretsSet) -> Applied {
    let refused = |mistakes: Vec<Told>| Applied {
        text: None,
        changed: false,
        mistakes,
        warnings: Vec::new(),
    };
    let (before, duplicates) = match read(current) {
        Ok(read) => read,
        Err(mistake) => return refused(vec![of_the_file(&mistake)]),
    };
    let mut root = before.clone();
    let mut mistakes = edited(&mut root, change);
    let replaced = edit::secrets(&mut root, secrets);
    let (found, warnings) = check(&root, duplicates);
    mistakes.extend(found);
    if !mistakes.is_empty() {
        return refused(mistakes);
    }
    let text = match current {
        // As it was written, with its comments.
        Some(text) if root == before => text.to_owned(),
        _ => write::text(&root),
    };
    match tree::parse(&text) {
        Ok((read, _)) if read == write::ordered(&root) || root == before => Applied {
            changed: current != Some(text.as_str()),
            mistakes,
            warnings: replaced
                .into_iter()
                .chain(
                    current
                        .filter(|current| *current != text)
                        .and_then(comments_lost),
                )
                .chain(warnings)
                .collect(),
            text: Some(text),
        },
        // More than a file may hold.
        Err(mistake) => refused(vec![of_the_file(&mistake)]),
        Ok(_) => refused(vec![Told {
            field: None,
            code: Code::NotSupported,
            value: None,
            message: "a value holds characters that the file cannot hold".to_owned(),
        }]),
    }
}

/// What is told when a file is written anew into which somebody wrote more than
/// settings.
fn comments_lost(current: &str) -> Option<Warned> {
    let comment = |line: &str| line.trim_start().starts_with('#');
    let foreign = |line: &str| comment(line) && !write::HEAD.lines().any(|own| own == line);
    current.lines().any(foreign).then(|| Warned {
        field: None,
        code: WarningCode::CommentsLost,
        message: "the comments in config.yml were not kept".to_owned(),
    })
}

/// Puts the change into the tree; returns what has no place in it.
fn edited(root: &mut Node, change: &Map<String, Value>) -> Vec<Told> {
    let mut walk = Walk {
        root,
        mistakes: Vec::new(),
    };
    walk.section(change, "", &mut Vec::new());
    walk.mistakes
}

struct Walk<'a> {
    root: &'a mut Node,
    mistakes: Vec<Told>,
}

impl Walk<'_> {
    /// `pattern` is `path` as the table has it.
    fn section(&mut self, section: &Map<String, Value>, pattern: &str, path: &mut Vec<String>) {
        let known = names::known(pattern);
        for (name, value) in section {
            path.push(name.clone());
            let segment = [name.as_str(), keys::ANY]
                .into_iter()
                .find(|segment| known.contains(segment));
            if let Some(segment) = segment {
                let pattern = names::join(pattern, "", segment);
                self.entry(value, &pattern, path);
            } else {
                let allowed: Vec<_> = known.iter().copied().collect();
                self.refuse(path, &names::unknown(name, &allowed, None));
            }
            path.pop();
        }
    }

    fn entry(&mut self, value: &Value, pattern: &str, path: &mut Vec<String>) {
        if let Some(key) = keys::all().find(|key| key.path() == pattern) {
            if key.file_only() {
                self.refuse(path, &Problem::FileOnly);
            } else {
                self.put(key, value, path);
            }
            return;
        }
        match value {
            Value::Object(below) => self.section(below, pattern, path),
            Value::Null => {
                for path in edit::set_below(self.root, &path.join(".")) {
                    edit::set(self.root, &borrowed(&path), None);
                }
            }
            other => {
                let problem = names::not_a_section(&edit::from_json(other).content, pattern);
                self.refuse(path, &problem);
            }
        }
    }

    /// What counts already is left as it is written. What is the default is not
    /// written at all.
    fn put(&mut self, key: &dyn AnyKey, value: &Value, path: &[String]) {
        let path = borrowed(path);
        let node = edit::from_json(value);
        let default = shown::default(key);
        let wanted = key.json(&node);
        let there = edit::at(self.root, &path);
        let same = match there {
            Some(there) => key.json(there).is_some_and(|now| Some(now) == wanted),
            None => wanted.is_some() && wanted == default,
        };
        if same {
            return;
        }
        let removed = value.is_null()
            || is_none(key, wanted.as_ref())
            || (wanted.is_some() && wanted == default);
        edit::set(self.root, &path, (!removed).then_some(node));
    }

    fn refuse(&mut self, path: &[String], problem: &Problem) {
        self.mistakes.push(Told {
            field: Some(crate::model::truncate(&path.join("."), 300)),
            code: problem.code(),
            value: None,
            message: crate::model::sanitize(&problem.to_string()),
        });
    }
}

/// Recipients that a plan has none of are those of all; zones without a node
/// are none.
fn is_none(key: &dyn AnyKey, wanted: Option<&Value>) -> bool {
    match wanted {
        Some(Value::Array(items)) => items.is_empty() && key.path().contains(keys::ANY),
        Some(Value::Object(entries)) => entries.is_empty(),
        _ => false,
    }
}

fn borrowed(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}
