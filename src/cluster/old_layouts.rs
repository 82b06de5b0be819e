//! Layouts B and C, and the destinations, which are asked for on the same way.
//!
//! Core 3.20's update leaves the keys of layout B behind, so most clusters have
//! none, or as many as members. Counting with `EXISTS`, a thousand keys at a
//! time, tells which blocks are worth reading.

use std::collections::BTreeSet;

use fred::types::{Key, Value};

use super::command::{Command, Reply};
use super::connection::Connection;
use super::fetch::CHUNK;
use super::parse::Read;
use super::statuses::Origin;
use super::value::raw;
use super::{ClusterError, keys, status};
use crate::model::{DestinationId, ModuleId, PlanId, Reason};

/// What is to be read of the old layouts.
#[derive(Default)]
pub(super) struct OldLayouts {
    b: Vec<Pair>,
    c: Vec<Pair>,
    plan_c: Vec<PlanId>,
}

/// A module in a plan.
type Pair = (PlanId, ModuleId);

type KeyOf = fn(&ModuleId, &PlanId) -> String;

impl OldLayouts {
    /// Reads the destinations and the SETs of layout B, and finds out which
    /// statuses there are. Completes the plans' members from the SETs.
    pub async fn find(redis: &Connection, read: &mut Read) -> Result<Self, ClusterError> {
        let destinations = named_destinations(read);
        let modules: Vec<ModuleId> = read.state.modules.keys().cloned().collect();
        let sets: &[ModuleId] = if read.without_instances.is_empty() {
            &[]
        } else {
            &modules
        };
        let members = pairs_of_members(read);
        let maybe_c = pairs_of_c(read, &members, &modules);

        let mut commands = Vec::new();
        for id in &destinations {
            for field in ["name", "provider", "url"] {
                commands.push(Command::Field(keys::destination(id), field.into()));
            }
        }
        commands.extend(
            sets.iter()
                .map(|id| Command::Members(keys::module_plans(id))),
        );
        commands.extend(count_existing(&members, keys::status_b));
        commands.extend(count_existing(&maybe_c, keys::status_c));
        let mut replies = redis.ask(commands).await?.into_iter();

        for id in &destinations {
            let mut next = || replies.next().unwrap_or(Reply::WrongType);
            read.destination(id, [next(), next(), next()]);
        }
        let mut old = Self::default();
        for (module, reply) in sets.iter().zip(replies.by_ref()) {
            old.members_from_set(read, module, reply);
        }
        old.b.extend(existing(&members, &mut replies));
        old.c.extend(existing(&maybe_c, &mut replies));
        old.plan_c = read
            .with_plan_status
            .iter()
            .filter(|id| read.state.plans.contains_key(*id) && !read.statuses.has_a(id))
            .cloned()
            .collect();
        Ok(old)
    }

    /// `module/<id>/backups`: the plans that back the module up.
    fn members_from_set(&mut self, read: &mut Read, module: &ModuleId, reply: Reply) {
        let Some(plans) = reply.elements() else {
            read.statuses
                .note(keys::module_plans(module), Reason::NotASet);
            return;
        };
        for plan in plans.iter().filter_map(raw).map(|id| PlanId::from(&*id)) {
            if !read.without_instances.contains(&plan) {
                continue;
            }
            if let Some(found) = read.state.plans.get_mut(&plan) {
                found.instances.push(module.clone());
            }
            self.b.push((plan, module.clone()));
        }
    }

    /// Reads what was found.
    pub async fn read(self, redis: &Connection, read: &mut Read) -> Result<(), ClusterError> {
        let b = |(plan, module): &Pair| {
            Command::Fields(keys::status_b(module, plan), &status::B_FIELDS)
        };
        let c = |(plan, module): &Pair| Command::Hash(keys::status_c(module, plan));
        let plan_c = |plan: &PlanId| Command::Hash(keys::plan_status_c(plan));
        let mut commands: Vec<Command> = self.b.iter().map(b).collect();
        commands.extend(self.c.iter().map(c));
        commands.extend(self.plan_c.iter().map(plan_c));
        let mut replies = redis.ask(commands).await?.into_iter();

        for ((plan, module), reply) in self.b.into_iter().zip(replies.by_ref()) {
            layout_b(read, &plan, module, reply);
        }
        for ((plan, module), reply) in self.c.into_iter().zip(replies.by_ref()) {
            layout_c(read, &plan, module, reply);
        }
        for (plan, reply) in self.plan_c.iter().zip(replies) {
            plan_status(read, plan, reply);
        }
        members_from_c(read);
        Ok(())
    }
}

fn named_destinations(read: &Read) -> Vec<DestinationId> {
    let named = read
        .state
        .plans
        .values()
        .filter_map(|plan| plan.destination.as_ref());
    let unique: BTreeSet<_> = named.cloned().collect();
    unique.into_iter().collect()
}

/// Every live member of every plan that lists its members.
fn pairs_of_members(read: &Read) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (id, plan) in &read.state.plans {
        let live = plan.live_members(&read.state.modules);
        pairs.extend(live.map(|(module, _)| (id.clone(), module.clone())));
    }
    pairs
}

/// Where a status of layout C may be: members of plans that have no status of
/// layout A; and every module for a plan that lists no members, where its
/// plan-level status shows that the first tool was at work.
fn pairs_of_c(read: &Read, members: &[Pair], modules: &[ModuleId]) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = members
        .iter()
        .filter(|(plan, _)| !read.statuses.has_a(plan))
        .cloned()
        .collect();
    let unlisted = read.without_instances.intersection(&read.with_plan_status);
    for plan in unlisted.filter(|plan| !read.statuses.has_a(plan)) {
        pairs.extend(modules.iter().map(|module| (plan.clone(), module.clone())));
    }
    pairs
}

fn count_existing(pairs: &[Pair], key: KeyOf) -> impl Iterator<Item = Command> {
    pairs.chunks(CHUNK).map(move |chunk| {
        Command::CountExisting(
            chunk
                .iter()
                .map(|(plan, module)| key(module, plan))
                .collect(),
        )
    })
}

/// The blocks of `pairs` of which at least one key exists.
fn existing(pairs: &[Pair], replies: &mut impl Iterator<Item = Reply>) -> Vec<Pair> {
    let mut found = Vec::new();
    for (chunk, reply) in pairs.chunks(CHUNK).zip(replies) {
        if reply.value().and_then(|count| count.as_u64()) != Some(0) {
            found.extend_from_slice(chunk);
        }
    }
    found
}

fn layout_b(read: &mut Read, plan: &PlanId, module: ModuleId, reply: Reply) {
    let parsed = match reply.elements() {
        Some(values) if values.iter().all(Value::is_null) => return,
        Some(values) => {
            let texts: Vec<_> = values.iter().map(|v| raw(v).map(Into::into)).collect();
            status::layout_b(&texts, read.now())
        }
        None => status::Parsed::failed(Reason::NotAHash),
    };
    let key = keys::status_b(&module, plan);
    read.statuses
        .offer(plan, module, Origin::OldLayout, || key, parsed);
}

fn layout_c(read: &mut Read, plan: &PlanId, module: ModuleId, reply: Reply) {
    let parsed = match reply.fields() {
        Some(fields) if fields.is_empty() => return,
        Some(fields) => {
            let field = |name: &str| fields.get(&Key::from(name)).and_then(raw);
            let (result, timestamp, error) = (field("result"), field("timestamp"), field("error"));
            status::layout_c(
                result.as_deref(),
                timestamp.as_deref(),
                error.as_deref(),
                read.now(),
            )
        }
        None => status::Parsed::failed(Reason::NotAHash),
    };
    let key = keys::status_c(&module, plan);
    read.statuses
        .offer(plan, module, Origin::OldLayout, || key, parsed);
}

fn plan_status(read: &mut Read, plan: &PlanId, reply: Reply) {
    let key = keys::plan_status_c(plan);
    let Some(fields) = reply.fields() else {
        read.statuses.note(key, Reason::NotAHash);
        return;
    };
    let timestamp = fields.get(&Key::from("timestamp")).and_then(raw);
    match status::iso_time(timestamp.as_deref(), read.now()) {
        Ok(at) => {
            if let Some(plan) = read.state.plans.get_mut(plan) {
                plan.status_changed = Some(at);
            }
        }
        Err(reason) => read.statuses.note(key, reason),
    }
}

/// A plan that lists no members, in the SETs neither, has those for which the
/// first tool wrote a status.
fn members_from_c(read: &mut Read) {
    for plan in &read.without_instances {
        let Some(found) = read.state.plans.get_mut(plan) else {
            continue;
        };
        if found.instances.is_empty() {
            found.instances = read.statuses.modules(plan).cloned().collect();
        }
    }
}
