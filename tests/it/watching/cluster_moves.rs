//! Another leader, another Redis.

use std::net::Ipv4Addr;

use rustix::process::Signal;

use super::{MEMBERS, Watch, configuration, fill, good_cluster, now, publish};
use crate::support::process::{free_port, wait_until};
use crate::support::redis::{Cluster, RedisServer};
use crate::support::resp::Resp;

/// Node 1, where the program runs, becomes the leader. The old one goes on
/// answering, and the next look would be minutes away, at the old one.
#[test]
fn after_a_change_of_leader_the_new_one_is_read_at_once() {
    let port = free_port();
    let at = |ip| {
        let redis = RedisServer::start_at(ip, port);
        let cluster = Cluster::empty(redis)
            .node(1, "127.0.0.1", "First")
            .node(2, "127.0.0.2", "Second")
            .leader(2);
        fill(&cluster);
        cluster
    };
    let (own, leader) = (at(Ipv4Addr::LOCALHOST), at(Ipv4Addr::new(127, 0, 0, 2)));
    let own_address = own.redis.address().to_string();
    let watch = Watch::at(leader, &own_address);

    let own = own.leader(1);
    for (module, node) in MEMBERS {
        own.status_a(node, "1", module, now() - 1, now(), 1);
    }
    let mut core = own.redis.admin();
    let payload = r#"{"node_id": 1, "endpoint": "first.example.org:55820"}"#;
    assert_eq!(
        publish(&mut core, "cluster/event/leader-changed", payload),
        1
    );
    wait_until("the mail", || !watch.mails().is_empty());
    assert!(watch.mails()[0].ends_with("(First)"), "{:?}", watch.mails());
}

#[test]
fn a_configuration_that_names_another_redis_moves_the_subscription() {
    let watch = Watch::over(good_cluster());
    let other = good_cluster();
    assert_eq!(watch.patterns(), Resp::Number(3));
    let elsewhere = configuration(&watch.folder, &other.redis.address().to_string());
    std::fs::write(watch.service.config_file(), elsewhere).unwrap();
    watch.service.signal(Signal::HUP);
    wait_until("the new subscription", || {
        other.command(&["PUBSUB", "NUMPAT"]) == Resp::Number(3)
    });
    wait_until("the end of the old one", || {
        watch.patterns() == Resp::Number(0)
    });

    // One that names the same keeps it.
    let same = std::fs::read_to_string(watch.service.config_file()).unwrap();
    let client = other.command(&["CLIENT", "LIST", "TYPE", "pubsub"]);
    std::fs::write(
        watch.service.config_file(),
        same + "notify: {reminder_hours: 12}\n",
    )
    .unwrap();
    watch.service.signal(Signal::HUP);
    wait_until("the second reload", || {
        let log = watch.service.log();
        log.matches("the new configuration is in force").count() == 2
    });
    let id = |list: &Resp| list.text().split_whitespace().next().map(str::to_owned);
    let after = other.command(&["CLIENT", "LIST", "TYPE", "pubsub"]);
    assert_eq!(id(&after), id(&client));
    assert!(id(&after).is_some());
}
