//! `config check` and `config example`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{output, setup};
use crate::config::EXAMPLE;

/// Tells every mistake and warning of the configuration.
pub fn check(path: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let (config, warnings) = setup::load(path)?;
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
