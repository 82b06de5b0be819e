//! Expressions by the grammar, and such that are nearly right.

use fastrand::Rng;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Words for whole expressions.
const SPECIAL: [&str; 14] = [
    "minutely",
    "hourly",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "semiannually",
    "semi-annually",
    "biannually",
    "bi-annually",
    "yearly",
    "annually",
    "anually",
    "fortnightly",
];

const WEEKDAYS: [&str; 14] = [
    "Mon",
    "Tue",
    "Wed",
    "Thu",
    "Fri",
    "Sat",
    "Sun",
    "Monday",
    "tuesday",
    "WEDNESDAY",
    "Thursday",
    "friday",
    "saturday",
    "Sunday",
];

/// No abbreviation of a zone that the tests run in.
const SUFFIXES: [&str; 12] = [
    "UTC",
    "UTC",
    "UTC",
    "utc",
    "Utc",
    "Europe/Rome",
    "America/New_York",
    "Asia/Tokyo",
    "Etc/UTC",
    "Etc/GMT+3",
    "Mars/Olympus",
    "europe/rome",
];

/// What a slip of the finger may put into an expression.
const SLIPS: &[u8] = b"0123456789*,-~:/. @TMonu+_'";

/// A source of cases, the same for the same seed.
pub struct Generator {
    rng: Rng,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
        }
    }

    /// Mostly within a day before or some hours after a change of the clocks,
    /// some of them with parts of a second.
    pub fn moment(&mut self, zone: &TimeZone) -> Timestamp {
        let year = Timestamp::from_second(1_735_689_600).expect("2025");
        let begin = year + SignedDuration::from_hours(self.rng.i64(0..3 * 8766));
        let near = zone.following(begin).next();
        let base = match near {
            Some(change) if self.chance(80) => {
                let minutes = self.rng.i64(-26 * 60..4 * 60);
                change.timestamp() + SignedDuration::from_mins(minutes)
            }
            _ => begin,
        };
        match self.rng.u8(..4) {
            0 => base + SignedDuration::from_micros(self.rng.i64(0..60_000_000)),
            1 => base + SignedDuration::from_secs(self.rng.i64(0..60)),
            _ => base,
        }
    }

    pub fn expressions(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.expression()).collect()
    }

    fn expression(&mut self) -> String {
        let mut text = match self.rng.u8(..100) {
            0..5 => self.case(SPECIAL),
            5..8 => self.epoch(),
            _ => self.body(),
        };
        if self.chance(10) {
            text = format!("{text} {}", self.pick(&SUFFIXES));
        }
        while self.chance(12) {
            self.slip(&mut text);
        }
        text
    }

    fn body(&mut self) -> String {
        let mut parts = Vec::new();
        if self.chance(30) {
            parts.push(self.weekdays());
        }
        if self.chance(55) {
            parts.push(self.date());
        }
        if parts.is_empty() || self.chance(80) {
            parts.push(self.time());
        }
        parts.join(if self.chance(3) { "  " } else { " " })
    }

    fn epoch(&mut self) -> String {
        match self.rng.u8(..8) {
            0 => format!("@{}", self.rng.i64(-10..20_000_000_000)),
            1 => format!("@ +{}", self.rng.i64(..)),
            _ => format!("@{}", self.rng.i64(1_735_000_000..1_900_000_000)),
        }
    }

    fn weekdays(&mut self) -> String {
        let mut days = Vec::new();
        for _ in 0..self.rng.usize(1..4) {
            let first = self.rng.usize(..7);
            let name = WEEKDAYS[first + 7 * self.rng.usize(..2)];
            if self.chance(40) {
                // Now and then backwards.
                let last = if self.chance(90) {
                    self.rng.usize(first..7)
                } else {
                    0
                };
                let between = if self.chance(80) { ".." } else { "-" };
                days.push(format!("{name}{between}{}", WEEKDAYS[last]));
            } else {
                days.push(name.to_owned());
            }
        }
        days.join(",") + if self.chance(5) { "," } else { "" }
    }

    fn date(&mut self) -> String {
        let month = self.list(1, 12, 60);
        let tilde = self.chance(20);
        let day = if tilde {
            self.list(1, 28, 10)
        } else {
            self.list(1, 31, 40)
        };
        let separator = if tilde { '~' } else { '-' };
        if self.chance(30) {
            return format!("{month}{separator}{day}");
        }
        let year = match self.rng.u8(..20) {
            0..12 => "*".to_owned(),
            12..17 => self.list(2024, 2032, 0),
            17..19 => self.list(1970, 2199, 0),
            _ => self.list(0, 99, 0),
        };
        let first = if self.chance(2) { '~' } else { '-' };
        format!("{year}{first}{month}{separator}{day}")
    }

    fn time(&mut self) -> String {
        let hour = self.list(0, 23, 30);
        let minute = self.list(0, 59, 20);
        match self.rng.u8(..10) {
            0..6 => format!("{hour}:{minute}"),
            6..8 => format!("{hour}:{minute}:{}", self.list(0, 59, 20)),
            _ => format!("{hour}:{minute}:{}", self.seconds()),
        }
    }

    /// Seconds with decimals.
    fn seconds(&mut self) -> String {
        let mut text = self.second();
        if self.chance(40) {
            text = format!("{text}..{}", self.second());
        }
        if self.chance(40) {
            text = format!("{text}/{}", self.second());
        }
        text
    }

    fn second(&mut self) -> String {
        let whole = self.number(0, 59);
        let decimals: String = (0..self.rng.usize(..9))
            .map(|_| self.rng.digit(10))
            .collect();
        if decimals.is_empty() {
            whole
        } else {
            format!("{whole}.{decimals}")
        }
    }

    /// `*` in so many of a hundred, else items with values from `low` to `high`.
    fn list(&mut self, low: i64, high: i64, stars: u8) -> String {
        if self.chance(stars) {
            return "*".to_owned();
        }
        let length = if self.chance(70) {
            1
        } else {
            self.rng.usize(2..5)
        };
        let items: Vec<String> = (0..length).map(|_| self.item(low, high)).collect();
        items.join(",")
    }

    fn item(&mut self, low: i64, high: i64) -> String {
        let first = self.rng.i64(low..=high);
        let text = self.written(first);
        let steps = (high - low).max(2);
        match self.rng.u8(..100) {
            0..55 => text,
            55..70 => format!("{text}..{}", self.number(first, high)),
            70..85 => {
                let step = self.rng.i64(1..=(high - first).max(1));
                format!("{text}/{step}")
            }
            85..93 => {
                let step = self.rng.i64(1..=steps / 2);
                format!("{text}..{}/{step}", self.number(first, high))
            }
            // What is usually wrong.
            93..97 => format!(
                "{text}..{}/{}",
                self.number(low, high),
                self.rng.i64(0..steps * 2)
            ),
            _ => format!(
                "{}/{}",
                self.number(low - 1, high + 2),
                self.number(0, high)
            ),
        }
    }

    fn number(&mut self, low: i64, high: i64) -> String {
        let value = self.rng.i64(low.max(0)..=high.max(0));
        self.written(value)
    }

    fn written(&mut self, value: i64) -> String {
        match self.rng.u8(..40) {
            0..10 => format!("{value:02}"),
            10 => format!("{value:05}"),
            _ => value.to_string(),
        }
    }

    fn slip(&mut self, text: &mut String) {
        let at = self.rng.usize(..=text.len());
        let other = char::from(*self.rng.choice(SLIPS).expect("some"));
        match self.rng.u8(..3) {
            0 if at < text.len() => {
                text.remove(at);
            }
            1 if at < text.len() => text.replace_range(at..=at, &other.to_string()),
            _ => text.insert(at, other),
        }
    }

    fn case<const N: usize>(&mut self, words: [&str; N]) -> String {
        let word = self.pick(&words).to_owned();
        match self.rng.u8(..4) {
            0 => word.to_uppercase(),
            1 => word[..1].to_uppercase() + &word[1..],
            _ => word,
        }
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        self.rng.choice(words).expect("some")
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.rng.u8(..100) < percent
    }
}
