//! The shapes of single values.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

use super::errors::Code;
use super::form::{Kind, Limits, Why, Word};
use super::tree::{Meaning, Scalar};

pub(super) const CONTROL: Why = Why(
    Code::ControlCharacter,
    "holds a line break or another control character",
);

/// A whole number of `unit` (empty for none).
pub(super) struct Whole {
    pub min: u32,
    pub max: u32,
    pub unit: &'static str,
}

impl Word for Whole {
    type Out = u32;

    fn allowed(&self) -> String {
        let space = if self.unit.is_empty() { "" } else { " " };
        format!("{} to {}{space}{}", self.min, self.max, self.unit)
    }

    fn parse(&self, scalar: &Scalar) -> Result<u32, Why> {
        let Meaning::Whole(number) = scalar.meaning else {
            return Err(Why(Code::NotAWholeNumber, "is not a whole number"));
        };
        u32::try_from(number)
            .ok()
            .filter(|number| (self.min..=self.max).contains(number))
            .ok_or(Why(Code::OutOfRange, "is out of range"))
    }

    fn json(&self, scalar: &Scalar) -> Value {
        number(scalar)
    }

    fn limits(&self) -> Limits {
        Limits::range(Kind::Number, self.min, self.max)
    }
}

/// A number as JSON has it; what is none stays the text that it is.
fn number(scalar: &Scalar) -> Value {
    match scalar.meaning {
        Meaning::Whole(number) => Value::from(number),
        _ => Value::String(scalar.text.clone()),
    }
}

/// A whole number of seconds.
pub(super) struct Seconds {
    pub min: u32,
    pub max: u32,
}

impl Word for Seconds {
    type Out = Duration;

    fn allowed(&self) -> String {
        self.whole().allowed()
    }

    fn parse(&self, scalar: &Scalar) -> Result<Duration, Why> {
        let seconds = self.whole().parse(scalar)?;
        Ok(Duration::from_secs(seconds.into()))
    }

    fn json(&self, scalar: &Scalar) -> Value {
        number(scalar)
    }

    fn limits(&self) -> Limits {
        self.whole().limits()
    }
}

impl Seconds {
    fn whole(&self) -> Whole {
        Whole {
            min: self.min,
            max: self.max,
            unit: "seconds",
        }
    }
}

/// A TCP port, from `min` on (0 takes a free one).
pub(super) struct Port {
    pub min: u16,
}

impl Word for Port {
    type Out = u16;

    fn allowed(&self) -> String {
        format!("{} to {}", self.min, u16::MAX)
    }

    fn parse(&self, scalar: &Scalar) -> Result<u16, Why> {
        let Meaning::Whole(number) = scalar.meaning else {
            return Err(Why(Code::NotAWholeNumber, "is not a port"));
        };
        u16::try_from(number)
            .ok()
            .filter(|port| *port >= self.min)
            .ok_or(Why(Code::OutOfRange, "is not a port"))
    }

    fn json(&self, scalar: &Scalar) -> Value {
        number(scalar)
    }

    fn limits(&self) -> Limits {
        Limits::range(Kind::Number, self.min.into(), u16::MAX.into())
    }
}

/// `true` or `false`.
pub(super) struct YesNo;

impl Word for YesNo {
    type Out = bool;

    fn allowed(&self) -> String {
        "true or false".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<bool, Why> {
        match scalar.meaning {
            Meaning::Bool(value) => Ok(value),
            _ => Err(Why(Code::NotTrueOrFalse, "is neither")),
        }
    }

    fn json(&self, scalar: &Scalar) -> Value {
        match scalar.meaning {
            Meaning::Bool(value) => Value::Bool(value),
            _ => Value::String(scalar.text.clone()),
        }
    }

    fn limits(&self) -> Limits {
        Limits::of(Kind::Switch)
    }
}

/// One of a closed list, in any letter case.
pub(super) struct OneOf<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy + Sync> Word for OneOf<T> {
    type Out = T;

    fn allowed(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }

    fn parse(&self, scalar: &Scalar) -> Result<T, Why> {
        self.0
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&scalar.text))
            .map(|(_, value)| *value)
            .ok_or(Why(Code::NotOneOf, "is none of them"))
    }

    fn json(&self, scalar: &Scalar) -> Value {
        let mut names = self.0.iter().map(|(name, _)| *name);
        let name = names
            .find(|name| name.eq_ignore_ascii_case(&scalar.text))
            .unwrap_or(&scalar.text);
        Value::String(name.to_owned())
    }

    fn limits(&self) -> Limits {
        Limits {
            values: self.0.iter().map(|(name, _)| *name).collect(),
            ..Limits::of(Kind::Choice)
        }
    }
}

/// One line of text, at most `max` characters.
pub(super) struct Line {
    pub min: usize,
    pub max: usize,
}

impl Word for Line {
    type Out = String;

    fn allowed(&self) -> String {
        format!("one line of {} to {} characters", self.min, self.max)
    }

    fn parse(&self, scalar: &Scalar) -> Result<String, Why> {
        if scalar.text.chars().any(char::is_control) {
            return Err(CONTROL);
        }
        if !(self.min..=self.max).contains(&scalar.text.chars().count()) {
            return Err(Why(Code::WrongLength, "has not the right length"));
        }
        Ok(scalar.text.clone())
    }

    fn limits(&self) -> Limits {
        let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Limits::range(Kind::Text, length(self.min), length(self.max))
    }
}

/// The path of a file or directory.
pub(super) struct FilePath;

impl Word for FilePath {
    type Out = PathBuf;

    fn allowed(&self) -> String {
        "a path".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<PathBuf, Why> {
        if scalar.text.is_empty() || scalar.text.chars().any(char::is_control) {
            return Err(Why(Code::NotAPath, "is not a path"));
        }
        Ok(PathBuf::from(&scalar.text))
    }
}

/// A path, or an empty text for none.
pub(super) struct MaybePath;

impl Word for MaybePath {
    type Out = Option<PathBuf>;

    fn allowed(&self) -> String {
        "a path, or empty for none".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<Option<PathBuf>, Why> {
        if scalar.text.is_empty() {
            return Ok(None);
        }
        FilePath.parse(scalar).map(Some)
    }
}

/// A time zone by its IANA name.
pub(super) struct Zone;

impl Word for Zone {
    type Out = TimeZone;

    fn allowed(&self) -> String {
        "an IANA name such as Europe/Rome or UTC".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<TimeZone, Why> {
        TimeZone::get(&scalar.text).map_err(|_| Why(Code::NotAZone, "is not a known time zone"))
    }

    fn limits(&self) -> Limits {
        Limits::of(Kind::Zone)
    }
}

/// A moment, or a date or time of day that a zone makes one.
pub(super) struct Moment;

/// What a [`Moment`] is read into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// The same everywhere.
    Instant(Timestamp),
    /// By the clocks of a zone; a date alone is its first instant.
    Local(DateTime),
}

impl Point {
    /// The moment, by the clocks of `zone`.
    pub(super) fn instant(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Instant(instant) => instant,
            // Only the last day of the year 9999, which people write for
            // "never", and the first ones of -9999 have no timestamp.
            Self::Local(time) => match zone.to_timestamp(time) {
                Ok(instant) => instant,
                Err(_) if time.year() > 0 => Timestamp::MAX,
                Err(_) => Timestamp::MIN,
            },
        }
    }
}

impl Word for Moment {
    type Out = Point;

    fn allowed(&self) -> String {
        "a date such as 2030-12-24, or a moment such as 2030-12-24T08:00:00+01:00".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<Point, Why> {
        let text = scalar.text.as_str();
        // A local time would be read from a text with a zone too, and the zone
        // forgotten: so it comes last.
        if let Ok(instant) = text.parse::<Timestamp>() {
            Ok(Point::Instant(instant))
        } else if let Ok(zoned) = text.parse::<Zoned>() {
            Ok(Point::Instant(zoned.timestamp()))
        } else {
            let local = text.parse::<DateTime>();
            local
                .map(Point::Local)
                .map_err(|_| Why(Code::NotAMoment, "is neither"))
        }
    }

    fn limits(&self) -> Limits {
        Limits::of(Kind::Moment)
    }
}
