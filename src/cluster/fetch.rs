//! One full read: a fixed number of round trips, whatever the cluster's size.
//!
//! 1. the cluster and its modules; beside it `SCAN` for the plans, in steps
//!    sized from the number of keys;
//! 2. plans; of the modules their labels and nodes;
//! 3. nodes, destinations, and layout A: every plan at every node; whether
//!    there is anything of layout B; whether a module that no plan lists needs
//!    no backup;
//! 4. what there is of layouts B and C.
//!
//! How a value becomes a plan, a module or a status is `parse`'s.

use std::collections::{BTreeSet, HashSet};

use futures_util::future::{join, try_join};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::command::{Command, Replies, SAFE_ARRAY};
use super::connection::Connection;
use super::old_layouts::OldLayouts;
use super::parse::Read;
use super::value::{is_id, shown};
use super::{ClusterError, keys};
use crate::model::{ClusterState, DestinationId, ModuleId, NodeId, PlanId, Reason};

/// `SCAN` looks at this part of the keyspace in one step.
const SCAN_STEPS: u64 = 8;
/// And never at less than this, which Redis does in well under a millisecond.
const SCAN_COUNT_MIN: u32 = 2_000;
/// Layout A is read in so many parts at most.
const PARTS: usize = 4;
/// Keys in one `MGET` or `EXISTS`: few enough that Redis serves others between.
pub(super) const CHUNK: usize = 1_000;

/// The flag of a module that has nothing to back up.
const NO_DATA: &str = "no_data_backup";

/// What is asked of a plan, in the order in which `parse` takes it.
pub(super) const PLAN_FIELDS: [&str; 7] = [
    "name",
    "enabled",
    "repository",
    "schedule",
    "instances",
    "uinstances",
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
    // Redis goes through its keys while the modules are taken in.
    let (scanned, ()) = try_join(scan(redis), cluster_and_modules(redis, &mut read)).await?;
    let plans = plans_among(&scanned, &mut read);
    plans_and_places(redis, &plans, &mut read).await?;
    let (old, mut read) = nodes_and_statuses(redis, plans, read).await?;
    old.read(redis, &mut read).await?;
    Ok(read.finish())
}

async fn cluster_and_modules(redis: &Connection, read: &mut Read) -> Result<(), ClusterError> {
    let commands = vec![
        Command::Field(keys::CLUSTER_ENVIRONMENT.into(), "NODE_ID".into()),
        Command::Get(keys::CLUSTER_UUID.into()),
        Command::Get(keys::CLUSTER_NAME.into()),
        Command::Get(keys::VOICE.into()),
        Command::Hash(keys::MODULE_UUID.into()),
    ];
    let mut replies = redis.ask(commands).await?;
    read.cluster(replies.next(), replies.next(), replies.next());
    read.voice(replies.next());
    read.modules(replies.next());
    Ok(())
}

/// The keys below `cluster/backup/`, in any order; `SCAN` may show one twice.
async fn scan(redis: &Connection) -> Result<Vec<String>, ClusterError> {
    let keys = redis.ask_one(Command::DbSize).await?.value();
    let keys = keys.and_then(|size| size.as_u64()).unwrap_or(0);
    if keys == 0 {
        // Data that was lost must not look like plans that were deleted.
        return Err(redis.senseless(
            "DBSIZE",
            "it holds no key at all: this is no cluster's Redis",
        ));
    }
    let count = u32::try_from(keys / SCAN_STEPS + 1).unwrap_or(u32::MAX);
    let count = count.max(SCAN_COUNT_MIN);
    let mut all = Vec::new();
    let mut cursor = "0".to_owned();
    loop {
        let (next, found) = redis.scan(cursor, keys::PLANS, count).await?;
        all.extend(found);
        if next == "0" {
            return Ok(all);
        }
        cursor = next;
    }
}

fn plans_among(scanned: &[String], read: &mut Read) -> Vec<PlanId> {
    let mut plans = BTreeSet::new();
    for key in scanned {
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
    plans.into_iter().collect()
}

/// The plans; of the modules their labels and where they live.
async fn plans_and_places(
    redis: &Connection,
    plans: &[PlanId],
    read: &mut Read,
) -> Result<(), ClusterError> {
    let modules: Vec<&ModuleId> = read.state.modules.keys().collect();
    let sizes: Vec<usize> = modules.chunks(CHUNK).map(<[_]>::len).collect();
    let mut commands = Vec::with_capacity(2 * sizes.len() + plans.len());
    for chunk in modules.chunks(CHUNK) {
        let ids = chunk.iter().map(|id| id.as_str());
        commands.push(Command::fields(keys::MODULE_NODE, ids));
    }
    for chunk in modules.chunks(CHUNK) {
        let names = chunk.iter().map(|id| keys::module_name(id));
        commands.push(Command::strings(names));
    }
    for plan in plans {
        commands.push(Command::Fields(keys::plan(plan), &PLAN_FIELDS));
    }
    let mut replies = redis.ask(commands).await?;
    let nodes = replies.values(&sizes);
    let names = replies.values(&sizes).unwrap_or_default();
    read.names_and_nodes(&names, nodes.as_deref());
    for plan in plans {
        read.plan(plan, replies.next());
    }
    Ok(())
}

/// Of the nodes their labels; the destinations; layout A, every plan at every
/// node; and whether there is anything of layout B. Redis gets two parts of it
/// at a time, so that it works on one while another is on its way here; and one
/// that has come is understood on a thread beside, while the next comes in.
async fn nodes_and_statuses(
    redis: &Connection,
    plans: Vec<PlanId>,
    mut read: Read,
) -> Result<(OldLayouts, Read), ClusterError> {
    let nodes: Vec<NodeId> = read.state.nodes.keys().copied().collect();
    let destinations = destinations(&read);
    let unlisted = unlisted(&read);
    let parts = plans.chunks(plans.len().div_ceil(PARTS).max(1));
    let mut questions = vec![redis.ask(beside_statuses(&read, &nodes, &destinations, &unlisted))];
    questions.extend(parts.clone().map(|plans| {
        let keys = pairs(plans, &nodes).map(|(plan, node)| keys::status_a(node, plan));
        redis.ask(keys.map(Command::Hash).collect())
    }));
    let mut answers = stream::iter(questions).buffered(2);

    let mut replies = answers.try_next().await?.unwrap_or_default();
    let old = OldLayouts::find(&mut read, &mut replies);
    for node in &nodes {
        read.node(*node, replies.next(), replies.next());
    }
    for id in &destinations {
        read.destination(id, [replies.next(), replies.next(), replies.next()]);
    }
    for module in unlisted {
        read.no_data(&module, replies.next());
    }
    let mut parts = parts.map(<[_]>::to_vec);
    let mut come = answers.try_next().await?;
    while let (Some(replies), Some(plans)) = (come, parts.next()) {
        let nodes = nodes.clone();
        let understanding = spawn_blocking(move || {
            understand(&plans, &nodes, replies, &mut read);
            read
        });
        let (understood, next) = join(understanding, answers.try_next()).await;
        read = understood.map_err(|_| redis.senseless("HGETALL", "it was not understood"))?;
        come = next?;
    }
    Ok((old, read))
}

fn understand(plans: &[PlanId], nodes: &[NodeId], mut replies: Replies, read: &mut Read) {
    for (plan, node) in pairs(plans, nodes) {
        read.layout_a(plan, node, replies.next());
    }
}

fn beside_statuses(
    read: &Read,
    nodes: &[NodeId],
    destinations: &[DestinationId],
    unlisted: &[ModuleId],
) -> Vec<Command> {
    let mut commands = OldLayouts::questions(read);
    for node in nodes {
        commands.push(Command::Get(keys::node_name(*node)));
        commands.push(Command::Field(keys::node_vpn(*node), "ip_address".into()));
    }
    for id in destinations {
        for field in ["name", "provider", "url"] {
            commands.push(Command::Field(keys::destination(id), field.into()));
        }
    }
    let flags = unlisted.iter().map(keys::module_flags);
    commands.extend(flags.map(|key| Command::IsMember(key, NO_DATA)));
    commands
}

/// The modules that no plan lists, and so the only ones of which a flag says
/// something: of thousands usually a few for each node.
fn unlisted(read: &Read) -> Vec<ModuleId> {
    let plans = read.state.plans.values();
    let listed: HashSet<&ModuleId> = plans.flat_map(|plan| &plan.instances).collect();
    let modules = read.state.modules.keys();
    modules.filter(|id| !listed.contains(id)).cloned().collect()
}

fn pairs<'a>(
    plans: &'a [PlanId],
    nodes: &'a [NodeId],
) -> impl Iterator<Item = (&'a PlanId, NodeId)> {
    plans
        .iter()
        .flat_map(move |plan| nodes.iter().map(move |node| (plan, *node)))
}

fn destinations(read: &Read) -> Vec<DestinationId> {
    let plans = read.state.plans.values();
    let named: BTreeSet<_> = plans.filter_map(|plan| plan.destination.as_ref()).collect();
    named.into_iter().cloned().collect()
}
