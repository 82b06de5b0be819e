//! When a plan's schedule fires, on each of the nodes.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::rules::Rules;
use crate::model::{Elapse, NodeId, NodeZone, Plan};
use crate::schedule::Calendar;

/// How early by the clocks a backup may begin and still meet an elapse.
const SLACK: i64 = 300;

/// A plan's schedule on the nodes of this cluster.
pub(super) struct Firing<'a> {
    calendar: Option<Calendar>,
    rules: &'a Rules,
}

impl<'a> Firing<'a> {
    /// A schedule that systemd would not read never fires.
    pub fn of(plan: &Plan, rules: &'a Rules) -> Self {
        Self {
            calendar: plan.schedule.parse().ok(),
            rules,
        }
    }

    /// Whether it is known when the schedule fires on `node`: by what it says
    /// itself, by the configuration, because we run there, or because two runs
    /// agreed.
    pub fn is_known(&self, node: NodeId, own: Option<NodeId>, learned: Option<&NodeZone>) -> bool {
        self.says_zone()
            || self.rules.configured(node).is_some()
            || own.is_none_or(|own| own == node)
            || learned.is_some_and(|zone| zone.shift.is_some())
    }

    /// Whether nothing that is learned can change when it fires on `node`.
    pub fn is_fixed(&self, node: NodeId, own: Option<NodeId>) -> bool {
        self.is_known(node, own, None)
    }

    fn says_zone(&self) -> bool {
        self.calendar
            .as_ref()
            .is_some_and(|calendar| calendar.zone().is_some())
    }

    fn zone(&self, node: Option<NodeId>) -> &TimeZone {
        node.and_then(|node| self.rules.configured(node))
            .unwrap_or_else(|| self.rules.default_zone())
    }

    /// The newest elapse on `node` at or before `now`; without a node, in the
    /// program's own zone.
    pub fn newest(&self, node: Option<NodeId>, shift: i64, now: Timestamp) -> Option<Elapse> {
        let calendar = self.calendar.as_ref()?;
        let until = by_minutes(now, -shift)?.checked_add(JUST_AFTER).ok()?;
        let at = calendar.previous(until, self.zone(node))?;
        self.elapse(node, shift, at)
    }

    /// The first elapse on `node` after `from`.
    pub fn next(&self, node: Option<NodeId>, shift: i64, from: Timestamp) -> Option<Elapse> {
        let calendar = self.calendar.as_ref()?;
        let at = calendar.next_in_sequence(by_minutes(from, -shift)?, self.zone(node))?;
        self.elapse(node, shift, at)
    }

    fn elapse(&self, node: Option<NodeId>, shift: i64, at: Timestamp) -> Option<Elapse> {
        let local = self.calendar.as_ref()?.local(at, self.zone(node));
        Some(Elapse {
            local,
            at: by_minutes(at, shift)?,
        })
    }

    /// When `local` is in the program's own zone, or in that of the schedule.
    pub fn own(&self, local: jiff::civil::DateTime) -> Option<Timestamp> {
        let zone = self.calendar.as_ref()?.zone().unwrap_or(self.zone(None));
        zone.to_timestamp(local).ok()
    }

    /// Seconds from the elapse at `at` to the one after it.
    pub fn interval(&self, node: Option<NodeId>, at: Timestamp) -> Option<i64> {
        let next = self.next(node, 0, at)?;
        Some(next.at.duration_since(at).as_secs())
    }

    /// Seconds by which a backup may seem to begin before the elapse at `at`
    /// that it belongs to: never more than a quarter of the interval before it.
    pub fn slack(&self, node: Option<NodeId>, at: Timestamp) -> i64 {
        let before = self
            .calendar
            .as_ref()
            .and_then(|calendar| calendar.previous(at, self.zone(node)))
            .map(|before| at.duration_since(before).as_secs());
        before.map_or(SLACK, |interval| SLACK.min(interval / 4))
    }
}

const JUST_AFTER: SignedDuration = SignedDuration::from_micros(1);

fn by_minutes(at: Timestamp, minutes: i64) -> Option<Timestamp> {
    at.checked_add(SignedDuration::from_mins(minutes)).ok()
}

#[cfg(test)]
mod tests;
