//! `serve`: the service, until a signal ends it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use tracing::{error, info, warn};

use super::setup;
use super::signals::{Signals, Wish};
use crate::logging::{LogHandle, Role};
use crate::pipeline::{Parts, Service};

/// Runs the service. INT and TERM end it, HUP reads the configuration
/// again, USR1 makes it look at the cluster at once.
pub fn run(path: Option<PathBuf>, address_file: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let (config, log) = setup::start(path.clone(), Role::Service)?;
    // It may come into being later: no reason to end.
    if let Some(what) = setup::no_socket(&config.redis) {
        warn!("Redis cannot be read: {what}");
    }
    setup::block_on(async move {
        // Before anything slow: a signal that comes early must not be lost.
        let mut signals = Signals::listen()?;
        let mut service = Service::start(Parts::build(config)?)?;
        let address = service.address();
        if let Some(file) = &address_file {
            write_address(file, &address.to_string())?;
        }
        info!(%address, version = env!("CARGO_PKG_VERSION"), "ready, listening on {address}");
        loop {
            tokio::select! {
                wish = signals.next() => match wish {
                    Wish::Reload => reload(&service, &log, path.clone()).await,
                    Wish::Look => service.look_now(),
                    Wish::End => break,
                },
                what = service.failed() => {
                    error!("{what}: the service cannot go on and ends");
                    service.stop().await;
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
        info!("ending");
        service.stop().await;
        info!("ended");
        Ok(ExitCode::SUCCESS)
    })
}

/// Puts the file's configuration in force, or keeps the old one.
async fn reload(service: &Service, log: &LogHandle, path: Option<PathBuf>) {
    service.reload_begins();
    let (config, warnings) = match setup::load(path) {
        Ok(loaded) => loaded,
        Err(mistakes) => {
            let count = mistakes.mistakes.len();
            let told = mistakes.to_string().replace('\n', "; ");
            error!(
                count,
                "the new configuration is wrong, the old one stays: {told}"
            );
            service.refuse(&told);
            return;
        }
    };
    for warning in warnings {
        warn!("{warning}");
    }
    let logging = config.logging.clone();
    match service.parts().successor(config) {
        Ok(parts) => {
            for warning in log.reload(&logging) {
                warn!("{warning}");
            }
            service.reload(parts).await;
        }
        Err(problem) => {
            error!(%problem, "the new configuration cannot be used, the old one stays");
            service.refuse(&problem.to_string());
        }
    }
}

/// Whoever waits for the file must never see half of it.
fn write_address(file: &Path, address: &str) -> anyhow::Result<()> {
    let half = file.with_extension("new");
    std::fs::write(&half, format!("{address}\n"))
        .and_then(|()| std::fs::rename(&half, file))
        .with_context(|| format!("{} cannot be written", file.display()))
}
