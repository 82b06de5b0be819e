//! The shapes of single values.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use secrecy::SecretString;

use super::form::Word;
use super::tree::{Meaning, Scalar};

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

    fn parse(&self, scalar: &Scalar) -> Result<u32, String> {
        let Meaning::Whole(number) = scalar.meaning else {
            return Err("is not a whole number".to_owned());
        };
        u32::try_from(number)
            .ok()
            .filter(|number| (self.min..=self.max).contains(number))
            .ok_or_else(|| "is out of range".to_owned())
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

    fn parse(&self, scalar: &Scalar) -> Result<Duration, String> {
        let seconds = self.whole().parse(scalar)?;
        Ok(Duration::from_secs(seconds.into()))
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

    fn parse(&self, scalar: &Scalar) -> Result<u16, String> {
        let Meaning::Whole(number) = scalar.meaning else {
            return Err("is not a port".to_owned());
        };
        u16::try_from(number)
            .ok()
            .filter(|port| *port >= self.min)
            .ok_or_else(|| "is not a port".to_owned())
    }
}

/// `true` or `false`.
pub(super) struct YesNo;

impl Word for YesNo {
    type Out = bool;

    fn allowed(&self) -> String {
        "true or false".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<bool, String> {
        match scalar.meaning {
            Meaning::Bool(value) => Ok(value),
            _ => Err("is neither".to_owned()),
        }
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

    fn parse(&self, scalar: &Scalar) -> Result<T, String> {
        self.0
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&scalar.text))
            .map(|(_, value)| *value)
            .ok_or_else(|| "is none of them".to_owned())
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

    fn parse(&self, scalar: &Scalar) -> Result<String, String> {
        if scalar.text.chars().any(char::is_control) {
            return Err("holds a line break or another control character".to_owned());
        }
        if !(self.min..=self.max).contains(&scalar.text.chars().count()) {
            return Err("has not the right length".to_owned());
        }
        Ok(scalar.text.clone())
    }
}

/// The path of a file or directory.
pub(super) struct FilePath;

impl Word for FilePath {
    type Out = PathBuf;

    fn allowed(&self) -> String {
        "a path".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<PathBuf, String> {
        if scalar.text.is_empty() || scalar.text.chars().any(char::is_control) {
            return Err("is not a path".to_owned());
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

    fn parse(&self, scalar: &Scalar) -> Result<Option<PathBuf>, String> {
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

    fn parse(&self, scalar: &Scalar) -> Result<TimeZone, String> {
        TimeZone::get(&scalar.text).map_err(|_| "is not a known time zone".to_owned())
    }
}

/// Words, split as a shell would. A command line can hold secrets.
pub(super) struct CommandLine {
    pub empty: bool,
}

impl Word for CommandLine {
    type Out = Vec<String>;

    const SECRET: bool = true;

    fn allowed(&self) -> String {
        "words as for a shell, with every quote closed".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<Vec<String>, String> {
        if scalar.text.contains('\0') {
            return Err("holds a NUL character".to_owned());
        }
        let words = shell_words::split(&scalar.text).map_err(|_| "has an open quote".to_owned())?;
        let named = words.first().is_some_and(|program| !program.is_empty());
        if named || (self.empty && words.is_empty()) {
            Ok(words)
        } else {
            Err("has no first word".to_owned())
        }
    }
}

/// A secret of any characters but control characters.
pub(super) struct Secret;

impl Word for Secret {
    type Out = SecretString;

    const SECRET: bool = true;

    fn allowed(&self) -> String {
        "a text on one line, not empty".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<SecretString, String> {
        if scalar.text.is_empty() {
            return Err("is empty".to_owned());
        }
        if scalar.text.chars().any(char::is_control) {
            return Err("holds a line break or another control character".to_owned());
        }
        Ok(SecretString::from(scalar.text.clone()))
    }
}

/// A secret that can stand in an `Authorization: Bearer` header (RFC 6750).
pub(super) struct Token;

impl Word for Token {
    type Out = SecretString;

    const SECRET: bool = true;

    fn allowed(&self) -> String {
        "letters, digits and - . _ ~ + / =, not empty".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<SecretString, String> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        if scalar.text.is_empty() || !scalar.text.bytes().all(fits) {
            return Err("cannot be sent as a bearer token".to_owned());
        }
        Ok(SecretString::from(scalar.text.clone()))
    }
}

/// A field of a destination: often a secret, and of several lines where it is a
/// whole rclone configuration.
pub(super) struct Credential;

impl Word for Credential {
    type Out = SecretString;

    const SECRET: bool = true;

    fn allowed(&self) -> String {
        "a text, not empty".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<SecretString, String> {
        if scalar.text.is_empty() || scalar.text.contains('\0') {
            return Err("cannot be used".to_owned());
        }
        Ok(SecretString::from(scalar.text.clone()))
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

    fn parse(&self, scalar: &Scalar) -> Result<Point, String> {
        let text = scalar.text.as_str();
        // A local time would be read from a text with a zone too, and the zone
        // forgotten: so it comes last.
        if let Ok(instant) = text.parse::<Timestamp>() {
            Ok(Point::Instant(instant))
        } else if let Ok(zoned) = text.parse::<Zoned>() {
            Ok(Point::Instant(zoned.timestamp()))
        } else {
            let local = text.parse::<DateTime>();
            local.map(Point::Local).map_err(|_| "is neither".to_owned())
        }
    }
}
