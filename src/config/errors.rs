//! What is wrong with a configuration, and what merely should be known.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{sanitize, truncate};

/// Every mistake that was found, in the file's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    /// The file that was read, as it is named in the texts.
    pub file: String,
    /// At least one.
    pub mistakes: Vec<Mistake>,
}

/// One mistake: where, what, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands.
    pub place: Place,
    /// The key path, such as `receiver.port`; none where the file as a whole is
    /// meant.
    pub key: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// Where something was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A line of the file, counted from 1.
    Line(usize),
    /// The file, without a line: what is missing stands nowhere.
    File,
    /// The environment, or a file in the agent's format.
    Environment,
}

/// What is wrong. No text holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The configuration file is not there.
    #[error(
        "there is no such file; write one with `ns8-backup-monitor config example`, \
         or name another with --config"
    )]
    NoFile,
    /// A file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why not.
        reason: String,
    },
    /// Not YAML.
    #[error("this is not valid YAML: {0}")]
    Syntax(String),
    /// A feature of YAML that a settings file does not need.
    #[error("{0}")]
    NotSupported(&'static str),
    /// The same key twice.
    #[error("the key is set twice; the first one is in line {first}")]
    Duplicate {
        /// The line of the first one.
        first: usize,
    },
    /// A key that does not exist.
    #[error("there is no such key; {hint}")]
    Unknown {
        /// The nearest key, or all that are allowed.
        hint: String,
    },
    /// A key that must be set.
    #[error("must be set; allowed: {allowed}")]
    Missing {
        /// What may stand there.
        allowed: String,
    },
    /// A value that cannot be taken.
    #[error("{read} {why}; allowed: {allowed}")]
    Refused {
        /// By a name that programs can go by.
        code: Code,
        /// What was read; never a secret.
        read: String,
        /// Why it is refused.
        why: String,
        /// What may stand there.
        allowed: String,
    },
    /// A key that excludes another one which is set too.
    #[error("cannot be set beside {0}: choose one")]
    Excludes(String),
    /// A key that is of no use without another one.
    #[error("also needs {0}")]
    Needs(String),
    /// A key that only who writes the file may set.
    #[error("can only be set in the configuration file itself")]
    FileOnly,
}

/// What is wrong, by a name that programs can go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// There is no such file, or it cannot be read.
    Unreadable,
    /// It is not YAML.
    NotYaml,
    /// It is YAML that settings do not need, such as an anchor, or too much.
    NotSupported,
    /// The key is set twice.
    DuplicateKey,
    /// There is no such key.
    UnknownKey,
    /// The key can only be set in the configuration file itself.
    FileOnly,
    /// It must be set.
    Missing,
    /// It cannot be set beside another one.
    ExcludesOther,
    /// It needs another one.
    NeedsOther,
    /// A list or a section where one value belongs, or the other way round.
    WrongKind,
    /// Not a whole number.
    NotAWholeNumber,
    /// A number below or above what is allowed.
    OutOfRange,
    /// Neither true nor false.
    NotTrueOrFalse,
    /// None of the names that are allowed.
    NotOneOf,
    /// Too short or too long.
    WrongLength,
    /// Holds a line break or another control character.
    ControlCharacter,
    /// Not a list.
    NotAList,
    /// A list without an entry.
    EmptyList,
    /// Not a bare mail address.
    NotAnAddress,
    /// Neither a host name nor an IP address.
    NotAHost,
    /// Not an IP address.
    NotAnIp,
    /// Not `host:port`.
    NotHostAndPort,
    /// Not an address that begins with `http://` or `https://`.
    NotAUrl,
    /// Not a path.
    NotAPath,
    /// Not a time zone that is known.
    NotAZone,
    /// Not the number of a node.
    NotANode,
    /// Neither a date nor a moment.
    NotAMoment,
    /// Not words as for a shell.
    NotACommand,
    /// Not a bearer token.
    NotAToken,
}

/// Something that keeps nobody from starting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigWarning {
    /// Where it stands.
    pub place: Place,
    /// The key path or variable.
    pub key: Option<String>,
    /// What should be known.
    pub notice: Notice,
}

/// What should be known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    /// The key is right, and another setting makes it idle.
    #[error("is not used: {0}")]
    Unused(String),
    /// The webhook listens beyond loopback, without a token.
    #[error(
        "listens beyond this machine without receiver.token: \
         alerts from other machines will be answered 401"
    )]
    OpenWithoutToken,
    /// A file with a secret that everybody on the machine can read.
    #[error("every user of this machine can read the secret in {path}: chmod o-rwx it")]
    WorldReadable {
        /// Which file.
        path: String,
    },
    /// A line of an agent file that has no `=`.
    #[error("line {line} of {path} is not NAME=value and was left out")]
    AgentLine {
        /// Which file.
        path: String,
        /// Which line.
        line: usize,
    },
    /// Half an account.
    #[error(
        "REDIS_USER and REDIS_PASSWORD only work together: \
         the module's own account is not used"
    )]
    HalfAccount,
}

/// The configuration and what should be known about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The checked settings.
    pub config: super::Config,
    /// In the file's order.
    pub warnings: Vec<ConfigWarning>,
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&located(&self.file, mistake.place, mistake.key.as_deref()))?;
            f.write_str(&mistake.message())?;
        }
        Ok(())
    }
}

impl ConfigWarning {
    /// One line for people: `config.yml:3: receiver.host: listens ...`.
    pub fn describe(&self, file: &str) -> String {
        let place = located(file, self.place, self.key.as_deref());
        place + &sanitize(&self.notice.to_string())
    }
}

fn located(file: &str, place: Place, key: Option<&str>) -> String {
    let place = match place {
        Place::Line(line) => format!("{}:{line}: ", sanitize(file)),
        Place::File => format!("{}: ", sanitize(file)),
        Place::Environment => "environment: ".to_owned(),
    };
    key.map_or_else(
        || place.clone(),
        |key| format!("{place}{}: ", sanitize(&truncate(key, 200))),
    )
}

impl Mistake {
    /// What is wrong, on one line, without the place.
    pub fn message(&self) -> String {
        sanitize(&self.problem.to_string())
    }

    pub(super) fn of_file(place: Place, problem: Problem) -> Self {
        Self {
            place,
            key: None,
            problem,
        }
    }

    pub(super) fn of_key(place: Place, key: impl Into<String>, problem: Problem) -> Self {
        Self {
            place,
            key: Some(key.into()),
            problem,
        }
    }
}

impl Problem {
    /// The name that programs can go by.
    pub fn code(&self) -> Code {
        match self {
            Self::NoFile | Self::Unreadable { .. } => Code::Unreadable,
            Self::Syntax(_) => Code::NotYaml,
            Self::NotSupported(_) => Code::NotSupported,
            Self::Duplicate { .. } => Code::DuplicateKey,
            Self::Unknown { .. } => Code::UnknownKey,
            Self::Missing { .. } => Code::Missing,
            Self::Refused { code, .. } => *code,
            Self::Excludes(_) => Code::ExcludesOther,
            Self::Needs(_) => Code::NeedsOther,
            Self::FileOnly => Code::FileOnly,
        }
    }

    pub(super) fn unreadable(path: &std::path::Path, reason: impl fmt::Display) -> Self {
        Self::Unreadable {
            path: shown_path(path),
            reason: reason.to_string(),
        }
    }
}

/// A path as it is shown to people.
pub(super) fn shown_path(path: &std::path::Path) -> String {
    sanitize(&truncate(&path.display().to_string(), 300))
}

/// The name of the file in all texts.
pub(super) fn shown_file(path: Option<&PathBuf>) -> String {
    path.map_or_else(|| "config.yml".to_owned(), |path| shown_path(path))
}
