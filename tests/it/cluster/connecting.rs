//! The way to the leader, and what happens when Redis is away.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ns8_backup_monitor::cluster::{ClusterError, ClusterReader as _, Limits, RedisReader};
use ns8_backup_monitor::config;
use ns8_backup_monitor::model::{ClusterState, ReadFailure};

use super::{assert_usual, limits, now, read, usual};
use crate::support::process::{DeadPort, free_port};
use crate::support::redis::{Cluster, RedisServer};

#[tokio::test]
async fn an_empty_redis_is_an_error_and_not_a_cluster_without_plans() {
    let cluster = Cluster::empty(RedisServer::start());
    let error = RedisReader::new(&cluster.tcp())
        .read(now())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no key at all"), "{error}");
}

#[tokio::test]
async fn a_new_cluster_is_an_empty_state_and_a_refused_read_is_an_error() {
    let cluster = Cluster::empty(RedisServer::start());
    cluster.command(&["SET", "cluster/uuid", "6a7b"]);
    let state = read(&cluster).await;
    assert!(state.plans.is_empty() && state.modules.is_empty() && state.leader.is_none());
    cluster.command(&["ACL", "SETUSER", "default", "-hgetall"]);
    let error = RedisReader::new(&cluster.tcp())
        .read(now())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ClusterError::Answer { reason, .. } if reason.starts_with("NOPERM")),
        "{error:?}"
    );
    cluster.command(&["ACL", "SETUSER", "default", "off"]);
    let error = RedisReader::new(&cluster.tcp())
        .read(now())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ClusterError::Refused { user, .. } if user == "default"),
        "{error:?}"
    );
}

/// Two nodes that share a port, as in a real cluster; node 1's own Redis is
/// asked for the leader.
fn two_nodes() -> (Cluster, Cluster) {
    let port = free_port();
    let own = Cluster::empty(RedisServer::start_at(Ipv4Addr::LOCALHOST, port))
        .node(1, "127.0.0.1", "one")
        .node(2, "127.0.0.2", "two")
        .leader(2);
    let other = Cluster::empty(RedisServer::start_at(Ipv4Addr::new(127, 0, 0, 2), port)).leader(2);
    own.plan("1", "old data of a replica").instances([]);
    other.plan("1", "at the leader").instances([]);
    (own, other)
}

async fn plan_name(reader: &RedisReader, now: Timestamp) -> String {
    reader.read(now).await.unwrap().plans[&"1".into()]
        .name
        .clone()
}

#[tokio::test]
async fn data_is_read_at_the_leader_and_the_leader_is_looked_up_every_five_minutes() {
    let (own, other) = two_nodes();
    let reader = RedisReader::new(&own.tcp());
    assert_eq!(plan_name(&reader, now()).await, "at the leader");
    let own = own.leader(1);
    let later = |minutes| now() + jiff::SignedDuration::from_mins(minutes);
    assert_eq!(plan_name(&reader, later(4)).await, "at the leader");
    assert_eq!(plan_name(&reader, later(6)).await, "old data of a replica");
    drop(own.leader(2));
    drop(other);
}

#[tokio::test]
async fn after_a_failure_the_leader_is_looked_up_at_once() {
    let (own, mut other) = two_nodes();
    let reader = RedisReader::new(&own.tcp());
    assert_eq!(plan_name(&reader, now()).await, "at the leader");
    other.redis.crash();
    let own = own.leader(1);
    assert_eq!(plan_name(&reader, now()).await, "old data of a replica");
    drop(own);
}

#[tokio::test]
async fn a_leader_that_is_away_is_an_error_and_never_its_replica() {
    let (own, mut other) = two_nodes();
    let reader = RedisReader::new(&own.tcp());
    other.redis.crash();
    let error = reader.read(now()).await.unwrap_err();
    let address = format!("127.0.0.2:{}", own.redis.address().port());
    assert!(
        matches!(&error, ClusterError::Unreachable { address: at, .. } if *at == address),
        "{error:?}"
    );
    other.redis.restart();
    let other = Cluster::empty(other.redis).leader(2);
    other.plan("1", "back again").instances([]);
    assert_eq!(plan_name(&reader, now()).await, "back again");
    own.del("node/2/vpn");
    let error = RedisReader::new(&own.tcp()).read(now()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("ip_address of the leader is \"\""),
        "{error}"
    );
}

#[tokio::test]
async fn a_restart_between_two_reads_is_not_noticed() {
    let mut cluster = usual();
    let reader = RedisReader::new(&cluster.tcp());
    assert_usual(&reader.read(now()).await.unwrap());
    cluster.redis.restart();
    let cluster = Cluster::empty(cluster.redis);
    cluster.plan("1", "after the restart").instances([]);
    assert_eq!(plan_name(&reader, now()).await, "after the restart");
}

#[tokio::test]
async fn a_redis_that_is_down_or_silent_is_unreachable_in_time_and_comes_back() {
    let cluster = usual();
    let limit = Duration::from_millis(700);
    let reader = RedisReader::with_limits(&cluster.tcp(), limits(limit));
    assert_usual(&reader.read(now()).await.unwrap());
    cluster.redis.freeze();
    for fresh in [false, true] {
        let another = RedisReader::with_limits(&cluster.tcp(), limits(limit));
        let reader = if fresh { &another } else { &reader };
        let began = Instant::now();
        let error = reader.read(now()).await.unwrap_err();
        assert!(
            matches!(error, ClusterError::Unreachable { .. }),
            "{error:?}"
        );
        assert!(began.elapsed() < limit * 4, "{:?}", began.elapsed());
        let pinged = reader.ping().await;
        assert!(
            matches!(pinged, Err(ClusterError::Unreachable { .. })),
            "{pinged:?}"
        );
    }
    cluster.redis.thaw();
    let patient = Limits::default();
    assert_usual(
        &RedisReader::with_limits(&cluster.tcp(), patient)
            .read(now())
            .await
            .unwrap(),
    );
    assert_usual(&read_within(&reader, Duration::from_secs(20)).await);

    let dead = DeadPort::take();
    let nobody = config::Redis::Tcp {
        own: format!("127.0.0.1:{}", dead.number()),
        port: 1,
    };
    let error = RedisReader::new(&nobody).read(now()).await.unwrap_err();
    assert!(
        matches!(error, ClusterError::Unreachable { .. }),
        "{error:?}"
    );
    let no_socket = config::Redis::Socket("/nonexistent/redis.sock".into());
    let error = RedisReader::new(&no_socket).read(now()).await.unwrap_err();
    assert!(
        error.to_string().contains("/nonexistent/redis.sock"),
        "{error}"
    );
}

/// On a busy machine the short limit of the test above may pass once more.
async fn read_within(reader: &RedisReader, patience: Duration) -> ClusterState {
    let deadline = Instant::now() + patience;
    loop {
        match reader.read(now()).await {
            Ok(state) => return state,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    }
}

#[tokio::test]
async fn a_reader_keeps_one_connection_and_a_dropped_one_none() {
    let cluster = usual();
    let clients = || {
        let list = cluster.command(&["CLIENT", "LIST"]);
        list.text().lines().count()
    };
    let reader = RedisReader::new(&cluster.tcp());
    assert_usual(&reader.read(now()).await.unwrap());
    for _ in 0..3 {
        reader.ping().await.unwrap();
    }
    let settled = |count| async move {
        let deadline = Instant::now() + Duration::from_secs(20);
        while clients() != count {
            assert!(Instant::now() < deadline, "{} connections", clients());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    settled(2).await;
    drop(reader);
    settled(1).await;
}

/// A way to `server` on which the connection of the first read, the third of all,
/// gets `odd` for an answer; `then` is what becomes of it. Its threads end with the
/// tests.
fn with_an_odd_answer(server: SocketAddr, odd: &'static [u8], then: Then) -> config::Redis {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let own = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (number, client) in listener.incoming().flatten().enumerate() {
            if number == 2 {
                answer_oddly(client, odd, then);
            } else {
                let server = TcpStream::connect(server).unwrap();
                copy(client.try_clone().unwrap(), server.try_clone().unwrap());
                copy(server, client);
            }
        }
    });
    config::Redis::Tcp {
        own: own.to_string(),
        port: own.port(),
    }
}

/// What becomes of the connection after an odd answer.
#[derive(Clone, Copy)]
enum Then {
    Closed,
    Silent,
}

fn answer_oddly(mut client: TcpStream, odd: &[u8], then: Then) {
    let mut question = [0; 8];
    client.read_exact(&mut question).unwrap();
    client.write_all(odd).unwrap();
    if let Then::Closed = then {
        client.shutdown(std::net::Shutdown::Write).unwrap();
    }
    // Closing with something unread would take back what was said.
    let _ = client.read_to_end(&mut Vec::new());
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || std::io::copy(&mut from, &mut to));
}

#[tokio::test]
async fn a_read_that_is_answered_oddly_fails_with_the_reason_and_the_next_one_works() {
    let cluster = usual();
    let (closed, answered) = (ReadFailure::Unreachable, ReadFailure::Answer);
    let cases: [(&[u8], &str, ReadFailure); 7] = [
        (b"", "closed", closed),
        (b"*2\r\n$5\r\nmai", "closed", closed),
        (b"$1000000000\r\nx", "closed", closed),
        (
            b"HTTP/1.1 400 Bad Request\r\n",
            "protocol of Redis",
            answered,
        ),
        (b"-\r\n", "an error without a word", answered),
        (b"-ERR too\x1b[31m many\r\n", "ERR too␛[31m many", answered),
        (
            b"-NOAUTH Authentication required.\r\n",
            "NOAUTH",
            ReadFailure::Refused,
        ),
    ];
    for (odd, reason, kind) in cases {
        let redis = with_an_odd_answer(cluster.redis.address(), odd, Then::Closed);
        let reader = RedisReader::new(&redis);
        let error = reader.read(now()).await.unwrap_err();
        assert_eq!(error.failure(), kind, "{odd:?}: {error:?}");
        assert!(error.to_string().contains(reason), "{odd:?}: {error}");
        assert_usual(&reader.read(now()).await.unwrap());
    }
}

#[tokio::test]
async fn an_answer_without_sense_is_told_at_once_although_others_never_come() {
    let cluster = usual();
    // To what was asked before the scan, and to the scan; not to what is asked
    // while it goes on.
    let odd = b"*0\r\n:5\r\n+odd\r\n";
    for then in [Then::Silent, Then::Closed] {
        let redis = with_an_odd_answer(cluster.redis.address(), odd, then);
        let began = Instant::now();
        let error = RedisReader::new(&redis).read(now()).await.unwrap_err();
        assert_eq!(error.failure(), ReadFailure::Answer, "{error:?}");
        assert!(error.to_string().contains("SCAN"), "{error}");
        assert!(began.elapsed() < Limits::default().call / 2);
    }
}
