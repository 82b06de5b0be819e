//! Until when an alert waits for its answer.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{InboxEntry, Outage, PlanId};

/// For how long Redis may be away while something waits, before a report says
/// that the state is not known.
const OUTAGE_LIMIT: Duration = Duration::from_mins(30);

/// What is to be answered now, and when to look again.
#[derive(Debug, PartialEq, Eq)]
pub struct Outlook<'a> {
    /// Entries whose wait is over, with everything else that waits for the
    /// same plan: it is answered by the same report.
    pub due: Vec<&'a InboxEntry>,
    /// When the next one is due, if anything is left waiting.
    pub next: Option<Timestamp>,
}

/// Sorts what waits into what is due at `now` and what is not. Alerts of one
/// plan are due together, `wait` after the first of them.
pub fn due(waiting: &[InboxEntry], wait: Duration, now: Timestamp) -> Outlook<'_> {
    let mut by_plan: BTreeMap<Option<PlanId>, Vec<&InboxEntry>> = BTreeMap::new();
    for entry in waiting {
        by_plan.entry(entry.alert.plan()).or_default().push(entry);
    }
    let mut outlook = Outlook {
        due: Vec::new(),
        next: None,
    };
    for group in by_plan.into_values() {
        match due_at(&group, wait, now) {
            Some(at) if at > now => outlook.next = Some(outlook.next.map_or(at, |n| n.min(at))),
            _ => outlook.due.extend(group),
        }
    }
    outlook
}

fn due_at(group: &[&InboxEntry], wait: Duration, now: Timestamp) -> Option<Timestamp> {
    let since = group.iter().map(|entry| entry.waiting_since).min()?;
    // After a clock was set back nobody knows how long it has waited, and that
    // clock may take days to come to its arrival.
    if since > now {
        return Some(now);
    }
    since.checked_add(wait).ok()
}

/// Whether an outage has lasted so long that it is a report of its own.
pub fn outage_is_over_the_limit(outage: &Outage, now: Timestamp) -> bool {
    let lasted = Duration::try_from(now.duration_since(outage.since)).unwrap_or_default();
    !outage.reported && lasted >= OUTAGE_LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlator::judge::tests::{at, entry};

    const WAIT: Duration = Duration::from_secs(30);

    #[test]
    fn an_alert_is_due_after_its_wait() {
        let waiting = [entry(1, "1", at(100))];
        assert_eq!(due(&waiting, WAIT, at(129)).next, Some(at(130)));
        assert!(due(&waiting, WAIT, at(129)).due.is_empty());
        assert_eq!(due(&waiting, WAIT, at(130)).due.len(), 1);
        assert_eq!(due(&waiting, WAIT, at(130)).next, None);
    }

    #[test]
    fn alerts_of_one_plan_are_answered_together() {
        let waiting = [
            entry(1, "1", at(100)),
            entry(2, "1", at(125)),
            entry(3, "2", at(125)),
        ];
        let outlook = due(&waiting, WAIT, at(130));
        let ids: Vec<i64> = outlook.due.iter().map(|e| e.id.0).collect();
        assert_eq!(ids, [1, 2]);
        assert_eq!(outlook.next, Some(at(155)));
    }

    #[test]
    fn a_clock_set_back_does_not_prolong_the_wait() {
        let waiting = [entry(1, "1", at(100_000))];
        assert_eq!(due(&waiting, WAIT, at(100)).due.len(), 1);
    }

    #[test]
    fn an_outage_is_reported_once_and_only_after_half_an_hour() {
        let mut outage = Outage {
            since: at(0),
            reported: false,
        };
        assert!(!outage_is_over_the_limit(&outage, at(1799)));
        assert!(outage_is_over_the_limit(&outage, at(1800)));
        outage.reported = true;
        assert!(!outage_is_over_the_limit(&outage, at(9999)));
    }
}
