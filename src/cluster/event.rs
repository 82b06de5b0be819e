//! Which messages are events of NS8, and what they are a reason to do.
//!
//! Every application of the cluster may publish whatever it likes below its own
//! name, so a message is believed only on the channel of who would say such a
//! thing. What it says is never taken for a fact: it says that it is time to
//! read.

use serde::Deserialize;

/// What to do because of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterEvent {
    /// Read the cluster: something may be other than it was.
    Changed,
    /// Look the leader up before reading: it may be another one.
    Leader,
    /// Read the smarthost: it may be another one.
    Smarthost,
}

/// Subscribed to by name: only the cluster itself may publish there, so that
/// what others publish under such names never arrives.
pub(super) const CHANNELS: [&str; 5] = [
    "cluster/event/backup-destination-changed",
    "cluster/event/module-added",
    "cluster/event/module-removed",
    "cluster/event/leader-changed",
    "cluster/event/smarthost-changed",
];

/// Subscribed to by pattern. Redis' `*` matches slashes too.
pub(super) const PATTERNS: [&str; 3] = [
    "node/*/event/backup-status-changed",
    "module/*/event/backup-status-changed",
    "*/event/backup-schedule-changed",
];

/// NS8's payloads are far below this many bytes.
const LONGEST_PAYLOAD: usize = 1024;

/// Who published. Redis' users may publish below their own names only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source<'a> {
    Cluster,
    Node,
    Module(&'a str),
}

/// What a message is a reason to do; `None` when it is no event of NS8 from who
/// would publish it.
pub(super) fn heard(channel: &str, payload: &[u8]) -> Option<ClusterEvent> {
    let (source, event) = parse(channel)?;
    match (source, event) {
        (Source::Node, "backup-status-changed")
        | (_, "backup-schedule-changed")
        | (Source::Cluster, "backup-destination-changed" | "module-added" | "module-removed") => {
            Some(ClusterEvent::Changed)
        }
        (Source::Module(id), "backup-status-changed") => {
            (about(payload)? == id).then_some(ClusterEvent::Changed)
        }
        (Source::Cluster, "leader-changed") => Some(ClusterEvent::Leader),
        (Source::Cluster, "smarthost-changed") => Some(ClusterEvent::Smarthost),
        _ => None,
    }
}

/// `cluster/event/<name>`, `node/<n>/event/<name>`, `module/<id>/event/<name>`.
fn parse(channel: &str) -> Option<(Source<'_>, &str)> {
    let mut parts = channel.split('/');
    let source = match parts.next()? {
        "cluster" => Source::Cluster,
        "node" => parts.next()?.parse::<u32>().ok().map(|_| Source::Node)?,
        "module" => Source::Module(parts.next().filter(|id| !id.is_empty())?),
        _ => return None,
    };
    match (parts.next(), parts.next(), parts.next()) {
        (Some("event"), Some(name), None) => Some((source, name)),
        _ => None,
    }
}

/// The application that a status is said to be of.
fn about(payload: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Status {
        module_id: String,
    }
    if payload.len() > LONGEST_PAYLOAD {
        return None;
    }
    let status: Status = serde_json::from_slice(payload).ok()?;
    Some(status.module_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = r#"{"node_id": 1, "backup_id": 1, "module_id": "mail1"}"#;

    fn said(channel: &str, payload: &str) -> Option<ClusterEvent> {
        heard(channel, payload.as_bytes())
    }

    #[test]
    fn events_of_the_right_source_are_believed() {
        for (channel, payload, event) in [
            (
                "node/1/event/backup-status-changed",
                STATUS,
                ClusterEvent::Changed,
            ),
            // What a node says of it is not even looked at.
            (
                "node/12/event/backup-status-changed",
                "",
                ClusterEvent::Changed,
            ),
            (
                "module/mail1/event/backup-status-changed",
                STATUS,
                ClusterEvent::Changed,
            ),
            (
                "cluster/event/backup-schedule-changed",
                "{}",
                ClusterEvent::Changed,
            ),
            (
                "module/mail1/event/backup-schedule-changed",
                "{}",
                ClusterEvent::Changed,
            ),
            (
                "cluster/event/backup-destination-changed",
                "{}",
                ClusterEvent::Changed,
            ),
            ("cluster/event/module-added", "{}", ClusterEvent::Changed),
            ("cluster/event/module-removed", "{}", ClusterEvent::Changed),
            ("cluster/event/leader-changed", "{}", ClusterEvent::Leader),
            (
                "cluster/event/smarthost-changed",
                "{}",
                ClusterEvent::Smarthost,
            ),
        ] {
            assert_eq!(said(channel, payload), Some(event), "{channel}");
        }
    }

    #[test]
    fn what_somebody_else_publishes_is_nothing() {
        for (channel, payload) in [
            ("module/evil1/event/smarthost-changed", "{}"),
            ("module/evil1/event/leader-changed", "{}"),
            ("module/evil1/event/module-removed", "{}"),
            ("node/1/event/smarthost-changed", "{}"),
            ("module/evil1/event/backup-status-changed", STATUS),
            ("module/evil1/event/backup-status-changed", "mail1"),
            ("module/evil1/event/backup-status-changed", "[]"),
            (
                "module/evil1/event/backup-status-changed",
                r#"{"module_id": ["evil1"]}"#,
            ),
            ("module/evil1/node/1/event/backup-status-changed", STATUS),
            ("module/mail1/event/x/event/backup-schedule-changed", "{}"),
            (
                "module//event/backup-status-changed",
                r#"{"module_id": ""}"#,
            ),
            ("node/x/event/backup-status-changed", STATUS),
            ("node/-1/event/backup-status-changed", STATUS),
            ("cluster/event/backup-status-changed", STATUS),
            ("evil/event/backup-schedule-changed", "{}"),
            ("/event/backup-schedule-changed", "{}"),
            ("cluster/event/acl-changed", "reload"),
            ("cluster/event/", ""),
            ("", ""),
        ] {
            assert_eq!(said(channel, payload), None, "{channel} {payload}");
        }
        assert_eq!(
            heard("module/e1/event/backup-status-changed", b"\xff\xfe"),
            None
        );
    }

    #[test]
    fn a_payload_that_is_too_long_is_not_even_read() {
        let channel = "module/mail1/event/backup-status-changed";
        let of = |pad: usize| format!(r#"{{"module_id": "mail1", "x": "{}"}}"#, "x".repeat(pad));
        assert_eq!(said(channel, &of(900)), Some(ClusterEvent::Changed));
        assert_eq!(said(channel, &of(1024)), None);
    }

    #[test]
    fn every_name_that_is_subscribed_to_is_understood() {
        for channel in CHANNELS {
            assert!(said(channel, "{}").is_some(), "{channel}");
        }
        for pattern in PATTERNS {
            let node = pattern.replace('*', "node/1").replace("node/node", "node");
            let channel = node.replace("module/node/1", "module/mail1");
            assert!(said(&channel, STATUS).is_some(), "{channel}");
        }
    }
}
