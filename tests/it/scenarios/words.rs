//! One line of a scenario, word by word.

use std::collections::VecDeque;
use std::fmt::Display;

/// What is wrong with a line, for the person who wrote it.
pub type Wrong = String;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Plain(String),
    Quoted(String),
    /// `,`, `:` or `;` behind a word.
    Mark(char),
}

/// The words of a line that were not read yet.
#[derive(Clone, Debug)]
pub struct Words(VecDeque<Word>);

/// The line without what stands behind a `#`.
pub fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let mut before = ' ';
    for (place, letter) in line.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '#' if !quoted && before.is_whitespace() => return line[..place].trim_end(),
            _ => {}
        }
        before = letter;
    }
    line.trim_end()
}

impl Words {
    pub fn of(line: &str) -> Result<Self, Wrong> {
        let mut words = VecDeque::new();
        let mut rest = line.trim();
        while !rest.is_empty() {
            if let Some(quoted) = rest.strip_prefix('"') {
                let (text, after) = quoted
                    .split_once('"')
                    .ok_or("a quotation mark is not closed")?;
                words.push_back(Word::Quoted(text.to_owned()));
                rest = after;
            } else if rest.starts_with([',', ':', ';']) {
                words.push_back(Word::Mark(rest.chars().next().unwrap_or_default()));
                rest = &rest[1..];
            } else {
                let end = rest.find([' ', '\t', '"']).unwrap_or(rest.len());
                let word = rest[..end].trim_end_matches([',', ':', ';']);
                words.push_back(Word::Plain(word.to_owned()));
                rest = &rest[word.len()..];
            }
            rest = rest.trim_start();
        }
        Ok(Self(words))
    }

    /// The next word, if it is one.
    pub fn peek(&self) -> Option<&str> {
        match self.0.front()? {
            Word::Plain(word) => Some(word),
            Word::Quoted(_) | Word::Mark(_) => None,
        }
    }

    /// Any word; `what` says what it should be.
    pub fn word(&mut self, what: &str) -> Result<String, Wrong> {
        match self.0.pop_front() {
            Some(Word::Plain(word)) => Ok(word),
            Some(other) => Err(format!("{what} is expected, not {other}")),
            None => Err(format!("{what} is missing at the end of the line")),
        }
    }

    pub fn quoted(&mut self, what: &str) -> Result<String, Wrong> {
        match self.0.pop_front() {
            Some(Word::Quoted(text)) => Ok(text),
            _ => Err(format!("{what} is expected, in quotation marks")),
        }
    }

    pub fn take_quoted(&mut self) -> Option<String> {
        matches!(self.0.front(), Some(Word::Quoted(_)))
            .then(|| self.quoted("").ok())
            .flatten()
    }

    /// Reads `phrase` if it comes next, word by word.
    pub fn take(&mut self, phrase: &str) -> bool {
        let wanted: Vec<&str> = phrase.split(' ').collect();
        let here = self.0.iter().take(wanted.len());
        let same = here.len() == wanted.len()
            && here.zip(&wanted).all(|(word, wanted)| match word {
                Word::Plain(word) => word == wanted,
                Word::Mark(mark) => mark.to_string() == **wanted,
                Word::Quoted(_) => false,
            });
        if same {
            self.0.drain(..wanted.len());
        }
        same
    }

    pub fn need(&mut self, phrase: &str) -> Result<(), Wrong> {
        if self.take(phrase) {
            return Ok(());
        }
        Err(format!("\"{phrase}\" is expected{}", self.instead()))
    }

    fn instead(&self) -> String {
        let next = self.0.front();
        next.map_or(", and the line ends".into(), |word| format!(", not {word}"))
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), Wrong> {
        match self.0.front() {
            None => Ok(()),
            Some(word) => Err(format!("{word} makes no sense here")),
        }
    }

    pub fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, Wrong> {
        let word = self.word(what)?;
        word.parse()
            .map_err(|_| format!("{what} is expected, not \"{word}\""))
    }

    /// `1h30m`, in seconds.
    pub fn duration(&mut self) -> Result<i64, Wrong> {
        let word = self.word("a duration")?;
        duration(&word).ok_or(format!(
            "\"{word}\" is no duration: it is one of forms like 45s, 5m, 1h30m, 7d"
        ))
    }
}

impl Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(word) | Self::Quoted(word) => write!(f, "\"{word}\""),
            Self::Mark(mark) => write!(f, "\"{mark}\""),
        }
    }
}

fn duration(word: &str) -> Option<i64> {
    let mut seconds = 0;
    let mut number = String::new();
    for letter in word.chars() {
        if letter.is_ascii_digit() {
            number.push(letter);
            continue;
        }
        let unit = match letter {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        seconds += number.parse::<i64>().ok()? * unit;
        number.clear();
    }
    (number.is_empty() && !word.is_empty()).then_some(seconds)
}
