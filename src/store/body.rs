//! The text that a report is stored as: the whole of it, or what is left of a
//! good run after a while.
//!
//! A shortened member is only the name of an application that was ok, where a
//! whole one is an object; fields that say nothing are left out.

use serde_json::{Map, Value, json};

use crate::model::{ModuleCause, Report};

use super::StoreError;

/// The whole report.
pub(super) fn whole(report: &Report) -> Result<String, StoreError> {
    serde_json::to_string(report).map_err(|error| StoreError::Internal(error.to_string()))
}

/// Reads either form.
pub(super) fn read(body: &str) -> Result<Report, StoreError> {
    let damaged = |error: serde_json::Error| StoreError::Corrupt(error.to_string());
    let mut body: Value = serde_json::from_str(body).map_err(damaged)?;
    for member in members(&mut body) {
        if member.is_string() {
            let name = member.take();
            *member = json!({ "module": name, "cause": ModuleCause::Ok });
        }
    }
    serde_json::from_value(body).map_err(damaged)
}

/// A body without what nobody asks of an old run: how long its good backups
/// took, how large they were, where the applications lived. `None` for what is
/// no report.
pub(super) fn shortened(body: &str) -> Option<String> {
    let mut body: Value = serde_json::from_str(body).ok()?;
    for member in members(&mut body) {
        if member["cause"] == json!(ModuleCause::Ok) {
            *member = member["module"].take();
        }
    }
    say_nothing_of_nothing(&mut body);
    let lists = body.as_object_mut()?;
    lists.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    let body = body.to_string();
    read(&body).is_ok().then_some(body)
}

fn members(body: &mut Value) -> &mut [Value] {
    body.get_mut("members")
        .and_then(Value::as_array_mut)
        .map_or(&mut [], Vec::as_mut_slice)
}

/// A field that is missing reads as one that is `null`.
fn say_nothing_of_nothing(value: &mut Value) {
    let inner = |fields: &mut Map<String, Value>| {
        fields.retain(|_, value| !value.is_null());
        fields.values_mut().for_each(say_nothing_of_nothing);
    };
    match value {
        Value::Object(fields) => inner(fields),
        Value::Array(list) => list.iter_mut().for_each(say_nothing_of_nothing),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
