//! `config check`, `config example`, and the settings for programs: `config
//! settings`, `config apply`, `config defaults`.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{output, setup};
use crate::config::{self, EXAMPLE, Mail, SecretsSet};
use crate::model::Mailbox;

/// Far above the largest configuration and the largest change to it.
const MOST_INPUT: u64 = 4 * 1024 * 1024;

/// What `config settings` reads.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Current {
    /// The text of the configuration; none is as good as an empty one.
    current: Option<String>,
    #[serde(default)]
    secrets: SecretsSet,
}

/// What `config apply` reads.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    current: Option<String>,
    #[serde(default)]
    secrets: SecretsSet,
    change: Map<String, Value>,
}

#[derive(Serialize)]
struct Answer<T> {
    format: &'static str,
    #[serde(flatten)]
    answer: T,
}

/// What the addresses of an example are: nobody has a mailbox there (RFC 2606). Only
/// for who asks whether all is right, not at each start.
fn placeholders(mail: &Mail) -> Vec<String> {
    let is_example = |address: &&Mailbox| {
        let domain = address.domain().to_ascii_lowercase();
        ["example.org", "example.com", "example.net"]
            .iter()
            .any(|name| domain == *name || domain.ends_with(&format!(".{name}")))
    };
    let from = std::iter::once(&mail.from).map(|address| ("mail.from", address));
    let to = mail.to.iter().map(|address| ("mail.to", address));
    from.chain(to)
        .filter(|(_, address)| is_example(address))
        .map(|(key, address)| {
            format!("{key}: {address} is only an example, put a real address in its place")
        })
        .collect()
}

/// Tells every mistake and warning of the configuration.
pub fn check(path: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let (config, warnings) = setup::load(path)?;
    let warnings = [warnings, placeholders(&config.mail)].concat();
    for warning in &warnings {
        output::text(&format!("warning: {warning}"))?;
    }
    output::text(&format!(
        "The configuration is right: mails from {} to {}, {}.",
        config.mail.from,
        output::counted(config.mail.to.len(), "recipient"),
        output::counted(warnings.len(), "warning"),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the annotated example.
pub fn example() -> anyhow::Result<ExitCode> {
    output::text(EXAMPLE)?;
    Ok(ExitCode::SUCCESS)
}

/// Shows the settings of the configuration that comes in.
pub fn settings() -> anyhow::Result<ExitCode> {
    let Current { current, secrets } = input()?;
    output::json(&Answer {
        format: "ns8-backup-monitor/settings/1",
        answer: config::settings(current.as_deref(), secrets),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Shows what a change makes of the configuration that comes in.
pub fn apply() -> anyhow::Result<ExitCode> {
    let Edit {
        current,
        secrets,
        change,
    } = input()?;
    output::json(&Answer {
        format: "ns8-backup-monitor/applied/1",
        answer: config::apply(current.as_deref(), &change, secrets),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Shows the defaults, and what may be set.
pub fn defaults() -> anyhow::Result<ExitCode> {
    output::json(&Answer {
        format: "ns8-backup-monitor/defaults/1",
        answer: config::defaults(),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn input<T: DeserializeOwned>() -> anyhow::Result<T> {
    let mut text = String::new();
    let read = std::io::stdin()
        .take(MOST_INPUT + 1)
        .read_to_string(&mut text)
        .context("the standard input cannot be read")?;
    if u64::try_from(read).is_ok_and(|read| read > MOST_INPUT) {
        bail!("the standard input is longer than {MOST_INPUT} bytes");
    }
    if text.trim().is_empty() {
        bail!(
            "nothing came in on the standard input: one JSON object is expected, see docs/JSON.md"
        );
    }
    // What is wrong is told by its place; the value could be a secret.
    serde_json::from_str(&text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        anyhow::anyhow!("the standard input is not the JSON that is expected, at {place}")
    })
}
