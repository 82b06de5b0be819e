//! `config check` and `config example`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{output, setup};
use crate::config::EXAMPLE;

/// Tells every mistake and warning of the configuration.
pub fn check(path: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let (config, warnings) = setup::load(path)?;
    for warning in &warnings {
        output::text(&format!("warning: {warning}"));
    }
    let recipients = config.mail.to.len();
    output::text(&format!(
        "The configuration is right: mails from {} to {recipients} recipient{}, {} warning{}.",
        config.mail.from,
        plural(recipients),
        warnings.len(),
        plural(warnings.len()),
    ));
    Ok(ExitCode::SUCCESS)
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Prints the annotated example.
pub fn example() -> ExitCode {
    output::text(EXAMPLE);
    ExitCode::SUCCESS
}
