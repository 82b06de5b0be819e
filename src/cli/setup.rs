//! What most commands begin with: configuration, log, a runtime.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use tracing::warn;

use super::signals::Signals;
use crate::cluster::{ClusterReader, install_crypto_provider};
use crate::config::{self, Config, ConfigErrors, Redis, Sources};
use crate::logging::{self, LogHandle, Role};
use crate::model::ClusterState;

/// How long threads may take at the end. A name that is looked up sits on one
/// that cannot be ended.
const THREADS: Duration = Duration::from_secs(1);

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

/// As [`load`], without the warnings. Where no file was named and the usual one
/// is not there, `text` stands for it.
pub fn load_or(path: Option<PathBuf>, text: &str) -> Result<Config, ConfigErrors> {
    let sources = Sources::from_process(path);
    let file = sources.file();
    let loaded = if file == Path::new(config::DEFAULT_FILE) && !file.exists() {
        config::load_str(text, &sources.env)?
    } else {
        config::load(&sources)?
    };
    Ok(loaded.config)
}

/// Reads the cluster as of now, for a person who waits for it.
pub async fn read(reader: &dyn ClusterReader, redis: &Redis) -> anyhow::Result<ClusterState> {
    let read = reader.read(Timestamp::now()).await;
    read.with_context(|| format!("the cluster cannot be read: {}", where_to_look(redis)))
}

/// Where the configuration says that Redis is, and what to set where it does not.
pub fn where_to_look(redis: &Redis) -> String {
    const WHERE: &str = "`redis` in the configuration says where it is";
    no_socket(redis).unwrap_or_else(|| WHERE.to_owned())
}

/// What to set where Redis is to be read through a socket that is not there:
/// that is the default without an agent, for the sake of the first tool's
/// files, and a stock cluster has no such socket.
pub fn no_socket(redis: &Redis) -> Option<String> {
    let Redis::Socket(path) = redis else {
        return None;
    };
    matches!(path.try_exists(), Ok(false)).then(|| {
        format!(
            "there is no socket {}; on a stock cluster, set `redis.address` to \
             \"127.0.0.1:6379\" in the configuration (or REDIS_ADDRESS), and no `redis.socket`",
            path.display()
        )
    })
}

/// Runs the work of a command. A signal ends it, and with it every process that
/// it started: they are no part of the terminal's own group.
pub fn run<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    block_on(async {
        let mut signals = Signals::listen()?;
        tokio::select! {
            done = work => done,
            _ = signals.next() => bail!("ended by a signal before it was done"),
        }
    })
}

/// Runs `work` on a runtime of one thread: all that this program needs.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime can be made")?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(THREADS);
    done
}
