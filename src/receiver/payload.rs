//! Alertmanager's webhook, version 4, as far as it matters: the list `alerts`.
//! <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>
//!
//! The post's own `status`, group and common labels are not looked at: one post
//! can mix plans, firing and resolved.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::model::{Alert, AlertState, truncate};

use super::Refusal;

/// Alerts of one post; NS8 has one per plan and node.
const MOST_ALERTS: usize = 5_000;
/// Labels of one alert; Prometheus' rules give about ten.
const MOST_LABELS: usize = 64;
/// Characters of a label's name or value.
const LABEL_LENGTH: usize = 1_024;

/// The labels that decide or are shown; never left out for want of room.
const NEEDED: [&str; 6] = ["alertname", "backup_id", "id", "name", "node", "severity"];

/// The alerts of a body, as far as each can be understood: one that says
/// neither firing nor resolved, or has no name, cannot, and is counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Post {
    pub(super) alerts: Vec<Alert>,
    pub(super) not_understood: usize,
}

/// Reads a body.
pub(super) fn parse(body: &[u8]) -> Result<Post, Refusal> {
    let value: Value =
        serde_json::from_slice(body).map_err(|error| Refusal::NotJson(error.to_string()))?;
    let Value::Object(mut object) = value else {
        return Err(Refusal::NotAWebhook("it is not an object"));
    };
    let list = match object.remove("alerts") {
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Refusal::NotAWebhook("`alerts` is not a list")),
        None => return Err(Refusal::NotAWebhook("there is no `alerts`")),
    };
    if list.len() > MOST_ALERTS {
        return Err(Refusal::TooManyAlerts(MOST_ALERTS));
    }
    let mut post = Post::default();
    for element in list {
        let Value::Object(object) = element else {
            return Err(Refusal::NotAWebhook("`alerts` is not a list of objects"));
        };
        match alert(object) {
            Some(alert) => post.alerts.push(alert),
            None => post.not_understood += 1,
        }
    }
    Ok(post)
}

fn alert(mut object: Map<String, Value>) -> Option<Alert> {
    let state = match object.get("status").and_then(Value::as_str) {
        Some("firing") => AlertState::Firing,
        Some("resolved") => AlertState::Resolved,
        _ => return None,
    };
    let labels = match object.remove("labels") {
        Some(Value::Object(labels)) => bounded(labels),
        _ => return None,
    };
    let starts_at = object.get("startsAt").and_then(Value::as_str);
    Some(Alert {
        name: labels.get("alertname")?.clone(),
        state,
        labels,
        starts_at: starts_at.and_then(time),
    })
}

/// Needed labels first, then the others by name while there is room.
pub(super) fn bounded(mut labels: Map<String, Value>) -> BTreeMap<String, String> {
    let needed: Vec<_> = NEEDED
        .iter()
        .filter_map(|name| labels.remove_entry(*name))
        .collect();
    needed
        .into_iter()
        .chain(labels)
        .filter_map(|(name, value)| Some((truncate(&name, LABEL_LENGTH), text(value)?)))
        .take(MOST_LABELS)
        .collect()
}

/// Alertmanager's labels are strings; what is posted by hand may say `"id": 1`.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(truncate(&text, LABEL_LENGTH)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// To the millisecond, as Alertmanager lists it where it is asked, so that an
/// alert is the same one whichever way it came. Go writes the year 1 for a time
/// that was never set.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let time: Timestamp = text.parse().ok()?;
    let time = Timestamp::from_millisecond(time.as_millisecond()).ok()?;
    (time > Timestamp::UNIX_EPOCH).then_some(time)
}

#[cfg(test)]
mod tests;
