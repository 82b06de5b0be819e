//! From the calendar on the wall to moments: time zones and their changes of
//! the clocks.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::Calendar;

const MICRO: SignedDuration = SignedDuration::from_micros(1);

/// What becomes of an hour that the clocks show twice, when we start to look
/// in its second pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SecondPass {
    /// systemd finds elapses in it.
    Counts,
    /// A timer that ran in the first pass has had its elapses.
    IsOver,
}

impl Calendar {
    /// The first elapse strictly after `after`, as systemd computes it; `None`
    /// means never. `zone` is that of the machine; a zone in the expression
    /// goes before it.
    ///
    /// A time that the clocks leave out in spring does not elapse on that day.
    /// One that they show twice in autumn elapses the first time only, **but**
    /// when `after` itself lies in the second pass of such an hour, systemd
    /// goes on in it, and so does this: that is right for a timer that is
    /// started just then. For one that was running all along see
    /// [`Calendar::next_in_sequence`].
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.first_after(after, zone, SecondPass::Counts)
    }

    /// The first elapse strictly after `after` of a timer that was running all
    /// along, which systemd computes from the elapse before.
    ///
    /// The same as [`Calendar::next`] but for an `after` in the second pass of
    /// an hour that the clocks show twice, in which such a timer does nothing.
    /// [`Calendar::previous`] finds the elapses of this same sequence.
    pub fn next_in_sequence(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.first_after(after, zone, SecondPass::IsOver)
    }

    /// The last elapse strictly before `before` of a timer that was running all
    /// along; `None` means that there was none since 1970. Between it and
    /// `before` nothing elapses.
    pub fn previous(&self, before: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let zone = self.zone_for(zone);
        let to = micro_before(before)?;
        let mut local = match second_pass(to, zone) {
            // All of the first pass lies before.
            Some(pass) => pass.end.checked_sub(MICRO).ok()?,
            None => zone.to_datetime(to),
        };
        loop {
            let moment = self.at_or_before(local)?;
            let offset = match zone.to_ambiguous_timestamp(moment).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset,
                AmbiguousOffset::Fold { before, .. } => before,
                AmbiguousOffset::Gap { before, .. } => {
                    let change = last_change(zone, before.to_timestamp(moment).ok()?)?;
                    local = before.to_datetime(change).checked_sub(MICRO).ok()?;
                    continue;
                }
            };
            let elapse = offset.to_timestamp(moment).ok()?;
            return (elapse >= Timestamp::UNIX_EPOCH).then_some(elapse);
        }
    }

    /// What the clocks show at `at`, in the zone that the elapses are meant in.
    pub fn local(&self, at: Timestamp, zone: &TimeZone) -> DateTime {
        self.zone_for(zone).to_datetime(at)
    }

    fn zone_for<'z>(&'z self, zone: &'z TimeZone) -> &'z TimeZone {
        self.zone.as_ref().unwrap_or(zone)
    }

    fn first_after(
        &self,
        after: Timestamp,
        zone: &TimeZone,
        second: SecondPass,
    ) -> Option<Timestamp> {
        let zone = self.zone_for(zone);
        let from = micro_after(after)?;
        let mut local = match second_pass(from, zone) {
            Some(pass) if second == SecondPass::IsOver => pass.end,
            _ => zone.to_datetime(from),
        };
        loop {
            let moment = self.at_or_after(local)?;
            match zone.to_ambiguous_timestamp(moment).offset() {
                AmbiguousOffset::Unambiguous { offset } => return offset.to_timestamp(moment).ok(),
                AmbiguousOffset::Fold { before, after } => {
                    let first = before.to_timestamp(moment).ok()?;
                    return if first >= from {
                        Some(first)
                    } else {
                        after.to_timestamp(moment).ok()
                    };
                }
                AmbiguousOffset::Gap { before, after } => {
                    let change = last_change(zone, before.to_timestamp(moment).ok()?)?;
                    local = after.to_datetime(change);
                }
            }
        }
    }
}

/// An hour (or whatever it is) that the clocks show twice.
struct Pass {
    /// What they show where its first pass ends.
    end: DateTime,
}

/// The repeated hour in whose second pass `at` lies.
fn second_pass(at: Timestamp, zone: &TimeZone) -> Option<Pass> {
    let local = zone.to_datetime(at);
    let is_second = |before: Offset| before.to_timestamp(local).is_ok_and(|first| first < at);
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Fold { before, .. } if is_second(before) => Some(Pass {
            end: before.to_datetime(last_change(zone, at)?),
        }),
        _ => None,
    }
}

/// The last change of the clocks at or before `at`.
fn last_change(zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
    let just_after = at.checked_add(MICRO).ok()?;
    let change = zone.preceding(just_after).next()?;
    Some(change.timestamp())
}

/// The first full microsecond after `at` that systemd can think of.
fn micro_after(at: Timestamp) -> Option<Timestamp> {
    if at < Timestamp::UNIX_EPOCH {
        return Some(Timestamp::UNIX_EPOCH);
    }
    Timestamp::from_microsecond(at.as_microsecond().checked_add(1)?).ok()
}

/// The last full microsecond before `at`.
fn micro_before(at: Timestamp) -> Option<Timestamp> {
    let at = at.checked_sub(SignedDuration::from_nanos(1)).ok()?;
    if at < Timestamp::UNIX_EPOCH {
        return None;
    }
    Timestamp::from_microsecond(at.as_microsecond()).ok()
}
