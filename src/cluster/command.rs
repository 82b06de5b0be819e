//! What can be asked of Redis, and the shapes of its answers.

use std::{iter, vec};

use fred::bytes::BytesMut;

use super::resp;
use super::value::Value;

/// A question.
#[derive(Clone, Debug)]
pub(super) struct Command {
    name: &'static str,
    /// All that follows the name, in one piece: there are commands of a thousand
    /// words.
    text: String,
    /// Where each word ends in it.
    ends: Vec<usize>,
}

impl Command {
    /// How many keys there are.
    pub fn db_size() -> Self {
        Self::new("DBSIZE", &[])
    }

    /// One step of a scan: from a cursor on, by a pattern, so many keys looked at.
    pub fn scan(cursor: &str, pattern: &str, count: u64) -> Self {
        let count = count.to_string();
        Self::new("SCAN", &[cursor, "MATCH", pattern, "COUNT", &count])
    }

    /// A string.
    pub fn get(key: impl AsRef<str>) -> Self {
        Self::new("GET", &[key.as_ref()])
    }

    /// All fields of a hash.
    pub fn hash(key: impl AsRef<str>) -> Self {
        Self::new("HGETALL", &[key.as_ref()])
    }

    /// A field of a hash.
    pub fn field(key: impl AsRef<str>, field: &str) -> Self {
        Self::new("HGET", &[key.as_ref(), field])
    }

    /// Fields of a hash, in the order of `fields`.
    pub fn fields(key: impl AsRef<str>, fields: &[&str]) -> Self {
        let mut command = Self::new("HMGET", &[key.as_ref()]);
        for field in fields {
            command.push(field);
        }
        command
    }

    /// Strings, in the order of their keys, each of which `keys` gives in parts.
    pub fn strings<'a, const N: usize>(keys: impl Iterator<Item = [&'a str; N]>) -> Self {
        let mut command = Self::new("MGET", &[]);
        for parts in keys {
            for part in parts {
                command.text.push_str(part);
            }
            command.ends.push(command.text.len());
        }
        command
    }

    /// The elements of a set.
    pub fn members(key: impl AsRef<str>) -> Self {
        Self::new("SMEMBERS", &[key.as_ref()])
    }

    /// Whether a set has this element: 1 or 0.
    pub fn is_member(key: impl AsRef<str>, member: &str) -> Self {
        Self::new("SISMEMBER", &[key.as_ref(), member])
    }

    fn new(name: &'static str, words: &[&str]) -> Self {
        let mut command = Self {
            name,
            text: String::new(),
            ends: Vec::new(),
        };
        for word in words {
            command.push(word);
        }
        command
    }

    fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.ends.push(self.text.len());
    }

    /// As Redis calls it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// All that follows the name.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let starts = iter::once(0).chain(self.ends.iter().copied());
        let places = starts.zip(&self.ends);
        places.map(|(start, end)| self.text.get(start..*end).unwrap_or_default())
    }

    /// Writes it as it goes to Redis.
    pub fn write(&self, out: &mut BytesMut) {
        let words = iter::once(self.name).chain(self.words());
        resp::write(out, 1 + self.ends.len(), words);
    }
}

/// The answer to one [`Command`].
#[derive(Debug)]
pub(super) enum Reply {
    Value(Value),
    /// The key exists and is of another type than the question needs.
    WrongType,
}

impl Reply {
    /// The value, nil included; `None` when the key is of another type.
    pub fn value(self) -> Option<Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::WrongType => None,
        }
    }

    /// The fields of a hash and their values, none when there is no such key;
    /// `None` when the key is of another type.
    pub fn fields(self) -> Option<impl Iterator<Item = (Value, Value)>> {
        let mut elements = self.elements()?.into_iter();
        Some(iter::from_fn(move || {
            Some((elements.next()?, elements.next()?))
        }))
    }

    /// The elements of an array; `None` when the key is of another type.
    pub fn elements(self) -> Option<Vec<Value>> {
        match self {
            Self::Value(Value::List(values)) => Some(values),
            Self::Value(_) => Some(Vec::new()),
            Self::WrongType => None,
        }
    }
}

/// The replies to several questions, in their order.
#[derive(Debug, Default)]
pub(super) struct Replies(vec::IntoIter<Reply>);

impl Replies {
    pub fn new(replies: Vec<Reply>) -> Self {
        Self(replies.into_iter())
    }

    /// The next one; there are as many as questions.
    pub fn next(&mut self) -> Reply {
        self.0.next().unwrap_or(Reply::WrongType)
    }
}
