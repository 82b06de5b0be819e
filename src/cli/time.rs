//! Moments as people type them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A day, or a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// By the clocks of a zone.
    Day(Date),
    /// The same everywhere.
    Moment(Timestamp),
}

impl Point {
    /// Reads `2026-11-20` or `2026-11-20T08:00:00Z`.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        // A date would be read from a longer text too, and the rest forgotten.
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Ok(Self::Moment(moment));
        }
        if let Ok(zoned) = text.parse::<Zoned>() {
            return Ok(Self::Moment(zoned.timestamp()));
        }
        let day = text.strip_suffix('Z').is_none() && !text.contains(['T', ' ', ':', '[']);
        match text.parse::<Date>() {
            Ok(date) if day => Ok(Self::Day(date)),
            _ => Err("it is a date such as 2026-11-20, or a moment such as 2026-11-20T08:00:00Z"),
        }
    }

    /// The moment, or the beginning of the day.
    pub fn begin(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Moment(moment) => moment,
            Self::Day(day) => first_of(day, zone).unwrap_or(Timestamp::MIN),
        }
    }

    /// The moment, or the end of the day.
    pub fn end(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Moment(moment) => moment,
            Self::Day(day) => day
                .tomorrow()
                .ok()
                .and_then(|next| first_of(next, zone))
                .unwrap_or(Timestamp::MAX),
        }
    }
}

fn first_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let begin = day.to_zoned(zone.clone()).ok()?;
    Some(begin.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_that_of_the_zone_from_its_beginning_to_its_end() {
        let rome = TimeZone::get("Europe/Rome").unwrap();
        let day = Point::parse("2026-10-25").unwrap();
        assert_eq!(day.begin(&rome), at("2026-10-24T22:00:00Z"));
        assert_eq!(day.end(&rome), at("2026-10-25T23:00:00Z"), "25 hours");
        let last = Point::parse("9999-12-31").unwrap();
        assert_eq!(last.end(&rome), Timestamp::MAX);
    }

    #[test]
    fn a_moment_is_itself() {
        for text in [
            "2026-11-20T08:00:00Z",
            "2026-11-20T09:00:00+01:00[Europe/Rome]",
        ] {
            let point = Point::parse(text).unwrap();
            assert_eq!(point, Point::Moment(at("2026-11-20T08:00:00Z")));
            assert_eq!(point.begin(&TimeZone::UTC), point.end(&TimeZone::UTC));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-11-20T08:00",
            "20 Nov",
            "12",
        ] {
            assert!(Point::parse(text).is_err(), "{text}");
        }
    }
}
