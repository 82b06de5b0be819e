//! Printing: to people and to programs.

use std::io::{IsTerminal as _, Write as _};

use clap::ValueEnum;
use serde::Serialize;

use crate::model::sanitize;

/// Who reads the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A person.
    #[default]
    Text,
    /// A program; the shapes are documented in `docs/JSON.md`.
    Json,
}

/// Prints a value as JSON.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Prints text to the standard output. A reader that went away, such as
/// `head`, is no error.
pub fn text(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

/// Says something beside the output proper, which may be JSON.
pub fn note(what: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{what}");
}

/// Says on a terminal what is going on; silent for scripts.
pub fn progress(what: &str) {
    let mut err = std::io::stderr().lock();
    if err.is_terminal() {
        let _ = writeln!(err, "… {}", sanitize(what));
    }
}

/// Tells a failure and what led to it.
pub fn problem(problem: &anyhow::Error) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "ns8-backup-monitor: {problem}");
    for cause in problem.chain().skip(1) {
        let _ = writeln!(err, "  because: {cause}");
    }
}

/// A table with columns that line up, for a terminal.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    use unicode_width::UnicodeWidthStr as _;

    let mut widths: Vec<usize> = head.iter().map(|cell| cell.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&mut head.iter().copied())];
    for row in rows {
        lines.push(line(&mut row.iter().map(String::as_str)));
    }
    lines.join("\n")
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
}
