//! Reading an expression character by character.

use super::chain::{SECOND, Written};
use super::error::{CalendarError, Expected};

/// As many items as systemd takes in one list.
const MOST_ITEMS: usize = 241;

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Whole things.
    Whole,
    /// Seconds, with decimals; read as microseconds.
    Second,
}

/// A place in a text.
#[derive(Clone, Copy)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    /// In bytes. What was read so far is ASCII.
    at: usize,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character, 0 at the end.
    pub(super) fn peek(&self) -> u8 {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> u8 {
        self.text.as_bytes().get(self.at + by).copied().unwrap_or(0)
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Where we are, counted from 1.
    pub(super) fn place(&self) -> usize {
        self.at + 1
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn skip_spaces(&mut self) {
        while self.eat(" ") {}
    }

    pub(super) fn unexpected(&self, expected: Expected) -> CalendarError {
        CalendarError::Unexpected {
            expected,
            at: self.place(),
        }
    }

    /// A list of items, or nothing for `*`.
    pub(super) fn list(&mut self, unit: Unit) -> Result<Option<Vec<Written>>, CalendarError> {
        if self.eat("*") {
            return Ok(None);
        }
        if !self.peek().is_ascii_digit() {
            return Err(self.unexpected(Expected::NumberOrStar));
        }
        let mut items = Vec::new();
        loop {
            if items.len() == MOST_ITEMS {
                return Err(CalendarError::LongList { at: self.place() });
            }
            items.push(self.item(unit)?);
            if !self.eat(",") {
                return Ok(Some(items));
            }
        }
    }

    fn item(&mut self, unit: Unit) -> Result<Written, CalendarError> {
        let at = self.place();
        let first = self.number(unit)?;
        let last = self.eat("..").then(|| self.number(unit)).transpose()?;
        let step = self.eat("/").then(|| self.number(unit)).transpose()?;
        if !self.at_end() && !b" ,-~:".contains(&self.peek()) {
            return Err(self.unexpected(Expected::ItemEnd));
        }
        Ok(Written {
            first,
            last,
            step,
            at,
        })
    }

    fn number(&mut self, unit: Unit) -> Result<i32, CalendarError> {
        let begin = *self;
        let digits = self.digits();
        if digits.is_empty() {
            return Err(begin.unexpected(Expected::Number));
        }
        let whole = digits.parse::<i64>().ok();
        let value = match unit {
            Unit::Whole => whole,
            Unit::Second => {
                // Two dots are a range.
                let has_decimals = self.peek() == b'.' && self.ahead(1) != b'.';
                let micros = if has_decimals { self.decimals()? } else { 0 };
                whole
                    .and_then(|whole| whole.checked_mul(i64::from(SECOND)))
                    .and_then(|whole| whole.checked_add(micros))
            }
        };
        value
            .and_then(|value| i32::try_from(value).ok())
            .ok_or_else(|| begin.unexpected(Expected::Number))
    }

    /// Decimals of a second as microseconds, rounded.
    fn decimals(&mut self) -> Result<i64, CalendarError> {
        self.skip(1);
        if !self.peek().is_ascii_digit() {
            return Err(self.unexpected(Expected::Number));
        }
        let digits = self.digits().bytes().map(|digit| i64::from(digit - b'0'));
        let mut digits = digits.chain(std::iter::repeat(0));
        let micros = digits
            .by_ref()
            .take(6)
            .fold(0, |sum, digit| sum * 10 + digit);
        let rounded_up = digits.next().is_some_and(|digit| digit >= 5);
        Ok(micros + i64::from(rounded_up))
    }

    fn digits(&mut self) -> &'t str {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.skip(length);
        rest.get(..length).unwrap_or_default()
    }

    /// A number as C's `strtoul` reads it, which `@` is followed by: white space
    /// and a sign before it, and a negative one counted down from the top.
    pub(super) fn epoch(&mut self) -> Result<i64, CalendarError> {
        let begin = *self;
        while matches!(self.peek(), b' ' | b'\t'..=b'\r') {
            self.skip(1);
        }
        let negative = self.eat("-");
        if !negative {
            self.eat("+");
        }
        let value = self.digits().parse::<u64>();
        let value = value.map_err(|_| begin.unexpected(Expected::Number))?;
        let value = if negative {
            value.wrapping_neg()
        } else {
            value
        };
        i64::try_from(value).map_err(|_| begin.unexpected(Expected::Number))
    }
}
