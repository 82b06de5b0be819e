//! Layouts B and C.
//!
//! Core 3.20's update leaves the keys of layout B behind, so most clusters have
//! none, or as many as members. Counting with `EXISTS`, a thousand keys at a
//! time, tells which blocks are worth reading.

use fred::types::Value;

use super::command::{Command, Replies, Reply};
use super::connection::Connection;
use super::fetch::CHUNK;
use super::parse::Read;
use super::statuses::Origin;
use super::value::raw;
use super::{ClusterError, keys, status};
use crate::model::{ModuleId, PlanId, Reason};

/// What is to be read of layout B.
#[derive(Default)]
pub(super) struct OldLayouts {
    b: Vec<Pair>,
}

/// A module in a plan.
type Pair = (PlanId, ModuleId);
type PairRef<'a> = (&'a PlanId, &'a ModuleId);

type KeyOf = fn(&ModuleId, &PlanId) -> String;

impl OldLayouts {
    /// What has to be asked before [`Self::find`]: the SETs of layout B, and
    /// whether there are statuses of it.
    pub fn questions(read: &Read) -> Vec<Command> {
        let mut commands = count_existing(&members(read), keys::status_b);
        let sets = modules_with_sets(read);
        commands.extend(sets.map(|id| Command::Members(keys::module_plans(id))));
        commands
    }

    /// Completes the plans' members from the SETs.
    pub fn find(read: &mut Read, replies: &mut Replies) -> Self {
        let mut old = Self {
            b: existing(read, &members(read), replies),
        };
        let modules: Vec<ModuleId> = modules_with_sets(read).cloned().collect();
        for module in modules {
            old.members_from_set(read, &module, replies.next());
        }
        old
    }

    /// `module/<id>/backups`: the plans that back the module up.
    fn members_from_set(&mut self, read: &mut Read, module: &ModuleId, reply: Reply) {
        let Some(plans) = reply.members() else {
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

    /// Reads what there is, once layout A was read.
    pub async fn read(self, redis: &Connection, read: &mut Read) -> Result<(), ClusterError> {
        let mut commands = count_existing(&maybe_c(read), keys::status_c);
        commands.extend(self.b.iter().map(|(plan, module)| {
            Command::Fields(keys::status_b(module, plan), &status::B_FIELDS)
        }));
        let mut replies = redis.ask(commands).await?;
        let c = existing(read, &maybe_c(read), &mut replies);
        for (plan, module) in self.b {
            layout_b(read, &plan, module, replies.next());
        }
        read_c(redis, c, read).await
    }
}

async fn read_c(redis: &Connection, pairs: Vec<Pair>, read: &mut Read) -> Result<(), ClusterError> {
    let plans: Vec<PlanId> = read
        .with_plan_status
        .iter()
        .filter(|id| read.state.plans.contains_key(*id) && !read.statuses.has_a(id))
        .cloned()
        .collect();
    let status =
        |(plan, module): &Pair| Command::Fields(keys::status_c(module, plan), &status::C_FIELDS);
    let changed = |plan| Command::Field(keys::plan_status_c(plan), "timestamp".to_owned());
    let mut commands: Vec<Command> = pairs.iter().map(status).collect();
    commands.extend(plans.iter().map(changed));
    let mut replies = redis.ask(commands).await?;
    for (plan, module) in pairs {
        layout_c(read, &plan, module, replies.next());
    }
    for plan in &plans {
        plan_status(read, plan, replies.next());
    }
    members_from_c(read);
    Ok(())
}

/// Every member of every plan that lists its members.
fn members(read: &Read) -> Vec<PairRef<'_>> {
    let plans = read.state.plans.iter();
    plans
        .flat_map(|(id, plan)| plan.instances.iter().map(move |module| (id, module)))
        .collect()
}

/// All modules, if any plan does not list its members.
fn modules_with_sets(read: &Read) -> impl Iterator<Item = &ModuleId> {
    let needed = !read.without_instances.is_empty();
    read.state.modules.keys().filter(move |_| needed)
}

/// Where a status of layout C may be: members of plans that have no status of
/// layout A; and every module for a plan that lists no members, where its
/// plan-level status shows that the first tool was at work.
fn maybe_c(read: &Read) -> Vec<PairRef<'_>> {
    let without_a = |plan: &PlanId| !read.statuses.has_a(plan);
    let listed = |plan: &PlanId| !read.without_instances.contains(plan);
    let mut pairs = Vec::new();
    for (id, plan) in &read.state.plans {
        if !without_a(id) {
            continue;
        }
        if listed(id) {
            pairs.extend(plan.instances.iter().map(|module| (id, module)));
        } else if read.with_plan_status.contains(id) {
            pairs.extend(read.state.modules.keys().map(|module| (id, module)));
        }
    }
    pairs
}

fn count_existing(pairs: &[PairRef<'_>], key: KeyOf) -> Vec<Command> {
    let keys = |chunk: &[PairRef<'_>]| {
        let keys = chunk.iter().map(|(plan, module)| key(module, plan));
        Command::count_existing(keys)
    };
    pairs.chunks(CHUNK).map(keys).collect()
}

/// The pairs of live modules in those blocks of which at least one key exists.
fn existing(read: &Read, pairs: &[PairRef<'_>], replies: &mut Replies) -> Vec<Pair> {
    let mut found = Vec::new();
    for chunk in pairs.chunks(CHUNK) {
        let count = replies.next().value().and_then(|count| count.as_u64());
        if count != Some(0) {
            let live = chunk
                .iter()
                .filter(|(_, module)| read.state.modules.contains_key(*module));
            found.extend(live.map(|(plan, module)| ((*plan).clone(), (*module).clone())));
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
    let key = |module: &ModuleId| keys::status_b(module, plan);
    read.statuses
        .offer(plan, module, Origin::OldLayout, key, parsed);
}

fn layout_c(read: &mut Read, plan: &PlanId, module: ModuleId, reply: Reply) {
    let parsed = match reply.elements() {
        Some(values) if values.iter().all(Value::is_null) => return,
        Some(values) => {
            let texts: Vec<_> = values.iter().map(raw).collect();
            let field = |place: usize| texts.get(place).and_then(Option::as_deref);
            status::layout_c(field(0), field(1), field(2), read.now())
        }
        None => status::Parsed::failed(Reason::NotAHash),
    };
    let key = |module: &ModuleId| keys::status_c(module, plan);
    read.statuses
        .offer(plan, module, Origin::OldLayout, key, parsed);
}

fn plan_status(read: &mut Read, plan: &PlanId, reply: Reply) {
    let changed = match reply.value() {
        Some(value) => status::iso_time(raw(&value).as_deref(), read.now()),
        None => Err(Reason::NotAHash),
    };
    match (changed, read.state.plans.get_mut(plan)) {
        (Ok(at), Some(plan)) => plan.status_changed = Some(at),
        (Ok(_), None) => {}
        (Err(reason), _) => read.statuses.note(keys::plan_status_c(plan), reason),
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
