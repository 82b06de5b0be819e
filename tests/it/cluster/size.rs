//! What a read costs Redis as a cluster grows.

use ns8_backup_monitor::cluster::{ClusterReader as _, RedisReader};
use ns8_backup_monitor::config;

use super::{START, command_stats, now, read};
use crate::support::redis::Cluster;
use crate::support::round_trips::RoundTrips;

/// `plans` plans that share `modules` modules on five nodes, and twice as many
/// keys that are nobody's business.
fn large(plans: usize, modules: usize) -> Cluster {
    let mut cluster = Cluster::start();
    for node in 2..=5 {
        cluster = cluster.node(node, "127.0.0.9", "node");
    }
    let mut commands = Vec::new();
    let mut command = |words: &[&str]| {
        commands.push(words.iter().map(|word| (*word).to_owned()).collect());
    };
    let mut members = vec![Vec::new(); plans];
    let status = format!(r#"{{"start": {START}, "end": {}, "errors": 0}}"#, START + 9);
    for number in 0..modules {
        let (id, node, plan) = (format!("mail{number}"), number % 5 + 1, number % plans);
        command(&["HSET", "cluster/module_uuid", &id, &format!("uuid-{id}")]);
        command(&["HSET", "cluster/module_node", &id, &node.to_string()]);
        command(&[
            "SET",
            &format!("module/{id}/ui_name"),
            &format!("Mail {number}"),
        ]);
        command(&["SADD", &format!("module/{id}/flags"), "rootless"]);
        command(&[
            "HSET",
            &format!("node/{node}/backup_status/{plan}"),
            &id,
            &status,
        ]);
        members[plan].push(id);
    }
    cluster.bulk(&commands);
    for (plan, members) in members.iter().enumerate() {
        let members = members.iter().map(String::as_str);
        cluster
            .plan(&plan.to_string(), "Plan")
            .destination("d-1")
            .instances(members);
    }
    cluster
}

#[tokio::test]
async fn the_number_of_commands_follows_plans_and_nodes_and_not_modules() {
    let mut totals = Vec::new();
    for modules in [20, 4_000] {
        let cluster = large(20, modules);
        cluster.command(&["CONFIG", "RESETSTAT"]);
        let state = read(&cluster).await;
        assert_eq!((state.plans.len(), state.modules.len()), (20, modules));
        let read: usize = state.statuses.values().map(|readings| readings.len()).sum();
        assert_eq!(read, modules);
        let mut calls = command_stats(&cluster);
        calls.remove("config|resetstat");
        assert_eq!(calls["scan"], 1, "{calls:?}");
        // Each plan has its modules on one of the five nodes; and two hashes say
        // which modules there are, and where.
        assert_eq!(calls["hgetall"], 20 + 2, "{calls:?}");
        totals.push(calls.values().sum::<u64>());
    }
    assert!(totals[1] - totals[0] <= 25, "{totals:?}");
}

#[tokio::test]
async fn among_many_keys_all_are_found_in_a_few_steps() {
    let cluster = large(20, 100);
    let keys = (0..50_000).map(|number| ["SET".into(), format!("user/{number}"), "x".into()]);
    cluster.bulk(&keys.map(Vec::from).collect::<Vec<_>>());
    cluster.command(&["CONFIG", "RESETSTAT"]);
    let state = read(&cluster).await;
    assert_eq!(state.plans.len(), 20);
    let read: usize = state.statuses.values().map(|readings| readings.len()).sum();
    assert_eq!(read, 100);
    let steps = command_stats(&cluster)["scan"];
    assert!((2..=8).contains(&steps), "{steps} steps");
}

/// How often one read of `cluster` waits for an answer, all told: the way to
/// the leader, three connections and the read.
async fn round_trips(cluster: &Cluster) -> usize {
    let relay = RoundTrips::to(cluster.redis.address(), 3);
    let redis = config::Redis::Tcp {
        own: relay.address().to_string(),
        port: relay.address().port(),
    };
    RedisReader::new(&redis).read(now()).await.unwrap();
    relay.count()
}

#[tokio::test]
async fn a_cluster_of_core_3_19_costs_no_more_round_trips_with_more_modules() {
    for modules in [5, 2_500] {
        let cluster = Cluster::start();
        cluster.plan("3", "Old");
        for number in 0..modules {
            let id = format!("mail{number}");
            cluster.module(&id, 1);
            cluster.member_b("3", &id);
            cluster.status_b("3", &id, START, START + 1, 0);
        }
        let state = read(&cluster).await;
        assert_eq!(state.statuses[&"3".into()].len(), modules);
        assert_eq!(state.plans[&"3".into()].instances.len(), modules);
        let trips = round_trips(&cluster).await;
        assert!(trips <= 20, "{modules} modules: {trips} round trips");
    }
}

#[tokio::test]
async fn many_plans_cost_a_bounded_number_of_round_trips() {
    let few = round_trips(&large(50, 50)).await;
    let many = round_trips(&large(5_000, 5_000)).await;
    assert!(many <= few + 20, "{few} and {many} round trips");
}

#[tokio::test]
async fn modules_that_no_plan_lists_cost_no_more_round_trips() {
    let mut trips = Vec::new();
    for modules in [5, 2_500] {
        let cluster = Cluster::start();
        cluster.plan("1", "Nightly").instances([]);
        let mut commands = Vec::new();
        for number in 0..modules {
            let id = format!("mail{number}");
            let words = ["HSET", "cluster/module_uuid", &id, &id].map(str::to_owned);
            commands.push(words.to_vec());
            let flags = format!("module/{id}/flags");
            let words = ["SADD", &flags, "rootless", "no_data_backup"].map(str::to_owned);
            commands.push(words.to_vec());
        }
        cluster.bulk(&commands);
        let state = read(&cluster).await;
        assert_eq!(state.modules.len(), modules);
        assert!(state.modules.values().all(|module| module.no_data));
        trips.push(round_trips(&cluster).await);
    }
    // A large answer may come in pieces.
    assert!(trips[1] <= trips[0] + 2, "{trips:?}");
}
