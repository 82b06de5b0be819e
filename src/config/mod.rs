//! Settings: one YAML file, then the agent's environment, then defaults.
//!
//! Gives one checked [`Config`] or **all** mistakes at once. May read the
//! configuration file, the files it names for secrets, and the environment.
//! Must not connect to anything and must not import a room beside `model`.
//!
//! The way through: `source` and `agent` fetch texts, `tree` gives them lines,
//! `names` refuses unknown keys, `reader` reads values in the shapes (`form`,
//! `words`, `concealed`, `shapes`) that the one table (`keys`) gives them, and
//! `sections` puts the settings together. `administer` shows and changes them for
//! programs.

mod address;
mod administer;
mod agent;
mod concealed;
mod errors;
#[cfg(test)]
mod example_tests;
mod form;
mod keys;
mod names;
mod reader;
#[cfg(test)]
mod runs_tests;
mod sections;
mod settings;
mod shapes;
mod source;
#[cfg(test)]
mod source_tests;
#[cfg(test)]
mod tests;
mod tree;
mod words;

use std::collections::BTreeMap;

use reader::SecretFiles;

pub use address::mailbox;
pub use administer::{
    Applied, Defaults, SMTP_PASSWORD_FILE, SecretsSet, Settings, Told, WEBHOOK_TOKEN_FILE, Warned,
    WarningCode, apply, defaults, settings,
};
pub use errors::{Code, ConfigErrors, ConfigWarning, Loaded, Mistake, Notice, Place, Problem};
pub use form::{Kind, Limits};
pub use settings::{
    Agent, Config, Correlator, Digest, Listen, LogLevel, Logging, Mail, Method, Notify,
    PlanSettings, Plans, Redis, RepoCheck, Transport, ZoneOf, Zones,
};
pub use source::{DEFAULT_FILE, Sources};

/// A complete annotated configuration that passes the check: what
/// `config example` prints.
pub const EXAMPLE: &str = include_str!("example.yml");

/// Reads and checks everything. Either all is right, or every mistake is told;
/// no secret's value stands in any text.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let path = sources.file();
    let file = errors::shown_file(Some(&path));
    let read = source::read_config(&path).map_err(|error| {
        let problem = match error.kind() {
            std::io::ErrorKind::NotFound => Problem::NoFile,
            _ => Problem::unreadable(&path, error),
        };
        ConfigErrors {
            file: file.clone(),
            mistakes: vec![Mistake::of_file(Place::File, problem)],
        }
    })?;
    let (mut loaded, inline_secret) = check(&read.text, &sources.env, &file)?;
    if inline_secret && read.world_readable {
        let notice = Notice::WorldReadable { path: file };
        loaded.warnings.push(ConfigWarning {
            place: Place::File,
            key: None,
            notice,
        });
    }
    Ok(loaded)
}

/// Checks `text` as if it were the configuration file.
pub fn load_str(text: &str, env: &BTreeMap<String, String>) -> Result<Loaded, ConfigErrors> {
    check(text, env, &errors::shown_file(None)).map(|(loaded, _)| loaded)
}

/// The second part of the answer: whether `text` holds a secret.
fn check(
    text: &str,
    env: &BTreeMap<String, String>,
    file: &str,
) -> Result<(Loaded, bool), ConfigErrors> {
    let refused = |mut mistakes: Vec<Mistake>| {
        mistakes.sort_by_key(|mistake| mistake.place);
        ConfigErrors {
            file: file.to_owned(),
            mistakes,
        }
    };
    let (root, duplicates) = tree::parse(text).map_err(|mistake| refused(vec![mistake]))?;
    let mut reader = reader::Reader::new(&root, duplicates, SecretFiles::Read);
    let env = agent::read(env, &mut reader.mistakes, &mut reader.warnings);
    match sections::config(&mut reader, &env) {
        Some(config) if reader.mistakes.is_empty() => {
            let mut warnings = reader.warnings;
            warnings.sort_by_key(|warning| warning.place);
            Ok((Loaded { config, warnings }, reader.inline_secret))
        }
        _ => Err(refused(reader.mistakes)),
    }
}
