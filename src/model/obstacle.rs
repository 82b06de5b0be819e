//! Why there is no way to the repositories.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::DestinationId;

/// What stands in the way to a destination's repositories before the first
/// question. It never holds a credential. Serialized as its English sentence,
/// as a [`Reason`](super::Reason) is, and for the same reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Obstacle {
    /// Method `api`, and no account to log in with.
    NoAccount,
    /// The program of method `restic` does not start.
    Restic {
        /// Which program.
        program: String,
        /// What the system says.
        reason: String,
    },
    /// The program of method `runagent` does not start.
    Runagent {
        /// Which program.
        program: String,
        /// What the system says.
        reason: String,
    },
    /// The task API refused the account.
    ApiRefused,
    /// The task API at this address is a worker node's.
    ApiOfWorker(String),
    /// Nobody works for this agent.
    AgentIdle(String),
    /// The task API gave no answer.
    ApiUnreachable {
        /// Where it was tried.
        address: String,
        /// What the network says.
        reason: String,
    },
    /// The task API answered with this HTTP status.
    ApiAnswered(u16),
    /// The task API's answer makes no sense.
    ApiSenseless,
    /// The task API's answer has no end.
    ApiTooLong,
    /// The destination cannot be opened with what is known of it.
    Destination(DestinationId, CredentialFault),
    /// What this version has no word for.
    Other(String),
}

/// Why a destination cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialFault {
    /// Neither the file nor the cluster has any.
    Unknown,
    /// This field is in neither of them.
    Missing(String),
    /// They could not be read in time.
    TooLate,
    /// Redis, which holds them, does not answer.
    RedisUnreachable,
    /// Redis refused the account.
    RedisRefused {
        /// Which account.
        user: String,
        /// What Redis said.
        reason: String,
    },
    /// Redis answered with an error.
    RedisFailed,
    /// No rule for addresses that begin so.
    UnknownAddress(String),
    /// A local folder that does not begin with `/`.
    NotAbsolute,
    /// An address that has not this form, which its beginning promises.
    NotOfForm(String),
    /// The private file for rclone cannot be written; what the system says.
    RcloneFile(String),
    /// rclone does not start; what the system says.
    Rclone(String),
    /// rclone did not make its own form of the password.
    RcloneRefused,
}

const CANNOT_START: &str = " cannot be started: ";
const INSTALL_RESTIC: &str = "; install restic, or say in `repo_check.restic` where it is";
const ONLY_ROOT: &str = "; method `runagent` works only for root on a node of the cluster";
const API_AT: &str = "the task API at ";
const IS_OF_WORKER: &str =
    " is not the leader's; the leader is looked up where repo_check.api_url is not set";
const IS_UNREACHABLE: &str = " cannot be reached: ";
const API_ANSWERED: &str = "the task API answered ";
const AGENT: &str = "the agent ";
const IS_IDLE: &str = " is not running";
const DESTINATION: &str = "destination ";

impl Obstacle {
    const WHOLE: [Self; 4] = [
        Self::NoAccount,
        Self::ApiRefused,
        Self::ApiSenseless,
        Self::ApiTooLong,
    ];

    /// What a sentence says; `None` when it is none of this version's.
    pub(super) fn known(text: &str) -> Option<Self> {
        if let Some(whole) = Self::WHOLE.into_iter().find(|o| o.to_string() == text) {
            return Some(whole);
        }
        if let Some((id, fault)) = two(text, DESTINATION, ": ", "") {
            return Some(Self::Destination(
                id.into(),
                CredentialFault::known(&fault)?,
            ));
        }
        if let Some((program, reason)) = two(text, "", CANNOT_START, INSTALL_RESTIC) {
            Some(Self::Restic { program, reason })
        } else if let Some((program, reason)) = two(text, "", CANNOT_START, ONLY_ROOT) {
            Some(Self::Runagent { program, reason })
        } else if let Some((address, reason)) = two(text, API_AT, IS_UNREACHABLE, "") {
            Some(Self::ApiUnreachable { address, reason })
        } else if let Some(address) = one(text, API_AT, IS_OF_WORKER) {
            Some(Self::ApiOfWorker(address))
        } else if let Some(status) = one(text, API_ANSWERED, "") {
            status.parse().ok().map(Self::ApiAnswered)
        } else {
            one(text, AGENT, IS_IDLE).map(Self::AgentIdle)
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAccount => {
                "method `api` needs the agent's account (REDIS_USER, REDIS_PASSWORD), which is \
                 not set; install this as a module, or choose another `repo_check.method`"
            }
            Self::Restic { program, reason } => {
                return write!(f, "{program}{CANNOT_START}{reason}{INSTALL_RESTIC}");
            }
            Self::Runagent { program, reason } => {
                return write!(f, "{program}{CANNOT_START}{reason}{ONLY_ROOT}");
            }
            Self::ApiRefused => "the task API refused the module's user and password",
            Self::ApiOfWorker(address) => return write!(f, "{API_AT}{address}{IS_OF_WORKER}"),
            Self::AgentIdle(agent) => return write!(f, "{AGENT}{agent}{IS_IDLE}"),
            Self::ApiUnreachable { address, reason } => {
                return write!(f, "{API_AT}{address}{IS_UNREACHABLE}{reason}");
            }
            Self::ApiAnswered(status) => return write!(f, "{API_ANSWERED}{status}"),
            Self::ApiSenseless => "the task API's answer makes no sense",
            Self::ApiTooLong => "the task API's answer is too long",
            Self::Destination(id, fault) => return write!(f, "{DESTINATION}{id}: {fault}"),
            Self::Other(text) => text,
        })
    }
}

const BECOMES_KNOWN: &str = "` is not known; write it into the file's section `destinations`";
const BEGIN_WITH: &str = "addresses that begin with `";
const NOT_PROBED: &str = "` cannot be probed by method `restic`; give its `url` in restic's form \
                          in the file's section `destinations`";
const URL_IS_NOT: &str = "its `url` is not `";
const REFUSED: &str = "its credentials cannot be read: Redis refused the account ";
const NO_FILE: &str = "the configuration for rclone cannot be written: ";
const RCLONE: &str = "rclone cannot be started: ";
const INSTALL_RCLONE: &str = "; install rclone";

impl CredentialFault {
    const WHOLE: [Self; 6] = [
        Self::Unknown,
        Self::TooLate,
        Self::RedisUnreachable,
        Self::RedisFailed,
        Self::NotAbsolute,
        Self::RcloneRefused,
    ];

    fn known(text: &str) -> Option<Self> {
        let whole = Self::WHOLE.into_iter().find(|f| f.to_string() == text);
        whole
            .or_else(|| one(text, "`", BECOMES_KNOWN).map(Self::Missing))
            .or_else(|| {
                let (user, reason) = two(text, REFUSED, ": ", "")?;
                Some(Self::RedisRefused { user, reason })
            })
            .or_else(|| one(text, BEGIN_WITH, NOT_PROBED).map(Self::UnknownAddress))
            .or_else(|| one(text, URL_IS_NOT, "`").map(Self::NotOfForm))
            .or_else(|| one(text, NO_FILE, "").map(Self::RcloneFile))
            .or_else(|| one(text, RCLONE, INSTALL_RCLONE).map(Self::Rclone))
    }
}

impl fmt::Display for CredentialFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => {
                "its credentials are not known; write them into the file's section `destinations`"
            }
            Self::Missing(field) => return write!(f, "`{field}{BECOMES_KNOWN}"),
            Self::TooLate => "its credentials could not be read in time",
            Self::RedisUnreachable => {
                "its credentials cannot be read: the cluster's Redis does not answer"
            }
            Self::RedisRefused { user, reason } => return write!(f, "{REFUSED}{user}: {reason}"),
            Self::RedisFailed => "its credentials cannot be read: Redis answered with an error",
            Self::UnknownAddress(scheme) => return write!(f, "{BEGIN_WITH}{scheme}{NOT_PROBED}"),
            Self::NotAbsolute => "its `url` is not an absolute path",
            Self::NotOfForm(form) => return write!(f, "{URL_IS_NOT}{form}`"),
            Self::RcloneFile(reason) => return write!(f, "{NO_FILE}{reason}"),
            Self::Rclone(reason) => return write!(f, "{RCLONE}{reason}{INSTALL_RCLONE}"),
            Self::RcloneRefused => "rclone did not take the password (`rclone obscure -` failed)",
        })
    }
}

/// What stands between `before` and `after`, which are the whole rest.
fn one(text: &str, before: &str, after: &str) -> Option<String> {
    let inner = text.strip_prefix(before)?.strip_suffix(after)?;
    Some(inner.to_owned())
}

/// The same with `middle` in between.
fn two(text: &str, before: &str, middle: &str, after: &str) -> Option<(String, String)> {
    let inner = text.strip_prefix(before)?.strip_suffix(after)?;
    let (first, second) = inner.split_once(middle)?;
    Some((first.to_owned(), second.to_owned()))
}

impl From<Obstacle> for String {
    fn from(obstacle: Obstacle) -> Self {
        obstacle.to_string()
    }
}

impl From<String> for Obstacle {
    fn from(text: String) -> Self {
        Self::known(&text).unwrap_or(Self::Other(text))
    }
}

impl From<&str> for Obstacle {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn obstacles() -> Vec<Obstacle> {
        let (program, reason) = ("/opt/restic".to_owned(), "No such file: x".to_owned());
        let faults = [
            CredentialFault::Missing("password".into()),
            CredentialFault::RedisRefused {
                user: "module/backup-monitor1".into(),
                reason: "WRONGPASS: x".into(),
            },
            CredentialFault::UnknownAddress("gs".into()),
            CredentialFault::NotOfForm("rest:http://host:port/path".into()),
            CredentialFault::RcloneFile(reason.clone()),
            CredentialFault::Rclone(reason.clone()),
        ];
        let faults = faults.into_iter().chain(CredentialFault::WHOLE);
        let address = "http://cluster-leader:9311".to_owned();
        [
            Obstacle::Restic {
                program: program.clone(),
                reason: reason.clone(),
            },
            Obstacle::Runagent {
                program,
                reason: reason.clone(),
            },
            Obstacle::ApiOfWorker(address.clone()),
            Obstacle::AgentIdle("node/2".into()),
            Obstacle::ApiUnreachable { address, reason },
            Obstacle::ApiAnswered(418),
            Obstacle::Other("a word of another version".into()),
        ]
        .into_iter()
        .chain(Obstacle::WHOLE)
        .chain(faults.map(|fault| Obstacle::Destination("48ce-d1".into(), fault)))
        .collect()
    }

    #[test]
    fn an_obstacle_is_the_same_after_it_was_stored() {
        for obstacle in obstacles() {
            let json = serde_json::to_string(&obstacle).unwrap();
            assert_eq!(json, format!("{:?}", obstacle.to_string()));
            assert_eq!(serde_json::from_str::<Obstacle>(&json).unwrap(), obstacle);
        }
    }

    #[test]
    fn a_sentence_that_only_begins_like_one_of_ours_keeps_its_words() {
        for text in [
            "destination d1: a fault of another version",
            "the task API answered nothing",
            "the task API at night",
            "destination",
            "",
        ] {
            assert_eq!(Obstacle::from(text), Obstacle::Other(text.into()));
        }
    }
}
