//! What can be asked of Redis, and the shapes of its answers.

use std::collections::HashMap;

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
/// ever. What an `MGET` or `HMGET` answers is outside text, so no such question
/// asks for fewer than [`SAFE_ARRAY`] values.
#[derive(Clone, Debug)]
pub(super) enum Command {
    DbSize,
    Get(String),
    Hash(String),
    Field(String, String),
    Fields(String, &'static [&'static str]),
    Strings(Vec<String>),
    Members(String),
    CountExisting(Vec<String>),
}

/// Long enough never to be taken for a message.
pub(super) const SAFE_ARRAY: usize = 6;

impl Command {
    /// `MGET` of `keys`; the reply begins with their values and may be longer.
    pub fn strings(mut keys: Vec<String>) -> Self {
        while let Some(last) = keys.last().filter(|_| keys.len() < SAFE_ARRAY) {
            keys.push(last.clone());
        }
        Self::Strings(keys)
    }

    /// As Redis calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DbSize => "DBSIZE",
            Self::Get(_) => "GET",
            Self::Hash(_) => "HGETALL",
            Self::Field(..) => "HGET",
            Self::Fields(..) => "HMGET",
            Self::Strings(_) => "MGET",
            Self::Members(_) => "SMEMBERS",
            Self::CountExisting(_) => "EXISTS",
        }
    }

    /// Puts it into `pipeline`; nothing is sent yet.
    pub async fn queue(self, pipeline: &Pipeline<Client>) -> FredResult<()> {
        match self {
            Self::DbSize => {
                let command = CustomCommand::new_static("DBSIZE", ClusterHash::Random, false);
                pipeline.custom(command, Vec::<Value>::new()).await
            }
            Self::Get(key) => pipeline.get(key).await,
            Self::Hash(key) => pipeline.hgetall(key).await,
            Self::Field(key, field) => pipeline.hget(key, field).await,
            Self::Fields(key, fields) => pipeline.hmget(key, fields.to_vec()).await,
            Self::Strings(keys) => pipeline.mget(keys).await,
            Self::Members(key) => pipeline.smembers(key).await,
            Self::CountExisting(keys) => pipeline.exists(keys).await,
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

    /// The fields of a hash, none when there is no such key; `None` when the
    /// key is of another type.
    pub fn fields(self) -> Option<HashMap<Key, Value>> {
        match self {
            Self::Value(Value::Map(map)) => Some(map.inner()),
            Self::Value(_) => Some(HashMap::new()),
            Self::WrongType => None,
        }
    }

    /// The elements of an array or set; `None` when the key is of another type.
    pub fn elements(self) -> Option<Vec<Value>> {
        match self {
            Self::Value(Value::Array(values)) => Some(values),
            Self::Value(_) => Some(Vec::new()),
            Self::WrongType => None,
        }
    }
}
