//! Printing: to people and to programs.

use std::io::{self, ErrorKind, IsTerminal as _, StdoutLock, Write as _};

use anyhow::Context as _;
use clap::ValueEnum;
use serde::Serialize;

use crate::config::ConfigErrors;
use crate::model::{Language, sanitize};

/// Who reads the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A person.
    #[default]
    Text,
    /// A program; the shapes are documented in `docs/JSON.md`.
    Json,
}

/// A language by its name.
pub fn language(name: &str) -> Result<Language, &'static str> {
    match name {
        "en" => Ok(Language::En),
        "it" => Ok(Language::It),
        _ => Err("it is en or it"),
    }
}

/// Who is told how far something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// A person at a terminal; nobody, where there is none.
    #[default]
    Terminal,
    /// A program: a line of JSON for each step, on the standard error.
    Json,
}

impl Progress {
    /// Says what is done now, when `percent` of all is done.
    pub fn at(self, percent: u8, step: &str) {
        match self {
            Self::Terminal => progress(step),
            Self::Json => {
                let line = serde_json::json!({ "progress": percent, "step": sanitize(step) });
                let _ = writeln!(std::io::stderr().lock(), "{line}");
            }
        }
    }
}

/// Prints a value as JSON.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    print(|out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        writeln!(out)
    })
}

/// Prints text to the standard output, as it is: outside text in it was made
/// harmless before.
pub fn text(text: &str) -> anyhow::Result<()> {
    print(|out| writeln!(out, "{}", text.trim_end()))
}

/// A reader that went away, such as `head`, is no error; half an output is.
fn print(write: impl FnOnce(&mut StdoutLock<'_>) -> io::Result<()>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done.context("the output cannot be written"),
    }
}

/// Says something beside the output proper, which may be JSON.
pub fn note(what: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", sanitize(what));
}

/// Says on a terminal what is going on; silent for scripts.
pub fn progress(what: &str) {
    if std::io::stderr().is_terminal() {
        note(&format!("… {what}"));
    }
}

/// Tells a failure and what led to it, or every mistake of a configuration.
pub fn problem(problem: &anyhow::Error) {
    if let Some(wrong) = problem.downcast_ref::<ConfigErrors>() {
        let count = counted(wrong.mistakes.len(), "mistake");
        note(&format!(
            "ns8-backup-monitor: the configuration has {count}:"
        ));
        for line in wrong.to_string().lines() {
            note(&format!("  {line}"));
        }
        return;
    }
    note(&format!("ns8-backup-monitor: {problem}"));
    for cause in problem.chain().skip(1) {
        note(&format!("  because: {cause}"));
    }
}

/// `1 mail`, `2 mails`.
pub fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A table with columns that line up, for a terminal. Cells may hold outside
/// text.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    use unicode_width::UnicodeWidthStr as _;

    let rows: Vec<Vec<String>> = std::iter::once(head.iter().map(ToString::to_string).collect())
        .chain(
            rows.iter()
                .map(|row| row.iter().map(|cell| sanitize(cell)).collect()),
        )
        .collect();
    let mut widths: Vec<usize> = vec![0; head.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |row: &Vec<String>| {
        let padded: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_also_with_wide_characters() {
        let rows = [
            vec!["日本".to_owned(), "x".to_owned()],
            vec!["a".to_owned(), "y".to_owned()],
        ];
        assert_eq!(table(&["id", "n"], &rows), "id    n\n日本  x\na     y");
    }

    #[test]
    fn a_cell_cannot_move_the_cursor() {
        let rows = [vec!["a\u{1b}[2J\nb".to_owned()]];
        assert_eq!(table(&["n"], &rows), "n\na␛[2J␊b");
    }

    #[test]
    fn things_are_counted_as_people_do() {
        assert_eq!(counted(1, "mail"), "1 mail");
        assert_eq!(counted(0, "mail"), "0 mails");
    }
}
