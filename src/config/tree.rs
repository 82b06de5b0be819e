//! YAML text as a tree that knows its lines.
//!
//! saphyr-parser says what stands where (and shows the second of two equal
//! keys, which a value tree would hide); `serde_yaml` says what a plain scalar
//! means. What a settings file does not need and an attacker could use
//! (anchors, tags, several documents, deep nesting) is refused.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::errors::{Mistake, Place, Problem};

const MAX_DEPTH: usize = 16;
/// Far above a large installation; bounds the work and the list of mistakes.
const MAX_VALUES: usize = 20_000;
/// No number and no truth value is longer; the rest need not be asked.
const MAX_TYPED: usize = 40;

/// A value and the line it begins in.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub line: usize,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Nothing was written: as if the key were not there.
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One value, as it was written and as YAML means it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scalar {
    pub text: String,
    pub meaning: Meaning,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    Text,
    Whole(i64),
    OtherNumber,
    Bool(bool),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: String,
    pub line: usize,
    pub value: Node,
}

/// Two values are equal wherever they stand.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (Content::Null, Content::Null) => true,
            (Content::Scalar(a), Content::Scalar(b)) => a == b,
            (Content::List(a), Content::List(b)) => a == b,
            (Content::Map(a), Content::Map(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|(a, b)| a.key == b.key && a.value == b.value)
            }
            _ => false,
        }
    }
}

impl Node {
    /// A value that stands in no file.
    pub(super) fn new(content: Content) -> Self {
        Self { line: 0, content }
    }

    /// The entries of a mapping; none for anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of that name.
    #[cfg(test)]
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }
}

impl Scalar {
    /// A value from outside YAML: its meaning is found as if it stood there
    /// plain.
    pub(super) fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            meaning: meaning(text).unwrap_or(Meaning::Text),
        }
    }
}

/// Reads one document. The second part of the answer are mistakes that did not
/// stop the reading.
pub(super) fn parse(text: &str) -> Result<(Node, Vec<Mistake>), Mistake> {
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        duplicates: Vec::new(),
        path: Vec::new(),
        values: 0,
    };
    let root = builder.document()?;
    Ok((root, builder.duplicates))
}

struct Builder<'input> {
    parser: Parser<'input, StrInput<'input>>,
    duplicates: Vec<Mistake>,
    path: Vec<String>,
    values: usize,
}

impl<'input> Builder<'input> {
    fn document(&mut self) -> Result<Node, Mistake> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::StreamEnd => break,
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(unsupported(
                        &span,
                        "a second document begins here (`---`): the settings are one document",
                    ));
                }
                Event::DocumentStart(_) => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, &span)?);
                }
                _ => return Err(unsupported(&span, "nothing may stand here")),
            }
        }
        Ok(root.unwrap_or(Node {
            line: 1,
            content: Content::Null,
        }))
    }

    fn next(&mut self) -> Result<(Event<'input>, Span), Mistake> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(Mistake::of_file(
                Place::Line(error.marker().line()),
                Problem::Syntax(error.info().to_owned()),
            )),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'input>, span: &Span) -> Result<Node, Mistake> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(unsupported(
                span,
                "these are more values than settings can have",
            ));
        }
        let content = match event {
            Event::Scalar(text, style, 0, None) => scalar(text.into_owned(), style),
            Event::SequenceStart(0, None) => self.list(span)?,
            Event::MappingStart(0, None) => self.map(span)?,
            Event::Alias(_)
            | Event::Scalar(_, _, 1.., _)
            | Event::SequenceStart(1.., _)
            | Event::MappingStart(1.., _) => {
                return Err(unsupported(
                    span,
                    "anchors and aliases (`&name`, `*name`) are not supported: write the value \
                     itself; a text that begins with & or * needs quotes",
                ));
            }
            Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                return Err(unsupported(
                    span,
                    "tags (`!name`) are not supported; a text that begins with ! needs quotes",
                ));
            }
            _ => return Err(unsupported(span, "a value is expected here")),
        };
        Ok(Node {
            line: span.start.line(),
            content,
        })
    }

    fn list(&mut self, start: &Span) -> Result<Content, Mistake> {
        self.enter(start, "-".to_owned())?;
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                break;
            }
            items.push(self.node(event, &span)?);
        }
        self.path.pop();
        Ok(Content::List(items))
    }

    fn map(&mut self, start: &Span) -> Result<Content, Mistake> {
        let mut entries = Vec::new();
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            // Only a scalar: a key that is itself a structure would be a way
            // to nest without end.
            let Event::Scalar(key, _, 0, None) = event else {
                return Err(unsupported(&span, "a key must be a plain name"));
            };
            let key = key.into_owned();
            let line = span.start.line();
            self.enter(start, key.clone())?;
            let (event, span) = self.next()?;
            let value = self.node(event, &span)?;
            if let Some(first) = lines.get(&key) {
                self.duplicates.push(Mistake::of_key(
                    Place::Line(line),
                    self.path.join("."),
                    Problem::Duplicate { first: *first },
                ));
            } else {
                lines.insert(key.clone(), line);
                entries.push(Entry { key, line, value });
            }
            self.path.pop();
        }
        Ok(Content::Map(entries))
    }

    fn enter(&mut self, span: &Span, name: String) -> Result<(), Mistake> {
        if self.path.len() >= MAX_DEPTH {
            return Err(unsupported(span, "this is nested too deeply"));
        }
        self.path.push(name);
        Ok(())
    }
}

fn scalar(text: String, style: ScalarStyle) -> Content {
    if style != ScalarStyle::Plain {
        let meaning = Meaning::Text;
        return Content::Scalar(Scalar { text, meaning });
    }
    match meaning(&text) {
        Some(meaning) => Content::Scalar(Scalar { text, meaning }),
        None => Content::Null,
    }
}

/// What a plain scalar means; `None` for null.
fn meaning(text: &str) -> Option<Meaning> {
    if text.len() > MAX_TYPED {
        return Some(Meaning::Text);
    }
    match serde_yaml::from_str::<serde_yaml::Value>(text) {
        Ok(serde_yaml::Value::Null) => None,
        Ok(serde_yaml::Value::Bool(value)) => Some(Meaning::Bool(value)),
        Ok(serde_yaml::Value::Number(number)) => {
            Some(number.as_i64().map_or(Meaning::OtherNumber, Meaning::Whole))
        }
        _ => Some(Meaning::Text),
    }
}

fn unsupported(span: &Span, what: &'static str) -> Mistake {
    Mistake::of_file(
        Place::Line(span.start.line().max(1)),
        Problem::NotSupported(what),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> (Place, String) {
        let mistake = parse(text).unwrap_err();
        (mistake.place, mistake.problem.to_string())
    }

    #[test]
    fn values_know_their_line_and_meaning() {
        let (root, duplicates) = parse("a:\n  b: 5\n  c: \"5\"\n  d: ~\n  e: true\n").unwrap();
        assert!(duplicates.is_empty());
        let a = &root.entry("a").unwrap().value;
        let meaning = |key: &str| match &a.entry(key).unwrap().value.content {
            Content::Scalar(scalar) => Some(scalar.meaning),
            _ => None,
        };
        assert_eq!(a.entry("b").unwrap().line, 2);
        assert_eq!(meaning("b"), Some(Meaning::Whole(5)));
        assert_eq!(meaning("c"), Some(Meaning::Text));
        assert_eq!(meaning("d"), None);
        assert_eq!(meaning("e"), Some(Meaning::Bool(true)));
    }

    #[test]
    fn a_key_that_stands_twice_is_named_with_both_lines() {
        let (_, duplicates) = parse("mail:\n  from: a\n  to: b\n  from: c\n").unwrap();
        assert_eq!(
            duplicates,
            [Mistake::of_key(
                Place::Line(4),
                "mail.from",
                Problem::Duplicate { first: 2 }
            )]
        );
    }

    #[test]
    fn a_syntax_error_names_its_line() {
        let (place, text) = mistake("mail:\n  from: \"a\n");
        assert!(matches!(place, Place::Line(2 | 3)), "{place:?}");
        assert!(text.starts_with("this is not valid YAML: "), "{text}");
    }

    #[test]
    fn what_could_explode_is_refused_before_it_grows() {
        let bomb = "a: &a [x,x]\nb: &b [*a,*a]\n";
        assert!(mistake(bomb).1.starts_with("anchors and aliases"));
        assert!(mistake("&k a: 1").1.starts_with("a key must be"));
        assert!(mistake("a: !!binary x").1.starts_with("tags"));
        assert_eq!(mistake("a: 1\n---\nb: 2\n").0, Place::Line(2));
        for open in ["[", "{a: ", "- ", "? "] {
            let deep = open.repeat(200_000);
            assert!(parse(&deep).is_err(), "{open}");
        }
        let wide = "- 1\n".repeat(MAX_VALUES + 1);
        assert_eq!(mistake(&wide).0, Place::Line(MAX_VALUES));
    }

    #[test]
    fn an_empty_file_is_an_empty_mapping() {
        for text in ["", "# only words\n", "---\n"] {
            assert_eq!(parse(text).unwrap().0.content_name(), "nothing");
        }
    }
}
