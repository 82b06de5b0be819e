//! A local time and the moment it means, as C's `mktime` has it.
//!
//! systemd finds its elapses with that function, so what it does with times
//! that do not exist, or exist twice, decides when a timer elapses.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// The C library looks for the other kind of time (summer or winter) in steps
/// of this many seconds, a little less than a week, and so far.
const SEARCH_STEP: i64 = 601_200;
const SEARCH_STEPS: i64 = 446;

/// What a clock shows. The fields may lie beyond their limits, as 24 o'clock
/// or a 31st of February; [`LocalClock::settle`] puts them right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) year: i32,
    pub(super) month: i32,
    pub(super) day: i32,
    pub(super) hour: i32,
    pub(super) minute: i32,
    pub(super) second: i32,
    /// Whether summer time is meant; `None` is whatever fits.
    pub(super) summer: Option<bool>,
}

impl Shown {
    fn new(at: DateTime, summer: bool) -> Self {
        Self {
            year: at.year().into(),
            month: at.month().into(),
            day: at.day().into(),
            hour: at.hour().into(),
            minute: at.minute().into(),
            second: at.second().into(),
            summer: Some(summer),
        }
    }

    /// From the largest to the smallest.
    pub(super) fn fields(&self) -> [i32; 6] {
        [
            self.year,
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second,
        ]
    }

    pub(super) fn weekday(self) -> Option<Weekday> {
        Some(self.to_datetime()?.weekday())
    }

    /// What lies beyond its limit is carried over.
    fn to_datetime(self) -> Option<DateTime> {
        let months = self.year * 12 + self.month - 1;
        let year = months.div_euclid(12).try_into().ok()?;
        let month = (months.rem_euclid(12) + 1).try_into().ok()?;
        let first = DateTime::new(year, month, 1, 0, 0, 0, 0).ok()?;
        let days = i64::from(self.day - 1);
        let minutes = (days * 24 + i64::from(self.hour)) * 60 + i64::from(self.minute);
        let seconds = minutes * 60 + i64::from(self.second);
        first.checked_add(SignedDuration::from_secs(seconds)).ok()
    }
}

/// The clock of a time zone.
pub(super) struct LocalClock<'z> {
    zone: &'z TimeZone,
    /// Of the last time that was settled: where a time exists twice, the C
    /// library takes the one that fits this.
    last_offset: Offset,
}

impl<'z> LocalClock<'z> {
    /// With what it shows at `at`, which the first time settled should be.
    pub(super) fn new(zone: &'z TimeZone, at: Timestamp) -> (Self, Shown) {
        let clock = Self {
            zone,
            last_offset: zone.to_offset(at),
        };
        let shown = clock.shown_at(at);
        (clock, shown)
    }

    fn shown_at(&self, at: Timestamp) -> Shown {
        let info = self.zone.to_offset_info(at);
        Shown::new(info.offset().to_datetime(at), info.dst().is_dst())
    }

    fn is_summer(&self, at: Timestamp) -> bool {
        self.zone.to_offset_info(at).dst().is_dst()
    }

    /// The moment that `shown` means, and what the clock really shows then.
    /// `None` when there is none.
    pub(super) fn settle(&mut self, shown: &Shown) -> Option<(Timestamp, Shown)> {
        let local = shown.to_datetime()?;
        let offset = match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => self.wished(local, offset, shown.summer)?,
            AmbiguousOffset::Fold { before, after } => {
                let fits = self.side_of_last(local, before, after)?;
                self.wished(local, fits, shown.summer)?
            }
            AmbiguousOffset::Gap { before, after } => {
                self.around_gap(local, before, after, shown.summer)?
            }
        };
        self.last_offset = offset;
        let at = offset.to_timestamp(local).ok()?;
        Some((at, self.shown_at(at)))
    }

    /// The one of two offsets that the last one leads to.
    fn side_of_last(&self, local: DateTime, before: Offset, after: Offset) -> Option<Offset> {
        if [before, after].contains(&self.last_offset) {
            return Some(self.last_offset);
        }
        let guess = self.last_offset.to_timestamp(local).ok()?;
        let there = self.zone.to_offset(guess);
        Some(if there == after { after } else { before })
    }

    /// `offset`, unless it is not the kind of time that is meant: then that of
    /// the nearest time of that kind.
    fn wished(&self, local: DateTime, offset: Offset, summer: Option<bool>) -> Option<Offset> {
        let at = offset.to_timestamp(local).ok()?;
        let fits = |at: Timestamp| summer.is_none_or(|summer| summer == self.is_summer(at));
        if fits(at) {
            return Some(offset);
        }
        let near = (1..=SEARCH_STEPS)
            .flat_map(|step| [-step, step])
            .filter_map(|step| {
                let away = SignedDuration::from_secs(step * SEARCH_STEP);
                at.checked_add(away).ok()
            })
            .find(|near| fits(*near));
        Some(near.map_or(offset, |near| self.zone.to_offset(near)))
    }

    /// A time that does not exist can be read by the offset before the change,
    /// which leads past the gap, or by the one after, which leads back. Summer
    /// time is preferred, or what differs from the kind that is meant.
    fn around_gap(
        &self,
        local: DateTime,
        before: Offset,
        after: Offset,
        summer: Option<bool>,
    ) -> Option<Offset> {
        let guess = self.last_offset.to_timestamp(local).ok()?;
        let back_first = if [before, after].contains(&self.last_offset) {
            self.last_offset == after
        } else {
            self.zone.to_offset(guess) == after
        };
        let both = if back_first {
            [after, before]
        } else {
            [before, after]
        };
        let is_summer = |offset: Offset| {
            let at = offset.to_timestamp(local).ok()?;
            Some(self.is_summer(at))
        };
        let kinds = [is_summer(both[0])?, is_summer(both[1])?];
        match summer {
            None if kinds[0] >= kinds[1] => Some(both[0]),
            None => Some(both[1]),
            Some(meant) if kinds[0] != meant => Some(both[0]),
            Some(meant) if kinds[1] != meant => Some(both[1]),
            Some(_) => None,
        }
    }
}
