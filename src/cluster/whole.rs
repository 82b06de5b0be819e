//! A whole number as NS8 writes it: as a number or as text, for core 3.20's update
//! copied layout B, which is all text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::Fault;

/// A whole number that is not negative, or why it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole(pub Result<u64, Fault>);

impl Default for Whole {
    fn default() -> Self {
        Self(Err(Fault::Missing))
    }
}

impl Whole {
    /// Of a text.
    pub fn of_text(text: &str) -> Self {
        Self(match text.trim() {
            "" => Err(Fault::Empty),
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| Fault::TooLarge)
            }
            text if text.starts_with('-') => Err(Fault::Negative),
            _ => Err(Fault::NotWhole),
        })
    }
}

/// Takes whatever there is: one odd field must not hide the others.
impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Whole, E> {
        Ok(Whole(Ok(number)))
    }

    /// Of a number that does not fit the others, so one below zero.
    fn visit_i64<E>(self, _: i64) -> Result<Whole, E> {
        Ok(Whole(Err(Fault::Negative)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Whole, E> {
        Ok(Whole(Err(if number < 0.0 {
            Fault::Negative
        } else if number.fract() == 0.0 {
            Fault::TooLarge
        } else {
            Fault::NotWhole
        })))
    }

    fn visit_str<E>(self, text: &str) -> Result<Whole, E> {
        Ok(Whole::of_text(text))
    }

    fn visit_unit<E>(self) -> Result<Whole, E> {
        Ok(Whole::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Whole, E> {
        Ok(Whole(Err(Fault::NotANumber)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Whole, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Whole(Err(Fault::NotANumber)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Whole, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Whole(Err(Fault::NotANumber)))
    }
}
