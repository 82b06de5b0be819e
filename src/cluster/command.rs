//! What can be asked of Redis, and the shapes of its answers.

use std::{iter, vec};

use fred::bytes::Bytes;
use fred::clients::{Client, Pipeline};
use fred::interfaces::{
    ClientLike as _, HashesInterface as _, KeysInterface as _, SetsInterface as _,
};
use fred::prelude::FredResult;
use fred::types::{ClusterHash, CustomCommand, Key, Value};

/// A question.
///
/// fred 10.1 takes an array of three to five elements that begins with a word
/// such as `subscribe` for a message and drops it; the question then waits for
/// ever. So an `MGET` or `HMGET`, whose answer is outside text, never asks for
/// fewer than [`SAFE_ARRAY`] values; the elements of a set come inside a list
/// of two; and whole hashes are read only where nobody but NS8's core names
/// the fields, none of which is such a word.
#[derive(Clone, Debug)]
pub(super) enum Command {
    DbSize,
    /// From a cursor on, by a pattern, so many keys looked at.
    Scan(String, &'static str, u64),
    Get(String),
    Hash(String),
    Field(String, String),
    Fields(String, &'static [&'static str]),
    Strings(Vec<Key>),
    Members(String),
    IsMember(String, &'static str),
}

/// Long enough never to be taken for a message.
pub(super) const SAFE_ARRAY: usize = 6;

/// More than any set has elements: one step shows it whole.
const WHOLE: &str = "1000000000";

impl Command {
    /// `MGET` of `keys`; the reply begins with their values and may be longer.
    pub fn strings(keys: impl Iterator<Item = String>) -> Self {
        Self::Strings(lengthened(packed(keys)))
    }

    /// As Redis calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DbSize => "DBSIZE",
            Self::Scan(..) => "SCAN",
            Self::Get(_) => "GET",
            Self::Hash(_) => "HGETALL",
            Self::Field(..) => "HGET",
            Self::Fields(..) => "HMGET",
            Self::Strings(_) => "MGET",
            Self::Members(_) => "SSCAN",
            Self::IsMember(..) => "SISMEMBER",
        }
    }

    /// Puts it into `pipeline`; nothing is sent yet.
    pub async fn queue(self, pipeline: &Pipeline<Client>) -> FredResult<()> {
        match self {
            Self::DbSize => {
                let command = CustomCommand::new_static("DBSIZE", ClusterHash::Random, false);
                pipeline.custom(command, Vec::<Value>::new()).await
            }
            Self::Scan(cursor, pattern, count) => {
                let command = CustomCommand::new_static("SCAN", ClusterHash::Random, false);
                let (pattern, count) = (pattern.to_owned(), count.to_string());
                let words = ["MATCH".to_owned(), pattern, "COUNT".to_owned(), count];
                let words: Vec<String> = iter::once(cursor).chain(words).collect();
                pipeline.custom(command, words).await
            }
            Self::Get(key) => pipeline.get(key).await,
            Self::Hash(key) => pipeline.hgetall(key).await,
            Self::Field(key, field) => pipeline.hget(key, field).await,
            Self::Fields(key, fields) => pipeline.hmget(key, fields.to_vec()).await,
            Self::Strings(keys) => pipeline.mget(keys).await,
            Self::Members(key) => {
                let command = CustomCommand::new_static("SSCAN", ClusterHash::FirstKey, false);
                let words = vec![key, "0".to_owned(), "COUNT".to_owned(), WHOLE.to_owned()];
                pipeline.custom(command, words).await
            }
            Self::IsMember(key, member) => pipeline.sismember(key, member).await,
        }
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
            Self::Value(Value::Array(values)) => Some(values),
            Self::Value(_) => Some(Vec::new()),
            Self::WrongType => None,
        }
    }

    /// The elements of a set; `None` when the key is of another type.
    pub fn members(self) -> Option<Vec<Value>> {
        match self.elements()?.pop() {
            Some(Value::Array(values)) => Some(values),
            _ => Some(Vec::new()),
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

    /// The values of the next replies, of which each has the first so many that
    /// `sizes` says; `None` when the key was of another type.
    pub fn values(&mut self, sizes: &[usize]) -> Option<Vec<Value>> {
        let mut all = Some(Vec::with_capacity(sizes.iter().sum()));
        for size in sizes {
            match (&mut all, self.next().elements()) {
                (Some(all), Some(mut values)) => {
                    values.resize(*size, Value::Null);
                    all.append(&mut values);
                }
                (all, _) => *all = None,
            }
        }
        all
    }
}

/// The words in one piece of memory. fred copies each word of a command more
/// than once, and a copy of a word that lies alone costs it new memory.
fn packed(words: impl Iterator<Item = impl AsRef<str>>) -> Vec<Key> {
    let mut text = Vec::new();
    let ends: Vec<usize> = words
        .map(|word| {
            text.extend_from_slice(word.as_ref().as_bytes());
            text.len()
        })
        .collect();
    let text = Bytes::from(text);
    let starts = iter::once(0).chain(ends.iter().copied());
    let parts = starts.zip(&ends);
    parts
        .map(|(start, end)| text.slice(start..*end).into())
        .collect()
}

fn lengthened(mut words: Vec<Key>) -> Vec<Key> {
    while let Some(last) = words.last().filter(|_| words.len() < SAFE_ARRAY) {
        words.push(last.clone());
    }
    words
}
