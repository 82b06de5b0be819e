//! The second door: the node's address in the cluster's VPN.

use std::net::{IpAddr, SocketAddr};

use rustix::process::Signal;
use serde_json::json;

use crate::support::http;
use crate::support::process::wait_until;
use crate::support::redis::Cluster;
use crate::support::service::Service;

/// A node whose VPN address is one of loopback: what comes in there is of this
/// machine, and must not be taken for it.
const VPN: &str = "127.5.4.77";
const ELSEWHERE: &str = "127.5.4.78";
/// Nobody has it (RFC 5737).
const NOT_YET: &str = "192.0.2.77";

const TOKEN: &str = "s3cret-t0ken";

fn start(vpn: &str) -> (Cluster, Service) {
    let cluster = Cluster::start().node(2, vpn, "Second");
    cluster.module("backup-monitor1", 2);
    let configuration = format!(
        "mail: {{from: monitor@example.org, to: [admin@example.org]}}\n\
         redis: {{address: \"{}\"}}\n\
         receiver: {{token: {TOKEN}}}\n",
        cluster.redis.address()
    );
    let service = Service::start(&configuration, &[("NODE_ID", "2")]);
    (cluster, service)
}

/// Where the service listens, seen from `address`.
fn at(service: &Service, address: &str) -> SocketAddr {
    let address: IpAddr = address.parse().unwrap();
    SocketAddr::new(address, service.address().port())
}

fn listens(address: SocketAddr) -> bool {
    http::get(address, "/healthz").is_ok_and(|answer| answer.status() == 200)
}

#[test]
fn prometheus_needs_no_token_there_and_everybody_else_does() {
    let (_cluster, service) = start(VPN);
    let vpn = at(&service, VPN);
    wait_until("the second door", || listens(vpn));
    let metrics = http::get(vpn, "/metrics").unwrap();
    assert_eq!(metrics.status(), 200);
    assert!(metrics.text().contains("build_info"), "{}", metrics.text());
    assert_eq!(http::get(vpn, "/readyz").unwrap().status(), 401);
    assert_eq!(http::get(vpn, "/").unwrap().status(), 403);

    let alert = json!({ "alerts": [] });
    let post = |headers: &[(&str, &str)]| {
        let body = alert.to_string();
        let headers = [&[("Content-Type", "application/json")], headers].concat();
        let answer = http::request(vpn, "POST", "/alert", &headers, body.as_bytes());
        answer.unwrap().status()
    };
    assert_eq!(post(&[]), 401);
    assert_eq!(post(&[("Authorization", "Bearer wrong")]), 401);
    let right = format!("Bearer {TOKEN}");
    assert_eq!(post(&[("Authorization", &right)]), 200);
    assert_eq!(
        service.post_alert(&alert).status(),
        200,
        "and here none is needed"
    );
}

#[test]
fn it_goes_with_the_address_and_ends_with_the_service() {
    let (cluster, mut service) = start(VPN);
    let (vpn, elsewhere) = (at(&service, VPN), at(&service, ELSEWHERE));
    wait_until("the second door", || listens(vpn));
    cluster.hset("node/2/vpn", "ip_address", ELSEWHERE);
    service.signal(Signal::USR1);
    wait_until("the door at the new address", || listens(elsewhere));
    assert!(!listens(vpn));
    assert!(service.term().success(), "{}", service.log());
    assert!(!listens(elsewhere));
}

#[test]
fn an_address_that_is_not_there_yet_is_told_once_and_harms_nothing() {
    let (cluster, service) = start(NOT_YET);
    let told = "the VPN address of this node: Prometheus cannot scrape it";
    wait_until("the warning", || service.log().contains(told));
    assert_eq!(service.get("/readyz").status(), 200);
    cluster.hset("node/2/vpn", "ip_address", VPN);
    service.signal(Signal::USR1);
    let vpn = at(&service, VPN);
    wait_until("the second door", || listens(vpn));
    assert_eq!(service.log().matches(told).count(), 1, "{}", service.log());
}

#[test]
fn a_crowd_at_one_door_keeps_nobody_out_at_the_other() {
    let (_cluster, service) = start(VPN);
    let vpn = at(&service, VPN);
    wait_until("the second door", || listens(vpn));
    let idle: Vec<_> = (0..300)
        .map_while(|_| std::net::TcpStream::connect(vpn).ok())
        .collect();
    assert!(idle.len() > 100, "{}", idle.len());
    assert_eq!(service.get("/healthz").status(), 200);
    assert_eq!(service.post_alert(&json!({ "alerts": [] })).status(), 200);
}

/// A service that is told no node has no door but its own.
#[test]
fn without_a_node_there_is_no_second_door() {
    let cluster = Cluster::start().node(2, VPN, "Second");
    cluster.module("backup-monitor1", 2);
    let configuration = format!(
        "mail: {{from: monitor@example.org, to: [admin@example.org]}}\n\
         redis: {{address: \"{}\"}}\n",
        cluster.redis.address()
    );
    let service = Service::start(&configuration, &[]);
    assert!(!listens(at(&service, VPN)));
}
