//! RESP2, the protocol of Redis, as far as a read needs it: commands out, answers
//! in. Pure. Source: the protocol's specification at redis.io.
//!
//! What came is looked at once, however it was cut up on its way, but for a line
//! that is not whole yet; and no text is copied out of it. fred's protocol library
//! begins anew whenever more of an answer came; with it here, a quarter of our work
//! in a read of thousands was this, and now it is a tenth.

use std::ops::Range;
use std::vec;

use fred::bytes::{Bytes, BytesMut};

use super::value::Value;

/// So deep a list may lie in lists; those of Redis lie in one at most.
const DEEPEST: usize = 8;
/// The longest line. An error is one, and none has more than a few hundred bytes.
const LONGEST_LINE: usize = 64 * 1024;
/// The longest text, by what it says of itself.
const LONGEST: usize = 1024 * 1024 * 1024;
/// The most values in one answer: ten times those of 50,000 modules. Each takes
/// more memory here than the three bytes that it can have on the wire.
const MOST: usize = 1_000_000;
const LINE_END: &[u8] = b"\r\n";

/// What answers a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Value(Value),
    /// An error, in the words of Redis.
    Error(Bytes),
}

/// Why it is not RESP2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not in the protocol of Redis: {0}")]
pub(super) struct Senseless(&'static str);

/// Writes a command of `count` words.
pub(super) fn write<'a>(out: &mut BytesMut, count: usize, words: impl Iterator<Item = &'a str>) {
    let mut digits = itoa::Buffer::new();
    let mut head = |out: &mut BytesMut, kind: u8, length: usize| {
        out.extend_from_slice(&[kind]);
        out.extend_from_slice(digits.format(length).as_bytes());
        out.extend_from_slice(LINE_END);
    };
    head(out, b'*', count);
    for word in words {
        head(out, b'$', word.len());
        out.extend_from_slice(word.as_bytes());
        out.extend_from_slice(LINE_END);
    }
}

/// Reads answers that come in parts.
#[derive(Debug)]
pub(super) struct Decoder {
    /// What was seen of the answer that is under way.
    tokens: Vec<Token>,
    /// How many bytes they took.
    seen: usize,
    /// How many values it lacks.
    missing: usize,
}

#[derive(Debug)]
enum Token {
    /// These bytes of the answer.
    Text(Range<usize>),
    Error(Range<usize>),
    Number(i64),
    Nil,
    /// So many values, which follow.
    List(usize),
}

impl Decoder {
    pub fn new() -> Self {
        Self {
            tokens: Vec::new(),
            seen: 0,
            missing: 1,
        }
    }

    /// Takes the next answer from the front of `come`; `None` when it is not whole
    /// yet. What is not taken has to be there the next time.
    pub fn take(&mut self, come: &mut BytesMut) -> Result<Option<Answer>, Senseless> {
        while self.missing > 0 {
            let Some(token) = self.token(come)? else {
                return Ok(None);
            };
            self.missing -= 1;
            if let Token::List(length) = token {
                self.missing = self.missing.saturating_add(length);
            }
            self.tokens.push(token);
            if self.tokens.len().saturating_add(self.missing) > MOST {
                return Err(Senseless("more values than a cluster can have"));
            }
        }
        let bytes = come.split_to(self.seen).freeze();
        (self.seen, self.missing) = (0, 1);
        let mut tokens = self.tokens.drain(..);
        Ok(Some(match tokens.as_slice() {
            [Token::Error(text)] => Answer::Error(bytes.slice(text.clone())),
            _ => Answer::Value(value(&mut tokens, &bytes, DEEPEST)?),
        }))
    }

    fn token(&mut self, come: &[u8]) -> Result<Option<Token>, Senseless> {
        let rest = come.get(self.seen..).unwrap_or_default();
        let Some((kind, text)) = line(rest)? else {
            return Ok(None);
        };
        let place = self.seen + 1..self.seen + 1 + text.len();
        let mut next = place.end + LINE_END.len();
        let token = match kind {
            b'+' => Token::Text(place),
            b'-' => Token::Error(place),
            b':' => Token::Number(number(text)?),
            b'*' => length(text)?.map_or(Token::Nil, Token::List),
            b'$' => match length(text)? {
                None => Token::Nil,
                Some(length) => {
                    let place = next..next + length;
                    next = place.end + LINE_END.len();
                    match come.get(place.end..next) {
                        None => return Ok(None),
                        Some(LINE_END) => Token::Text(place),
                        Some(_) => return Err(Senseless("a text is longer than it says")),
                    }
                }
            },
            _ => return Err(Senseless("a value of no known kind")),
        };
        self.seen = next;
        Ok(Some(token))
    }
}

/// The first line: its kind and what follows that; `None` when it is not whole.
fn line(come: &[u8]) -> Result<Option<(u8, &[u8])>, Senseless> {
    let Some((kind, rest)) = come.split_first() else {
        return Ok(None);
    };
    let mut head = rest.iter().take(LONGEST_LINE);
    let Some(length) = head.position(|byte| *byte == b'\r') else {
        return if rest.len() < LONGEST_LINE {
            Ok(None)
        } else {
            Err(Senseless("a line without an end"))
        };
    };
    let (text, end) = rest.split_at(length);
    match end {
        [b'\r', b'\n', ..] => Ok(Some((*kind, text))),
        [_] => Ok(None),
        _ => Err(Senseless("a line that is broken")),
    }
}

/// `None` stands for no value at all.
fn length(text: &[u8]) -> Result<Option<usize>, Senseless> {
    match number(text)? {
        -1 => Ok(None),
        length => match usize::try_from(length) {
            Ok(length) if length <= LONGEST => Ok(Some(length)),
            _ => Err(Senseless("a length that cannot be")),
        },
    }
}

/// Each length is one. Rust parses texts only, and to see that one is a text took
/// nearly as long as the parsing.
fn number(text: &[u8]) -> Result<i64, Senseless> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] | digits => (1, digits),
    };
    let add = |number: i64, digit: &u8| match digit {
        b'0'..=b'9' => {
            let digit = sign * i64::from(digit - b'0');
            number.checked_mul(10)?.checked_add(digit)
        }
        _ => None,
    };
    let number = digits.iter().try_fold(0, add);
    number
        .filter(|_| !digits.is_empty())
        .ok_or(Senseless("a number that is none"))
}

fn value(
    tokens: &mut vec::Drain<Token>,
    bytes: &Bytes,
    deepest: usize,
) -> Result<Value, Senseless> {
    Ok(match tokens.next() {
        Some(Token::Text(text) | Token::Error(text)) => Value::Text(bytes.slice(text)),
        Some(Token::Number(number)) => Value::Number(number),
        Some(Token::List(length)) => {
            let deepest = deepest
                .checked_sub(1)
                .ok_or(Senseless("lists in lists without an end"))?;
            // The tokens of all of them have come.
            let mut values = Vec::with_capacity(length);
            for _ in 0..length {
                values.push(value(tokens, bytes, deepest)?);
            }
            Value::List(values)
        }
        Some(Token::Nil) | None => Value::Nil,
    })
}

#[cfg(test)]
mod tests;
