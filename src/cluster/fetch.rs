//! One full read: a fixed number of round trips, whatever the cluster's size.
//!
//! 1. the cluster and its modules, and how many keys there are;
//! 2. `SCAN` for the plans, in steps sized from that number;
//! 3. names, nodes, plans, and layout A: every plan at every node;
//! 4. destinations; whether there is anything of layouts B and C;
//! 5. what there is of layouts B and C.
//!
//! How a value becomes a plan, a module or a status is `parse`'s.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::command::{Command, Reply, SAFE_ARRAY};
use super::connection::Connection;
use super::old_layouts::OldLayouts;
use super::parse::Read;
use super::value::{is_id, shown};
use super::{ClusterError, keys};
use crate::model::{ClusterState, ModuleId, NodeId, PlanId, Reason};

/// `SCAN` looks at this part of the keyspace in one step.
const SCAN_STEPS: u64 = 8;
/// And never at less than this, which Redis does in well under a millisecond.
const SCAN_COUNT_MIN: u32 = 2_000;
/// Keys in one `MGET` or `EXISTS`: few enough that Redis serves others between.
pub(super) const CHUNK: usize = 1_000;

/// What is asked of a plan, in the order in which `parse` takes it.
pub(super) const PLAN_FIELDS: [&str; 6] = [
    "name",
    "enabled",
    "repository",
    "schedule",
    "instances",
    "retention",
];
const _: () = assert!(PLAN_FIELDS.len() >= SAFE_ARRAY);

/// Reads everything. `now` becomes `read_at` and decides what lies in the
/// future.
pub(super) async fn cluster_state(
    redis: &Connection,
    now: Timestamp,
) -> Result<ClusterState, ClusterError> {
    let mut read = Read::new(now);
    let keys = cluster_and_modules(redis, &mut read).await?;
    let plans = list_plans(redis, keys, &mut read).await?;
    names_plans_and_layout_a(redis, &plans, &mut read).await?;
    let old = OldLayouts::find(redis, &mut read).await?;
    old.read(redis, &mut read).await?;
    Ok(read.finish())
}

/// Gives the number of keys.
async fn cluster_and_modules(redis: &Connection, read: &mut Read) -> Result<u64, ClusterError> {
    let commands = vec![
        Command::DbSize,
        Command::Field(keys::CLUSTER_ENVIRONMENT.into(), "NODE_ID".into()),
        Command::Get(keys::CLUSTER_UUID.into()),
        Command::Get(keys::CLUSTER_NAME.into()),
        Command::Hash(keys::MODULE_UUID.into()),
        Command::Hash(keys::MODULE_NODE.into()),
    ];
    let mut replies = redis.ask(commands).await?.into_iter();
    let mut next = || replies.next().unwrap_or(Reply::WrongType);
    let keys = next().value().and_then(|size| size.as_u64()).unwrap_or(0);
    read.cluster(next(), next(), next());
    read.modules(next(), next());
    Ok(keys)
}

/// `SCAN` may show a key twice and in any order.
async fn list_plans(
    redis: &Connection,
    keys: u64,
    read: &mut Read,
) -> Result<Vec<PlanId>, ClusterError> {
    let count = u32::try_from(keys / SCAN_STEPS + 1).unwrap_or(u32::MAX);
    let count = count.max(SCAN_COUNT_MIN);
    let mut plans = BTreeSet::new();
    let mut cursor = "0".to_owned();
    loop {
        let (next, found) = redis.scan(cursor, keys::PLANS, count).await?;
        for key in &found {
            let mut parts = key.split('/').skip(2);
            match (parts.next(), parts.next(), parts.next()) {
                (Some(id), None, None) if is_id(id) => {
                    plans.insert(PlanId::from(id));
                }
                (Some(id), Some("status"), None) if is_id(id) => {
                    read.with_plan_status.insert(PlanId::from(id));
                }
                (Some(_), None, None) => {
                    read.statuses.note(shown(key), Reason::NoPlanId);
                }
                _ => {}
            }
        }
        if next == "0" {
            return Ok(plans.into_iter().collect());
        }
        cursor = next;
    }
}

async fn names_plans_and_layout_a(
    redis: &Connection,
    plans: &[PlanId],
    read: &mut Read,
) -> Result<(), ClusterError> {
    let nodes: Vec<NodeId> = read.state.nodes.keys().copied().collect();
    let modules: Vec<ModuleId> = read.state.modules.keys().cloned().collect();
    let node_names = nodes.iter().map(|node| keys::node_name(*node));
    let labels: Vec<String> = node_names
        .chain(modules.iter().map(keys::module_name))
        .collect();

    let mut commands = Vec::with_capacity(plans.len() * (nodes.len() + 1) + nodes.len() + 8);
    commands.extend(
        labels
            .chunks(CHUNK)
            .map(|keys| Command::strings(keys.to_vec())),
    );
    for node in &nodes {
        commands.push(Command::Field(keys::node_vpn(*node), "ip_address".into()));
    }
    for plan in plans {
        commands.push(Command::Fields(keys::plan(plan), &PLAN_FIELDS));
    }
    for plan in plans {
        let status = |node: &NodeId| Command::Hash(keys::status_a(*node, plan));
        commands.extend(nodes.iter().map(status));
    }

    let mut replies = redis.ask(commands).await?.into_iter();
    let mut names = Vec::with_capacity(labels.len());
    for (chunk, reply) in labels.chunks(CHUNK).zip(replies.by_ref()) {
        names.extend(
            reply
                .elements()
                .unwrap_or_default()
                .into_iter()
                .take(chunk.len()),
        );
    }
    read.names(&nodes, &modules, &names);
    for (node, reply) in nodes.iter().zip(replies.by_ref()) {
        read.vpn_address(*node, reply);
    }
    for (plan, reply) in plans.iter().zip(replies.by_ref()) {
        read.plan(plan, reply);
    }
    for plan in plans {
        for (node, reply) in nodes.iter().zip(replies.by_ref()) {
            read.layout_a(plan, *node, reply);
        }
    }
    Ok(())
}
