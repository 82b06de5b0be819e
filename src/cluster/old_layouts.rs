//! Layouts B and C: what earlier cores and the first tool left, of which the
//! scan shows where there is any.
//!
//! Core 3.20's update leaves the keys of layout B behind, so most clusters have
//! none, or as many as members.

use std::collections::{BTreeSet, HashSet};

use super::command::{Command, Reply};
use super::desk::{Desk, Halt};
use super::parse::Read;
use super::scan::Scanned;
use super::statuses::Origin;
use super::value::{Value, raw};
use super::{keys, status};
use crate::model::{ModuleId, PlanId, Reason};

/// A module in a plan.
type Pair = (PlanId, ModuleId);

/// The modules whose SETs are to be asked for, if any plan does not list its
/// members.
pub(super) fn with_sets(scanned: &Scanned, read: &Read) -> Vec<ModuleId> {
    if read.without_instances.is_empty() {
        return Vec::new();
    }
    let modules = scanned.old_members.iter();
    let live = modules.filter(|id| read.state.modules.contains_key(*id));
    live.cloned().collect()
}

/// Completes the plans' members from the SET of `module`: the plans that back
/// it up.
pub(super) fn members_from_set(read: &mut Read, module: &ModuleId, reply: Reply) {
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
    }
}

/// Reads what there is, once layout A and all members are known.
pub(super) fn read(desk: &Desk, scanned: &Scanned, read: &mut Read) -> Result<(), Halt> {
    let (b, c) = (of_members(scanned, read), first_tools(scanned, read));
    let plans = changed_plans(scanned, read);
    let of_b = b
        .iter()
        .map(|(plan, module)| Command::fields(keys::status_b(module, plan), &status::B_FIELDS));
    let of_c = c
        .iter()
        .map(|(plan, module)| Command::fields(keys::status_c(module, plan), &status::C_FIELDS));
    let changed = |plan| Command::field(keys::plan_status_c(plan), "timestamp");
    let questions = of_b.chain(of_c).chain(plans.iter().map(changed));
    let mut replies = desk.ask(questions.collect()).answer()?;
    for (plan, module) in b {
        layout_b(read, &plan, module, replies.next());
    }
    for (plan, module) in c {
        layout_c(read, &plan, module, replies.next());
    }
    for plan in &plans {
        plan_status(read, plan, replies.next());
    }
    members_from_statuses(read);
    Ok(())
}

/// The plans of which the first tool says when it last ran, and layout A
/// nothing.
fn changed_plans(scanned: &Scanned, read: &Read) -> Vec<PlanId> {
    let plans = scanned.first_plans.iter();
    let known = plans.filter(|id| read.state.plans.contains_key(*id));
    known
        .filter(|id| !read.statuses.has_a(id))
        .cloned()
        .collect()
}

/// The statuses of layout B of members that live.
fn of_members(scanned: &Scanned, read: &Read) -> Vec<Pair> {
    let members = members(read, &scanned.old_statuses);
    let pairs = scanned.old_statuses.iter();
    let live = pairs.filter(|(_, module)| read.state.modules.contains_key(module));
    live.filter(|(plan, module)| members.contains(&(plan, module)))
        .cloned()
        .collect()
}

/// The statuses of layout C of modules that live, in plans that have no status
/// of layout A: of members; and of every module for a plan that lists no
/// members, where its plan-level status shows that the first tool was at work.
fn first_tools(scanned: &Scanned, read: &Read) -> Vec<Pair> {
    let members = members(read, &scanned.first_statuses);
    let wanted = |(plan, module): &&Pair| {
        let listed = if read.without_instances.contains(plan) {
            scanned.first_plans.contains(plan)
        } else {
            members.contains(&(plan, module))
        };
        listed && !read.statuses.has_a(plan) && read.state.modules.contains_key(module)
    };
    scanned
        .first_statuses
        .iter()
        .filter(wanted)
        .cloned()
        .collect()
}

/// Every member of every plan, where any of `pairs` has to be found among them.
fn members<'a>(read: &'a Read, pairs: &BTreeSet<Pair>) -> HashSet<(&'a PlanId, &'a ModuleId)> {
    if pairs.is_empty() {
        return HashSet::new();
    }
    let plans = read.state.plans.iter();
    plans
        .flat_map(|(id, plan)| plan.instances.iter().map(move |module| (id, module)))
        .collect()
}

fn layout_b(read: &mut Read, plan: &PlanId, module: ModuleId, reply: Reply) {
    let parsed = match reply.elements() {
        Some(values) if values.iter().all(Value::is_nil) => return,
        Some(values) => {
            let texts: Vec<_> = values.iter().map(|v| raw(v).map(Into::into)).collect();
            status::layout_b(&texts, read.now())
        }
        None => status::Parsed::failed(Reason::NotAHash),
    };
    let key = |module: &ModuleId| keys::status_b(module, plan);
    let mut of_plan = read.statuses.of(plan);
    of_plan.offer(module, Origin::OldLayout, key, parsed);
}

fn layout_c(read: &mut Read, plan: &PlanId, module: ModuleId, reply: Reply) {
    let parsed = match reply.elements() {
        Some(values) if values.iter().all(Value::is_nil) => return,
        Some(values) => {
            let texts: Vec<_> = values.iter().map(raw).collect();
            let field = |place: usize| texts.get(place).and_then(Option::as_deref);
            status::layout_c(field(0), field(1), field(2), read.now())
        }
        None => status::Parsed::failed(Reason::NotAHash),
    };
    let key = |module: &ModuleId| keys::status_c(module, plan);
    let mut of_plan = read.statuses.of(plan);
    of_plan.offer(module, Origin::OldLayout, key, parsed);
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

/// A plan that lists no members, in the SETs neither, has those of which there
/// is a status.
fn members_from_statuses(read: &mut Read) {
    for plan in &read.without_instances {
        let Some(found) = read.state.plans.get_mut(plan) else {
            continue;
        };
        if found.instances.is_empty() {
            found.instances = read.statuses.modules(plan).cloned().collect();
            found.instances.sort_unstable();
        }
    }
}
