//! The plans of an all-well report.

use serde::Serialize;

use crate::model::PlanLastRun;
use crate::notifier::columns::{Align, lay_out_plain};
use crate::notifier::format::{Locale, name};

/// Every enabled plan with its newest status.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct PlansView {
    /// The plans.
    pub rows: Vec<PlanView>,
    /// The same as lines of plain text.
    pub lines: Vec<String>,
}

/// One plan.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct PlanView {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its schedule.
    pub schedule: String,
    /// When its newest status was written.
    pub newest: String,
}

/// The plans, unless there are none.
pub(super) fn view(plans: &[PlanLastRun], locale: &Locale) -> Option<PlansView> {
    if plans.is_empty() {
        return None;
    }
    let labels = locale.words.labels();
    let rows: Vec<PlanView> = plans
        .iter()
        .map(|PlanLastRun { plan, last }| PlanView {
            name: name(&plan.name),
            id: name(plan.id.as_str()),
            schedule: name(&plan.schedule),
            newest: last.map_or_else(|| labels.never.into(), |at| locale.moment_in_table(at)),
        })
        .collect();
    let columns = [
        (labels.plan, Align::Left, 30),
        ("Id", Align::Left, 8),
        (labels.schedule, Align::Left, 26),
        (labels.last_run, Align::Left, 17),
    ];
    let cells = rows
        .iter()
        .map(|row| [&row.name, &row.id, &row.schedule, &row.newest].map(String::as_str));
    let lines = lay_out_plain(&columns, cells);
    Some(PlansView { rows, lines })
}
