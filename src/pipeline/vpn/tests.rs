use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::*;
use crate::config;
use crate::receiver::{Limits, Receiver, Rules, Vitals};
use crate::store::Store;

fn config(receiver: &str, node: &str) -> Config {
    let text = format!(
        "mail: {{from: a@example.org, to: [b@example.org]}}\nreceiver: {{host: \"{receiver}\"}}\n"
    );
    let env = BTreeMap::from([("NODE_ID".to_owned(), node.to_owned())]);
    config::load_str(&text, &env).unwrap().config
}

/// Node 2 with this address.
fn cluster(vpn: Option<&str>) -> ClusterState {
    let state = serde_json::json!({
        "read_at": "2026-11-20T00:00:00Z",
        "nodes": { "2": { "vpn_address": vpn } },
        "modules": {}, "destinations": {}, "plans": {}, "statuses": {},
    });
    serde_json::from_value(state).unwrap()
}

#[test]
fn the_door_is_where_the_own_node_is_in_the_vpn() {
    let of = |receiver, node, vpn| address(&config(receiver, node), &cluster(vpn));
    let there = "10.5.4.2".parse().ok();
    assert_eq!(of("127.0.0.1", "2", Some("10.5.4.2")), there);
    assert_eq!(of("192.168.1.1", "2", Some("10.5.4.2")), there);
    assert_eq!(of("127.0.0.1", "1", Some("10.5.4.2")), None, "another node");
    assert_eq!(of("127.0.0.1", "", Some("10.5.4.2")), None, "no node");
    assert_eq!(of("127.0.0.1", "2", None), None);
    for wrong in ["", "here", "0.0.0.0", "::", "10.5.4.2/24"] {
        assert_eq!(of("127.0.0.1", "2", Some(wrong)), None, "{wrong}");
    }
    for served in ["10.5.4.2", "0.0.0.0", "::"] {
        assert_eq!(of(served, "2", Some("10.5.4.2")), None, "{served}");
    }
}

/// What holds the port goes away while nobody tells the door anything.
#[tokio::test]
async fn a_port_that_is_taken_is_tried_until_it_is_free() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let rules = Rules::from_config(&config("127.0.0.1", ""));
    let surface = Receiver {
        store: Store::open(folder.path()).unwrap(),
        rules: watch::Sender::new(Arc::new(rules)).subscribe(),
        alerts: Arc::new(Notify::new()),
        vitals: Arc::new(Vitals::new(Instant::now(), Duration::MAX)),
        metrics: watch::Sender::new(Arc::from("")).subscribe(),
        now: Arc::new(|| Timestamp::UNIX_EPOCH),
        limits: Limits::default(),
    }
    .open();
    let (_told, known) = watch::channel(Some(address.ip()));
    let (stop, stopped) = watch::channel(false);
    let door = VpnDoor {
        surface,
        address: known,
        port: address.port(),
        pause: Duration::from_millis(5),
    };
    let running = tokio::spawn(door.run(stopped));
    tokio::task::yield_now().await;
    drop(holder);
    let open = async {
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), open).await.unwrap();
    stop.send_replace(true);
    timeout(Duration::from_secs(20), running)
        .await
        .unwrap()
        .unwrap();
}
