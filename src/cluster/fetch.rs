//! One full read, in few questions, each asked as soon as it can be; `wire` gives
//! Redis the next one while it answers the one before.
//!
//! 1. which modules there are; then `scan`, which keys of backups; the cluster,
//!    and where the modules live;
//! 2. the plans, the statuses of layout A that exist, and the labels of modules;
//! 3. what only these answers tell: the labels of nodes, the plans' destinations,
//!    whether a module that no plan lists needs no backup, and the members of
//!    layout B;
//! 4. what there is of layouts B and C.
//!
//! What is asked for first is what most can be made of while Redis is at work.
//!
//! How a value becomes a plan, a module or a status is `parse`'s.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::command::{Command, Replies};
use super::connection::Connection;
use super::desk::{Asked, Desk, Halt, understand};
use super::parse::Read;
use super::scan::{self, Scanned};
use super::value::Value;
use super::{ClusterError, keys, old_layouts};
use crate::model::{ClusterState, DestinationId, ModuleId, NodeId, PlanId, Reason};

/// Keys of statuses that are asked for at once: they are understood while the next
/// ones come in.
const PART: usize = 100;
/// The most parts: each takes a way to Redis and back, which can be a long one.
const PARTS: usize = 16;
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
    let uuids = desk.ask(vec![Command::hash(keys::MODULE_UUID)]);
    let scanning = scan::begin(desk);
    let cluster = desk.ask(cluster_and_places());
    read.live(uuids.one_answer()?);
    // Made while the scan goes on, and asked for last: nothing waits for them.
    let names = Names::of(&read);
    let scanned = scan::finish(desk, scanning)?;
    let plans = desk.ask(plans(&scanned));
    let statuses = statuses(desk, &scanned);
    let names = names.ask(desk);

    for key in &scanned.odd_plans {
        read.statuses.note(key, Reason::NoPlanId);
    }
    let mut replies = cluster.answer()?;
    read.cluster(replies.next(), replies.next(), replies.next());
    read.voice(replies.next());
    read.places(replies.next());
    let mut replies = plans.answer()?;
    for plan in &scanned.plans {
        read.plan(plan, replies.next());
    }
    let others = Others::of(&scanned, &read);
    let other = desk.ask(others.questions());
    for (part, asked) in statuses {
        let mut replies = asked.answer()?;
        for (plan, node) in part {
            read.layout_a(plan, node, replies.next());
        }
    }
    read.names(&names.answer()?);
    others.take(other.answer()?, &mut read);
    read.layout_a_of_wrong_type();
    old_layouts::read(desk, &scanned, &mut read)?;
    Ok(read.finish())
}

fn cluster_and_places() -> Vec<Command> {
    vec![
        Command::field(keys::CLUSTER_ENVIRONMENT, "NODE_ID"),
        Command::get(keys::CLUSTER_UUID),
        Command::get(keys::CLUSTER_NAME),
        Command::get(keys::VOICE),
        Command::hash(keys::MODULE_NODE),
    ]
}

fn plans(scanned: &Scanned) -> Vec<Command> {
    let plans = scanned.plans.iter();
    plans
        .map(|plan| Command::fields(keys::plan(plan), &PLAN_FIELDS))
        .collect()
}

/// Asks for every status of layout A of a plan, in parts.
fn statuses<'a>(desk: &Desk, scanned: &'a Scanned) -> Vec<(Vec<(&'a PlanId, NodeId)>, Asked)> {
    let all = scanned.statuses.iter();
    let of_plans = all.filter(|(plan, _)| scanned.plans.contains(plan));
    let wanted: Vec<_> = of_plans.map(|(plan, node)| (plan, *node)).collect();
    let ask = |part: &[(&PlanId, NodeId)]| {
        let keys = part.iter().map(|(plan, node)| keys::status_a(*node, plan));
        desk.ask(keys.map(Command::hash).collect())
    };
    let parts = wanted.chunks(PART.max(wanted.len().div_ceil(PARTS)));
    parts.map(|part| (part.to_vec(), ask(part))).collect()
}

/// The labels of all modules, in several commands: `T` is these, or what was asked
/// with them.
struct Names<T> {
    sizes: Vec<usize>,
    asked: T,
}

impl Names<Vec<Command>> {
    fn of(read: &Read) -> Self {
        let modules: Vec<_> = read.state.modules.keys().collect();
        let chunks = modules.chunks(CHUNK);
        let names = chunks.clone().map(|chunk| {
            let keys = chunk.iter().copied().map(keys::module_name);
            Command::strings(keys)
        });
        Self {
            asked: names.collect(),
            sizes: chunks.map(<[_]>::len).collect(),
        }
    }

    fn ask(self, desk: &Desk) -> Names<Asked> {
        Names {
            asked: desk.ask(self.asked),
            sizes: self.sizes,
        }
    }
}

impl Names<Asked> {
    /// In the order of the modules.
    fn answer(self) -> Result<Vec<Value>, Halt> {
        let mut replies = self.asked.answer()?;
        let mut names = Vec::with_capacity(self.sizes.iter().sum());
        for size in self.sizes {
            let mut some = replies.next().elements().unwrap_or_default();
            some.resize(size, Value::Nil);
            names.append(&mut some);
        }
        Ok(names)
    }
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

    fn questions(&self) -> Vec<Command> {
        let mut commands = Vec::new();
        for node in &self.nodes {
            commands.push(Command::get(keys::node_name(*node)));
            commands.push(Command::field(keys::node_vpn(*node), "ip_address"));
        }
        for id in &self.destinations {
            for field in ["name", "provider", "url"] {
                commands.push(Command::field(keys::destination(id), field));
            }
        }
        let flags = self.unlisted.iter().map(keys::module_flags);
        commands.extend(flags.map(|key| Command::is_member(key, NO_DATA)));
        let sets = self.with_sets.iter().map(keys::module_plans);
        commands.extend(sets.map(Command::members));
        commands
    }

    fn take(self, mut replies: Replies, read: &mut Read) {
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
