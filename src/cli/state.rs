//! `state dump`: the database, for a backup.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;

use super::{output, setup};
use crate::logging::Role;
use crate::model::sanitize;
use crate::store;

/// Below the patience of whoever makes a backup, so that a copy which is given up
/// does not go on in a container.
const LIMIT: Duration = Duration::from_mins(9);

/// Writes a copy of the database to `file`. A mistake in the configuration costs
/// no backup where the directory is named.
pub fn dump(
    path: Option<PathBuf>,
    state_dir: Option<PathBuf>,
    file: &Path,
) -> anyhow::Result<ExitCode> {
    let dir = match state_dir {
        Some(dir) => dir,
        None => setup::start(path, Role::Command)?.0.state_dir,
    };
    if !store::dump(&dir, file, LIMIT)? {
        let place = dir.display();
        bail!("there is no database in {place} yet: the service has never run");
    }
    output::text(&sanitize(&format!("Written: {}", file.display())))?;
    Ok(ExitCode::SUCCESS)
}
