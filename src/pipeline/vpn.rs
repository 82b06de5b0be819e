//! The second door of the HTTP surface: the node's address in the cluster's VPN,
//! from which the leader's Prometheus scrapes.
//!
//! The address is known once the cluster was read, may not exist yet when the
//! machine has just started, and is another one when the cluster says so.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::time::Duration;

use tokio::sync::watch;
use tracing::{info, warn};

use crate::config::Config;
use crate::model::ClusterState;
use crate::receiver::{Door, Serving, Surface};

/// How long to wait before an address is tried again.
pub(super) const RETRY: Duration = Duration::from_secs(15);

/// Opens the door, and opens it again elsewhere.
pub struct VpnDoor {
    /// What is behind it.
    pub surface: Surface,
    /// The address, as far as it is known.
    pub address: watch::Receiver<Option<IpAddr>>,
    /// The port: that of the other door.
    pub port: u16,
    /// How long to wait before an address is tried again.
    pub pause: Duration,
}

/// Where the door belongs: the VPN address of the node that the agent's
/// environment names, unless the service listens there anyway.
pub fn address(config: &Config, state: &ClusterState) -> Option<IpAddr> {
    let node = state.nodes.get(&config.agent.node?)?;
    let address: IpAddr = node.vpn_address.as_deref()?.parse().ok()?;
    let host = config.receiver.host;
    let served = host == address || host.is_unspecified();
    (!served && !address.is_unspecified()).then_some(address)
}

impl VpnDoor {
    /// Serves until `stop` changes.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut told = None;
        loop {
            let wanted = *self.address.borrow_and_update();
            let address = wanted.map(|address| SocketAddr::new(address, self.port));
            let opened = address.map(|address| self.open(address));
            match (address, opened) {
                (Some(address), Some(Ok(serving))) => {
                    told = None;
                    info!(%address, "listening on {address} too, the VPN address of this node");
                    if self.serve(serving, address, &mut stop).await {
                        return;
                    }
                }
                (Some(address), Some(Err(problem))) => {
                    // Once: it is tried again for as long as it takes.
                    if told != Some(address) {
                        warn!(
                            %problem,
                            "cannot listen on {address}, the VPN address of this node: \
                             Prometheus cannot scrape it; it is tried again"
                        );
                        told = Some(address);
                    }
                    tokio::select! {
                        () = tokio::time::sleep(self.pause) => {}
                        known = self.address.changed() => if known.is_err() { return },
                        _ = stop.changed() => return,
                    }
                }
                _ => tokio::select! {
                    known = self.address.changed() => if known.is_err() { return },
                    _ = stop.changed() => return,
                },
            }
        }
    }

    /// Returns when the address is another one; whether it is still told.
    async fn elsewhere(&mut self, address: IpAddr) -> bool {
        // The guard that `wait_for` gives back must not live across an await.
        let elsewhere = |now: &Option<IpAddr>| *now != Some(address);
        self.address.wait_for(elsewhere).await.is_ok()
    }

    fn open(&self, address: SocketAddr) -> io::Result<Serving> {
        self.surface.serve(TcpListener::bind(address)?, Door::Vpn)
    }

    /// Serves until the address is another one; whether all is over.
    async fn serve(
        &mut self,
        serving: Serving,
        address: SocketAddr,
        stop: &mut watch::Receiver<bool>,
    ) -> bool {
        let Serving { mut server, handle } = serving;
        let over = tokio::select! {
            ended = &mut server => {
                let problem = ended.err().map(|problem| problem.to_string());
                warn!(problem, "the HTTP server on {address} ended; it is started again");
                tokio::select! {
                    () = tokio::time::sleep(self.pause) => return false,
                    _ = stop.changed() => return true,
                }
            }
            known = self.elsewhere(address.ip()) => !known,
            _ = stop.changed() => true,
        };
        let _ = tokio::join!(server, handle.stop(true));
        over
    }
}

#[cfg(test)]
mod tests;
