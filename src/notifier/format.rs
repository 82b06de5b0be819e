//! Moments, lengths of time, sizes and names, as a person reads them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::words::{Past, Unit, Words};
use crate::model::{sanitize, truncate};

/// Names longer than this are cut, in characters.
pub(super) const NAME_CHARS: usize = 60;

/// A language and a time zone.
#[derive(Clone)]
pub(super) struct Locale {
    /// The language.
    pub words: &'static dyn Words,
    /// The zone of all times.
    pub zone: TimeZone,
    /// The moment of the report, from which ages are counted.
    pub now: Timestamp,
}

/// A moment that has been written down, with its age if it lies behind us.
pub(super) struct Written {
    at: String,
    age: Option<String>,
}

impl Written {
    /// As sentences take it.
    pub(super) fn past(&self) -> Past<'_> {
        Past {
            at: &self.at,
            age: self.age.as_deref(),
        }
    }
}

impl Locale {
    /// `18 Nov 2026 02:04`.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        let local = at.to_zoned(self.zone.clone());
        format!(
            "{} {} {} {:02}:{:02}",
            local.day(),
            self.words.month(local.month()),
            local.year(),
            local.hour(),
            local.minute()
        )
    }

    /// `18 Nov 02:04`, for tables; with the year where it is not the report's.
    pub(super) fn moment_in_table(&self, at: Timestamp) -> String {
        let local = at.to_zoned(self.zone.clone());
        if local.year() != self.now.to_zoned(self.zone.clone()).year() {
            return self.moment(at);
        }
        format!(
            "{} {} {:02}:{:02}",
            local.day(),
            self.words.month(local.month()),
            local.hour(),
            local.minute()
        )
    }

    /// `18 Nov 2026 02:04 CET`.
    pub(super) fn moment_with_zone(&self, at: Timestamp) -> String {
        format!(
            "{} {}",
            self.moment(at),
            at.to_zoned(self.zone.clone()).strftime("%Z")
        )
    }

    /// A moment with its age.
    pub(super) fn written(&self, at: Timestamp) -> Written {
        Written {
            at: self.moment_with_zone(at),
            age: self.age(at),
        }
    }

    /// The zone's name, or at least its abbreviation now.
    pub(super) fn zone_name(&self) -> String {
        let short = self
            .now
            .to_zoned(self.zone.clone())
            .strftime("%Z")
            .to_string();
        match self.zone.iana_name() {
            Some(name) if name != short => format!("{name} ({short})"),
            _ => short,
        }
    }

    /// How long ago `at` was, roughly; nothing if it lies ahead.
    fn age(&self, at: Timestamp) -> Option<String> {
        let seconds = u64::try_from(self.now.as_second().saturating_sub(at.as_second())).ok()?;
        let (n, unit) = match seconds / 60 {
            minutes @ 0..120 => (minutes, Unit::Minute),
            minutes if minutes < 48 * 60 => (minutes / 60, Unit::Hour),
            minutes => (minutes / (24 * 60), Unit::Day),
        };
        Some(self.words.span(n, unit))
    }

    /// `2 days 3 hours`, `3 hours 12 minutes`, `45 minutes`.
    pub(super) fn length(&self, seconds: i64) -> String {
        let minutes = u64::try_from(seconds).unwrap_or(0) / 60;
        let (days, hours) = (minutes / (24 * 60), minutes / 60);
        let (larger, smaller) = match (days, hours) {
            (0, 0) => return self.words.span(minutes, Unit::Minute),
            (0, _) => ((hours, Unit::Hour), (minutes % 60, Unit::Minute)),
            _ => ((days, Unit::Day), (hours % 24, Unit::Hour)),
        };
        let larger = self.words.span(larger.0, larger.1);
        match smaller {
            (0, _) => larger,
            (n, unit) => self.words.spans(&larger, &self.words.span(n, unit)),
        }
    }

    /// `45 s`, `12 min`, `1 h 05 min`, `2 d 03 h`.
    pub(super) fn duration(&self, seconds: i64) -> String {
        let Ok(seconds) = u64::try_from(seconds) else {
            return NOTHING.into();
        };
        let (minutes, hours) = (seconds / 60, seconds / 3600);
        match hours {
            0 if minutes == 0 => format!("{seconds} s"),
            0 => format!("{minutes} min"),
            1..24 => format!("{hours} h {:02} min", minutes % 60),
            _ => format!(
                "{} {} {:02} h",
                hours / 24,
                self.words.day_letter(),
                hours % 24
            ),
        }
    }

    /// `340 ms`, `2.5 s`; longer ones as [`Locale::duration`].
    pub(super) fn took(&self, ms: u64) -> String {
        match ms {
            0..1000 => format!("{ms} ms"),
            1000..60_000 => format!("{}{}{} s", ms / 1000, self.words.marks().0, ms % 1000 / 100),
            _ => self.duration(i64::try_from(ms / 1000).unwrap_or(i64::MAX)),
        }
    }

    /// `3.2 GiB`.
    pub(super) fn bytes(&self, bytes: u64) -> String {
        const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        let mut tenths = u128::from(bytes) * 10;
        let mut unit = "B";
        for larger in UNITS {
            if tenths < 10_240 {
                break;
            }
            tenths = (tenths + 512) / 1024;
            unit = larger;
        }
        if unit == "B" || tenths >= 1000 {
            format!("{} {unit}", (tenths + 5) / 10)
        } else {
            format!(
                "{}{}{} {unit}",
                tenths / 10,
                self.words.marks().0,
                tenths % 10
            )
        }
    }

    /// `12,345`.
    pub(super) fn count(&self, n: u64) -> String {
        let digits = n.to_string();
        let mut out = String::with_capacity(digits.len() + digits.len() / 3);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(self.words.marks().1);
            }
            out.push(digit);
        }
        out
    }
}

/// Where a value is missing.
pub(super) const NOTHING: &str = "–";

/// Text from outside, harmless, one line, at most `max` characters. Text that
/// runs from right to left is isolated, so that it cannot reorder what stands
/// around it.
pub(super) fn clean(text: &str, max: usize) -> String {
    let shown = truncate(&sanitize(text.trim()), max);
    if shown.chars().any(runs_to_the_left) {
        format!("\u{2068}{shown}\u{2069}")
    } else {
        shown
    }
}

/// A name from outside; see [`clean`].
pub(super) fn name(text: &str) -> String {
    clean(text, NAME_CHARS)
}

fn runs_to_the_left(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;
    use crate::model::Language;

    fn locale(language: Language) -> Locale {
        Locale {
            words: words(language),
            zone: TimeZone::get("Europe/Rome").unwrap(),
            now: "2026-11-21T06:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_moment_is_told_in_the_administrators_zone_and_language() {
        let at = "2026-07-18T00:04:59Z".parse().unwrap();
        let written = |language| locale(language).moment_with_zone(at);
        assert_eq!(written(Language::En), "18 Jul 2026 02:04 CEST");
        assert_eq!(written(Language::It), "18 lug 2026 02:04 CEST");
        let in_table = |at: &str| locale(Language::En).moment_in_table(at.parse().unwrap());
        assert_eq!(in_table("2026-07-18T00:04:59Z"), "18 Jul 02:04");
        assert_eq!(in_table("2025-07-18T00:04:59Z"), "18 Jul 2025 02:04");
        assert_eq!(locale(Language::En).zone_name(), "Europe/Rome (CET)");
    }

    #[test]
    fn an_age_is_rough_and_never_negative() {
        let age = |at: &str| locale(Language::En).age(at.parse().unwrap());
        assert_eq!(age("2026-11-21T05:59:00Z").unwrap(), "1 minute");
        assert_eq!(age("2026-11-21T04:01:00Z").unwrap(), "119 minutes");
        assert_eq!(age("2026-11-20T06:00:00Z").unwrap(), "24 hours");
        assert_eq!(age("2026-11-18T01:00:00Z").unwrap(), "3 days");
        assert_eq!(age("2026-11-21T06:00:01Z"), None);
    }

    #[test]
    fn durations_keep_two_units_at_most() {
        let en = locale(Language::En);
        assert_eq!(en.duration(45), "45 s");
        assert_eq!(en.duration(12 * 60 + 59), "12 min");
        assert_eq!(en.duration(3600 + 5 * 60), "1 h 05 min");
        assert_eq!(locale(Language::It).duration(51 * 3600), "2 g 03 h");
        assert_eq!(en.duration(-1), "–");
        assert_eq!(en.took(2_560), "2.5 s");
    }

    #[test]
    fn a_length_of_time_is_told_in_whole_words() {
        let (en, it) = (locale(Language::En), locale(Language::It));
        assert_eq!(en.length(51 * 3600 + 59), "2 days 3 hours");
        assert_eq!(it.length(51 * 3600), "2 giorni e 3 ore");
        assert_eq!(en.length(24 * 3600), "1 day");
        assert_eq!(it.length(3600 + 12 * 60), "1 ora e 12 minuti");
        assert_eq!(en.length(59 * 60), "59 minutes");
        assert_eq!(en.length(-5), "0 minutes");
    }

    #[test]
    fn sizes_and_counts_follow_the_language() {
        let (en, it) = (locale(Language::En), locale(Language::It));
        assert_eq!(en.bytes(0), "0 B");
        assert_eq!(en.bytes(1023), "1023 B");
        assert_eq!(en.bytes(1024), "1.0 KiB");
        assert_eq!(en.bytes(3_435_973_836), "3.2 GiB");
        assert_eq!(it.bytes(3_435_973_836), "3,2 GiB");
        assert_eq!(en.bytes(123 << 20), "123 MiB");
        assert_eq!(en.bytes(u64::MAX), "16.0 EiB");
        assert_eq!(en.count(999), "999");
        assert_eq!(en.count(1_234_567), "1,234,567");
        assert_eq!(it.count(1_234_567), "1.234.567");
    }

    #[test]
    fn right_to_left_names_stay_in_their_place() {
        assert_eq!(name(" Mail "), "Mail");
        assert_eq!(name("שלום"), "\u{2068}שלום\u{2069}");
        assert_eq!(name("a\u{202e}b"), "a\u{fffd}b");
        assert_eq!(name(&"x".repeat(300)).chars().count(), NAME_CHARS);
    }
}
