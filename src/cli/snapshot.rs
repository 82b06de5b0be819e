//! `snapshot`: what the program reads from the cluster, as one file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;

use super::{output, setup};
use crate::cluster::{ClusterReader as _, RedisReader, SnapshotReader};
use crate::logging::Role;

/// Reads the cluster and writes the snapshot to `file`, or to the standard
/// output when that is `-`.
pub fn run(path: Option<PathBuf>, file: &Path) -> anyhow::Result<ExitCode> {
    let (config, _log) = setup::start(path, Role::Command)?;
    output::progress("reading the cluster");
    let reader = RedisReader::new(&config.redis);
    let state = setup::block_on(async { Ok(reader.read(Timestamp::now()).await?) })?;
    if file == Path::new("-") {
        output::json(&SnapshotReader::document(&state))?;
    } else {
        SnapshotReader::write(file, &state)?;
        output::text(&format!(
            "Wrote {} plans, {} modules and no secret to {}.",
            state.plans.len(),
            state.modules.len(),
            file.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}
