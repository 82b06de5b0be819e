//! The way to the next elapse, with systemd's own steps.
//!
//! A set of matching times would be simpler, but it is not what systemd has:
//! where a repetition runs over the end of an hour or a day, it goes on from
//! where it came out, so that `*:0/7` elapses at 23:56 and then at 00:07, and
//! `0/7:00` never again once it came out behind a change to summer time.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Calendar;
use super::backward::days_of_month;
use super::chain::SECOND;
use super::error::Field;
use super::local_clock::{LocalClock, Shown};

/// After so many steps systemd gives up.
const MOST_STEPS: usize = 1000;

/// The fields below the year, from the largest.
const FIELDS: [Field; 5] = [
    Field::Month,
    Field::Day,
    Field::Hour,
    Field::Minute,
    Field::Second,
];

/// What one step led to.
enum Step {
    /// All fields match.
    Match,
    /// A field was moved; look again from the year on.
    Moved,
    /// There is no later match.
    Never,
}

/// How a time lies on the clock.
enum Bounds {
    /// It exists.
    Within,
    /// It does not; the next one that exists took its place.
    Forward,
    /// It does not exist, and nothing after it was found.
    Outside,
}

struct Walk<'c> {
    calendar: &'c Calendar,
    clock: LocalClock<'c>,
    at: Shown,
    /// Microseconds within the second.
    micros: i32,
}

impl Calendar {
    /// The first elapse at or after the full microsecond `from`.
    pub(super) fn walk_from(&self, from: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let (clock, start) = LocalClock::new(zone, from);
        let start_micros = from.subsec_microsecond();
        let mut walk = Walk {
            calendar: self,
            clock,
            at: start,
            micros: start_micros,
        };
        let mut stuck = false;
        for _ in 0..MOST_STEPS {
            if let Some((_, settled)) = walk.clock.settle(&walk.at) {
                walk.at = settled;
            }
            if !stuck {
                walk.at.summer = None;
            }
            match walk.step() {
                Step::Never => return None,
                Step::Moved => {}
                Step::Match if walk.is_before(&start, start_micros) => {
                    stuck = true;
                    walk.at.hour += 1;
                }
                Step::Match => return walk.moment().filter(|found| *found >= from),
            }
        }
        None
    }
}

impl Walk<'_> {
    fn step(&mut self) -> Step {
        let Some(year) = self.calendar.years.at_or_after(self.at.year) else {
            return Step::Never;
        };
        if year != self.at.year {
            self.at.year = year;
            self.reset_below(Field::Year);
        }
        if !matches!(self.bounds(), Bounds::Within) {
            return Step::Never;
        }
        let mut above = Field::Year;
        for field in FIELDS {
            if field == Field::Hour && !self.is_on_its_weekday() {
                self.advance(Field::Day);
                return Step::Moved;
            }
            let bounds = if self.set_to_match(field) {
                self.bounds()
            } else {
                Bounds::Outside
            };
            match bounds {
                Bounds::Within => above = field,
                Bounds::Forward => return Step::Moved,
                Bounds::Outside => {
                    self.advance(above);
                    return Step::Moved;
                }
            }
        }
        Step::Match
    }

    /// Moves a field to its first value that matches, which may lie beyond its
    /// limit. `false` when there is none.
    fn set_to_match(&mut self, field: Field) -> bool {
        let calendar = self.calendar;
        let from = self.value(field);
        let found = match field {
            Field::Day | Field::DayFromEnd => {
                self.look_at_days_from_end();
                days_of_month(calendar, self.at.year, self.at.month)
                    .and_then(|days| days.at_or_after(from))
            }
            Field::Year => calendar.years.at_or_after(from),
            Field::Month => calendar.months.at_or_after(from),
            Field::Hour => calendar.hours.at_or_after(from),
            Field::Minute => calendar.minutes.at_or_after(from),
            Field::Second => calendar.micros.at_or_after(from),
        };
        let Some(value) = found else {
            return false;
        };
        if value != from {
            self.set(field, value);
            self.reset_below(field);
        }
        true
    }

    /// systemd settles each such day, and for an item without an end the 2nd of
    /// the next month. That is of no use but to the clock, which remembers it:
    /// of a time that exists twice it may take the second one then.
    fn look_at_days_from_end(&mut self) {
        let calendar = self.calendar;
        if !calendar.days_from_end {
            return;
        }
        for (first, last) in calendar.days.ends() {
            for day in [1 - first, last.map_or(2, |last| 1 - last)] {
                let mut there = self.at;
                there.month += 1;
                there.day = day;
                self.clock.settle(&there);
            }
        }
    }

    fn value(&self, field: Field) -> i32 {
        match field {
            Field::Year => self.at.year,
            Field::Month => self.at.month,
            Field::Day | Field::DayFromEnd => self.at.day,
            Field::Hour => self.at.hour,
            Field::Minute => self.at.minute,
            Field::Second => self.at.second * SECOND + self.micros,
        }
    }

    fn set(&mut self, field: Field, value: i32) {
        match field {
            Field::Year => self.at.year = value,
            Field::Month => self.at.month = value,
            Field::Day | Field::DayFromEnd => self.at.day = value,
            Field::Hour => self.at.hour = value,
            Field::Minute => self.at.minute = value,
            Field::Second => {
                self.at.second = value / SECOND;
                self.micros = value % SECOND;
            }
        }
    }

    fn advance(&mut self, field: Field) {
        self.set(field, self.value(field) + 1);
        self.reset_below(field);
    }

    fn reset_below(&mut self, field: Field) {
        let at = &mut self.at;
        match field {
            Field::Year => (at.month, at.day, at.hour, at.minute) = (1, 1, 0, 0),
            Field::Month => (at.day, at.hour, at.minute) = (1, 0, 0),
            Field::Day | Field::DayFromEnd => (at.hour, at.minute) = (0, 0),
            Field::Hour => at.minute = 0,
            Field::Minute => {}
            Field::Second => return,
        }
        at.second = 0;
        self.micros = 0;
    }

    /// Whether the clock ever shows this time. When it is carried over into a
    /// later one, only the field below the first that differs begins anew; the
    /// fields below that keep what came out, and so does the kind of time.
    fn bounds(&mut self) -> Bounds {
        let (_, last_year) = Field::Year.range();
        if self.at.year > last_year {
            return Bounds::Outside;
        }
        let Some((moment, mut settled)) = self.clock.settle(&self.at) else {
            return Bounds::Outside;
        };
        if moment < Timestamp::UNIX_EPOCH {
            return Bounds::Outside;
        }
        let (is, should) = (settled.fields(), self.at.fields());
        let differs = is.iter().zip(&should).position(|(is, should)| is != should);
        match differs {
            None => return Bounds::Within,
            Some(0) => settled.month = 1,
            Some(1) => settled.day = 1,
            Some(2) => settled.hour = 0,
            Some(3) => settled.minute = 0,
            Some(4) => settled.second = 0,
            Some(_) => {}
        }
        if is < should {
            return Bounds::Outside;
        }
        self.at = settled;
        Bounds::Forward
    }

    fn is_on_its_weekday(&mut self) -> bool {
        let weekdays = self.calendar.weekdays;
        if weekdays.is_every_day() {
            return true;
        }
        let settled = self.clock.settle(&self.at);
        settled.is_some_and(|(_, shown)| shown.weekday().is_some_and(|day| weekdays.contains(day)))
    }

    fn is_before(&self, start: &Shown, start_micros: i32) -> bool {
        match self.at.fields().cmp(&start.fields()) {
            Ordering::Less => true,
            Ordering::Equal => self.micros < start_micros,
            Ordering::Greater => false,
        }
    }

    fn moment(&mut self) -> Option<Timestamp> {
        let (moment, _) = self.clock.settle(&self.at)?;
        let micros = moment.as_microsecond().checked_add(self.micros.into())?;
        Timestamp::from_microsecond(micros).ok()
    }
}
