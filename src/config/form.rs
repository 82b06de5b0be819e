//! What a value may look like: reading a node into a type, or saying why not.

use super::errors::{Mistake, Place, Problem};
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
    fn parse(&self, scalar: &Scalar) -> Result<Self::Out, String>;
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
    pub(super) fn refuse(&mut self, read: String, why: impl Into<String>, allowed: String) {
        self.note(Problem::Refused {
            read,
            why: why.into(),
            allowed,
        });
    }

    /// Notes any problem.
    pub(super) fn note(&mut self, problem: Problem) {
        self.mistakes
            .push(Mistake::of_key(self.place, self.key.clone(), problem));
    }
}

impl<W: Word> Form for W {
    type Out = W::Out;

    fn allowed(&self) -> String {
        Word::allowed(self)
    }

    fn read(&self, node: &Node, notes: &mut Notes<'_>) -> Option<W::Out> {
        let Content::Scalar(scalar) = &node.content else {
            notes.refuse(
                node.content_name().to_owned(),
                "cannot stand here",
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
