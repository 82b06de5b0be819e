//! Redis away, and another leader.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::json;

use super::case::{backup_failed, webhook};
use super::world::{SEVEN, World, last_run};
use crate::support::process::{free_port, wait_until, wait_within};
use crate::support::redis::{CLUSTER_PASSWORD, Cluster, RedisServer};

#[test]
fn while_redis_is_away_nothing_is_made_up_and_the_answer_comes_within_a_minute_after() {
    let world = World::nightly(&[]).set("repo_check.method", json!("off"));
    let mut case = world.serve();
    case.cluster.command(&["SAVE"]);
    case.cluster.redis.crash();
    let alert = backup_failed("1", "Nightly", 1);
    case.fire(&[&alert]);
    wait_until("the service to see that Redis is away", || {
        case.service.get("/readyz").status() == 503
    });
    let ready = case.service.get("/readyz").json();
    assert_eq!(ready["ready"], false);
    assert_eq!(ready["redis"]["ok"], false);
    assert_eq!(ready["database"]["ok"], true);
    assert_eq!(case.service.get("/healthz").status(), 200);
    case.post(&webhook(&[("firing", &alert)]));
    assert_eq!(case.waiting().1, 0);
    assert!(case.waiting().0 >= 1, "the alert waits");
    assert_eq!((case.reports(), case.mail.received().len()), (0, 0));

    case.cluster.restart();
    wait_within(Duration::from_mins(1), "the mail", || {
        !case.mail.received().is_empty()
    });
    let letter = case.letters(1).remove(0);
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ✅ Backup completed: Nightly (Test cluster)"
    );
    letter.is_silent_about(&["nothing shows that a backup was made", "not known how the"]);
    case.service.wait_until_ready();
    case.repeats_give_nothing(&[&alert], 1);
    assert_eq!(case.reports(), 1);
}

/// Node 1, where the program runs, holds a replica, which lags behind while
/// node 2 leads; then node 2 dies.
#[test]
fn the_leader_is_read_and_after_a_change_the_new_one() {
    let port = free_port();
    let leader = Cluster::empty(RedisServer::start_at(Ipv4Addr::new(127, 0, 0, 2), port))
        .node(1, "127.0.0.1", "First")
        .node(2, "127.0.0.2", "Second")
        .leader(2);
    let own = Cluster::empty(RedisServer::start_at(Ipv4Addr::LOCALHOST, port));
    replicate(&leader, &own);
    own.command(&["REPLICAOF", "127.0.0.2", &free_port().to_string()]);
    let world = World::in_cluster(leader, &SEVEN).set("repo_check.method", json!("off"));
    world.plan("1", "Nightly", &["mail1", "samba1"]);
    world.status(1, "1", "mail1", 1);
    world.status(2, "1", "samba1", 0);
    let mut case = world.serve_at(&own.redis.address().to_string());
    let alert = backup_failed("1", "Nightly", 1);
    let letter = case.one_letter_for(&alert);
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ⚠️ Backup partially failed, found at start: Nightly - 1 of 2 applications failed (Second)"
    );

    replicate(&case.cluster, &own);
    case.cluster.redis.crash();
    own.command(&["REPLICAOF", "NO", "ONE"]);
    let own = own.leader(1);
    let start = last_run() + 900;
    own.status_a(1, "1", "mail1", start, start + 60, 1);
    own.status_a(2, "1", "samba1", start, start + 60, 1);
    case.fire(&[&backup_failed("1", "Nightly", 2)]);
    let letter = case.letters(2).remove(1);
    assert_eq!(
        letter.subject,
        "[NS8 Backup] ❌ Backup failed again, in another way: Nightly - 2 of 2 applications failed, started by hand (First)"
    );
    case.repeats_give_nothing(&[&alert], 2);
}

/// Makes `own` a replica that has all that the leader has.
fn replicate(leader: &Cluster, own: &Cluster) {
    leader.command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
    own.command(&["CONFIG", "SET", "masteruser", "cluster"]);
    own.command(&["CONFIG", "SET", "masterauth", CLUSTER_PASSWORD]);
    let at = leader.redis.address();
    own.command(&["REPLICAOF", &at.ip().to_string(), &at.port().to_string()]);
    wait_until("the replica to have it all", || {
        let state = own.command(&["INFO", "replication"]);
        state.text().contains("master_link_status:up")
    });
}
