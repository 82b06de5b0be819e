//! Which nodes answer.

use std::collections::BTreeSet;

use super::NodeId;

/// What the nodes answered when they were asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reachability {
    /// Nodes that were asked and did not answer.
    pub unreachable: BTreeSet<NodeId>,
    /// All peers, two at least, failed at once: the own VPN is the suspect, and
    /// no node is called unreachable.
    pub own_vpn_suspect: bool,
}
