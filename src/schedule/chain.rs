//! The values of one part of an expression: `*`, or a list of items.

use std::fmt;

use super::error::{CalendarError, Field};

/// Seconds are kept in microseconds.
pub(super) const SECOND: i32 = 1_000_000;

/// An item as it was written: `first`, `first..last`, both with or without
/// `/step`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub(super) first: i32,
    pub(super) last: Option<i32>,
    pub(super) step: Option<i32>,
    /// Where it begins, for complaints.
    pub(super) at: usize,
}

/// `first`, and with a step what follows it, up to `last` or without an end.
///
/// The order is that of the normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    first: i32,
    last: Option<i32>,
    step: Option<i32>,
}

/// All values that a part may have. Sorted, each item once; none means `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain(Vec<Item>);

impl Chain {
    /// `*`.
    pub(super) const EVERY: Self = Self(Vec::new());

    /// One value.
    pub(super) fn one(value: i32) -> Self {
        Self(vec![Item {
            first: value,
            last: None,
            step: None,
        }])
    }

    /// `*` for seconds, which means every full one.
    pub(super) fn every_second() -> Self {
        Self(vec![Item {
            first: 0,
            last: None,
            step: Some(SECOND),
        }])
    }

    /// The normal form of what was written, if `field` can have these values.
    pub(super) fn new(field: Field, written: &[Written]) -> Result<Self, CalendarError> {
        let mut items = Vec::with_capacity(written.len());
        for item in written {
            items.push((Item::new(field, *item)?, item.at));
        }
        items.sort_unstable();
        items.dedup_by_key(|(item, _)| *item);
        let mut highest = field.range().1;
        for (item, at) in &items {
            item.check(field, highest, *at)?;
            if field == Field::DayFromEnd {
                highest -= 3;
            }
        }
        Ok(Self(items.into_iter().map(|(item, _)| item).collect()))
    }

    pub(super) fn is_every(&self) -> bool {
        self.0.is_empty()
    }

    /// The lowest value from `from` on. Without an end to a repetition it may
    /// lie beyond what a clock or calendar can show.
    pub(super) fn at_or_after(&self, from: i32) -> Option<i32> {
        if self.is_every() {
            return Some(from);
        }
        self.0
            .iter()
            .filter_map(|item| item.at_or_after(from))
            .min()
    }

    /// The highest value from `to` down to `lowest`.
    pub(super) fn at_or_before(&self, to: i32, lowest: i32) -> Option<i32> {
        let found = if self.is_every() {
            Some(to)
        } else {
            self.0.iter().filter_map(|item| item.at_or_before(to)).max()
        };
        found.filter(|value| *value >= lowest)
    }

    /// For days counted from the end: the same days of a month that has `days`
    /// of them, counted from its start.
    pub(super) fn in_month_of(&self, days: i32) -> Self {
        Self(self.0.iter().map(|item| item.in_month_of(days)).collect())
    }

    /// The first and the last value of each item.
    pub(super) fn ends(&self) -> impl Iterator<Item = (i32, Option<i32>)> {
        self.0.iter().map(|item| (item.first, item.last))
    }

    /// Writes whole parts with at least `width` digits; values count in units
    /// of which `unit` make one.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, width: usize, unit: i32) -> fmt::Result {
        let covers_all = |item: &Item| {
            unit == SECOND && (item.first, item.last, item.step) == (0, None, Some(SECOND))
        };
        if self.is_every() || self.0.iter().any(covers_all) {
            return f.write_str("*");
        }
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write_number(f, item.first, width, unit)?;
            if let Some(last) = item.last {
                f.write_str("..")?;
                write_number(f, last, width, unit)?;
            }
            match item.step {
                Some(step) if item.last.is_none() || step != unit => {
                    f.write_str("/")?;
                    write_number(f, step, 0, unit)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn write_number(f: &mut fmt::Formatter<'_>, value: i32, width: usize, unit: i32) -> fmt::Result {
    write!(f, "{:0width$}", value / unit)?;
    match value % unit {
        0 => Ok(()),
        part => write!(f, ".{part:06}"),
    }
}

impl Item {
    fn new(field: Field, written: Written) -> Result<Self, CalendarError> {
        let Written { at, .. } = written;
        let full = |year| {
            if field == Field::Year {
                full_year(year)
            } else {
                year
            }
        };
        let first = full(written.first);
        let last = written.last.map(full);
        if written.step == Some(0) {
            return Err(CalendarError::ZeroStep { at });
        }
        let unit = if field == Field::Second { SECOND } else { 1 };
        if let Some(last) = last
            && last < first
        {
            return Err(CalendarError::BackwardRange { at });
        }
        if field == Field::Second
            && written.step.is_none()
            && last.is_some_and(|last| last - first < SECOND)
        {
            return Err(CalendarError::LongStep { field, at });
        }
        let step = written.step.or(last.map(|_| unit));
        // Cut to the last value that is hit, also if only the first one is.
        Ok(match (last, step) {
            (Some(last), Some(step)) if last - first >= step => Self {
                first,
                last: Some(last - (last - first) % step),
                step: Some(step),
            },
            (Some(_), _) => Self {
                first,
                last: None,
                step: None,
            },
            (None, step) => Self {
                first,
                last: None,
                step,
            },
        })
    }

    fn check(&self, field: Field, highest: i32, at: usize) -> Result<(), CalendarError> {
        let (lowest, _) = field.range();
        let allowed = lowest..=highest;
        let last = self.last.unwrap_or(self.first);
        if !allowed.contains(&self.first) || !allowed.contains(&last) {
            return Err(CalendarError::OutOfRange { field, highest, at });
        }
        // A range has room for its step once it is cut.
        let room = match (field, self.last) {
            (_, Some(_)) => highest,
            (Field::DayFromEnd, None) => self.first - lowest,
            (_, None) => highest - self.first,
        };
        if self.step.is_some_and(|step| step > room) {
            return Err(CalendarError::LongStep { field, at });
        }
        Ok(())
    }

    fn at_or_after(&self, from: i32) -> Option<i32> {
        if self.first >= from {
            return Some(self.first);
        }
        let step = self.step?;
        let missing = (from - self.first) % step;
        let found = if missing == 0 {
            from
        } else {
            from.checked_add(step - missing)?
        };
        self.last.is_none_or(|last| found <= last).then_some(found)
    }

    fn at_or_before(&self, to: i32) -> Option<i32> {
        if self.first > to {
            return None;
        }
        let Some(step) = self.step else {
            return Some(self.first);
        };
        let to = self.last.map_or(to, |last| last.min(to));
        Some(to - (to - self.first) % step)
    }

    fn in_month_of(&self, days: i32) -> Self {
        let day = |from_end: i32| days + 1 - from_end;
        Self {
            first: day(self.last.unwrap_or(self.first)),
            last: self.last.map(|_| day(self.first)),
            step: self.step,
        }
    }
}

fn full_year(year: i32) -> i32 {
    match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        _ => year,
    }
}
