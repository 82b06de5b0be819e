//! `health`: does the running service live?

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;

use super::{http, output, setup};

/// Asks `/healthz` of the service that this configuration would start.
pub fn run(path: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let (config, _) = setup::load(path)?;
    let address = SocketAddr::new(reachable(config.receiver.host), config.receiver.port);
    let answer = setup::block_on(http::get(address, "/healthz"))?;
    if answer.status != 200 {
        bail!("the service at {address} is not well: {}", answer.body);
    }
    output::text(&answer.body);
    Ok(ExitCode::SUCCESS)
}

/// A service that listens everywhere is asked on loopback.
fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    }
}
