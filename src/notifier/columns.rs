//! Plain text tables whose columns line up, also with emoji and CJK names.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How a column's cells are put into its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A column: its name, its alignment, and its greatest width.
pub(super) type Column<'a> = (&'a str, Align, usize);

/// Lays out `rows` under their heading and a rule; each row may have notes,
/// which follow it indented. Cells wider than their column are cut.
pub(super) fn lay_out(columns: &[Column<'_>], rows: &[(Vec<&str>, &[String])]) -> Vec<String> {
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, (title, _, max))| {
            rows.iter()
                .filter_map(|(cells, _)| cells.get(i))
                .map(|cell| cell.width())
                .chain([title.width()])
                .max()
                .unwrap_or(0)
                .min(*max)
        })
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut out = String::new();
        for ((cell, width), (_, align, _)) in cells.zip(&widths).zip(columns) {
            put(&mut out, cell, *width, *align);
        }
        out.trim_end().to_owned()
    };
    let mut lines = Vec::with_capacity(rows.len() + 2);
    lines.push(line(&mut columns.iter().map(|(title, ..)| *title)));
    lines.push("-".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)));
    for (cells, notes) in rows {
        lines.push(line(&mut cells.iter().copied()));
        lines.extend(notes.iter().map(|note| format!("    {note}")));
    }
    lines
}

/// The same, of rows without notes.
pub(super) fn lay_out_plain<'c, const N: usize>(
    columns: &[Column<'_>; N],
    rows: impl Iterator<Item = [&'c str; N]>,
) -> Vec<String> {
    let rows: Vec<(Vec<&str>, &[String])> = rows.map(|cells| (cells.to_vec(), &[][..])).collect();
    lay_out(columns, &rows)
}

fn put(out: &mut String, cell: &str, width: usize, align: Align) {
    let cell = cut(cell, width);
    let gap = width.saturating_sub(cell.width());
    if !out.is_empty() {
        out.push_str("  ");
    }
    if align == Align::Right {
        out.extend(std::iter::repeat_n(' ', gap));
    }
    out.push_str(&cell);
    if align == Align::Left {
        out.extend(std::iter::repeat_n(' ', gap));
    }
}

fn cut(cell: &str, width: usize) -> std::borrow::Cow<'_, str> {
    if cell.width() <= width {
        return cell.into();
    }
    let mut used = 1;
    let mut kept: String = cell
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= width
        })
        .collect();
    // A cut must not leave an isolate open.
    if kept.contains('\u{2068}') {
        kept.push('\u{2069}');
    }
    kept.push('…');
    kept.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen() {
        let columns = [("Name", Align::Left, 8), ("Size", Align::Right, 9)];
        let notes = ["since ever".to_owned()];
        let rows = vec![
            (vec!["日本", "1 B"], &[][..]),
            (vec!["🚀🚀🚀🚀🚀🚀", "3.2 GiB"], &notes[..]),
            (vec!["a", "–"], &[][..]),
        ];
        let lines = lay_out(&columns, &rows);
        assert_eq!(
            lines,
            [
                "Name         Size",
                "-----------------",
                "日本          1 B",
                "🚀🚀🚀…   3.2 GiB",
                "    since ever",
                "a               –",
            ]
        );
    }
}
