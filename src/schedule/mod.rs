//! When a timer elapses: systemd's `OnCalendar=` expressions as values.
//!
//! Reads them as `systemd-analyze calendar` of systemd 252 does (a test
//! compares the two on thousands of expressions), writes them in its normal
//! form, and finds the elapses before and after a moment. It knows nothing of
//! backups: what an elapse means is decided above. This room must not import
//! another room, tokio, or any crate that does I/O; time zones come in as
//! values or from the database that is built in.
//!
//! Known differences from systemd, all on purpose:
//!
//! - The abbreviations of the machine's own zone (`CEST` on a machine in Rome)
//!   are no zones here, because an expression is read without knowing that
//!   machine. `CET`, `EST` or `GMT` are zones of their own in the database and
//!   mean these; systemd, where the machine's zone has that abbreviation, makes
//!   of it a timer that stops at the next change of the clocks.
//! - Zone files outside of the IANA database (`posix/...`, `right/...`,
//!   `localtime`) are not known.
//! - Where summer time is defined as the zone's standard time (Europe/Dublin),
//!   systemd may leave out later hours of a list too on the day of the change,
//!   when its first hour does not exist.
//! - When an elapse at 00:xx on the first of a month exists twice
//!   (America/Havana, 2026-11-01), systemd takes the second one if it is asked
//!   from a winter before; here it is the first one always.
//! - `never` also stands for what systemd gives up on after 1000 steps.

mod backward;
mod chain;
mod elapse;
mod error;
mod forward;
mod local_clock;
mod parse;
mod scanner;
mod weekdays;

use std::fmt;

use jiff::tz::TimeZone;

use chain::Chain;
pub use error::{CalendarError, Expected, Field};
use weekdays::Weekdays;

/// A parsed `OnCalendar=` expression.
///
/// `FromStr` reads it, `Display` writes systemd's normal form, which reads back
/// as the same value. Two expressions are equal when their normal forms have
/// the same parts; `*:0/30` and `*:0,30` elapse alike and are not equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    weekdays: Weekdays,
    years: Chain,
    months: Chain,
    /// Counted from the end of the month when `days_from_end`.
    days: Chain,
    days_from_end: bool,
    hours: Chain,
    minutes: Chain,
    /// Microseconds within the minute.
    micros: Chain,
    zone: Option<TimeZone>,
}

impl Calendar {
    /// The zone that the expression itself names as its last word. `None` means
    /// that it is meant in the zone of the machine whose timer it is.
    pub fn zone(&self) -> Option<&TimeZone> {
        self.zone.as_ref()
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.weekdays.is_every_day() {
            write!(f, "{} ", self.weekdays)?;
        }
        self.years.write(f, 4, 1)?;
        f.write_str("-")?;
        self.months.write(f, 2, 1)?;
        f.write_str(if self.days_from_end { "~" } else { "-" })?;
        self.days.write(f, 2, 1)?;
        f.write_str(" ")?;
        self.hours.write(f, 2, 1)?;
        f.write_str(":")?;
        self.minutes.write(f, 2, 1)?;
        f.write_str(":")?;
        self.micros.write(f, 2, chain::SECOND)?;
        match self.zone.as_ref().and_then(TimeZone::iana_name) {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}
