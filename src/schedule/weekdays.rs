//! A set of weekdays.

use std::fmt;

use jiff::civil::Weekday;

/// With the longer names first, so that `Monday` is not taken for `Mon`.
const NAMES: [(&str, u8); 14] = [
    ("monday", 0),
    ("tuesday", 1),
    ("wednesday", 2),
    ("thursday", 3),
    ("friday", 4),
    ("saturday", 5),
    ("sunday", 6),
    ("mon", 0),
    ("tue", 1),
    ("wed", 2),
    ("thu", 3),
    ("fri", 4),
    ("sat", 5),
    ("sun", 6),
];

const SHORT: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const EVERY_DAY: u8 = 0b111_1111;

/// Which days of the week an expression is for: bit 0 is Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weekdays(u8);

impl Weekdays {
    pub(super) const NONE: Self = Self(0);

    /// Adds the days from `first` to `last`, both counted from Monday.
    pub(super) fn add(&mut self, first: u8, last: u8) {
        for day in first..=last {
            self.0 |= 1 << day;
        }
    }

    /// An expression that names no weekday is for every day.
    pub(super) fn or_every_day(self) -> Self {
        if self == Self::NONE {
            Self(EVERY_DAY)
        } else {
            self
        }
    }

    pub(super) fn is_every_day(self) -> bool {
        self.0 == EVERY_DAY
    }

    pub(super) fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.to_monday_zero_offset()) != 0
    }

    /// The weekday that `text` begins with, counted from Monday, and the length
    /// of its name.
    pub(super) fn name_at_start(text: &str) -> Option<(u8, usize)> {
        NAMES.iter().find_map(|(name, day)| {
            let begin = text.get(..name.len())?;
            begin
                .eq_ignore_ascii_case(name)
                .then_some((*day, name.len()))
        })
    }
}

impl fmt::Display for Weekdays {
    /// Three or more days in a row as a range, else one by one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        let mut day = 0;
        while day < SHORT.len() {
            let row = (day..SHORT.len())
                .take_while(|day| self.0 & (1 << day) != 0)
                .count();
            let last = SHORT.get((day + row).wrapping_sub(1));
            match (row, last) {
                (0, _) | (_, None) => {}
                (1, Some(last)) => write!(f, "{comma}{last}")?,
                (2, Some(last)) => write!(f, "{comma}{},{last}", SHORT[day])?,
                (_, Some(last)) => write!(f, "{comma}{}..{last}", SHORT[day])?,
            }
            if row > 0 {
                comma = ",";
            }
            day += row + 1;
        }
        Ok(())
    }
}
