//! Applications that no plan backs up.

use serde::Serialize;

use super::GOOD_ROWS;
use super::names::{node_label, plan_label};
use crate::model::{Report, UncoveredModule};
use crate::notifier::columns::{Align, lay_out};
use crate::notifier::format::{Locale, NOTHING, name};

/// All of them, up to a limit.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct UncoveredView {
    /// The heading, with their number.
    pub title: String,
    /// The applications that are shown.
    pub rows: Vec<UncoveredRow>,
    /// The same as lines of plain text.
    pub lines: Vec<String>,
    /// How many are not shown.
    pub left_out: Option<String>,
}

/// One application.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct UncoveredRow {
    /// Its label, else its id.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its node's number.
    pub node: String,
    /// The plan that had it last.
    pub plan: String,
    /// Since when it is in none.
    pub since: String,
}

/// Those that lost their plan, and those of a summary.
pub(super) fn uncovered(report: &Report) -> impl Iterator<Item = &UncoveredModule> {
    let overview = report.overview.iter().flat_map(|all| &all.uncovered);
    report.uncovered.iter().chain(overview)
}

/// The table, unless there is nothing to put in.
pub(super) fn view(report: &Report, locale: &Locale) -> Option<UncoveredView> {
    let labels = locale.words.labels();
    let mut all = uncovered(report);
    let shown = all.by_ref().take(GOOD_ROWS);
    let rows: Vec<UncoveredRow> = shown.map(|lost| row(lost, locale)).collect();
    let rest = all.count();
    if rows.is_empty() {
        return None;
    }
    let number = locale.count((rows.len() + rest) as u64);
    Some(UncoveredView {
        title: format!("{} ({number})", labels.uncovered),
        lines: lines(&rows, locale),
        rows,
        left_out: (rest > 0).then(|| {
            let number = locale.count(rest as u64);
            locale.words.modules_left_out(rest, &number)
        }),
    })
}

fn row(lost: &UncoveredModule, locale: &Locale) -> UncoveredRow {
    let id = name(lost.module.as_str());
    let label = lost.name.as_deref().map(name);
    UncoveredRow {
        name: label
            .filter(|label| !label.is_empty())
            .unwrap_or_else(|| id.clone()),
        id,
        node: node_label(lost.node, None),
        plan: lost
            .plan
            .as_ref()
            .map_or_else(|| NOTHING.into(), plan_label),
        since: lost
            .since
            .map_or_else(|| NOTHING.into(), |at| locale.moment_in_table(at)),
    }
}

fn lines(rows: &[UncoveredRow], locale: &Locale) -> Vec<String> {
    let labels = locale.words.labels();
    let columns = [
        (labels.application, Align::Left, 24),
        ("Id", Align::Left, 18),
        (labels.node, Align::Left, 6),
        (labels.last_plan, Align::Left, 28),
        (labels.since, Align::Left, 17),
    ];
    let cells: Vec<(Vec<&str>, &[String])> = rows
        .iter()
        .map(|row| {
            let cells = vec![
                row.name.as_str(),
                row.id.as_str(),
                row.node.as_str(),
                row.plan.as_str(),
                row.since.as_str(),
            ];
            (cells, &[][..])
        })
        .collect();
    lay_out(&columns, &cells)
}
