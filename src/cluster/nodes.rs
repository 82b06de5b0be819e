//! Whether nodes answer: at their gateway to the repositories, over the
//! cluster's VPN. Every node has one, and it answers without a login
//! (ns8-core's `haproxy.cfg`: `_probe_rest_404`).

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use reqwest::Client;
use tokio::time::timeout;

use super::http;
use crate::model::{ClusterState, NodeId};

const PATH: &str = "/_probe_rest_404";
/// Nodes that are asked at once; few clusters have more.
const AT_ONCE: usize = 64;
/// For all nodes together, as a number of times that one may take.
const TURNS: u32 = 3;

/// Asks nodes whether they are there.
#[derive(Clone, Copy, Debug)]
pub struct NodeProbe {
    /// Where the gateways listen.
    pub port: u16,
    /// How long one node may take.
    pub patience: Duration,
}

impl Default for NodeProbe {
    fn default() -> Self {
        Self {
            port: 4694,
            patience: Duration::from_secs(3),
        }
    }
}

impl NodeProbe {
    /// Whether each node of `state` but `own` answers with an HTTP status,
    /// whichever. Left out are nodes whose VPN address is not known, and those
    /// whose turn did not come within three times [`Self::patience`].
    ///
    /// # Errors
    /// Why nobody could be asked.
    pub async fn answers(
        self,
        state: &ClusterState,
        own: Option<NodeId>,
    ) -> Result<BTreeMap<NodeId, bool>, String> {
        let mut answers = BTreeMap::new();
        let peers: Vec<(NodeId, IpAddr)> = state
            .nodes
            .iter()
            .filter(|(id, _)| Some(**id) != own)
            .filter_map(|(id, node)| Some((*id, node.vpn_address.as_ref()?.trim().parse().ok()?)))
            .collect();
        if peers.is_empty() {
            return Ok(answers);
        }
        let client = &http::plain_client(self.patience)?;
        let mut asked = stream::iter(peers)
            .map(|(id, ip)| async move { (id, self.has_answered(client, ip).await) })
            .buffer_unordered(AT_ONCE);
        let all = async {
            while let Some((id, answered)) = asked.next().await {
                answers.insert(id, answered);
            }
        };
        // Whoever is late is only not known: it was never asked.
        let _ = timeout(self.patience * TURNS, all).await;
        Ok(answers)
    }

    /// Only the head counts: nothing of a body is waited for.
    async fn has_answered(self, client: &Client, ip: IpAddr) -> bool {
        let address = SocketAddr::new(ip, self.port);
        let head = client.get(format!("http://{address}{PATH}")).send();
        matches!(timeout(self.patience, head).await, Ok(Ok(_)))
    }
}

#[cfg(test)]
mod tests;
