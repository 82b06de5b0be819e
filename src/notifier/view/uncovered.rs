//! Applications that no plan backs up.

use serde::Serialize;

use super::limited::Limited;
use super::names::{label_or_id, node_label, plan_label};
use crate::model::{Report, UncoveredModule};
use crate::notifier::columns::{Align, lay_out_plain};
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
    let all = uncovered(report).map(|lost| row(lost, locale));
    let limited = Limited::of(all, labels.uncovered, locale)?;
    Some(UncoveredView {
        title: limited.title,
        lines: lines(&limited.rows, locale),
        rows: limited.rows,
        left_out: limited.left_out,
    })
}

fn row(lost: &UncoveredModule, locale: &Locale) -> UncoveredRow {
    UncoveredRow {
        name: label_or_id(&lost.module, lost.name.as_deref()),
        id: name(lost.module.as_str()),
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
    let cells = rows.iter().map(|row| {
        let texts = [&row.name, &row.id, &row.node, &row.plan, &row.since];
        texts.map(String::as_str)
    });
    lay_out_plain(&columns, cells)
}
