//! Settings as an administrator's programs see and change them: JSON in and
//! out, the text of the file in between.
//!
//! What only who writes the file may set is neither shown nor changed here, and
//! is kept. Secrets lie in files of their own: here it is only known whether
//! they are set. Nothing is read from the machine, so that the same input gives
//! the same answer anywhere.

mod change;
mod edit;
mod shown;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use change::apply;
pub use shown::{defaults, settings};

use super::agent;
use super::errors::{Code, ConfigWarning, Mistake, Notice, Place};
use super::keys::{self, AnyKey};
use super::reader::{Reader, SecretFiles};
use super::tree::{self, Content, Entry, Node};
use super::{Limits, Problem, names, sections};

/// Where the service finds the webhook's token, if one is set.
pub const WEBHOOK_TOKEN_FILE: &str = "/etc/ns8-backup-monitor/secrets/webhook_token";
/// Where the service finds the password of `mail.smtp`, if one is set.
pub const SMTP_PASSWORD_FILE: &str = "/etc/ns8-backup-monitor/secrets/smtp_password";

/// More help nobody.
const MOST_MISTAKES: usize = 100;

/// Which secrets are set beside the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretsSet {
    /// That in [`WEBHOOK_TOKEN_FILE`].
    pub webhook_token: bool,
    /// That in [`SMTP_PASSWORD_FILE`].
    pub smtp_password: bool,
}

/// The settings as they are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// Nested as in the file; every key with the value that counts. `None` if
    /// the file cannot be read as one.
    pub settings: Option<Value>,
    /// What keeps the service from taking the file.
    pub mistakes: Vec<Told>,
    /// What keeps nobody from anything.
    pub warnings: Vec<Warned>,
}

/// What a change would make of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Applied {
    /// The new file; `None` if there are mistakes.
    pub text: Option<String>,
    /// Whether it differs from the file that is there.
    pub changed: bool,
    /// What keeps it from being taken.
    pub mistakes: Vec<Told>,
    /// What keeps nobody from anything.
    pub warnings: Vec<Warned>,
}

/// The settings of a program that nobody has set up, and what may be set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Defaults {
    /// As in [`Settings`].
    pub settings: Value,
    /// What may stand there, by the key's path with dots; `*` stands for the id
    /// of a plan.
    pub limits: BTreeMap<&'static str, Limits>,
    /// Every time zone that is known.
    pub timezones: Vec<String>,
}

/// A mistake, for a program.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// The path with dots, `mail.to.0`; `None` where the file as a whole is
    /// meant.
    pub field: Option<String>,
    /// What is wrong.
    pub code: Code,
    /// What was read; `None` where it may not be shown.
    pub value: Option<Value>,
    /// What is wrong, in English.
    pub message: String,
}

/// A warning, for a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warned {
    /// The path with dots.
    pub field: Option<String>,
    /// What should be known.
    pub code: WarningCode,
    /// The same in English.
    pub message: String,
}

/// What should be known, by a name that programs can go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// Another setting makes the key idle.
    NotUsed,
    /// The webhook listens beyond loopback, and no token is set.
    OpenWithoutToken,
    /// A secret in the file gave way to that which was set beside it.
    SecretReplaced,
    /// Comments that somebody wrote into the file are not in the new one.
    CommentsLost,
    /// A file or an account of the machine is not as it should be.
    Machine,
}

/// What the service would say to a file with this content.
fn check(root: &Node, duplicates: Vec<Mistake>) -> (Vec<Told>, Vec<Warned>) {
    let mut reader = Reader::new(root, duplicates, SecretFiles::Assume);
    let nobody = agent::AgentEnv::default();
    sections::config(&mut reader, &nobody);
    let mistakes = reader.mistakes.iter();
    let mut told: Vec<Told> = mistakes.map(|mistake| tell(mistake, root)).collect();
    told.sort_by(|a, b| a.field.cmp(&b.field));
    told.truncate(MOST_MISTAKES);
    (told, reader.warnings.iter().filter_map(warn).collect())
}

fn tell(mistake: &Mistake, root: &Node) -> Told {
    let field = mistake.key.as_deref().map(dotted);
    Told {
        value: field.as_deref().and_then(|field| shown::value(root, field)),
        field: field.map(named),
        code: mistake.problem.code(),
        message: mistake.message(),
    }
}

/// That a setting which anybody sees is idle shows where it is seen.
fn warn(warning: &ConfigWarning) -> Option<Warned> {
    let field = warning.key.as_deref().map(dotted);
    let code = match &warning.notice {
        Notice::Unused(_) if field.as_deref().is_some_and(settable) => return None,
        Notice::Unused(_) => WarningCode::NotUsed,
        Notice::OpenWithoutToken => WarningCode::OpenWithoutToken,
        Notice::WorldReadable { .. } | Notice::AgentLine { .. } | Notice::HalfAccount => {
            WarningCode::Machine
        }
    };
    Some(Warned {
        field: field.map(named),
        code,
        message: crate::model::sanitize(&warning.notice.to_string()),
    })
}

fn settable(field: &str) -> bool {
    key_of(field).is_some_and(|key| !key.file_only())
}

/// The key that a path with dots leads to or into.
fn key_of(field: &str) -> Option<&'static dyn AnyKey> {
    keys::all().find(|key| {
        let mut field = field.split('.');
        key.path().split('.').all(|segment| {
            field
                .next()
                .is_some_and(|name| [name, keys::ANY].contains(&segment))
        })
    })
}

/// `plans."3".to[0]` as `plans.3.to.0`.
fn dotted(shown: &str) -> String {
    let mut quoted = false;
    let mut path = String::with_capacity(shown.len());
    for c in shown.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' if !quoted => path.push('.'),
            ']' if !quoted => {}
            other => path.push(other),
        }
    }
    path
}

/// Secrets are set under names of their own.
fn named(field: String) -> String {
    match field.as_str() {
        "receiver.token_file" => "webhook_token".to_owned(),
        "mail.smtp.password_file" => "smtp_password".to_owned(),
        _ => field,
    }
}

/// The text as a tree; without one, an empty one.
fn read(current: Option<&str>) -> Result<(Node, Vec<Mistake>), Mistake> {
    match current {
        Some(text) => tree::parse(text),
        None => Ok((Node::new(Content::Null), Vec::new())),
    }
}

/// A mistake that concerns the file as a whole.
fn of_the_file(mistake: &Mistake) -> Told {
    let line = match mistake.place {
        Place::Line(line) => format!("line {line}: "),
        Place::File | Place::Environment => String::new(),
    };
    Told {
        field: None,
        code: mistake.problem.code(),
        value: None,
        message: format!("config.yml cannot be read: {line}{}", mistake.message()),
    }
}
