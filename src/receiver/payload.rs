//! Alertmanager's webhook, version 4, as far as it matters: the list `alerts`.
//! <https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>
//!
//! The post's own `status`, group and common labels are not looked at: one post
//! can mix plans, firing and resolved.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::error::Category;

use crate::model::{Alert, AlertState};

use super::Refusal;
use super::lenient::{Labels, Text};

/// Alerts of one post; NS8 has one per plan and node.
const MOST_ALERTS: usize = 5_000;

/// What is said of a text in a wrong place: serde by itself quotes it.
const TEXT: Unexpected<'_> = Unexpected::Other("text");

/// The alerts of a body, as far as each can be understood: one that says
/// neither firing nor resolved, or has no name, cannot, and is counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Post {
    pub(super) alerts: Vec<Alert>,
    pub(super) not_understood: usize,
}

/// Reads a body. What nobody looks at, which is most of it, is passed over; a
/// member that is looked at must not be there twice.
pub(super) fn parse(body: &[u8]) -> Result<Post, Refusal> {
    let webhook: Object<Webhook> = serde_json::from_slice(body).map_err(|error| {
        let reason = error.to_string();
        match error.classify() {
            Category::Data => Refusal::NotAWebhook(reason),
            Category::Io | Category::Syntax | Category::Eof => Refusal::NotJson(reason),
        }
    })?;
    let Alerts { taken, too_many } = webhook.0.alerts;
    if too_many {
        return Err(Refusal::TooManyAlerts(MOST_ALERTS));
    }
    Ok(taken)
}

#[derive(Deserialize)]
struct Webhook {
    alerts: Alerts,
}

/// The alerts of a list that is not longer than it may be.
struct Alerts {
    taken: Post,
    too_many: bool,
}

impl<'de> Deserialize<'de> for Alerts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Alerts;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of alerts")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Alerts, E> {
                Err(E::invalid_type(TEXT, &self))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Alerts, A::Error> {
                let mut taken = Post::default();
                for _ in 0..MOST_ALERTS {
                    let Some(Object(posted)) = list.next_element::<Object<Posted<'_>>>()? else {
                        break;
                    };
                    match posted.understood() {
                        Some(alert) => taken.alerts.push(alert),
                        None => taken.not_understood += 1,
                    }
                }
                let mut too_many = false;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    too_many = true;
                }
                Ok(Alerts { taken, too_many })
            }
        }

        deserializer.deserialize_any(List)
    }
}

/// An alert as it is posted, whatever its members are.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Posted<'a> {
    #[serde(borrow)]
    status: Text<'a>,
    labels: Labels,
    #[serde(borrow)]
    starts_at: Text<'a>,
}

impl Posted<'_> {
    fn understood(self) -> Option<Alert> {
        let state = match &*self.status.0? {
            "firing" => AlertState::Firing,
            "resolved" => AlertState::Resolved,
            _ => return None,
        };
        let labels = self.labels.0?;
        Some(Alert {
            name: labels.get("alertname")?.clone(),
            state,
            labels,
            starts_at: self.starts_at.0.as_deref().and_then(time),
        })
    }
}

/// A struct that is written as an object: serde takes it from a list as well.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Object<T>, E> {
                Err(E::invalid_type(TEXT, &self))
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }

        deserializer.deserialize_any(Members(PhantomData))
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
