//! What is wrong with an expression, and where.

use std::fmt;

use thiserror::Error;

/// Why a text is no calendar expression. `at` counts characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// Nothing is there, or nothing but a time zone.
    #[error("the expression is empty")]
    Empty,
    /// Something else should stand there.
    #[error("at character {at}: expected {expected}")]
    Unexpected {
        /// What.
        expected: Expected,
        /// Where.
        at: usize,
    },
    /// A number that the field cannot have.
    #[error("at character {at}: the {field} must be {}", .field.limits(*.highest))]
    OutOfRange {
        /// The field.
        field: Field,
        /// The highest value it can have there; for seconds in microseconds.
        highest: i32,
        /// Where its item begins.
        at: usize,
    },
    /// A range such as `5..3` or `Fri..Mon`.
    #[error("at character {at}: a range must go forward")]
    BackwardRange {
        /// Where its item begins.
        at: usize,
    },
    /// A repetition by 0.
    #[error("at character {at}: a repetition must not be by 0")]
    ZeroStep {
        /// Where its item begins.
        at: usize,
    },
    /// A repetition that the field has no room for, such as `0/24` for hours.
    #[error("at character {at}: the {field} leaves no room for this step")]
    LongStep {
        /// The field.
        field: Field,
        /// Where its item begins.
        at: usize,
    },
    /// A list with more than 241 items.
    #[error("at character {at}: the list is too long")]
    LongList {
        /// Where the first item too many begins.
        at: usize,
    },
    /// A `~` elsewhere than before the day.
    #[error("at character {at}: `~` can only stand before the day")]
    MisplacedTilde {
        /// Where.
        at: usize,
    },
    /// The last word is no IANA time zone.
    #[error("at character {at}: there is no time zone {name:?}")]
    UnknownZone {
        /// The word, cut to a length that can be shown.
        name: String,
        /// Where it begins.
        at: usize,
    },
}

/// See [`CalendarError::Unexpected`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Digits; also where a number is too large for any field.
    Number,
    /// A number or `*`.
    NumberOrStar,
    /// The name of a day.
    Weekday,
    /// The end of a day's name.
    WeekdayEnd,
    /// The end of an item of a list.
    ItemEnd,
    /// A `-` or `~` between the parts of a date.
    DateSeparator,
    /// The end of a date.
    DateEnd,
    /// A `:` between the parts of a time.
    Colon,
    /// Nothing more.
    End,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::NumberOrStar => "a number or `*`",
            Self::Weekday => "a weekday such as `Mon`",
            Self::WeekdayEnd => "`,`, `..` or a space after the weekday",
            Self::ItemEnd => "`,`, `-`, `~`, `:`, a space or the end after the number",
            Self::DateSeparator => "`-` or `~` and the rest of a date",
            Self::DateEnd => "a space or the end after the date",
            Self::Colon => "`:` and the rest of a time",
            Self::End => "the end",
        })
    }
}

/// A part of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Two digits mean 1970 to 2069.
    Year,
    /// From 1.
    Month,
    /// From 1.
    Day,
    /// From the end of the month, the last day is 1. The higher limit is for
    /// the lowest item of a list, and by 3 less for each one after it; so it is
    /// in systemd.
    DayFromEnd,
    /// Of 24.
    Hour,
    /// From 0.
    Minute,
    /// With up to six decimals.
    Second,
}

impl Field {
    /// The lowest and the highest value; for seconds in microseconds.
    pub(super) fn range(self) -> (i32, i32) {
        match self {
            Self::Year => (1970, 2199),
            Self::Month => (1, 12),
            Self::Day => (1, 31),
            Self::DayFromEnd => (1, 28),
            Self::Hour => (0, 23),
            Self::Minute => (0, 59),
            Self::Second => (0, 59_999_999),
        }
    }

    fn limits(self, highest: i32) -> String {
        if self == Self::Second {
            return "0 or more and less than 60".to_owned();
        }
        let (lowest, _) = self.range();
        format!("between {lowest} and {highest}")
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::DayFromEnd => "day from the end of the month",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
        })
    }
}
