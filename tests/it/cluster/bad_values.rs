//! Values that make no sense, and values that mean harm.

use std::time::Duration;

use ns8_backup_monitor::cluster::{ClusterReader as _, RedisReader};
use ns8_backup_monitor::model::{ClusterState, Layout, ModuleId, Reason, Unreadable};

use super::{START, errors, instances, limits, now, read, unreadable, usual};
use crate::support::redis::Cluster;

#[tokio::test]
async fn a_value_that_makes_no_sense_costs_its_own_module_only() {
    let cluster = usual();
    for (module, text) in [
        ("bad1", "{oops"),
        ("bad2", r#"{"start": -5, "end": 2, "errors": 0}"#),
        ("bad3", r#"{"start": 1780000000, "end": 1780000300}"#),
        (
            "bad4",
            r#"{"start": 4102444800, "end": 4102444900, "errors": 0}"#,
        ),
    ] {
        cluster.module(module, 1);
        cluster.status_a_raw(1, "1", module, text);
    }
    cluster.status_a_raw(1, "1", "no/id", "{}");
    // A whole status hash of another type: the member on that node is not known.
    cluster.set("node/1/backup_status/22", "a string");
    cluster.set("module/mail1/backup_status/1", "a string");
    cluster.set("cluster/backup/8", "a string");
    cluster.set("cluster/backup/evil\u{202e} id", "a string");
    cluster
        .plan("9", "No destination")
        .destination("../x")
        .instances(["mail1", "a/b"]);
    cluster.command(&["SADD", "cluster/backup_repository/d-2", "x"]);
    cluster
        .plan("10", "Odd destination")
        .destination("d-2")
        .instances([]);
    cluster.hset("cluster/module_uuid", "evil1", "../../etc");
    cluster.hset("cluster/module_node", "samba1", "one");
    cluster.command(&["SADD", "module/samba1/ui_name", "x"]);

    let state = read(&cluster).await;
    assert_eq!(errors(&state, "1", "nextcloud12"), (Layout::A, 2));
    assert_eq!(errors(&state, "1", "mail1"), (Layout::A, 0));
    for (module, reason) in [
        ("bad1", "it is not the JSON text of a status"),
        ("bad2", "start is negative"),
        ("bad3", "errors is missing"),
    ] {
        let found = unreadable(&state, "1", module);
        assert_eq!(found.key, format!("node/1/backup_status/1 {module}"));
        assert_eq!(found.reason.to_string(), reason);
    }
    let ahead = unreadable(&state, "1", "bad4").reason.to_string();
    assert!(ahead.contains("future"), "{ahead}");
    let named: Vec<&str> = state.unreadable.iter().map(|u| u.key.as_str()).collect();
    for key in [
        "cluster/module_uuid evil1",
        "cluster/module_node samba1",
        "cluster/backup/evil\u{fffd} id",
        "cluster/backup/8",
        "cluster/backup/9 repository",
        "cluster/backup/9 instances",
        "node/1/backup_status/1 no/id",
        "node/1/backup_status/22",
        "module/mail1/backup_status/1",
        "cluster/backup_repository/d-2",
    ] {
        assert!(named.contains(&key), "{key} is not in {named:?}");
    }
    assert_eq!(named.len(), 10);
    assert!(!state.plans.contains_key(&"8".into()));
    assert!(!state.modules.contains_key(&ModuleId::from("evil1")));
}

#[tokio::test]
async fn a_status_hash_of_another_type_makes_its_nodes_members_unreadable() {
    let cluster = usual();
    cluster.del("node/2/backup_status/1");
    cluster.set("node/2/backup_status/1", "a string");
    let state = read(&cluster).await;
    let found = unreadable(&state, "1", "nextcloud12");
    assert_eq!(found.key, "node/2/backup_status/1");
    assert_eq!(found.reason, Reason::NotAHash);
    assert_eq!(errors(&state, "1", "mail1"), (Layout::A, 0));
}

/// The state where `key` holds a string; what it should hold is named as missing.
async fn without_the_hash(key: &str) -> ClusterState {
    let cluster = usual();
    cluster.del(key);
    cluster.set(key, "a string");
    let state = read(&cluster).await;
    let named = Unreadable::new(key, Reason::NotAHash);
    assert!(state.unreadable.contains(&named), "{:?}", state.unreadable);
    assert!(!state.plans.is_empty());
    state
}

#[tokio::test]
async fn where_modules_live_can_be_of_another_type_and_the_rest_is_read() {
    let state = without_the_hash("cluster/module_node").await;
    let mail = &state.modules[&ModuleId::from("mail1")];
    assert_eq!((mail.uuid.as_str(), mail.node), ("uuid-mail1", None));
}

#[tokio::test]
async fn which_modules_there_are_can_be_of_another_type_and_nothing_stops() {
    let state = without_the_hash("cluster/module_uuid").await;
    assert!(state.modules.is_empty());
}

#[tokio::test]
async fn names_that_look_like_messages_of_redis_stop_nothing() {
    let cluster = Cluster::start();
    cluster.set("node/1/ui_name", "subscribe");
    cluster.set("cluster/ui_name", "pmessage");
    cluster.module("mail1", 1).module("mail2", 1);
    cluster.module_label("mail1", "message");
    cluster.module_label("mail2", "psubscribe");
    let hostile = cluster
        .destination("d-1")
        .name("subscribe")
        .provider("message");
    hostile.url("pmessage");
    let plan = cluster.plan("1", "subscribe").field("enabled", "message");
    plan.destination("d-1").instances(["mail1", "mail2"]);
    cluster
        .plan("2", "pubsub")
        .field("enabled", "pmessage")
        .instances(["mail1"]);
    cluster.status_a(1, "1", "mail1", START, START, 0);
    for plan in ["subscribe", "psubscribe", "unsubscribe"] {
        cluster.plan(plan, "Old");
        cluster.member_b(plan, "mail2");
    }
    cluster.hset("module/mail1/backup/2/status", "pmessage", "message");
    cluster.status_c("2", "mail1", "success", "2026-05-28T20:00:00Z", "");
    let reader = RedisReader::with_limits(&cluster.tcp(), limits(Duration::from_secs(5)));
    let state = reader.read(now()).await.unwrap();
    assert_eq!(state.plans[&"1".into()].name, "subscribe");
    assert_eq!(state.destinations[&"d-1".into()].name, "subscribe");
    assert_eq!(
        state.modules[&ModuleId::from("mail2")].name.as_deref(),
        Some("psubscribe")
    );
    assert_eq!(instances(&state.plans[&"subscribe".into()]), ["mail2"]);
    assert_eq!(errors(&state, "2", "mail1"), (Layout::C, 0));
}

#[tokio::test]
async fn hostile_names_are_harmless_and_short_and_bytes_that_are_no_text_stop_nothing() {
    let cluster = usual();
    cluster.plan(
        "1",
        &format!("<b>\r\nBcc: x\u{1b}[2J{}", "y".repeat(100_000)),
    );
    cluster.command(&[
        "EVAL",
        "redis.call('SET', 'cluster/backup/\\255', 'x')
        redis.call('SET', 'cluster/ui_name', '\\255\\254name')
        redis.call('HSET', 'node/1/backup_status/1', '\\255', '\\255')",
        "0",
    ]);
    let state = read(&cluster).await;
    let name = &state.plans[&"1".into()].name;
    assert!(name.starts_with("<b>␍␊Bcc: x␛[2J"));
    assert_eq!(name.chars().count(), 300);
    assert_eq!(state.cluster_name.as_deref(), Some("\u{fffd}\u{fffd}name"));
    assert_eq!(state.unreadable.len(), 2);
    assert_eq!(errors(&state, "1", "mail1"), (Layout::A, 0));
}
