//! Which nodes answer.

use std::collections::{BTreeMap, BTreeSet};

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

impl Reachability {
    /// What it means that these peers, and no others, were asked, and which of
    /// them answered.
    pub fn of(answers: &BTreeMap<NodeId, bool>) -> Self {
        let silent = answers.iter().filter(|(_, answered)| !**answered);
        let unreachable: BTreeSet<NodeId> = silent.map(|(node, _)| *node).collect();
        if unreachable.len() >= 2 && unreachable.len() == answers.len() {
            return Self {
                unreachable: BTreeSet::new(),
                own_vpn_suspect: true,
            };
        }
        Self {
            unreachable,
            own_vpn_suspect: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(answers: &[(u32, bool)]) -> (Vec<u32>, bool) {
        let answers = answers.iter().map(|(id, yes)| (NodeId(*id), *yes));
        let reach = Reachability::of(&answers.collect());
        let silent = reach.unreachable.iter().map(|node| node.0).collect();
        (silent, reach.own_vpn_suspect)
    }

    #[test]
    fn where_all_peers_are_silent_and_are_several_the_fault_is_ours() {
        assert_eq!(of(&[]), (vec![], false));
        assert_eq!(of(&[(2, true), (3, true)]), (vec![], false));
        assert_eq!(of(&[(2, false)]), (vec![2], false));
        assert_eq!(of(&[(2, false), (3, true)]), (vec![2], false));
        let two_of_three = [(2, false), (3, false), (4, true)];
        assert_eq!(of(&two_of_three), (vec![2, 3], false));
        assert_eq!(of(&[(2, false), (3, false)]), (vec![], true));
    }
}
