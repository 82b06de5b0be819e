//! One full read: a fixed number of round trips, but for the steps of the scan.
//! What can be asked before an answer has come is asked before.
//!
//! 1. which modules there are, and `scan`: which keys of backups;
//! 2. the cluster, where the modules live, the plans, the statuses of layout A
//!    that exist;
//! 3. what only these answers tell: the labels of modules and nodes, the plans'
//!    destinations, whether a module that no plan lists needs no backup, and the
//!    members of layout B;
//! 4. what there is of layouts B and C.
//!
//! How a value becomes a plan, a module or a status is `parse`'s.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::command::{Command, Replies, SAFE_ARRAY};
use super::connection::Connection;
use super::desk::{Asked, Desk, Halt, understand};
use super::parse::Read;
use super::scan::{self, Scanned};
use super::{ClusterError, keys, old_layouts};
use crate::model::{ClusterState, DestinationId, ModuleId, NodeId, PlanId, Reason};

/// Layout A is read in so many parts at most: one is understood while the next
/// comes in.
const PARTS: usize = 4;
/// Keys in one `MGET`: few enough that Redis serves others between.
const CHUNK: usize = 1_000;

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
    understand(redis, move |desk| read(desk, now)).await
}

fn read(desk: &Desk, now: Timestamp) -> Result<ClusterState, Halt> {
    let mut read = Read::new(now);
    let uuids = desk.ask(vec![Command::Hash(keys::MODULE_UUID.into())]);
    let scanning = scan::begin(desk);
    let scanned = scan::finish(desk, scanning)?;
    let cluster = desk.ask(cluster_and_places());
    let plans = desk.ask(plans(&scanned));
    let statuses = statuses(desk, &scanned);

    for key in &scanned.odd_plans {
        read.statuses.note(key, Reason::NoPlanId);
    }
    read.live(uuids.one_answer()?);
    let mut replies = cluster.answer()?;
    read.cluster(replies.next(), replies.next(), replies.next());
    read.voice(replies.next());
    read.places(replies.next());
    let mut replies = plans.answer()?;
    for plan in &scanned.plans {
        read.plan(plan, replies.next());
    }
    let others = Others::of(&scanned, &read);
    let other = desk.ask(others.questions(&read));
    for (part, asked) in statuses {
        let mut replies = asked.answer()?;
        for (plan, node) in part {
            read.layout_a(plan, node, replies.next());
        }
    }
    others.take(other.answer()?, &mut read);
    read.layout_a_of_wrong_type();
    old_layouts::read(desk, &scanned, &mut read)?;
    Ok(read.finish())
}

fn cluster_and_places() -> Vec<Command> {
    vec![
        Command::Field(keys::CLUSTER_ENVIRONMENT.into(), "NODE_ID".into()),
        Command::Get(keys::CLUSTER_UUID.into()),
        Command::Get(keys::CLUSTER_NAME.into()),
        Command::Get(keys::VOICE.into()),
        Command::Hash(keys::MODULE_NODE.into()),
    ]
}

fn plans(scanned: &Scanned) -> Vec<Command> {
    let plans = scanned.plans.iter();
    plans
        .map(|plan| Command::Fields(keys::plan(plan), &PLAN_FIELDS))
        .collect()
}

/// Asks for every status of layout A of a plan, in parts.
fn statuses<'a>(desk: &Desk, scanned: &'a Scanned) -> Vec<(Vec<(&'a PlanId, NodeId)>, Asked)> {
    let all = scanned.statuses.iter();
    let of_plans = all.filter(|(plan, _)| scanned.plans.contains(plan));
    let wanted: Vec<_> = of_plans.map(|(plan, node)| (plan, *node)).collect();
    let parts = wanted.chunks(wanted.len().div_ceil(PARTS).max(1));
    let ask = |part: &[(&PlanId, NodeId)]| {
        let keys = part.iter().map(|(plan, node)| keys::status_a(*node, plan));
        desk.ask(keys.map(Command::Hash).collect())
    };
    parts.map(|part| (part.to_vec(), ask(part))).collect()
}

/// What has to be known of modules and plans before it can be asked.
struct Others {
    nodes: Vec<NodeId>,
    destinations: Vec<DestinationId>,
    unlisted: Vec<ModuleId>,
    with_sets: Vec<ModuleId>,
}

impl Others {
    fn of(scanned: &Scanned, read: &Read) -> Self {
        let plans = read.state.plans.values();
        let named: BTreeSet<_> = plans.filter_map(|plan| plan.destination.as_ref()).collect();
        Self {
            nodes: read.state.nodes.keys().copied().collect(),
            destinations: named.into_iter().cloned().collect(),
            unlisted: unlisted(read),
            with_sets: old_layouts::with_sets(scanned, read),
        }
    }

    fn questions(&self, read: &Read) -> Vec<Command> {
        let mut commands = Vec::new();
        for chunk in chunks(read) {
            commands.push(Command::strings(chunk.into_iter().map(keys::module_name)));
        }
        for node in &self.nodes {
            commands.push(Command::Get(keys::node_name(*node)));
            commands.push(Command::Field(keys::node_vpn(*node), "ip_address".into()));
        }
        for id in &self.destinations {
            for field in ["name", "provider", "url"] {
                commands.push(Command::Field(keys::destination(id), field.into()));
            }
        }
        let flags = self.unlisted.iter().map(keys::module_flags);
        commands.extend(flags.map(|key| Command::IsMember(key, NO_DATA)));
        let sets = self.with_sets.iter().map(keys::module_plans);
        commands.extend(sets.map(Command::Members));
        commands
    }

    fn take(self, mut replies: Replies, read: &mut Read) {
        let sizes: Vec<usize> = chunks(read).iter().map(Vec::len).collect();
        read.names(&replies.values(&sizes).unwrap_or_default());
        for node in &self.nodes {
            read.node(*node, replies.next(), replies.next());
        }
        for id in &self.destinations {
            read.destination(id, [replies.next(), replies.next(), replies.next()]);
        }
        for module in &self.unlisted {
            read.no_data(module, replies.next());
        }
        for module in &self.with_sets {
            old_layouts::members_from_set(read, module, replies.next());
        }
    }
}

/// The modules in their order, as many as are asked for at once.
fn chunks(read: &Read) -> Vec<Vec<&ModuleId>> {
    let modules: Vec<_> = read.state.modules.keys().collect();
    modules.chunks(CHUNK).map(<[_]>::to_vec).collect()
}

/// The modules that no plan lists, and so the only ones of which a flag says
/// something: of thousands usually a few for each node.
fn unlisted(read: &Read) -> Vec<ModuleId> {
    let modules = &read.state.modules;
    let mut listed = vec![false; modules.len()];
    let plans = read.state.plans.values();
    for id in plans.flat_map(|plan| &plan.instances) {
        if let Some(listed) = modules
            .get_index_of(id)
            .and_then(|place| listed.get_mut(place))
        {
            *listed = true;
        }
    }
    let unlisted = modules.keys().zip(listed).filter(|(_, listed)| !listed);
    unlisted.map(|(id, _)| id.clone()).collect()
}
