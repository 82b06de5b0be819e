//! Whether the nodes of the cluster answer.

use async_trait::async_trait;
use tracing::warn;

use crate::cluster::NodeProbe;
use crate::model::{ClusterState, NodeId, Reachability};

/// Asks the nodes.
#[async_trait]
pub trait Peers: Send + Sync {
    /// Which nodes of `state` answer; `own` is where we are.
    async fn reachability(&self, state: &ClusterState, own: Option<NodeId>) -> Reachability;
}

/// The real nodes, over the cluster's VPN.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodePeers {
    /// How they are asked.
    pub probe: NodeProbe,
}

#[async_trait]
impl Peers for NodePeers {
    async fn reachability(&self, state: &ClusterState, own: Option<NodeId>) -> Reachability {
        let reach = match self.probe.answers(state, own).await {
            Ok(answers) => Reachability::of(&answers),
            Err(problem) => {
                warn!(problem, "no node can be asked whether it is there");
                Reachability::default()
            }
        };
        if reach.own_vpn_suspect {
            warn!("no other node answers: is the VPN of this one up?");
        }
        for node in &reach.unreachable {
            warn!(node = node.0, "this node does not answer");
        }
        reach
    }
}
