//! Which of several values for one module in one plan counts.
//!
//! The rules:
//!
//! 1. The newest `start` wins; on a tie layout A, then B.
//! 2. A value of layout A that cannot be understood, written by the node on
//!    which the module lives, wins over all: it is what the last run left, and
//!    an older good one beside it would say "ok" of a run that nobody can judge.
//! 3. Any other value that cannot be understood (an old layout's, another
//!    node's) loses against one that can, and is only named.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use super::status::Parsed;
use crate::model::{ModuleId, PlanId, Reason, Status, StatusReading, Unreadable};

/// Named keys that are kept; more would only repeat the same trouble.
const NOTES_MAX: usize = 200;

/// The readings so far, and what was found odd on the way.
#[derive(Default)]
pub(super) struct Statuses {
    best: BTreeMap<PlanId, BTreeMap<ModuleId, Held>>,
    with_a: BTreeSet<PlanId>,
    notes: Vec<Unreadable>,
}

struct Held {
    reading: StatusReading,
    decisive: bool,
}

/// A value's place in the rules above.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Layout A, from the module's own node or where that is not known.
    OwnNode,
    /// Layout A, from another node.
    OtherNode,
    /// Layout B or C.
    OldLayout,
}

impl Statuses {
    /// Names a key that cannot be understood and is no status.
    pub fn note(&mut self, key: impl Into<String>, reason: Reason) {
        self.notes.push(Unreadable {
            key: key.into(),
            reason,
        });
    }

    /// Whether layout A says anything about `plan`: then C is not read.
    pub fn has_a(&self, plan: &PlanId) -> bool {
        self.with_a.contains(plan)
    }

    /// How many modules have a reading in `plan`.
    pub fn modules(&self, plan: &PlanId) -> impl Iterator<Item = &ModuleId> {
        self.best.get(plan).into_iter().flat_map(BTreeMap::keys)
    }

    /// Takes one value of `key` for `module` in `plan`.
    pub fn offer(
        &mut self,
        plan: &PlanId,
        module: ModuleId,
        origin: Origin,
        key: impl FnOnce() -> String,
        parsed: Parsed,
    ) {
        if origin != Origin::OldLayout && !self.with_a.contains(plan) {
            self.with_a.insert(plan.clone());
        }
        let reading = match parsed.status {
            Ok(status) if parsed.odd.is_empty() => StatusReading::Read(status),
            Ok(status) => {
                let key = key();
                for reason in parsed.odd {
                    self.note(key.clone(), reason);
                }
                StatusReading::Read(status)
            }
            Err(reason) => StatusReading::Unreadable(Unreadable { key: key(), reason }),
        };
        let new = Held {
            decisive: origin == Origin::OwnNode && reading.status().is_none(),
            reading,
        };
        if !self.best.contains_key(plan) {
            self.best.insert(plan.clone(), BTreeMap::new());
        }
        let Some(modules) = self.best.get_mut(plan) else {
            return;
        };
        let loser = match modules.get_mut(&module) {
            Some(held) if new.beats(held) => mem::replace(held, new),
            Some(_) => new,
            None => {
                modules.insert(module, new);
                return;
            }
        };
        if let StatusReading::Unreadable(unreadable) = loser.reading {
            self.notes.push(unreadable);
        }
    }

    /// The readings that counted, and what was odd.
    pub fn finish(
        self,
    ) -> (
        BTreeMap<PlanId, BTreeMap<ModuleId, StatusReading>>,
        Vec<Unreadable>,
    ) {
        let readings = |modules: BTreeMap<ModuleId, Held>| {
            modules
                .into_iter()
                .map(|(id, held)| (id, held.reading))
                .collect()
        };
        let statuses = self
            .best
            .into_iter()
            .map(|(plan, modules)| (plan, readings(modules)))
            .collect();
        // Redis gives the fields of a hash in any order; what is said of them
        // should not change from read to read.
        let mut notes = self.notes;
        notes.sort_by(|a, b| (&a.key, &a.reason).cmp(&(&b.key, &b.reason)));
        notes.truncate(NOTES_MAX);
        (statuses, notes)
    }
}

impl Held {
    fn beats(&self, other: &Self) -> bool {
        if self.decisive || other.decisive {
            return self.decisive && !other.decisive;
        }
        let age = |status: &Status| (status.start, std::cmp::Reverse(status.layout));
        match (self.reading.status(), other.reading.status()) {
            (Some(new), Some(old)) => age(new) > age(old),
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::{Fault, Layout};

    fn good(start: i64, layout: Layout) -> Parsed {
        let at = Timestamp::from_second(start).unwrap();
        Parsed {
            status: Ok(Status {
                start: at,
                end: at,
                errors: 0,
                size: None,
                files: None,
                node: None,
                layout,
                message: None,
            }),
            odd: Vec::new(),
        }
    }

    fn bad() -> Parsed {
        Parsed {
            status: Err(Reason::Field("errors".into(), Fault::Missing)),
            odd: Vec::new(),
        }
    }

    /// What counts, and how many keys are named beside, for both orders.
    fn winner(mut offers: Vec<(Origin, Parsed)>) -> (StatusReading, usize) {
        let mut results = Vec::new();
        for _ in 0..2 {
            let mut statuses = Statuses::default();
            for (number, (origin, parsed)) in offers.iter().enumerate() {
                let copy = Parsed {
                    status: parsed.status.clone(),
                    odd: parsed.odd.clone(),
                };
                let key = || format!("key {number}");
                statuses.offer(&"1".into(), "mail1".into(), *origin, key, copy);
            }
            let (mut best, notes) = statuses.finish();
            let reading = best
                .remove(&"1".into())
                .and_then(|mut m| m.remove(&"mail1".into()));
            results.push((reading.unwrap(), notes.len()));
            offers.reverse();
        }
        let (first, second) = (results.remove(0), results.remove(0));
        match (&first.0, &second.0) {
            (StatusReading::Read(a), StatusReading::Read(b)) => assert_eq!(a, b),
            (a, b) => assert_eq!(a.status(), b.status()),
        }
        assert_eq!(first.1, second.1);
        first
    }

    fn layout_and_start(reading: &StatusReading) -> (Layout, i64) {
        let status = reading.status().unwrap();
        (status.layout, status.start.as_second())
    }

    #[test]
    fn the_newest_start_wins_whatever_its_layout() {
        let (reading, _) = winner(vec![
            (Origin::OwnNode, good(100, Layout::A)),
            (Origin::OldLayout, good(200, Layout::B)),
        ]);
        assert_eq!(layout_and_start(&reading), (Layout::B, 200));
        let (reading, _) = winner(vec![
            (Origin::OwnNode, good(100, Layout::A)),
            (Origin::OtherNode, good(200, Layout::A)),
        ]);
        assert_eq!(layout_and_start(&reading), (Layout::A, 200));
    }

    #[test]
    fn on_a_tie_layout_a_wins() {
        let (reading, _) = winner(vec![
            (Origin::OldLayout, good(100, Layout::B)),
            (Origin::OwnNode, good(100, Layout::A)),
        ]);
        assert_eq!(layout_and_start(&reading), (Layout::A, 100));
    }

    #[test]
    fn an_older_good_value_never_hides_the_own_nodes_broken_one() {
        for layout in [Layout::A, Layout::B] {
            let other = if layout == Layout::A {
                Origin::OtherNode
            } else {
                Origin::OldLayout
            };
            let (reading, notes) =
                winner(vec![(Origin::OwnNode, bad()), (other, good(100, layout))]);
            assert!(reading.status().is_none());
            assert_eq!(notes, 0);
        }
    }

    #[test]
    fn a_broken_leftover_is_named_and_hides_nothing() {
        for origin in [Origin::OtherNode, Origin::OldLayout] {
            let (reading, notes) = winner(vec![
                (origin, bad()),
                (Origin::OwnNode, good(100, Layout::A)),
            ]);
            assert_eq!(layout_and_start(&reading), (Layout::A, 100));
            assert_eq!(notes, 1);
        }
    }

    #[test]
    fn a_flood_of_broken_keys_stays_bounded() {
        let mut statuses = Statuses::default();
        for number in 0..10_000 {
            statuses.note(format!("key {number}"), Reason::NotAHash);
        }
        assert_eq!(statuses.finish().1.len(), NOTES_MAX);
    }
}
