//! What most commands begin with: configuration, log, a runtime.

use std::path::PathBuf;

use anyhow::Context as _;
use tracing::warn;

use crate::cluster::install_crypto_provider;
use crate::config::{self, Config, ConfigErrors, Sources};
use crate::logging::{self, LogHandle, Role};

/// Loads the configuration and sets up the log as it says. Warnings go to the
/// log. For commands this is the standard error.
pub fn start(path: Option<PathBuf>, role: Role) -> anyhow::Result<(Config, LogHandle)> {
    let (config, warnings) = load(path)?;
    let log = begin(&config, role)?;
    for warning in warnings {
        warn!("{warning}");
    }
    Ok((config, log))
}

/// Sets up the log, and what TLS needs before the first connection.
pub fn begin(config: &Config, role: Role) -> anyhow::Result<LogHandle> {
    let (log, warnings) = logging::init(&config.logging, role)?;
    for warning in warnings {
        warn!("{warning}");
    }
    install_crypto_provider();
    Ok(log)
}

/// Loads the configuration; returns it with its warnings, a line each.
pub fn load(path: Option<PathBuf>) -> Result<(Config, Vec<String>), ConfigErrors> {
    let sources = Sources::from_process(path);
    let file = sources.file().display().to_string();
    let loaded = config::load(&sources)?;
    let warnings = loaded
        .warnings
        .iter()
        .map(|warning| warning.describe(&file))
        .collect();
    Ok((loaded.config, warnings))
}

/// Runs `work` on a runtime of one thread: all that this program needs.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime can be made")?
        .block_on(work)
}
