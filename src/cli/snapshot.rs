//! `snapshot`: what the program reads from the cluster, as one file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use super::{output, setup};
use crate::cluster::{RedisReader, SnapshotReader};
use crate::logging::Role;

/// Reads the cluster and writes the snapshot to `file`, or to the standard
/// output when that is `-`.
pub fn run(path: Option<PathBuf>, file: &Path) -> anyhow::Result<ExitCode> {
    let (config, _log) = setup::start(path, Role::Command)?;
    output::progress("reading the cluster");
    let reader = RedisReader::new(&config.redis);
    let state = setup::run(setup::read(&reader, &config.redis))?;
    if file == Path::new("-") {
        output::json(&SnapshotReader::document(&state))?;
        return Ok(ExitCode::SUCCESS);
    }
    SnapshotReader::write(file, &state)
        .with_context(|| format!("{} cannot be written", file.display()))?;
    output::text(&format!(
        "Wrote {}, {} and no secret to {}.",
        output::counted(state.plans.len(), "plan"),
        output::counted(state.modules.len(), "application"),
        file.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}
