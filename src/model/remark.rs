//! What is said beside the cause of a probe.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Obstacle;

/// What a repository's answer, or the want of one, came with. Serialized as its
/// sentence, in English where it is ours, as a [`Reason`](super::Reason) is,
/// and for the same reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Remark {
    /// restic's own last line, or that of the cluster's action, with every
    /// credential removed and at most 300 characters.
    Said(String),
    /// restic ended with this code without a word.
    EndedSilently(i64),
    /// The cluster's task ended with this code without a word.
    TaskEndedSilently(i64),
    /// restic was ended by this signal, which was not ours.
    EndedBySignal(i32),
    /// restic wrote without end, and was ended.
    TooMuch,
    /// What restic gave is no list of snapshots.
    ListSenseless,
    /// What the cluster's action gave is no list of snapshots.
    OutputSenseless,
    /// Nobody asked: the module has not the role that is needed.
    NotGranted,
    /// Nobody asked: the cluster agent takes no more tasks.
    Busy,
    /// Nobody asked: there was no way.
    NoWay(Obstacle),
}

const RESTIC_ENDED: &str = "restic ended with code ";
const TASK_ENDED: &str = "the task ended with code ";
const SILENTLY: &str = " and said nothing";
const BY_SIGNAL: &str = "restic was ended by signal ";

impl Remark {
    const WHOLE: [Self; 5] = [
        Self::TooMuch,
        Self::ListSenseless,
        Self::OutputSenseless,
        Self::NotGranted,
        Self::Busy,
    ];

    fn known(text: &str) -> Option<Self> {
        fn number<T: std::str::FromStr>(text: &str, before: &str, after: &str) -> Option<T> {
            let number = text.strip_prefix(before)?.strip_suffix(after)?;
            number.parse().ok()
        }
        let whole = Self::WHOLE.into_iter().find(|r| r.to_string() == text);
        whole
            .or_else(|| number(text, RESTIC_ENDED, SILENTLY).map(Self::EndedSilently))
            .or_else(|| number(text, TASK_ENDED, SILENTLY).map(Self::TaskEndedSilently))
            .or_else(|| number(text, BY_SIGNAL, "").map(Self::EndedBySignal))
            .or_else(|| Obstacle::known(text).map(Self::NoWay))
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Said(text) => text,
            Self::EndedSilently(code) => return write!(f, "{RESTIC_ENDED}{code}{SILENTLY}"),
            Self::TaskEndedSilently(code) => return write!(f, "{TASK_ENDED}{code}{SILENTLY}"),
            Self::EndedBySignal(number) => return write!(f, "{BY_SIGNAL}{number}"),
            Self::TooMuch => "restic wrote more than can be read, and was ended",
            Self::ListSenseless => "restic's list of snapshots cannot be understood",
            Self::OutputSenseless => "the action's output cannot be understood",
            Self::NotGranted => "the role cluster:reader is missing",
            Self::Busy => "the cluster agent is busy",
            Self::NoWay(obstacle) => return obstacle.fmt(f),
        })
    }
}

impl From<Remark> for String {
    fn from(remark: Remark) -> Self {
        remark.to_string()
    }
}

impl From<String> for Remark {
    fn from(text: String) -> Self {
        Self::known(&text).unwrap_or(Self::Said(text))
    }
}

impl From<&str> for Remark {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_the_same_after_it_was_stored() {
        let others = [
            Remark::Said("Fatal: wrong password or no key found".into()),
            Remark::EndedSilently(-1),
            Remark::TaskEndedSilently(12),
            Remark::EndedBySignal(9),
            Remark::NoWay(Obstacle::ApiRefused),
        ];
        for remark in Remark::WHOLE.into_iter().chain(others) {
            let json = serde_json::to_string(&remark).unwrap();
            assert_eq!(json, format!("{:?}", remark.to_string()));
            assert_eq!(serde_json::from_str::<Remark>(&json).unwrap(), remark);
        }
    }

    #[test]
    fn what_restic_says_stays_as_it_is() {
        for text in [
            "restic ended with code x and said nothing",
            "Fatal: unable to open repository",
            "",
        ] {
            assert_eq!(Remark::from(text), Remark::Said(text.into()));
        }
    }
}
