//! Which keys of backups there are: one `SCAN` names them all, so that no key
//! has to be asked for that does not exist.
//!
//! Redis shows every key that is there from the scan's beginning to its end. One
//! that comes up meanwhile may be missed, and is seen by the next read.

use std::collections::BTreeSet;

use super::command::{Command, Reply};
use super::desk::{Asked, Desk, Halt};
use super::keys;
use super::statuses::NOTES_MAX;
use super::value::{Value, is_id, raw, shown};
use crate::model::{ModuleId, NodeId, PlanId};

/// The first step looks at so many keys, those of most clusters: Redis does it
/// in a few milliseconds.
const FIRST: u64 = 10_000;
/// Each further one at this part of all keys, where that is more.
const STEPS: u64 = 8;

/// The keys, by what they hold; whether it can be understood is not known yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scanned {
    pub plans: BTreeSet<PlanId>,
    /// Keys in the place of a plan's whose id is none, fit to be shown: as many as
    /// are named.
    pub odd_plans: BTreeSet<String>,
    /// Layout A.
    pub statuses: BTreeSet<(PlanId, NodeId)>,
    /// Layout B.
    pub old_statuses: BTreeSet<(PlanId, ModuleId)>,
    /// The modules with a SET of plans (layout B).
    pub old_members: BTreeSet<ModuleId>,
    /// Layout C.
    pub first_statuses: BTreeSet<(PlanId, ModuleId)>,
    /// The plans with a status of their own (layout C).
    pub first_plans: BTreeSet<PlanId>,
}

/// Asks for the first step.
pub(super) fn begin(desk: &Desk) -> Asked {
    desk.ask(vec![Command::db_size(), step("0", FIRST)])
}

/// Takes it, and all further steps, one after the other.
pub(super) fn finish(desk: &Desk, first: Asked) -> Result<Scanned, Halt> {
    let mut replies = first.answer()?;
    let keys = replies.next().value().and_then(|size| size.count());
    let keys = keys.unwrap_or(0);
    if keys == 0 {
        // Data that was lost must not look like plans that were deleted.
        let reason = "it holds no key at all: this is no cluster's Redis";
        return Err(Halt::Senseless("DBSIZE", reason));
    }
    let mut scanned = Scanned::default();
    let mut next = scanned.take_page(replies.next())?;
    while next != "0" {
        let page = desk.ask(vec![step(&next, FIRST.max(keys / STEPS))]);
        next = scanned.take_page(page.one_answer()?)?;
    }
    Ok(scanned)
}

fn step(cursor: &str, count: u64) -> Command {
    Command::scan(cursor, keys::BACKUPS, count)
}

impl Scanned {
    /// Gives the cursor of the next step.
    fn take_page(&mut self, page: Reply) -> Result<String, Halt> {
        let page = page.elements().unwrap_or_default();
        let [cursor, keys] = page.as_slice() else {
            return Err(Halt::Senseless("SCAN", "not a cursor and its keys"));
        };
        if let Value::List(keys) = keys {
            for key in keys.iter().filter_map(raw) {
                self.take(&key);
            }
        }
        Ok(raw(cursor).unwrap_or_default().into_owned())
    }

    /// `SCAN` may show a key twice, and the pattern fits others too.
    fn take(&mut self, key: &str) {
        let mut parts = key.split('/');
        let mut part = || parts.next();
        match [part(), part(), part(), part(), part(), part()] {
            [Some("cluster"), Some("backup"), Some(plan), rest @ .., None] => match rest {
                [None, None] if is_id(plan) => {
                    self.plans.insert(plan.into());
                }
                [None, None] => {
                    self.odd_plans.insert(shown(key));
                    if self.odd_plans.len() > NOTES_MAX {
                        self.odd_plans.pop_last();
                    }
                }
                [Some("status"), None] if is_id(plan) => {
                    self.first_plans.insert(plan.into());
                }
                _ => {}
            },
            [
                Some("node"),
                Some(node),
                Some("backup_status"),
                Some(plan),
                None,
                None,
            ] => {
                if let (true, Ok(node)) = (is_id(plan), node.parse()) {
                    self.statuses.insert((plan.into(), NodeId(node)));
                }
            }
            [Some("module"), Some(module), rest @ ..] if is_id(module) => {
                self.of_module(module, rest);
            }
            _ => {}
        }
    }

    fn of_module(&mut self, module: &str, rest: [Option<&str>; 4]) {
        match rest {
            [Some("backups"), None, None, None] => {
                self.old_members.insert(module.into());
            }
            [Some("backup_status"), Some(plan), None, None] if is_id(plan) => {
                self.old_statuses.insert((plan.into(), module.into()));
            }
            [Some("backup"), Some(plan), Some("status"), None] if is_id(plan) => {
                self.first_statuses.insert((plan.into(), module.into()));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(keys: &[&str]) -> Scanned {
        let mut scanned = Scanned::default();
        for key in keys {
            scanned.take(key);
        }
        scanned
    }

    #[test]
    fn every_key_of_a_backup_is_known_by_its_place() {
        let seen = scanned(&[
            "cluster/backup/1",
            "cluster/backup/1/status",
            "cluster/backup/1",
            "node/2/backup_status/1",
            "module/mail1/backup_status/1",
            "module/mail1/backups",
            "module/mail1/backup/1/status",
        ]);
        let member = || BTreeSet::from([("1".into(), "mail1".into())]);
        let expected = Scanned {
            plans: BTreeSet::from(["1".into()]),
            odd_plans: BTreeSet::new(),
            statuses: BTreeSet::from([("1".into(), NodeId(2))]),
            old_statuses: member(),
            old_members: BTreeSet::from(["mail1".into()]),
            first_statuses: member(),
            first_plans: BTreeSet::from(["1".into()]),
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        let seen = scanned(&[
            "cluster/backup_repository/d-1",
            "cluster/backup/1/status/more",
            "cluster/backup/1/other",
            "node/one/backup_status/1",
            "node/1/backup_status/a b",
            "node/1/backup_status/1/more",
            "node/1/backup_status",
            "module/a b/backups",
            "module/mail1/backups/1",
            "module/mail1/backup/1",
            "module/mail1/backup/1/status/more",
            "module/mail1/backup_status/1/more",
            "user/backup/x",
            "",
        ]);
        assert_eq!(seen, Scanned::default());
    }

    #[test]
    fn a_plan_whose_id_is_none_is_named() {
        let seen = scanned(&["cluster/backup/evil\u{202e} id", "cluster/backup/"]);
        assert_eq!(seen.odd_plans.len(), 2);
        let shown: String = seen.odd_plans.into_iter().collect();
        assert!(!shown.contains('\u{202e}'));
        assert!(seen.plans.is_empty());
    }

    #[test]
    fn of_many_plans_whose_ids_are_none_a_few_are_named() {
        let keys = (0..1_000).rev().map(|n| format!("cluster/backup/{n:04} x"));
        let keys: Vec<_> = keys.collect();
        let seen = scanned(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        let first = keys.iter().rev().take(NOTES_MAX);
        assert!(seen.odd_plans.iter().eq(first));
    }
}
