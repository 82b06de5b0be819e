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

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::map::Entry;

use super::status::Parsed;
use crate::model::{
    ModuleId, PlanId, Readings, Reason, Status, StatusReading, Unreadable, Unsorted,
};

/// Named keys that are kept; more would only repeat the same trouble.
pub(super) const NOTES_MAX: usize = 200;
/// So many are held before those that are kept are chosen.
const NOTES_HELD: usize = 10 * NOTES_MAX;

/// The readings so far, and what was found odd on the way.
#[derive(Default)]
pub(super) struct Statuses {
    /// Looked into for every status, so not in order.
    plans: HashMap<PlanId, OfPlan>,
    notes: Notes,
}

/// Keys that are named, and never many of them.
#[derive(Default)]
struct Notes(Vec<Unreadable>);

#[derive(Default)]
struct OfPlan {
    best: Unsorted<StatusReading>,
    /// Whose reading wins over all others, by rule 2.
    decided: BTreeSet<ModuleId>,
    with_a: bool,
}

/// A value's place in the rules above.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Layout A, from the module's own node or where that is not known.
    OwnNode,
    /// Layout A, from another node; or from any, for a value that can be
    /// understood: then it makes no difference.
    AnyNode,
    /// Layout B or C.
    OldLayout,
}

impl Statuses {
    /// Names a key that cannot be understood and is no status.
    pub fn note(&mut self, key: impl Into<String>, reason: Reason) {
        self.notes.add(Unreadable::new(key, reason));
    }

    /// Whether layout A says anything about `plan`: then C is not read.
    pub fn has_a(&self, plan: &PlanId) -> bool {
        self.plans.get(plan).is_some_and(|plan| plan.with_a)
    }

    /// The modules that have a reading in `plan`, in no order.
    pub fn modules(&self, plan: &PlanId) -> impl Iterator<Item = &ModuleId> {
        let of_plan = self.plans.get(plan).into_iter();
        of_plan.flat_map(|plan| plan.best.ids())
    }

    /// Where readings of modules in `plan` are taken.
    pub fn of(&mut self, plan: &PlanId) -> Offers<'_> {
        let Self { plans, notes } = self;
        let of_plan = plans.entry(plan.clone()).or_default();
        Offers { of_plan, notes }
    }

    /// The readings that counted, and what was odd.
    pub fn finish(self) -> (BTreeMap<PlanId, Readings>, Vec<Unreadable>) {
        let statuses = self
            .plans
            .into_iter()
            // Asked for, and offered nothing that is a module's.
            .filter(|(_, of_plan)| !of_plan.best.is_empty())
            .map(|(plan, of_plan)| (plan, of_plan.best.sorted()))
            .collect();
        (statuses, self.notes.kept())
    }
}

impl Notes {
    fn add(&mut self, note: Unreadable) {
        self.0.push(note);
        if self.0.len() >= NOTES_HELD {
            self.choose();
        }
    }

    fn kept(mut self) -> Vec<Unreadable> {
        self.choose();
        self.0.shrink_to_fit();
        self.0
    }

    /// Redis gives the fields of a hash in any order; what is said of them should
    /// not change from read to read.
    fn choose(&mut self) {
        self.0
            .sort_by(|a, b| (&a.key, &a.reason).cmp(&(&b.key, &b.reason)));
        self.0.truncate(NOTES_MAX);
    }
}

/// Takes readings of modules in one plan.
pub(super) struct Offers<'a> {
    of_plan: &'a mut OfPlan,
    notes: &'a mut Notes,
}

impl Offers<'_> {
    /// Names a key that cannot be understood and is no status.
    pub fn note(&mut self, key: String, reason: Reason) {
        self.notes.add(Unreadable::new(key, reason));
    }

    /// Takes one value for `module`, from the key that `key` gives.
    pub fn offer(
        &mut self,
        module: ModuleId,
        origin: Origin,
        key: impl FnOnce(&ModuleId) -> String,
        parsed: Parsed,
    ) {
        let reading = match parsed.status {
            Ok(status) if parsed.odd.is_empty() => StatusReading::Read(status),
            Ok(status) => {
                let key = key(&module);
                for reason in parsed.odd {
                    self.note(key.clone(), reason);
                }
                StatusReading::Read(status)
            }
            Err(reason) => StatusReading::Unreadable(Unreadable {
                key: key(&module),
                reason,
                stamp: parsed.stamp,
            }),
        };
        let loser = self.of_plan.take(module, origin, reading);
        if let Some(StatusReading::Unreadable(unreadable)) = loser {
            self.notes.add(unreadable);
        }
    }
}

impl OfPlan {
    /// Gives back the reading that lost, if there were two.
    fn take(
        &mut self,
        module: ModuleId,
        origin: Origin,
        new: StatusReading,
    ) -> Option<StatusReading> {
        self.with_a |= origin != Origin::OldLayout;
        let decisive = origin == Origin::OwnNode && new.status().is_none();
        let decided = !self.decided.is_empty() && self.decided.contains(&module);
        if decisive {
            self.decided.insert(module.clone());
        }
        match self.best.entry(module) {
            Entry::Vacant(place) => {
                place.insert(new);
                None
            }
            Entry::Occupied(mut held) => {
                let wins = if decisive || decided {
                    decisive && !decided
                } else {
                    beats(&new, held.get())
                };
                Some(if wins { held.insert(new) } else { new })
            }
        }
    }
}

fn beats(new: &StatusReading, old: &StatusReading) -> bool {
    let age = |status: &Status| (status.start, Reverse(status.layout));
    match (new.status(), old.status()) {
        (Some(new), Some(old)) => age(new) > age(old),
        (Some(_), None) => true,
        (None, _) => false,
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
            stamp: None,
        }
    }

    fn bad() -> Parsed {
        Parsed {
            status: Err(Reason::Field("errors".into(), Fault::Missing)),
            odd: Vec::new(),
            stamp: None,
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
                    stamp: parsed.stamp,
                };
                let key = |_: &ModuleId| format!("key {number}");
                statuses
                    .of(&"1".into())
                    .offer("mail1".into(), *origin, key, copy);
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
    fn a_plan_without_any_reading_is_none_of_those_with_readings() {
        let mut statuses = Statuses::default();
        let mut of_plan = statuses.of(&"1".into());
        of_plan.note("key".to_owned(), Reason::NoModuleId);
        assert!(!statuses.has_a(&"1".into()));
        let (best, notes) = statuses.finish();
        assert!(best.is_empty());
        assert_eq!(notes, [Unreadable::new("key", Reason::NoModuleId)]);
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
            (Origin::AnyNode, good(200, Layout::A)),
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
                Origin::AnyNode
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
        for origin in [Origin::AnyNode, Origin::OldLayout] {
            let (reading, notes) = winner(vec![
                (origin, bad()),
                (Origin::OwnNode, good(100, Layout::A)),
            ]);
            assert_eq!(layout_and_start(&reading), (Layout::A, 100));
            assert_eq!(notes, 1);
        }
    }

    #[test]
    fn of_a_flood_of_broken_keys_the_same_few_are_named_in_any_order() {
        let flood = 10_000;
        let name = |number: usize| format!("key {number:05}");
        let shuffled = (0..flood).map(|number| name(number * 7 % flood));
        let mut statuses = Statuses::default();
        for key in shuffled {
            statuses.note(key, Reason::NotAHash);
            assert!(statuses.notes.0.len() < NOTES_HELD);
        }
        let named = statuses.finish().1.into_iter().map(|note| note.key);
        assert!(named.eq((0..NOTES_MAX).map(name)));
    }
}
