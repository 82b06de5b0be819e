//! Shapes made of several values: lists and sections.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::errors::Code;
use super::form::{Form, Kind, Limits, MISPLACED, Notes, Why, Word};
use super::names;
use super::tree::{Content, Entry, Node};
use super::words::Zone;
use crate::model::NodeId;

const NO_LIST: Why = Why(Code::NotAList, "is not a list");

/// Several values of one shape, at least one.
pub(super) struct List<W>(pub W);

impl<W: Word> Form for List<W> {
    type Out = Vec<W::Out>;

    fn allowed(&self) -> String {
        format!("a list (`- ...`), at least one, each {}", self.0.allowed())
    }

    fn read(&self, node: &Node, notes: &mut Notes<'_>) -> Option<Self::Out> {
        match &node.content {
            Content::List(items) if !items.is_empty() => {
                let read: Vec<_> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let mut notes = notes.part(item.line, &format!("[{index}]"));
                        self.0.read(item, &mut notes)
                    })
                    .collect();
                read.into_iter().collect()
            }
            Content::List(_) => {
                let why = Why(Code::EmptyList, "is not enough");
                notes.refuse("an empty list".to_owned(), why, self.allowed());
                None
            }
            Content::Scalar(scalar) if !W::SECRET => {
                notes.refuse(scalar.shown(), NO_LIST, self.allowed());
                None
            }
            other => {
                notes.refuse(other.name().to_owned(), NO_LIST, self.allowed());
                None
            }
        }
    }

    fn json(&self, node: &Node) -> Option<Value> {
        let Content::List(items) = &node.content else {
            return None;
        };
        items.iter().map(|item| Form::json(&self.0, item)).collect()
    }

    fn limits(&self) -> Limits {
        Limits {
            list: true,
            ..Word::limits(&self.0)
        }
    }

    fn secret(&self) -> bool {
        W::SECRET
    }
}

/// A section whose keys are a closed list and whose values have one shape.
pub(super) struct Section<W>(pub &'static [&'static str], pub W);

impl<W: Word> Form for Section<W> {
    type Out = Vec<(&'static str, W::Out)>;

    fn allowed(&self) -> String {
        format!("a section with the keys {}", self.0.join(", "))
    }

    fn read(&self, node: &Node, notes: &mut Notes<'_>) -> Option<Self::Out> {
        let Content::Map(entries) = &node.content else {
            let read = node.content_name().to_owned();
            notes.refuse(read, MISPLACED, self.allowed());
            return None;
        };
        let mut fields = Vec::new();
        let mut complete = true;
        for entry in entries {
            let mut notes = notes.part(entry.line, &format!(".{}", entry.key));
            let Some(name) = self.0.iter().find(|name| **name == entry.key) else {
                notes.note(names::unknown(&entry.key, self.0, None));
                complete = false;
                continue;
            };
            if matches!(entry.value.content, Content::Null) {
                continue;
            }
            match self.1.read(&entry.value, &mut notes) {
                Some(value) => fields.push((*name, value)),
                None => complete = false,
            }
        }
        complete.then_some(fields)
    }

    fn json(&self, _: &Node) -> Option<Value> {
        None
    }

    fn limits(&self) -> Limits {
        Word::limits(&self.1)
    }

    fn secret(&self) -> bool {
        W::SECRET
    }
}

/// One zone for all nodes, or one per node number.
pub(super) struct ZonePerNode;

/// What [`ZonePerNode`] is read into.
pub(super) enum GivenZones {
    Everywhere(TimeZone),
    Nodes(BTreeMap<NodeId, TimeZone>),
}

impl Form for ZonePerNode {
    type Out = GivenZones;

    fn allowed(&self) -> String {
        let zone = Word::allowed(&Zone);
        format!("{zone}, or a section of node numbers with one each")
    }

    fn read(&self, node: &Node, notes: &mut Notes<'_>) -> Option<GivenZones> {
        if !matches!(node.content, Content::Map(_)) {
            return Zone.read(node, notes).map(GivenZones::Everywhere);
        }
        let mut zones = BTreeMap::new();
        let mut complete = true;
        for entry in node.entries() {
            let mut notes = notes.part(entry.line, &format!(".{}", entry.key));
            let Some(number) = node_number(&entry.key) else {
                let why = Why(Code::NotANode, "is not a node number");
                notes.refuse("this".to_owned(), why, self.allowed());
                complete = false;
                continue;
            };
            if matches!(entry.value.content, Content::Null) {
                continue;
            }
            match Zone.read(&entry.value, &mut notes) {
                Some(zone) => drop(zones.insert(number, zone)),
                None => complete = false,
            }
        }
        complete.then_some(GivenZones::Nodes(zones))
    }

    fn json(&self, node: &Node) -> Option<Value> {
        if !matches!(node.content, Content::Map(_)) {
            return Form::json(&Zone, node);
        }
        let set = |entry: &&Entry| !matches!(entry.value.content, Content::Null);
        node.entries()
            .iter()
            .filter(set)
            .map(|entry| Some((entry.key.clone(), Form::json(&Zone, &entry.value)?)))
            .collect::<Option<Map<_, _>>>()
            .map(Value::Object)
    }

    fn limits(&self) -> Limits {
        Limits::of(Kind::Zones)
    }

    fn secret(&self) -> bool {
        false
    }
}

/// Only the usual form: `01` and `+1` beside `1` would be the same node twice.
fn node_number(text: &str) -> Option<NodeId> {
    let number = text.parse().ok().filter(|number| *number > 0)?;
    (text == format!("{number}")).then_some(NodeId(number))
}
