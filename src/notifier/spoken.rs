//! The words of the mails for others who talk to the same people.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::format::{Locale, clean, name};
use super::words::words;
use crate::model::{Language, ModuleCause};

/// A language and a time zone, at one moment.
pub struct Spoken(Locale);

impl Spoken {
    /// Ages are counted from `now`.
    pub fn new(language: Language, zone: TimeZone, now: Timestamp) -> Self {
        Self(Locale {
            words: words(language),
            zone,
            now,
        })
    }

    /// `18 Nov 2026 02:04 CET`.
    pub fn moment(&self, at: Timestamp) -> String {
        self.0.moment_with_zone(at)
    }

    /// `18 Nov 02:04`; with the year where it is not this one.
    pub fn short_moment(&self, at: Timestamp) -> String {
        self.0.moment_in_table(at)
    }

    /// `Europe/Rome (CET)`.
    pub fn zone(&self) -> String {
        self.0.zone_name()
    }

    /// What became of an application, in a few words.
    pub fn cause(&self, cause: ModuleCause) -> &'static str {
        self.0.words.result(cause)
    }

    /// A name from outside, harmless and not too long.
    pub fn name(&self, text: &str) -> String {
        name(text)
    }

    /// A text from outside, harmless, at most `max` characters.
    pub fn text(&self, text: &str, max: usize) -> String {
        clean(text, max)
    }
}
