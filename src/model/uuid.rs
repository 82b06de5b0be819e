//! UUIDs of modules. A large cluster's state holds thousands, and every judging
//! copies them.

use std::cmp::Ordering;
use std::fmt;

use arrayvec::ArrayString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// Characters of a UUID.
const LENGTH: usize = 36;

/// What an application instance keeps when it moves and gets another id: its
/// value in `cluster/module_uuid`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModuleUuid(Text);

/// What is no longer than a UUID needs no memory of its own. What is longer is
/// none, and is kept all the same: whether it can be used is not for a name to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Text {
    Short(ArrayString<LENGTH>),
    Long(SmolStr),
}

impl ModuleUuid {
    /// Takes the text as it is.
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        Self(match ArrayString::from(text) {
            Ok(short) => Text::Short(short),
            Err(_) => Text::Long(text.into()),
        })
    }

    /// The bare text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Short(text) => text,
            Text::Long(text) => text,
        }
    }
}

/// Nobody's: of a memory that knows none.
impl Default for ModuleUuid {
    fn default() -> Self {
        Self::new("")
    }
}

impl From<&str> for ModuleUuid {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for ModuleUuid {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for ModuleUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// In the order of the texts.
impl Ord for ModuleUuid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for ModuleUuid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for ModuleUuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ModuleUuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SmolStr::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
