//! When the weekly digest is due.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::config::Digest;

/// The last time at or before `now` at which a digest was due in `zone`.
pub(super) fn last_due(digest: Digest, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone());
    let back = today.weekday().since(digest.weekday);
    let day = today.date().checked_sub(i64::from(back).days()).ok()?;
    let at = |day: jiff::civil::Date| {
        let local = day.at(digest.hour, 0, 0, 0);
        zone.to_timestamp(local).ok()
    };
    let this_week = at(day)?;
    if this_week <= now {
        return Some(this_week);
    }
    at(day.checked_sub(7.days()).ok()?)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;

    #[test]
    fn a_digest_is_due_at_its_hour_of_its_day() {
        let zone = TimeZone::get("Europe/Rome").unwrap();
        let digest = Digest {
            weekday: Weekday::Monday,
            hour: 8,
        };
        let due = |now: &str| {
            let due = last_due(digest, &zone, now.parse().unwrap()).unwrap();
            due.to_string()
        };
        // A Monday; Rome is one hour ahead.
        assert_eq!(due("2026-11-23T06:59:59Z"), "2026-11-16T07:00:00Z");
        assert_eq!(due("2026-11-23T07:00:00Z"), "2026-11-23T07:00:00Z");
        assert_eq!(due("2026-11-29T22:00:00Z"), "2026-11-23T07:00:00Z");
    }
}
