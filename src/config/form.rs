//! What a value may look like: reading a node into a type, or saying why not.

use serde::Serialize;
use serde_json::Value;

use super::errors::{Code, Mistake, Place, Problem};
use super::tree::{Content, Meaning, Node, Scalar};
use crate::model::{sanitize, truncate};

/// The shape of a key's value, of whatever structure.
pub(super) trait Form: Sync {
    /// What it is read into.
    type Out;

    /// What may stand there, as it is told in errors.
    fn allowed(&self) -> String;

    /// Reads `node`; `None` means that a mistake was noted.
    fn read(&self, node: &Node, notes: &mut Notes<'_>) -> Option<Self::Out>;

    /// What stands there, as programs see it; `None` if it has another
    /// structure.
    fn json(&self, node: &Node) -> Option<Value>;

    /// What may stand there, for programs.
    fn limits(&self) -> Limits;

    /// Whether the value must never be shown.
    fn secret(&self) -> bool;
}

/// The shape of a single value.
pub(super) trait Word: Sync {
    /// What it is read into.
    type Out;

    /// Whether the value must never be shown.
    const SECRET: bool = false;

    /// What may stand there, as it is told in errors.
    fn allowed(&self) -> String;

    /// Reads `scalar`, or says why it cannot be taken.
    fn parse(&self, scalar: &Scalar) -> Result<Self::Out, Why>;

    /// As programs see it.
    fn json(&self, scalar: &Scalar) -> Value {
        Value::String(scalar.text.clone())
    }

    /// What may stand there, for programs.
    fn limits(&self) -> Limits {
        Limits::of(Kind::Text)
    }
}

/// Why a value cannot be taken: for programs, and to stand behind what was read.
pub(super) struct Why(pub Code, pub &'static str);

/// What a key's value is, for programs that ask people for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A whole number.
    Number,
    /// One line.
    Text,
    /// True or false.
    Switch,
    /// One of `values`.
    Choice,
    /// A bare mail address.
    Address,
    /// A host name or an IP address.
    Host,
    /// An `http` or `https` address.
    Url,
    /// The IANA name of a time zone.
    Zone,
    /// As `Zone`, or an object of node numbers with one each.
    Zones,
    /// A date or a moment.
    Moment,
}

/// What may stand at a key, for programs that ask people for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// What it is.
    pub kind: Kind,
    /// Whether it is a list of such values, at least one.
    pub list: bool,
    /// The least number, or the shortest text.
    pub min: Option<u32>,
    /// The greatest number, or the longest text.
    pub max: Option<u32>,
    /// For a choice.
    pub values: Vec<&'static str>,
}

impl Limits {
    pub(super) fn of(kind: Kind) -> Self {
        Self {
            kind,
            list: false,
            min: None,
            max: None,
            values: Vec::new(),
        }
    }

    pub(super) fn range(kind: Kind, min: u32, max: u32) -> Self {
        Self {
            min: Some(min),
            max: Some(max),
            ..Self::of(kind)
        }
    }
}

/// Where mistakes of one key are noted.
pub(super) struct Notes<'a> {
    place: Place,
    key: String,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Notes<'a> {
    /// For a value of `key` that stands at `place`.
    pub(super) fn new(
        place: Place,
        key: impl Into<String>,
        mistakes: &'a mut Vec<Mistake>,
    ) -> Self {
        Self {
            place,
            key: key.into(),
            mistakes,
        }
    }

    /// For a part of the value, such as `[2]` or `.url`.
    pub(super) fn part(&mut self, line: usize, suffix: &str) -> Notes<'_> {
        let place = match self.place {
            Place::Environment => Place::Environment,
            _ => Place::Line(line),
        };
        Notes {
            place,
            key: format!("{}{suffix}", self.key),
            mistakes: self.mistakes,
        }
    }

    /// Notes that `read` cannot be taken.
    pub(super) fn refuse(&mut self, read: String, Why(code, why): Why, allowed: String) {
        self.note(Problem::Refused {
            code,
            read,
            why: why.to_owned(),
            allowed,
        });
    }

    /// Notes any problem.
    pub(super) fn note(&mut self, problem: Problem) {
        self.mistakes
            .push(Mistake::of_key(self.place, self.key.clone(), problem));
    }
}

pub(super) const MISPLACED: Why = Why(Code::WrongKind, "cannot stand here");

impl<W: Word> Form for W {
    type Out = W::Out;

    fn allowed(&self) -> String {
        Word::allowed(self)
    }

    fn read(&self, node: &Node, notes: &mut Notes<'_>) -> Option<W::Out> {
        let Content::Scalar(scalar) = &node.content else {
            notes.refuse(
                node.content_name().to_owned(),
                MISPLACED,
                Word::allowed(self),
            );
            return None;
        };
        self.parse(scalar)
            .map_err(|why| {
                let read = if W::SECRET {
                    "the value (not shown)".to_owned()
                } else {
                    scalar.shown()
                };
                notes.refuse(read, why, Word::allowed(self));
            })
            .ok()
    }

    fn json(&self, node: &Node) -> Option<Value> {
        match &node.content {
            Content::Scalar(scalar) => Some(Word::json(self, scalar)),
            _ => None,
        }
    }

    fn limits(&self) -> Limits {
        Word::limits(self)
    }

    fn secret(&self) -> bool {
        W::SECRET
    }
}

impl Scalar {
    /// As it is shown in errors: short, harmless, texts in quotes.
    pub(super) fn shown(&self) -> String {
        let text = sanitize(&truncate(&self.text, 80));
        match self.meaning {
            Meaning::Text => format!("\"{text}\""),
            _ => text,
        }
    }
}

impl Content {
    /// What it is, in words.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Scalar(_) => "a single value",
            Self::List(_) => "a list",
            Self::Map(_) => "a section",
        }
    }
}

impl Node {
    /// What it is, in words.
    pub(super) fn content_name(&self) -> &'static str {
        self.content.name()
    }
}
