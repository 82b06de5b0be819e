//! `state dump`: the database, for a backup.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;

use super::{output, setup};
use crate::logging::Role;
use crate::model::sanitize;
use crate::store;

/// Writes a copy of the database to `file`.
pub fn dump(path: Option<PathBuf>, file: &Path) -> anyhow::Result<ExitCode> {
    let (config, _log) = setup::start(path, Role::Command)?;
    if !store::dump(&config.state_dir, file)? {
        let place = config.state_dir.display();
        bail!("there is no database in {place} yet: the service has never run");
    }
    output::text(&sanitize(&format!("Written: {}", file.display())))?;
    Ok(ExitCode::SUCCESS)
}
