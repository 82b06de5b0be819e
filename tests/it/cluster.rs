//! Reading a cluster from a real Redis with NS8's own users.

mod bad_values;
mod connecting;
mod events;
mod secrets;
mod size;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use ns8_backup_monitor::cluster::{ClusterReader as _, Limits, RedisReader};
use ns8_backup_monitor::correlator;
use ns8_backup_monitor::model::{
    ClusterState, Layout, ModuleId, ModuleUuid, NodeId, Plan, StatusReading, Unreadable,
};

use crate::support::redis::Cluster;
use crate::support::resp::Resp;

const START: i64 = 1_780_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(START + 3_600).unwrap()
}

fn limits(call: Duration) -> Limits {
    Limits {
        connect: call,
        call,
    }
}

async fn read(cluster: &Cluster) -> ClusterState {
    RedisReader::new(&cluster.tcp()).read(now()).await.unwrap()
}

fn reading<'a>(state: &'a ClusterState, plan: &str, module: &str) -> &'a StatusReading {
    state.reading(&plan.into(), &module.into()).unwrap()
}

fn errors(state: &ClusterState, plan: &str, module: &str) -> (Layout, u32) {
    let status = reading(state, plan, module).status().unwrap();
    (status.layout, status.errors)
}

fn unreadable<'a>(state: &'a ClusterState, plan: &str, module: &str) -> &'a Unreadable {
    match reading(state, plan, module) {
        StatusReading::Unreadable(unreadable) => unreadable,
        StatusReading::Read(status) => panic!("understood: {status:?}"),
    }
}

fn instances(plan: &Plan) -> Vec<&str> {
    plan.instances.iter().map(ModuleId::as_str).collect()
}

/// Two nodes, two plans, all of layout A.
fn usual() -> Cluster {
    let cluster = Cluster::start().node(2, "127.0.0.9", "Zweite \"Ecke\" è");
    cluster
        .module("mail1", 1)
        .module("nextcloud12", 2)
        .module("samba1", 1);
    cluster.module_label("mail1", "Posta 📮");
    cluster
        .destination("d-1")
        .name("NAS")
        .url("s3:https://key:s3cret@nas:9000/b");
    let plan = cluster.plan("1", "Nightly \"prod\" è").destination("d-1");
    plan.instances(["nextcloud12", "mail1", "gone3"]);
    cluster
        .plan("22", "Weekly")
        .instances(["samba1"])
        .schedule("weekly")
        .disabled();
    cluster.status_a(1, "1", "mail1", START, START + 60, 0);
    cluster.status_a(2, "1", "nextcloud12", START, START + 90, 2);
    cluster
}

fn assert_usual(state: &ClusterState) {
    assert_eq!(state.read_at, now());
    assert_eq!(state.cluster_name.as_deref(), Some("Test cluster"));
    assert_eq!(state.leader, Some(NodeId(1)));
    let second = &state.nodes[&NodeId(2)];
    assert_eq!(second.name.as_deref(), Some("Zweite \"Ecke\" è"));
    assert_eq!(second.vpn_address.as_deref(), Some("127.0.0.9"));
    let mail = &state.modules[&ModuleId::from("mail1")];
    assert_eq!(
        (mail.name.as_deref(), mail.node),
        (Some("Posta 📮"), Some(NodeId(1)))
    );
    let path = state.repository_path(&"nextcloud12".into());
    assert_eq!(path.as_deref(), Some("nextcloud/uuid-nextcloud12"));
    assert_eq!(state.plans.len(), 2);
    let plan = &state.plans[&"1".into()];
    assert_eq!(plan.name, "Nightly \"prod\" è");
    assert!(plan.enabled && !state.plans[&"22".into()].enabled);
    assert_eq!(instances(plan), ["nextcloud12", "mail1", "gone3"]);
    let destination = &state.destinations[plan.destination.as_ref().unwrap()];
    assert_eq!(destination.name, "NAS");
    assert_eq!(destination.url, "s3:https://nas:9000/b");
    assert_eq!(errors(state, "1", "mail1"), (Layout::A, 0));
    assert_eq!(errors(state, "1", "nextcloud12"), (Layout::A, 2));
    let status = reading(state, "1", "nextcloud12").status().unwrap();
    assert_eq!(status.node, Some(NodeId(2)));
    assert_eq!((status.size, status.files), (Some(1_000_000), Some(100)));
    assert!(state.reading(&"22".into(), &"samba1".into()).is_none());
    assert_eq!(state.unreadable, []);
}

#[tokio::test]
async fn a_cluster_of_today_is_read_whole_over_tcp_and_over_the_socket() {
    let cluster = usual();
    assert_usual(&read(&cluster).await);
    let socket = RedisReader::new(&cluster.socket());
    assert_usual(&socket.read(now()).await.unwrap());
    socket.ping().await.unwrap();
}

#[tokio::test]
async fn nothing_but_what_the_anonymous_user_may_do_is_asked_for() {
    let cluster = usual();
    cluster.command(&["CONFIG", "RESETSTAT"]);
    cluster.command(&["ACL", "LOG", "RESET"]);
    let reader = RedisReader::new(&cluster.tcp());
    assert_usual(&reader.read(now()).await.unwrap());
    let stats = command_stats(&cluster);
    for never in ["keys", "multi", "exec", "auth", "eval", "config|get"] {
        assert!(!stats.contains_key(never), "{never}: {stats:?}");
    }
    // fred asks for INFO when it connects and goes on without.
    let denied = cluster.command(&["ACL", "LOG"]);
    let Resp::List(denied) = denied else {
        panic!("{denied:?}")
    };
    assert!(
        denied
            .iter()
            .all(|entry| format!("{entry:?}").contains("\"info\"")),
        "{denied:?}"
    );
}

#[tokio::test]
async fn a_plan_of_core_3_19_has_its_members_in_sets_and_its_statuses_in_hashes() {
    let cluster = Cluster::start();
    cluster
        .module("mail1", 1)
        .module("samba1", 1)
        .module("other1", 1);
    cluster.plan("3", "Old");
    cluster.member_b("3", "samba1");
    cluster.member_b("3", "mail1");
    cluster.member_b("99", "other1");
    cluster.status_b("3", "mail1", START, START + 10, 0);
    cluster.status_b("3", "samba1", START + 20, START + 30, 1);
    let state = read(&cluster).await;
    assert_eq!(instances(&state.plans[&"3".into()]), ["mail1", "samba1"]);
    assert_eq!(errors(&state, "3", "mail1"), (Layout::B, 0));
    assert_eq!(errors(&state, "3", "samba1"), (Layout::B, 1));
    assert_eq!(state.unreadable, []);
}

#[tokio::test]
async fn a_plan_without_any_list_of_members_has_those_with_a_status() {
    let cluster = Cluster::start();
    cluster.plan("3", "Odd");
    for module in ["webtop1", "samba1", "mail1", "loki1"] {
        cluster.module(module, 1);
        cluster.status_a(1, "3", module, START, START + 10, 0);
    }
    let state = read(&cluster).await;
    assert_eq!(
        instances(&state.plans[&"3".into()]),
        ["loki1", "mail1", "samba1", "webtop1"]
    );
}

#[tokio::test]
async fn of_members_in_sets_nothing_is_known_either_where_layout_a_is_damaged() {
    let cluster = Cluster::start();
    cluster.module("mail1", 1);
    cluster.plan("3", "Old");
    cluster.member_b("3", "mail1");
    cluster.status_b("3", "mail1", START, START + 10, 0);
    cluster.set("node/1/backup_status/3", "a string");
    let state = read(&cluster).await;
    let damaged = unreadable(&state, "3", "mail1");
    assert_eq!(damaged.key, "node/1/backup_status/3");
}

#[tokio::test]
async fn what_the_update_left_behind_counts_only_where_it_is_newer() {
    let cluster = usual();
    cluster.status_b("1", "mail1", START, START + 1, 1);
    cluster.status_b("1", "nextcloud12", START + 5, START + 6, 0);
    cluster.member_b("1", "samba1");
    cluster.status_b("1", "samba1", START, START + 1, 1);
    let state = read(&cluster).await;
    let samba = state.reading(&"1".into(), &"samba1".into());
    assert_eq!(samba, None, "no member any more");
    assert_eq!(errors(&state, "1", "mail1"), (Layout::A, 0), "a tie");
    assert_eq!(errors(&state, "1", "nextcloud12"), (Layout::B, 0));
    let members = instances(&state.plans[&"1".into()]);
    assert!(!members.contains(&"samba1"), "the sets are of the past");
}

#[tokio::test]
async fn what_deleted_plans_and_nodes_without_applications_left_behind_is_not_read() {
    let cluster = usual();
    cluster.status_a(1, "99", "mail1", START, START + 60, 1);
    cluster.status_a(3, "1", "mail1", START + 100, START + 160, 1);
    cluster.set("node/4/backup_status/1", "a string");
    let state = read(&cluster).await;
    assert_usual(&state);
    assert!(!state.statuses.contains_key(&"99".into()));
}

#[tokio::test]
async fn a_plan_restored_without_members_has_none_and_says_who_is_to_come() {
    let cluster = usual();
    cluster
        .plan("5", "Restored")
        .instances([])
        .field("uinstances", "uuid-old7  uuid-old8 a/b\n");
    cluster.member_b("5", "mail1");
    let state = read(&cluster).await;
    let plan = &state.plans[&"5".into()];
    assert_eq!(instances(plan), [""; 0]);
    let restoring: Vec<_> = plan.restoring.iter().map(ModuleUuid::as_str).collect();
    assert_eq!(restoring, ["uuid-old7", "uuid-old8"]);
    assert!(state.plans[&"1".into()].restoring.is_empty());
    assert_eq!(state.unreadable, []);
}

/// Who a restore put back is in `cluster/module_uuid` before it is in its plan.
#[tokio::test]
async fn of_those_in_no_plan_only_who_has_something_to_lose_is_uncovered() {
    let cluster = usual();
    for module in ["loki1", "traefik1", "odoo1", "piler1"] {
        cluster.module(module, 1);
    }
    cluster.flag("loki1", "core_module");
    cluster.flag("loki1", "no_data_backup");
    cluster.flag("odoo1", "rootless");
    cluster.flag("mail1", "no_data_backup");
    cluster.set("module/traefik1/flags", "a string");
    let plan = cluster.plan("5", "Restored").instances([]);
    plan.field("uinstances", "uuid-piler1");
    let state = read(&cluster).await;
    assert!(state.modules[&ModuleId::from("loki1")].no_data);
    let uncovered = correlator::uncovered(&state);
    let uncovered: Vec<&str> = uncovered.iter().map(|m| m.module.as_str()).collect();
    assert_eq!(uncovered, ["odoo1", "traefik1"]);
    let [unreadable] = state.unreadable.as_slice() else {
        panic!("{:?}", state.unreadable)
    };
    assert_eq!(unreadable.key, "module/traefik1/flags");
}

#[tokio::test]
async fn the_cluster_says_which_instance_speaks() {
    let cluster = usual();
    assert_eq!(read(&cluster).await.voice, None);
    cluster.voice("backup-monitor2");
    let state = read(&cluster).await;
    assert_eq!(state.voice, Some("backup-monitor2".into()));
    assert_eq!(state.unreadable, []);
    cluster.voice("../evil 1");
    let state = read(&cluster).await;
    assert_eq!((state.voice, state.unreadable.len()), (None, 1));
}

#[tokio::test]
async fn the_first_tools_own_keys_count_where_layout_a_says_nothing() {
    let cluster = usual();
    let at = "2026-05-28T20:00:00Z";
    cluster.plan("7", "Seed");
    cluster.plan_status_c("7", "error", at, 1);
    cluster.status_c("7", "mail1", "success", at, "");
    cluster.status_c("7", "samba1", "error", at, "disk\nfull");
    cluster.status_c("22", "samba1", "error", at, "");
    cluster.plan_status_c("1", "error", at, 2);
    cluster.status_c("1", "mail1", "error", "2026-05-28T21:00:00Z", "");
    let state = read(&cluster).await;
    assert_eq!(state.plans.len(), 3, "cluster/backup/7/status is no plan");
    assert_eq!(instances(&state.plans[&"7".into()]), ["mail1", "samba1"]);
    assert_eq!(errors(&state, "7", "mail1"), (Layout::C, 0));
    let failed = reading(&state, "7", "samba1").status().unwrap();
    assert_eq!(
        (failed.errors, failed.message.as_deref()),
        (1, Some("disk␊full"))
    );
    assert_eq!(failed.start, at.parse().unwrap());
    let changed = |plan: &str| state.plans[&plan.into()].status_changed;
    assert_eq!(changed("7"), Some(at.parse().unwrap()));
    assert_eq!(errors(&state, "22", "samba1"), (Layout::C, 1));
    assert_eq!(errors(&state, "1", "mail1"), (Layout::A, 0), "A is there");
    assert_eq!(changed("1"), None);
}

/// How often Redis ran each command since the last `CONFIG RESETSTAT`.
fn command_stats(cluster: &Cluster) -> BTreeMap<String, u64> {
    let info = cluster.command(&["INFO", "commandstats"]);
    let line = |line: &str| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_owned(), rest.split(',').next()?.parse().ok()?))
    };
    info.text().lines().filter_map(line).collect()
}
