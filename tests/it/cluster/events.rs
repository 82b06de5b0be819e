//! What happens in the cluster is heard, by the anonymous user, and from who
//! may say it.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ns8_backup_monitor::cluster::{
    ClusterEvent, ClusterReader as _, EventStream, Pulse, RedisReader,
};
use ns8_backup_monitor::config;

use super::{now, usual};
use crate::support::process::free_port;
use crate::support::redis::{Cluster, MODULE_PASSWORD, MODULE_USER, NODE_PASSWORD, RedisServer};
use crate::support::resp::{Resp, RespClient};

const STATUS: &str = r#"{"node_id": 1, "backup_id": 1, "module_id": "mail1"}"#;
const STATUS_CHANGED: &str = "node/1/event/backup-status-changed";
/// What a stranger may publish to wake us: a schedule that changed.
const OWN_CHANNEL: &str = "module/backup-monitor1/event/backup-schedule-changed";

/// Quick where the real pace would only be waited for.
fn quick() -> Pulse {
    Pulse {
        check: Duration::from_millis(300),
        first_pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(100),
        ..Pulse::default()
    }
}

async fn next(events: &mut EventStream) -> ClusterEvent {
    tokio::time::timeout(Duration::from_secs(20), events.next())
        .await
        .expect("an event")
}

/// What a new subscription says: look at everything.
async fn subscribed(events: &mut EventStream) {
    assert_eq!(next(events).await, ClusterEvent::Smarthost);
    assert_eq!(next(events).await, ClusterEvent::Leader);
}

async fn listening(cluster: &Cluster) -> EventStream {
    let mut events = EventStream::with_pulse(&cluster.tcp(), quick());
    subscribed(&mut events).await;
    events
}

/// Publishes as a user of NS8, who may do so and is heard by this many.
#[track_caller]
fn publish(as_whom: &mut RespClient, channel: &str, payload: &str, heard_by: i64) {
    let reply = as_whom.command(&["PUBLISH", channel, payload]);
    assert_eq!(reply, Resp::Number(heard_by), "{channel}");
}

#[tokio::test]
async fn a_node_that_wrote_a_status_is_heard_over_tcp_and_over_the_socket() {
    let cluster = usual();
    cluster.command(&["ACL", "LOG", "RESET"]);
    let mut node = cluster.redis.login("node/1", NODE_PASSWORD);
    for redis in [cluster.tcp(), cluster.socket()] {
        let mut events = EventStream::open(&redis);
        subscribed(&mut events).await;
        publish(&mut node, STATUS_CHANGED, STATUS, 1);
        assert_eq!(next(&mut events).await, ClusterEvent::Changed);
        drop(events);
        nobody_listens(&cluster).await;
    }
    // fred asks for INFO when it connects and goes on without.
    let Resp::List(denied) = cluster.command(&["ACL", "LOG"]) else {
        panic!("a list")
    };
    assert!(
        denied
            .iter()
            .all(|entry| format!("{entry:?}").contains("\"info\"")),
        "{denied:?}"
    );
}

/// Waits until no subscription is left.
async fn nobody_listens(cluster: &Cluster) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while cluster.command(&["PUBSUB", "NUMPAT"]) != Resp::Number(0) {
        assert!(Instant::now() < deadline, "somebody still listens");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn every_kind_of_event_is_heard_and_a_stranger_is_not() {
    let cluster = usual();
    let mut events = listening(&cluster).await;
    let mut core = cluster.redis.admin();
    let mut stranger = cluster.redis.login(MODULE_USER, MODULE_PASSWORD);
    for (channel, event) in [
        ("cluster/event/smarthost-changed", ClusterEvent::Smarthost),
        ("cluster/event/leader-changed", ClusterEvent::Leader),
        ("cluster/event/module-added", ClusterEvent::Changed),
        ("cluster/event/module-removed", ClusterEvent::Changed),
        (
            "cluster/event/backup-destination-changed",
            ClusterEvent::Changed,
        ),
        (
            "cluster/event/backup-schedule-changed",
            ClusterEvent::Changed,
        ),
        (
            "module/mail1/event/backup-status-changed",
            ClusterEvent::Changed,
        ),
    ] {
        // All of these are nothing; what follows would come after them.
        publish(
            &mut stranger,
            "module/backup-monitor1/event/smarthost-changed",
            "{}",
            0,
        );
        publish(
            &mut stranger,
            "module/backup-monitor1/event/leader-changed",
            "{}",
            0,
        );
        let lie = "module/backup-monitor1/event/backup-status-changed";
        publish(&mut stranger, lie, STATUS, 1);
        publish(&mut core, channel, STATUS, 1);
        assert_eq!(next(&mut events).await, event, "{channel}");
    }
    // And Redis itself lets nobody speak in another one's name.
    let refused = stranger.command(&["PUBLISH", "cluster/event/smarthost-changed", "{}"]);
    assert!(refused.text().starts_with("NOPERM"), "{refused:?}");
    let late = tokio::time::timeout(Duration::from_millis(50), events.next()).await;
    assert!(late.is_err(), "{late:?}");
}

#[tokio::test]
async fn after_a_restart_of_redis_everything_is_looked_at_again() {
    let mut cluster = usual();
    let mut events = listening(&cluster).await;
    for _ in 0..2 {
        cluster.redis.crash();
        // Published to nobody: lost.
        cluster.restart();
        subscribed(&mut events).await;
        let mut node = cluster.redis.login("node/1", NODE_PASSWORD);
        publish(&mut node, STATUS_CHANGED, STATUS, 1);
        assert_eq!(next(&mut events).await, ClusterEvent::Changed);
    }
}

#[tokio::test]
async fn a_redis_that_is_not_there_yet_is_waited_for() {
    let port = free_port();
    let redis = config::Redis::Tcp {
        own: format!("127.0.0.1:{port}"),
        port,
    };
    let mut events = EventStream::with_pulse(&redis, quick());
    let none = tokio::time::timeout(Duration::from_millis(200), events.next()).await;
    assert!(none.is_err(), "{none:?}");
    let _redis = RedisServer::start_at(Ipv4Addr::LOCALHOST, port);
    subscribed(&mut events).await;
}

/// No FIN, no reset, no answer.
#[tokio::test]
async fn a_redis_that_fell_silent_is_noticed_and_left() {
    let cluster = usual();
    let mut events = listening(&cluster).await;
    cluster.redis.freeze();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !somebody_left(cluster.redis.address().port()) {
        assert!(Instant::now() < deadline, "nobody left");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    cluster.redis.thaw();
    subscribed(&mut events).await;
}

/// Whether a client of this port has closed its end of a connection and the
/// server has not (`FIN_WAIT1` or `FIN_WAIT2`).
fn somebody_left(port: u16) -> bool {
    let connections = std::fs::read_to_string("/proc/net/tcp").unwrap();
    connections.lines().any(|line| {
        let mut words = line.split_whitespace().skip(2);
        let to = words.next().unwrap_or_default();
        to.ends_with(&format!(":{port:04X}")) && matches!(words.next(), Some("04" | "05"))
    })
}

#[tokio::test]
async fn who_accepts_and_says_nothing_is_left_alone_in_time() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    silent.set_nonblocking(true).unwrap();
    let port = silent.local_addr().unwrap().port();
    let redis = config::Redis::Tcp {
        own: format!("127.0.0.1:{port}"),
        port,
    };
    let pulse = Pulse {
        connect: Duration::from_millis(100),
        ..quick()
    };
    let events = EventStream::with_pulse(&redis, pulse);
    let listener = tokio::net::TcpListener::from_std(silent).unwrap();
    let mut held = Vec::new();
    for _ in 0..3 {
        let again = tokio::time::timeout(Duration::from_secs(20), listener.accept());
        held.push(again.await.expect("another attempt").unwrap());
    }
    drop(events);
}

#[tokio::test]
async fn a_refused_subscription_is_tried_until_it_is_granted() {
    let cluster = usual();
    for refused in ["-psubscribe", "-subscribe", "off"] {
        cluster.command(&["ACL", "SETUSER", "default", refused]);
        let mut events = EventStream::with_pulse(&cluster.tcp(), quick());
        let none = tokio::time::timeout(Duration::from_millis(300), events.next()).await;
        assert!(none.is_err(), "{refused}: {none:?}");
        cluster.command(&[
            "ACL",
            "SETUSER",
            "default",
            "on",
            "+subscribe",
            "+psubscribe",
        ]);
        subscribed(&mut events).await;
    }
}

/// Redis ends the connections of a user who loses a channel; a subscription
/// that is gone while the connection stays is noticed too.
#[tokio::test]
async fn a_subscription_that_was_taken_away_is_made_again() {
    let cluster = usual();
    let mut events = listening(&cluster).await;
    cluster.command(&["ACL", "SETUSER", "default", "resetchannels"]);
    cluster.command(&["ACL", "SETUSER", "default", "allchannels"]);
    subscribed(&mut events).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_flood_starves_nobody_and_drowns_nothing_after_it() {
    let cluster = usual();
    let mut events = listening(&cluster).await;
    let address = cluster.redis.address();
    let flood = std::thread::spawn(move || {
        let mut stranger = RespClient::connect(address);
        stranger.command(&["AUTH", MODULE_USER, MODULE_PASSWORD]);
        let payload = "x".repeat(1000);
        let one = ["PUBLISH", OWN_CHANNEL, &payload]
            .map(str::to_owned)
            .to_vec();
        let began = Instant::now();
        stranger.pipeline(&vec![one; 50_000]);
        began.elapsed()
    });
    // Meanwhile the thread that all of this runs on is free for others.
    let mut worst = Duration::ZERO;
    while !flood.is_finished() {
        let asked = Instant::now();
        tokio::time::sleep(Duration::from_millis(5)).await;
        worst = worst.max(asked.elapsed());
    }
    let took = flood.join().unwrap();
    assert!(worst < Duration::from_secs(1), "{worst:?} of {took:?}");
    // What of it is still on its way comes to an end, and what follows is heard.
    let quiet = Duration::from_millis(500);
    next(&mut events).await;
    while tokio::time::timeout(quiet, events.next()).await.is_ok() {}
    let mut core = cluster.redis.admin();
    publish(&mut core, "cluster/event/smarthost-changed", "{}", 1);
    assert_eq!(next(&mut events).await, ClusterEvent::Smarthost);
}

#[tokio::test]
async fn a_message_that_wants_our_memory_ends_the_subscription_for_a_while() {
    let cluster = usual();
    let mut events = listening(&cluster).await;
    let mut stranger = cluster.redis.login(MODULE_USER, MODULE_PASSWORD);
    let mut core = cluster.redis.admin();
    let huge = "x".repeat(100_000);
    publish(&mut stranger, OWN_CHANNEL, &huge, 1);
    // Not heard, and built anew.
    subscribed(&mut events).await;
    publish(&mut core, "cluster/event/smarthost-changed", "{}", 1);
    assert_eq!(next(&mut events).await, ClusterEvent::Smarthost);
}

/// The leader moves; until the next look-up, minutes later, the old one would
/// be read, which goes on answering as a replica.
#[tokio::test]
async fn a_reader_that_is_told_so_looks_the_leader_up_at_once() {
    let port = free_port();
    let own = Cluster::empty(RedisServer::start_at(Ipv4Addr::LOCALHOST, port))
        .node(1, "127.0.0.1", "one")
        .node(2, "127.0.0.2", "two")
        .leader(2);
    let other = Cluster::empty(RedisServer::start_at(Ipv4Addr::new(127, 0, 0, 2), port)).leader(2);
    own.set("cluster/ui_name", "one");
    other.set("cluster/ui_name", "two");
    let reader = RedisReader::new(&own.tcp());
    let name = async |at: Timestamp| reader.read(at).await.unwrap().cluster_name.unwrap();
    assert_eq!(name(now()).await, "two");
    let own = own.leader(1);
    assert_eq!(name(now()).await, "two");
    // In vain: the doubt stays until it was answered.
    own.hset("cluster/environment", "NODE_ID", "x");
    reader.doubt_leader();
    reader.read(now()).await.unwrap_err();
    let own = own.leader(1);
    assert_eq!(name(now()).await, "one");
    drop((own, other));
}
