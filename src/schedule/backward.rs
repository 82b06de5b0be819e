//! The way back: the times of an expression on the calendar on the wall, which
//! knows no time zones and no changes of the clocks.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime, Time};

use super::chain::SECOND;
use super::error::Field;
use super::{Calendar, chain::Chain};

/// Hour, minute, and microseconds within the minute.
type TimeOfDay = (i32, i32, i32);

const LAST_TIME: TimeOfDay = (23, 59, 59_999_999);

/// `*` as year also means the hours of 1969 that zones west of Greenwich had
/// when the count of seconds began.
const FIRST_YEAR: i32 = 1969;

impl Calendar {
    /// The last moment at or before `to`.
    pub(super) fn at_or_before(&self, to: DateTime) -> Option<DateTime> {
        let date = self.day_at_or_before(to.date())?;
        if date == to.date() {
            if let Some(time) = self.time_at_or_before(time_of_day(to)) {
                return Some(on(date, time));
            }
        } else {
            return Some(on(date, self.time_at_or_before(LAST_TIME)?));
        }
        let date = self.day_at_or_before(date.yesterday().ok()?)?;
        Some(on(date, self.time_at_or_before(LAST_TIME)?))
    }

    fn day_at_or_before(&self, to: Date) -> Option<Date> {
        let (mut year, mut month, mut day) = parts(to);
        let (_, last_year) = Field::Year.range();
        if year > last_year {
            (year, month, day) = (last_year, 12, 31);
        }
        loop {
            let earlier_year = self.years.at_or_before(year, FIRST_YEAR)?;
            if earlier_year < year {
                (year, month, day) = (earlier_year, 12, 31);
            }
            let Some(earlier_month) = self.months.at_or_before(month, 1) else {
                (year, month, day) = (year - 1, 12, 31);
                continue;
            };
            if earlier_month < month {
                (month, day) = (earlier_month, 31);
            }
            let first = first_of(year, month)?;
            let days = days_of_month(self, year, month)?;
            day = day.min(first.days_in_month().into());
            while let Some(found) = days.at_or_before(day, 1) {
                let date = first.with().day(found.try_into().ok()?).build().ok()?;
                if self.weekdays.contains(date.weekday()) {
                    return Some(date);
                }
                day = found - 1;
            }
            (month, day) = (month - 1, 31);
        }
    }

    fn time_at_or_before(
        &self,
        (mut hour, mut minute, mut micros): TimeOfDay,
    ) -> Option<TimeOfDay> {
        let (_, last_minute, last_micros) = LAST_TIME;
        loop {
            let earlier_hour = self.hours.at_or_before(hour, 0)?;
            if earlier_hour < hour {
                (hour, minute, micros) = (earlier_hour, last_minute, last_micros);
            }
            let Some(earlier_minute) = self.minutes.at_or_before(minute, 0) else {
                (hour, minute, micros) = (hour - 1, last_minute, last_micros);
                continue;
            };
            if earlier_minute < minute {
                (minute, micros) = (earlier_minute, last_micros);
            }
            if let Some(micros) = self.micros.at_or_before(micros, 0) {
                return Some((hour, minute, micros));
            }
            (minute, micros) = (minute - 1, last_micros);
        }
    }
}

/// The days that an expression has in a month, counted from its start.
pub(super) fn days_of_month(calendar: &Calendar, year: i32, month: i32) -> Option<Cow<'_, Chain>> {
    if !calendar.days_from_end {
        return Some(Cow::Borrowed(&calendar.days));
    }
    let last = i32::from(first_of(year, month)?.days_in_month());
    Some(Cow::Owned(calendar.days.in_month_of(last)))
}

fn first_of(year: i32, month: i32) -> Option<Date> {
    Date::new(year.try_into().ok()?, month.try_into().ok()?, 1).ok()
}

fn parts(date: Date) -> (i32, i32, i32) {
    (date.year().into(), date.month().into(), date.day().into())
}

fn time_of_day(at: DateTime) -> TimeOfDay {
    let micros = i32::from(at.second()) * SECOND + at.subsec_nanosecond() / 1000;
    (at.hour().into(), at.minute().into(), micros)
}

/// The chains hold no value that a time cannot have.
fn on(date: Date, (hour, minute, micros): TimeOfDay) -> DateTime {
    let small = |value: i32| i8::try_from(value).unwrap_or_default();
    let time = Time::new(
        small(hour),
        small(minute),
        small(micros / SECOND),
        micros % SECOND * 1000,
    );
    date.to_datetime(time.unwrap_or_default())
}
