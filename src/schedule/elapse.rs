//! The elapses before and after a moment.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::Calendar;

const MICRO: SignedDuration = SignedDuration::from_micros(1);

/// More stretches of matching times than this are never left out one after the
/// other.
const MOST_LEFT_OUT: usize = 16;

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
        let from = match after.as_microsecond() {
            // systemd counts from 1970.
            _ if after < Timestamp::UNIX_EPOCH => Timestamp::UNIX_EPOCH,
            micros => Timestamp::from_microsecond(micros.checked_add(1)?).ok()?,
        };
        self.walk_from(from, self.zone_for(zone))
    }

    /// The first elapse strictly after `after` of a timer that was running all
    /// along, which systemd computes from the elapse before.
    ///
    /// Mostly the same as [`Calendar::next`]. But such a timer does nothing in
    /// the second pass of an hour that the clocks show twice, nor at a time
    /// that systemd steps over on its way from the elapse before (as 00:00 of
    /// `*:0/7`). [`Calendar::previous`] finds the elapses of this sequence.
    pub fn next_in_sequence(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let last = self.last_to(after, zone);
        self.next(last.unwrap_or(after), zone)
    }

    /// The last elapse strictly before `before` of a timer that was running all
    /// along; `None` means that there was none since 1970. Between it and
    /// `before` nothing elapses.
    pub fn previous(&self, before: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let to = before.checked_sub(SignedDuration::from_nanos(1)).ok()?;
        self.last_to(to, zone)
    }

    /// What the clocks show at `at`, in the zone that the elapses are meant in.
    pub fn local(&self, at: Timestamp, zone: &TimeZone) -> DateTime {
        self.zone_for(zone).to_datetime(at)
    }

    fn zone_for<'z>(&'z self, zone: &'z TimeZone) -> &'z TimeZone {
        self.zone.as_ref().unwrap_or(zone)
    }

    /// The last elapse at or before `to`.
    fn last_to(&self, to: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if to < Timestamp::UNIX_EPOCH {
            return None;
        }
        let zone = self.zone_for(zone);
        let to = Timestamp::from_microsecond(to.as_microsecond()).ok()?;
        let local = match end_of_first_pass(to, zone) {
            // All of the first pass lies before.
            Some(end) => end.checked_sub(MICRO).ok()?,
            None => zone.to_datetime(to),
        };
        let mut elapse = self.matching_to(local, zone)?;
        for _ in 0..MOST_LEFT_OUT {
            match self.left_out_for(elapse, zone) {
                Some(earlier) => elapse = earlier,
                None => break,
            }
        }
        // Some ways lead into the second pass of a repeated hour after all.
        while let Some(later) = self.next(elapse, zone)
            && later <= to
        {
            elapse = later;
        }
        Some(elapse)
    }

    /// The last time at or before `local` that matches and that the clocks
    /// show; of two, the first one.
    fn matching_to(&self, local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
        let mut local = local;
        loop {
            let time = self.at_or_before(local)?;
            let offset = match zone.to_ambiguous_timestamp(time).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset,
                AmbiguousOffset::Fold { before, .. } => before,
                AmbiguousOffset::Gap { before, .. } => {
                    let change = last_change(zone, before.to_timestamp(time).ok()?)?;
                    local = before.to_datetime(change).checked_sub(MICRO).ok()?;
                    continue;
                }
            };
            let at = offset.to_timestamp(time).ok()?;
            return (at >= Timestamp::UNIX_EPOCH).then_some(at);
        }
    }

    /// When systemd steps over `matching`: the time before, from which it does.
    /// It steps over something only on its way into a year, a day, an hour or a
    /// minute.
    fn left_out_for(&self, matching: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = zone.to_datetime(matching);
        let hour = local.date().at(local.hour(), 0, 0, 0);
        let minute = local.date().at(local.hour(), local.minute(), 0, 0);
        let year = local.date().first_of_year().at(0, 0, 0, 0);
        let mut seen = None;
        [year, local.start_of_day(), hour, minute]
            .into_iter()
            .filter_map(|begin| self.matching_to(begin.checked_sub(MICRO).ok()?, zone))
            .filter(|before| seen.replace(*before) != Some(*before))
            .find(|before| {
                let next = self.next(*before, zone);
                next.is_none_or(|next| next > matching)
            })
    }
}

/// When `at` lies in the second pass of an hour that the clocks show twice:
/// what they show where the first one ends.
fn end_of_first_pass(at: Timestamp, zone: &TimeZone) -> Option<DateTime> {
    let local = zone.to_datetime(at);
    let is_second = |before: Offset| before.to_timestamp(local).is_ok_and(|first| first < at);
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Fold { before, .. } if is_second(before) => {
            Some(before.to_datetime(last_change(zone, at)?))
        }
        _ => None,
    }
}

/// The last change of the clocks at or before `at`.
fn last_change(zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
    let just_after = at.checked_add(MICRO).ok()?;
    let change = zone.preceding(just_after).next()?;
    Some(change.timestamp())
}
