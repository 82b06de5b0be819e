//! Reads Rust source well enough to ask which paths it names: comments, texts
//! and test code are taken out first, groups in `use` are spelled out.

use std::path::{Path, PathBuf};

/// One file of the tree.
pub struct SourceFile {
    /// Its path below the folder that was read, with `/`.
    pub name: String,
    /// As it is on disk.
    pub text: String,
    /// Without comments, the content of literals, and test code; the lines
    /// keep their numbers.
    pub code: String,
}

/// A path that code names, such as `std::fs::read`, with its line.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub path: Vec<String>,
}

impl SourceFile {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let (name, text) = (name.into(), text.into());
        let code = if name.ends_with("/tests.rs") || name.contains("/tests/") {
            String::new()
        } else {
            without_tests(&without_comments_and_literals(&text))
        };
        Self { name, text, code }
    }

    /// All `.rs` files below `folder`, in a stable order.
    pub fn all_below(folder: &Path) -> Vec<Self> {
        let mut paths = Vec::new();
        collect(folder, &mut paths);
        paths.sort();
        paths
            .iter()
            .map(|path| {
                let name = path.strip_prefix(folder).expect("below the folder");
                let text = std::fs::read_to_string(path).expect("a readable source file");
                Self::new(name.to_str().expect("a plain file name"), text)
            })
            .collect()
    }

    /// The module that the file is: `store/open.rs` is `store::open`.
    pub fn module(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = self
            .name
            .trim_end_matches(".rs")
            .trim_end_matches("/mod")
            .split('/')
            .collect();
        if matches!(parts.as_slice(), ["lib" | "main"]) {
            parts.clear();
        }
        parts
    }

    /// The room that the file belongs to: the first part of its module.
    pub fn room(&self) -> &str {
        let first = self.name.split('/').next().unwrap_or_default();
        first.trim_end_matches(".rs")
    }

    /// Every path that the code names, those of `use` one by one.
    pub fn named(&self) -> Vec<Named> {
        let tokens = tokens(&self.code);
        let mut found = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let is_import = tokens[at].text == "use" && !next_is(&tokens, at, "<");
            if is_import {
                at = import(&tokens, at + 1, &[], &mut found);
            } else if is_word(&tokens[at].text) {
                at = plain_path(&tokens, at, &mut found);
            } else {
                at += 1;
            }
        }
        found
    }

    /// Where `named` leads within the crate, `None` for another crate's path.
    pub fn within_crate(&self, named: &Named) -> Option<Vec<String>> {
        let mut module: Vec<String> = self.module().iter().map(ToString::to_string).collect();
        let mut rest = named.path.as_slice();
        match rest.first()?.as_str() {
            "crate" | "ns8_backup_monitor" => module.clear(),
            "self" => {}
            "super" => {
                while let Some(("super", more)) = rest.split_first().map(|(a, b)| (a.as_str(), b)) {
                    module.pop();
                    rest = more;
                }
                module.extend_from_slice(rest);
                return Some(module);
            }
            _ => return None,
        }
        module.extend_from_slice(rest.get(1..).unwrap_or_default());
        Some(module)
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Blanks comments and the content of literals, keeping the line breaks.
fn without_comments_and_literals(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = comment_or_literal_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(
                chars[at..end]
                    .iter()
                    .map(|&c| if c == '\n' { c } else { ' ' }),
            );
            at = end;
        }
    }
    out
}

/// Behind the comment or literal that begins at `at`; `at` when none does.
fn comment_or_literal_end(chars: &[char], at: usize) -> usize {
    let next = |ahead: usize| chars.get(at + ahead).copied();
    match (chars[at], next(1)) {
        ('/', Some('/')) => find(chars, at, |rest| rest[0] == '\n').unwrap_or(chars.len()),
        ('/', Some('*')) => block_comment_end(chars, at),
        ('"', _) => quoted_end(chars, at, '"'),
        ('\'', Some('\\')) => quoted_end(chars, at, '\''),
        ('\'', Some(_)) if next(2) == Some('\'') => at + 3,
        ('r', Some('"' | '#')) if !follows_word(chars, at) => raw_string_end(chars, at),
        _ => at,
    }
}

fn find(chars: &[char], from: usize, wanted: impl Fn(&[char]) -> bool) -> Option<usize> {
    (from..chars.len()).find(|&at| wanted(&chars[at..]))
}

fn block_comment_end(chars: &[char], begin: usize) -> usize {
    let (mut depth, mut at) = (0_usize, begin);
    while at < chars.len() {
        if chars[at..].starts_with(&['/', '*']) {
            depth += 1;
            at += 2;
        } else if chars[at..].starts_with(&['*', '/']) {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn quoted_end(chars: &[char], begin: usize, quote: char) -> usize {
    let mut at = begin + 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// `r"..."` and `r#"..."#`; a raw name such as `r#type` is none.
fn raw_string_end(chars: &[char], begin: usize) -> usize {
    let hashes = chars[begin + 1..].iter().take_while(|&&c| c == '#').count();
    if chars.get(begin + 1 + hashes) != Some(&'"') {
        return begin;
    }
    let mut close = vec!['"'];
    close.extend(std::iter::repeat_n('#', hashes));
    find(chars, begin + 2 + hashes, |rest| rest.starts_with(&close))
        .map_or(chars.len(), |at| at + close.len())
}

/// Whether a name goes on at `at`; `br"` and `cr"` are prefixes, not names.
fn follows_word(chars: &[char], at: usize) -> bool {
    let word: String = chars[..at]
        .iter()
        .rev()
        .take_while(|&&c| c.is_alphanumeric() || c == '_')
        .collect();
    !matches!(word.as_str(), "" | "b" | "c")
}

/// Blanks every item under `#[cfg(test)]`; `code` is free of literals.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some((before, item)) = rest.split_once(MARK) {
        out.push_str(before);
        let end = item_end(item);
        out.extend(item[..end].chars().filter(|&c| c == '\n'));
        rest = &item[end..];
    }
    out.push_str(rest);
    out
}

/// Behind the first `;` or closing `}` outside of all brackets.
fn item_end(item: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in item.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(c, ';' | '}') {
            return at + 1;
        }
    }
    item.len()
}

struct Token {
    text: String,
    line: usize,
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn next_is(tokens: &[Token], at: usize, text: &str) -> bool {
    tokens.get(at + 1).is_some_and(|token| token.text == text)
}

/// Words, `::`, and every other sign alone.
fn tokens(code: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (index, text) in code.lines().enumerate() {
        let line = index + 1;
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if is_word(rest) {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (token, more) = rest.split_at(length);
            tokens.push(Token {
                text: token.to_owned(),
                line,
            });
            rest = more.trim_start();
        }
    }
    tokens
}

/// A path in code, as far as names follow each other; returns what is behind.
fn plain_path(tokens: &[Token], begin: usize, found: &mut Vec<Named>) -> usize {
    let mut path = vec![tokens[begin].text.clone()];
    let mut at = begin + 1;
    while at + 1 < tokens.len() && tokens[at].text == "::" && is_word(&tokens[at + 1].text) {
        path.push(tokens[at + 1].text.clone());
        at += 2;
    }
    found.push(Named {
        line: tokens[begin].line,
        path,
    });
    at
}

/// One branch of a `use` tree below `prefix`; returns what is behind it.
fn import(tokens: &[Token], begin: usize, prefix: &[String], found: &mut Vec<Named>) -> usize {
    let mut path = prefix.to_vec();
    let mut at = begin;
    let mut line = None;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "::" => at += 1,
            "{" => {
                at += 1;
                while at < tokens.len() && tokens[at].text != "}" {
                    at = import(tokens, at, &path, found);
                    at += usize::from(tokens.get(at).is_some_and(|token| token.text == ","));
                }
                return at + 1;
            }
            "as" => at += 2,
            text if is_word(text) || text == "*" => {
                // `self` in a group is the group itself.
                if text != "self" || path.is_empty() {
                    path.push(text.to_owned());
                }
                line.get_or_insert(token.line);
                at += 1;
            }
            _ => break,
        }
    }
    found.push(Named {
        line: line.unwrap_or_default(),
        path,
    });
    // Never stands still, also in code that is no Rust.
    at.max(begin + 1)
}
