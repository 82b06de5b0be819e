//! The text of a UUID. A large cluster's state holds thousands, and every judging
//! copies them.

use std::cmp::Ordering;
use std::ops::Deref;

use arrayvec::ArrayString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// Characters of a UUID.
const LENGTH: usize = 36;

/// What is no longer than a UUID needs no memory of its own. What is longer is
/// none, and is kept all the same: whether it can be used is not for a name to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UuidText {
    /// At most as long as a UUID.
    Short(ArrayString<LENGTH>),
    /// All others.
    Long(SmolStr),
}

impl From<&str> for UuidText {
    fn from(text: &str) -> Self {
        match ArrayString::from(text) {
            Ok(short) => Self::Short(short),
            Err(_) => Self::Long(text.into()),
        }
    }
}

impl From<String> for UuidText {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl Deref for UuidText {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Short(text) => text,
            Self::Long(text) => text,
        }
    }
}

/// In the order of the texts.
impl Ord for UuidText {
    fn cmp(&self, other: &Self) -> Ordering {
        str::cmp(self, other)
    }
}

impl PartialOrd for UuidText {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for UuidText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for UuidText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SmolStr::deserialize(deserializer).map(|text| Self::from(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use crate::model::ModuleUuid;

    #[test]
    fn a_text_of_any_length_stays_as_it_is() {
        let uuid = "0b5e4b7e-9c4e-5c1e-8d11-5a7f3c6f0001";
        let longer = format!("{uuid}-è");
        for text in ["", "uuid-1", uuid, longer.as_str()] {
            let id = ModuleUuid::from(text);
            assert_eq!((id.as_str(), id.to_string().as_str()), (text, text));
            assert_eq!(id, ModuleUuid::from(text.to_owned()));
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(serde_json::from_str::<ModuleUuid>(&json).unwrap(), id);
        }
        assert!(ModuleUuid::from(uuid) < ModuleUuid::from(longer.as_str()));
        assert!(ModuleUuid::from(longer) < ModuleUuid::from("z"));
    }
}
