//! Why a key of the cluster could not be understood.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is wrong with a key or with one of its fields. It never holds the value
/// itself. Serialized as its English sentence: so a stored report can be told
/// in another language, and one of another version, that knows other reasons,
/// can still be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Reason {
    /// Of another Redis type than a hash.
    NotAHash,
    /// Of another Redis type than a set.
    NotASet,
    /// JSON, but no object.
    NotAnObject,
    /// Not JSON, or not that of a status.
    NotAStatus,
    /// Not the id of a module with its UUID.
    NoModule,
    /// Not the number of a node.
    NoNodeId,
    /// The key does not end with a plan's id.
    NoPlanId,
    /// Not the id of a destination.
    NoDestinationId,
    /// Not the id of a module.
    NoModuleId,
    /// A list with something in it that is not the id of a module.
    NoModuleIdInside,
    /// A schedule that systemd would not read.
    NotASchedule,
    /// One field of the status, and what is wrong with it.
    Field(String, Fault),
    /// What this version has no word for.
    Other(String),
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Not there.
    Missing,
    /// There, with nothing in it.
    Empty,
    /// Below zero.
    Negative,
    /// Beyond what it can mean.
    TooLarge,
    /// A broken number, or text.
    NotWhole,
    /// Neither number nor text.
    NotANumber,
    /// Later than now.
    InFuture,
    /// Not a time.
    NotATime,
    /// A result that is neither success nor error.
    NotAResult,
}

impl Reason {
    const WHOLE: [Self; 11] = [
        Self::NotAHash,
        Self::NotASet,
        Self::NotAnObject,
        Self::NotAStatus,
        Self::NoModule,
        Self::NoNodeId,
        Self::NoPlanId,
        Self::NoDestinationId,
        Self::NoModuleId,
        Self::NoModuleIdInside,
        Self::NotASchedule,
    ];
}

impl Fault {
    const ALL: [Self; 9] = [
        Self::Missing,
        Self::Empty,
        Self::Negative,
        Self::TooLarge,
        Self::NotWhole,
        Self::NotANumber,
        Self::InFuture,
        Self::NotATime,
        Self::NotAResult,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "is missing",
            Self::Empty => "is empty",
            Self::Negative => "is negative",
            Self::TooLarge => "is too large",
            Self::NotWhole => "is not a whole number",
            Self::NotANumber => "is not a number",
            Self::InFuture => {
                "lies in the future: the clock of its node or of this machine is wrong"
            }
            Self::NotATime => "is not an ISO 8601 time with its zone",
            Self::NotAResult => "is neither success nor error",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAHash => "it is not a hash",
            Self::NotASet => "it is not a set",
            Self::NotAnObject => "it is not a JSON object",
            Self::NotAStatus => "it is not the JSON text of a status",
            Self::NoModule => "it is not a module and its UUID",
            Self::NoNodeId => "it is not the number of a node",
            Self::NoPlanId => "its last part is not the id of a plan",
            Self::NoDestinationId => "it is not a destination's id",
            Self::NoModuleId => "it is not a module's id",
            Self::NoModuleIdInside => "one of them is not a module's id",
            Self::NotASchedule => {
                "systemd cannot read it, so the plan never runs: set its schedule again"
            }
            Self::Field(name, fault) => return write!(f, "{name} {}", fault.as_str()),
            Self::Other(text) => text,
        })
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.to_string()
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        if let Some(known) = Self::WHOLE.into_iter().find(|r| r.to_string() == text) {
            return known;
        }
        let fault = text.split_once(' ').and_then(|(name, rest)| {
            let fault = Fault::ALL.into_iter().find(|f| f.as_str() == rest)?;
            Some(Self::Field(name.to_owned(), fault))
        });
        fault.unwrap_or(Self::Other(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_the_same_after_it_was_stored() {
        let fields = Fault::ALL.map(|fault| Reason::Field("end".into(), fault));
        let other = Reason::Other("a word of another version".into());
        for reason in Reason::WHOLE.into_iter().chain(fields).chain([other]) {
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(json, format!("{:?}", reason.to_string()));
            assert_eq!(serde_json::from_str::<Reason>(&json).unwrap(), reason);
        }
    }
}
