//! The grammar: text in, [`Calendar`] or a complaint out.

use std::str::FromStr;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, civil};

use super::Calendar;
use super::chain::{Chain, SECOND, Written};
use super::error::{CalendarError, Expected, Field};
use super::scanner::{Scanner, Unit};
use super::weekdays::Weekdays;

/// Words for whole expressions.
const SPECIAL: [(&str, &str); 13] = [
    ("minutely", "*-*-* *:*:00"),
    ("hourly", "*-*-* *:00:00"),
    ("daily", "*-*-* 00:00:00"),
    ("weekly", "Mon *-*-* 00:00:00"),
    ("monthly", "*-*-01 00:00:00"),
    ("quarterly", "*-01,04,07,10-01 00:00:00"),
    ("semiannually", "*-01,07-01 00:00:00"),
    ("semi-annually", "*-01,07-01 00:00:00"),
    ("biannually", "*-01,07-01 00:00:00"),
    ("bi-annually", "*-01,07-01 00:00:00"),
    ("yearly", "*-01-01 00:00:00"),
    ("annually", "*-01-01 00:00:00"),
    // A slip of systemd's first years that it still reads.
    ("anually", "*-01-01 00:00:00"),
];

/// Enough for every zone there is.
const LONGEST_ZONE_SHOWN: usize = 40;

impl FromStr for Calendar {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let (body, zone) = split_zone(text)?;
        if body.is_empty() {
            return Err(CalendarError::Empty);
        }
        let special = SPECIAL
            .iter()
            .find(|(word, _)| body.eq_ignore_ascii_case(word));
        let mut scanner = Scanner::new(special.map_or(body, |(_, meaning)| meaning));
        let weekdays = weekdays(&mut scanner)?;
        let calendar = match epoch(&mut scanner)? {
            Some(moment) => at_moment(moment, weekdays),
            None => date_and_time(&mut scanner, weekdays, zone)?,
        };
        if !scanner.at_end() {
            return Err(scanner.unexpected(Expected::End));
        }
        Ok(calendar)
    }
}

/// Takes the time zone from the end of the text, if one is there.
fn split_zone(text: &str) -> Result<(&str, Option<TimeZone>), CalendarError> {
    let Some((body, word)) = text.rsplit_once(' ') else {
        return Ok((text, None));
    };
    if word.eq_ignore_ascii_case("UTC") {
        return Ok((body, Some(TimeZone::UTC)));
    }
    // No other last word begins with a letter, except where one is mistaken
    // in the weekdays.
    if !word.starts_with(|c: char| c.is_ascii_alphabetic())
        || Weekdays::name_at_start(word).is_some()
    {
        return Ok((text, None));
    }
    let zone = TimeZoneDatabase::bundled().get(word).ok();
    match zone.filter(|zone| zone.iana_name() == Some(word)) {
        Some(zone) => Ok((body, Some(zone))),
        None => Err(CalendarError::UnknownZone {
            name: word.chars().take(LONGEST_ZONE_SHOWN).collect(),
            at: body.chars().count() + 2,
        }),
    }
}

/// `Mon`, `Mon,Wed`, `Mon..Fri`; a comma may stand at the end.
fn weekdays(scanner: &mut Scanner<'_>) -> Result<Weekdays, CalendarError> {
    let mut days = Weekdays::NONE;
    if Weekdays::name_at_start(scanner.rest()).is_none() {
        return Ok(days.or_every_day());
    }
    while !matches!(scanner.peek(), b' ' | 0) {
        let at = scanner.place();
        let first = weekday(scanner)?;
        let last = if scanner.eat("..") || scanner.eat("-") {
            weekday(scanner)?
        } else {
            first
        };
        if last < first {
            return Err(CalendarError::BackwardRange { at });
        }
        days.add(first, last);
        if !scanner.eat(",") && !matches!(scanner.peek(), b' ' | 0) {
            return Err(scanner.unexpected(Expected::WeekdayEnd));
        }
    }
    scanner.skip_spaces();
    Ok(days.or_every_day())
}

fn weekday(scanner: &mut Scanner<'_>) -> Result<u8, CalendarError> {
    let Some((day, length)) = Weekdays::name_at_start(scanner.rest()) else {
        return Err(scanner.unexpected(Expected::Weekday));
    };
    scanner.skip(length);
    Ok(day)
}

/// `@SECONDS`, one moment; always in UTC, whatever zone is named.
fn epoch(scanner: &mut Scanner<'_>) -> Result<Option<civil::DateTime>, CalendarError> {
    let at = scanner.place();
    if !scanner.eat("@") {
        return Ok(None);
    }
    let field = Field::Year;
    let (lowest, highest) = field.range();
    let out_of_range = || CalendarError::OutOfRange { field, highest, at };
    let moment = Timestamp::from_second(scanner.epoch()?).map_err(|_| out_of_range())?;
    let moment = TimeZone::UTC.to_datetime(moment);
    if !(lowest..=highest).contains(&i32::from(moment.year())) {
        return Err(out_of_range());
    }
    Ok(Some(moment))
}

fn at_moment(moment: civil::DateTime, weekdays: Weekdays) -> Calendar {
    let one = |value: i8| Chain::one(i32::from(value));
    Calendar {
        weekdays,
        years: Chain::one(i32::from(moment.year())),
        months: one(moment.month()),
        days: one(moment.day()),
        days_from_end: false,
        hours: one(moment.hour()),
        minutes: one(moment.minute()),
        micros: Chain::one(i32::from(moment.second()) * SECOND),
        zone: Some(TimeZone::UTC),
    }
}

/// The parts of a date. A date that is not written is every day.
struct Date {
    years: Chain,
    months: Chain,
    days: Chain,
    days_from_end: bool,
}

impl Date {
    fn new(
        year: Option<&[Written]>,
        month: Option<&[Written]>,
        day: Option<&[Written]>,
        separator: DaySeparator,
    ) -> Result<Self, CalendarError> {
        let day_field = match separator {
            DaySeparator::FromStart => Field::Day,
            DaySeparator::FromEnd => Field::DayFromEnd,
        };
        let days = chain(day_field, day)?;
        Ok(Self {
            years: chain(Field::Year, year)?,
            months: chain(Field::Month, month)?,
            // "*~*" is every day, and written so.
            days_from_end: separator == DaySeparator::FromEnd && !days.is_every(),
            days,
        })
    }
}

/// What stands before the day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum DaySeparator {
    /// `-`
    FromStart,
    /// `~`
    FromEnd,
}

/// `[YEAR-]MONTH-DAY`, or nothing when a time stands there.
fn date(scanner: &mut Scanner<'_>) -> Result<Date, CalendarError> {
    let none = || Date::new(None, None, None, DaySeparator::FromStart);
    if scanner.at_end() {
        return none();
    }
    let begin = *scanner;
    let first = scanner.list(Unit::Whole)?;
    if scanner.at_end() || scanner.peek() == b':' {
        *scanner = begin;
        return none();
    }
    let tilde = *scanner;
    let separator = day_separator(scanner)?;
    let second = scanner.list(Unit::Whole)?;
    let date = if date_ends(scanner) {
        Date::new(None, first.as_deref(), second.as_deref(), separator)
    } else {
        if separator == DaySeparator::FromEnd {
            let at = tilde.place();
            return Err(CalendarError::MisplacedTilde { at });
        }
        let separator = day_separator(scanner)?;
        let third = scanner.list(Unit::Whole)?;
        if !date_ends(scanner) {
            return Err(scanner.unexpected(Expected::DateEnd));
        }
        let month = second.as_deref();
        Date::new(first.as_deref(), month, third.as_deref(), separator)
    };
    scanner.skip_spaces();
    date
}

fn date_ends(scanner: &Scanner<'_>) -> bool {
    scanner.at_end() || scanner.peek() == b' '
}

fn day_separator(scanner: &mut Scanner<'_>) -> Result<DaySeparator, CalendarError> {
    if scanner.eat("~") {
        Ok(DaySeparator::FromEnd)
    } else if scanner.eat("-") {
        Ok(DaySeparator::FromStart)
    } else {
        Err(scanner.unexpected(Expected::DateSeparator))
    }
}

fn date_and_time(
    scanner: &mut Scanner<'_>,
    weekdays: Weekdays,
    zone: Option<TimeZone>,
) -> Result<Calendar, CalendarError> {
    let date = date(scanner)?;
    let (hours, minutes, micros) = time(scanner)?;
    Ok(Calendar {
        weekdays,
        years: date.years,
        months: date.months,
        days: date.days,
        days_from_end: date.days_from_end,
        hours,
        minutes,
        micros,
        zone,
    })
}

/// `HOUR:MINUTE[:SECOND]`; nothing is midnight.
fn time(scanner: &mut Scanner<'_>) -> Result<(Chain, Chain, Chain), CalendarError> {
    if scanner.at_end() {
        return Ok((Chain::one(0), Chain::one(0), Chain::one(0)));
    }
    let hours = chain(Field::Hour, scanner.list(Unit::Whole)?.as_deref())?;
    if !scanner.eat(":") {
        return Err(scanner.unexpected(Expected::Colon));
    }
    let minutes = chain(Field::Minute, scanner.list(Unit::Whole)?.as_deref())?;
    Ok((hours, minutes, seconds(scanner)?))
}

fn seconds(scanner: &mut Scanner<'_>) -> Result<Chain, CalendarError> {
    if scanner.at_end() {
        return Ok(Chain::one(0));
    }
    if !scanner.eat(":") {
        return Err(scanner.unexpected(Expected::End));
    }
    match scanner.list(Unit::Second)? {
        Some(list) => Chain::new(Field::Second, &list),
        None => Ok(Chain::every_second()),
    }
}

fn chain(field: Field, list: Option<&[Written]>) -> Result<Chain, CalendarError> {
    list.map_or(Ok(Chain::EVERY), |list| Chain::new(field, list))
}
