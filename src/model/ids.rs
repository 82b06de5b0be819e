//! Identifiers, one type each, so that a plan can never be taken for a node.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::uuid::UuidText;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident($text:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($text);

        impl $name {
            /// Takes the text as it is.
            #[inline]
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(<$text>::from(text.as_ref()))
            }

            /// The bare text.
            #[inline]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }
    };
}

text_id! {
    /// A plan: `<id>` of `cluster/backup/<id>`. Usually a number, but an alert
    /// can name anything, so it stays text.
    PlanId(SmolStr)
}
text_id! {
    /// An application instance, such as `mail1`.
    ModuleId(SmolStr)
}
text_id! {
    /// What an application instance keeps when it moves and gets another id: its
    /// value in `cluster/module_uuid`.
    ModuleUuid(UuidText)
}
text_id! {
    /// A destination: `<uuid>` of `cluster/backup_repository/<uuid>`.
    DestinationId(SmolStr)
}
text_id! {
    /// One run of one plan. Two readings of the cluster that show the same run
    /// give the same id; it is what repeats of an alert are recognised by.
    RunId(SmolStr)
}

/// A node of the cluster: `<n>` of `node/<n>/...`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A stored report; the number that `report show` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReportId(pub i64);

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Nobody's: of a memory that knows none.
impl Default for ModuleUuid {
    fn default() -> Self {
        Self::from("")
    }
}

impl ModuleId {
    /// The image name: the id without its trailing number (`nextcloud12` is
    /// `nextcloud`). NS8 uses it as the first part of a repository's path.
    pub fn image(&self) -> &str {
        self.0.trim_end_matches(|c: char| c.is_ascii_digit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_name_is_the_id_without_its_number() {
        assert_eq!(ModuleId::from("nextcloud12").image(), "nextcloud");
        assert_eq!(ModuleId::from("n8n3").image(), "n8n");
    }
}
