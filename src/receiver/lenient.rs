//! Members of an alert that may be anything: what is of the kind that is looked
//! for is taken as it is read, and everything else is passed over.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::model::truncate;

/// Labels of one alert; Prometheus' rules give about ten.
pub(super) const MOST_LABELS: usize = 64;
/// Characters of a label's name or value.
pub(super) const LABEL_LENGTH: usize = 1_024;

/// The labels that decide or are shown; never left out for want of room.
const NEEDED: [&str; 6] = ["alertname", "backup_id", "id", "name", "node", "severity"];

/// A text, if it is one.
#[derive(Default)]
pub(super) struct Text<'a>(pub(super) Option<Cow<'a, str>>);

/// An object's members that are or become text, within bounds; `None`: no object.
#[derive(Default)]
pub(super) struct Labels(pub(super) Option<BTreeMap<String, String>>);

/// One label's text. Alertmanager's are strings; what is posted by hand may say
/// `"id": 1`.
struct Label(Option<String>);

/// What is read of a value, by its kind. What is not said is `None`.
trait Kinds<'de>: Sized {
    fn none() -> Self;

    fn text(_: Cow<'de, str>) -> Self {
        Self::none()
    }

    /// A number or a truth.
    fn scalar(_: impl FnOnce() -> String) -> Self {
        Self::none()
    }

    fn object<A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::none())
    }
}

struct AnyKind<T>(PhantomData<T>);

impl<'de, T: Kinds<'de>> Visitor<'de> for AnyKind<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::none())
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<T, E> {
        Ok(T::scalar(|| yes.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Ok(T::scalar(|| number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Ok(T::scalar(|| number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        match Number::from_f64(number) {
            Some(number) => Ok(T::scalar(|| number.to_string())),
            None => Ok(T::none()),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<T, E> {
        Ok(T::text(Cow::Borrowed(text)))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<T, E> {
        Ok(T::text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::none())
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::object(members)
    }
}

fn any<'de, T: Kinds<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(AnyKind(PhantomData))
}

impl<'de> Kinds<'de> for Text<'de> {
    fn none() -> Self {
        Self(None)
    }

    fn text(text: Cow<'de, str>) -> Self {
        Self(Some(text))
    }
}

impl<'a, 'de: 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        any::<Text<'de>, D>(deserializer)
    }
}

impl<'de> Kinds<'de> for Label {
    fn none() -> Self {
        Self(None)
    }

    fn text(text: Cow<'de, str>) -> Self {
        Self(Some(cut(text)))
    }

    fn scalar(text: impl FnOnce() -> String) -> Self {
        Self(Some(text()))
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        any(deserializer)
    }
}

impl<'de> Kinds<'de> for Labels {
    fn none() -> Self {
        Self(None)
    }

    fn object<A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut labels = BTreeMap::new();
        while let Some((name, value)) = members.next_entry::<String, Label>()? {
            let name = cut(Cow::Owned(name));
            // Of those with one name, the last one counts.
            match value.0 {
                Some(value) => labels.insert(name, value),
                None => labels.remove(&name),
            };
        }
        Ok(Self(Some(bounded(labels))))
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        any(deserializer)
    }
}

/// Needed labels first, then the others by name while there is room.
fn bounded(mut labels: BTreeMap<String, String>) -> BTreeMap<String, String> {
    if labels.len() <= MOST_LABELS {
        return labels;
    }
    let needed: Vec<_> = NEEDED
        .iter()
        .filter_map(|name| labels.remove_entry(*name))
        .collect();
    needed.into_iter().chain(labels).take(MOST_LABELS).collect()
}

fn cut(text: Cow<'_, str>) -> String {
    if text.len() <= LABEL_LENGTH {
        return text.into_owned();
    }
    truncate(&text, LABEL_LENGTH)
}
