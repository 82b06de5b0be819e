//! Key names: finding what is there, and refusing what no table knows.

use std::collections::BTreeSet;

use super::errors::{Code, Mistake, Place, Problem};
use super::keys::{self, ANY};
use super::tree::{Content, Entry, Node};
use crate::model::{sanitize, truncate};

/// A key that stands in the file.
pub(super) struct Found<'a> {
    /// What stands where the table says `*`.
    pub id: Option<&'a str>,
    /// The path as it is told to people.
    pub shown: String,
    /// The key and its value.
    pub entry: &'a Entry,
}

impl Found<'_> {
    /// Where it stands.
    pub(super) fn place(&self) -> Place {
        Place::Line(self.entry.line)
    }
}

/// Every place where `path` is set to something.
pub(super) fn find<'a>(root: &'a Node, path: &str) -> Vec<Found<'a>> {
    let mut level: Vec<(Option<&'a str>, String, &'a Node, Option<&'a Entry>)> =
        vec![(None, String::new(), root, None)];
    for segment in path.split('.') {
        level = level
            .iter()
            .flat_map(|(id, shown, node, _)| {
                node.entries()
                    .iter()
                    .filter(move |entry| segment == ANY || entry.key == segment)
                    .map(move |entry| {
                        let id = if segment == ANY {
                            Some(entry.key.as_str())
                        } else {
                            *id
                        };
                        let shown = join(shown, segment, &entry.key);
                        (id, shown, &entry.value, Some(entry))
                    })
            })
            .collect();
    }
    level
        .into_iter()
        .filter(|(_, _, node, _)| !matches!(node.content, Content::Null))
        .filter_map(|(id, shown, _, entry)| entry.map(|entry| Found { id, shown, entry }))
        .collect()
}

/// Notes every key that the table does not know, and every value that stands
/// where a section belongs.
pub(super) fn check(root: &Node, mistakes: &mut Vec<Mistake>) {
    match &root.content {
        Content::Null => {}
        Content::Map(_) => walk(root, "", "", mistakes),
        other => mistakes.push(Mistake::of_file(
            Place::Line(root.line),
            not_a_section(other, ""),
        )),
    }
}

fn walk(section: &Node, pattern: &str, shown: &str, mistakes: &mut Vec<Mistake>) {
    let known = known(pattern);
    for entry in section.entries() {
        let segment = [entry.key.as_str(), ANY]
            .into_iter()
            .find(|segment| known.contains(segment));
        let shown = join(shown, segment.unwrap_or(&entry.key), &entry.key);
        let place = Place::Line(entry.line);
        let Some(segment) = segment else {
            let names: Vec<_> = known.iter().copied().collect();
            let problem = unknown(&entry.key, &names, elsewhere(&entry.key));
            mistakes.push(Mistake::of_key(place, shown, problem));
            continue;
        };
        let pattern = join(pattern, "", segment);
        if keys::all().any(|key| key.path() == pattern) {
            continue;
        }
        match &entry.value.content {
            Content::Null => {}
            Content::Map(_) => walk(&entry.value, &pattern, &shown, mistakes),
            other => {
                let problem = not_a_section(other, &pattern);
                mistakes.push(Mistake::of_key(place, shown, problem));
            }
        }
    }
}

/// The names that may follow `pattern`.
pub(super) fn known(pattern: &str) -> BTreeSet<&'static str> {
    keys::all()
        .filter_map(|key| {
            let rest = match pattern {
                "" => key.path(),
                _ => key.path().strip_prefix(pattern)?.strip_prefix('.')?,
            };
            rest.split('.').next()
        })
        .collect()
}

/// The shortest path that ends in `name`, for a key in the wrong section.
fn elsewhere(name: &str) -> Option<&'static str> {
    keys::all()
        .flat_map(|key| {
            let path = key.path();
            path.match_indices('.')
                .map(|(end, _)| end)
                .chain([path.len()])
                .filter_map(|end| path.get(..end))
        })
        .filter(|path| path.rsplit('.').next() == Some(name))
        .min_by_key(|path| path.matches('.').count())
}

/// What is said about an unknown `name` where only `allowed` may stand.
pub(super) fn unknown(name: &str, allowed: &[&str], elsewhere: Option<&str>) -> Problem {
    /// Below this, a suggestion is more of a riddle than a help.
    const SIMILAR: f64 = 0.6;
    let name = name.to_lowercase().replace(['-', ' '], "_");
    let nearest = allowed
        .iter()
        .map(|other| (strsim::normalized_damerau_levenshtein(&name, other), *other))
        .filter(|(likeness, _)| *likeness >= SIMILAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, other)| other);
    let hint = match nearest.or(elsewhere) {
        Some(key) => format!("did you mean `{key}`?"),
        None => format!("allowed: {}", allowed.join(", ")),
    };
    Problem::Unknown { hint }
}

/// What is said about a value where a section belongs.
pub(super) fn not_a_section(read: &Content, pattern: &str) -> Problem {
    let names = known(pattern);
    let allowed = if names.contains(ANY) {
        "a section with one key per id".to_owned()
    } else {
        let names: Vec<_> = names.into_iter().collect();
        format!("a section with the keys {}", names.join(", "))
    };
    Problem::Refused {
        code: Code::WrongKind,
        read: read.name().to_owned(),
        why: "cannot stand here".to_owned(),
        allowed,
    }
}

/// Appends a name to a path; a name that the administrator chose is quoted.
pub(super) fn join(path: &str, segment: &str, name: &str) -> String {
    let name = sanitize(&truncate(name, 80));
    let name = if segment == ANY {
        format!("\"{name}\"")
    } else {
        name
    };
    if path.is_empty() {
        name
    } else {
        format!("{path}.{name}")
    }
}
