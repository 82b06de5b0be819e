//! The weekly summary: every plan on a line, then what needs attention.

use serde::Serialize;

use super::limited::Limited;
use super::names::{label_or_id, node_label, plan_label};
use super::verdict::of_outcome;
use super::{Mark, Tone};
use crate::model::{Attention, Overview, PlanOverview, PlanSummary, Standing};
use crate::notifier::columns::{Align, lay_out, lay_out_plain};
use crate::notifier::format::{Locale, NOTHING, name};
use crate::notifier::words::{Glance, PlanStory, Things};

/// Plans are listed up to this number, the bad ones first.
const PLANS: usize = 200;

/// How everything stands.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct OverviewView {
    /// The plans.
    pub rows: Vec<PlanRow>,
    /// The same as lines of plain text.
    pub lines: Vec<String>,
    /// How many plans are not shown.
    pub left_out: Option<String>,
    /// The applications that need attention, if any does.
    pub attention: Option<AttentionView>,
}

/// One plan.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct PlanRow {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// How it stands.
    pub standing: Mark,
    /// The same as a picture.
    pub icon: &'static str,
    /// How many applications it has.
    pub applications: String,
    /// When its newest run was.
    pub newest: String,
    /// How that went.
    pub result: Mark,
    /// When it fires next.
    pub next: String,
    /// What else is known, a line each.
    pub notes: Vec<String>,
}

/// Applications that need attention.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct AttentionView {
    /// The heading, with their number.
    pub title: String,
    /// The applications that are shown.
    pub rows: Vec<AttentionRow>,
    /// The same as lines of plain text.
    pub lines: Vec<String>,
    /// How many are not shown.
    pub left_out: Option<String>,
}

/// One application of a plan.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct AttentionRow {
    /// Its label, else its id.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its node's number.
    pub node: String,
    /// The plan.
    pub plan: String,
    /// What is wrong.
    pub result: Mark,
    /// When it was last ok.
    pub last_good: String,
}

/// Whether somebody should look at it.
pub(super) fn needs_attention(plan: &PlanOverview) -> bool {
    plan.standing == Standing::Bad || !plan.attention.is_empty()
}

/// How the plans stand.
pub(super) fn glance(overview: &Overview) -> Glance {
    let all = overview.plans.len();
    let needy = overview.plans.iter().filter(|plan| needs_attention(plan));
    match needy.count() {
        0 if all == 0 => Glance::NoPlan,
        0 if overview.plans.iter().all(|p| p.standing == Standing::Good) => Glance::AllGood(all),
        0 => Glance::NoneNeeds,
        needy => Glance::Some(needy, all),
    }
}

/// Whether there is anything to look at.
pub(super) fn tone(overview: &Overview) -> Tone {
    let plans = matches!(glance(overview), Glance::Some(..) | Glance::NoPlan);
    let more = overview.redis_problem.is_some() || overview.undelivered_mails > 0;
    if plans || more || !overview.uncovered.is_empty() {
        Tone::Warning
    } else {
        Tone::Good
    }
}

/// The summary's tables.
pub(super) fn view(overview: Option<&Overview>, locale: &Locale) -> Option<OverviewView> {
    let overview = overview?;
    let shown = overview.plans.iter().take(PLANS);
    let rows: Vec<PlanRow> = shown.map(|plan| row(plan, locale)).collect();
    let rest = overview.plans.len() - rows.len();
    Some(OverviewView {
        lines: lines(&rows, locale),
        rows,
        left_out: (rest > 0).then(|| locale.words.and_more(rest, Things::Plans)),
        attention: attention(&overview.plans, locale),
    })
}

fn row(plan: &PlanOverview, locale: &Locale) -> PlanRow {
    let (tone, icon) = match plan.standing {
        Standing::Bad => (Tone::Bad, "❌"),
        Standing::Unknown => (Tone::Neutral, "❔"),
        Standing::Good => (Tone::Good, "✅"),
        Standing::Disabled => (Tone::Neutral, "➖"),
        Standing::Empty => (Tone::Warning, "⚠️"),
    };
    let moment = |at: Option<_>| at.map_or_else(|| NOTHING.into(), |at| locale.moment_in_table(at));
    let last = plan.last.as_ref();
    PlanRow {
        name: named(&plan.plan),
        id: name(plan.plan.id.as_str()),
        standing: Mark::new(locale.words.plan(PlanStory::Stands(plan.standing)), tone),
        icon,
        applications: locale.count(plan.applications as u64),
        newest: moment(last.map(|run| run.at)),
        result: last.map_or_else(
            || Mark::new(NOTHING, Tone::Neutral),
            |run| {
                let result = locale.words.run_result(run.outcome, run.bad, run.counted);
                Mark::new(result, run.outcome.map_or(Tone::Neutral, of_outcome))
            },
        ),
        next: moment(plan.next),
        notes: notes(plan, locale),
    }
}

/// Its name, or at least its id.
pub(super) fn named(plan: &PlanSummary) -> String {
    match name(&plan.name) {
        label if label.is_empty() => plan_label(plan),
        label => label,
    }
}

fn notes(plan: &PlanOverview, locale: &Locale) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(since) = plan.bad_since {
        let since = locale.written(since);
        notes.push(locale.words.plan(PlanStory::BadSince(since.past())));
    }
    if let Some(until) = plan.muted_until {
        let until = locale.moment_with_zone(until);
        notes.push(locale.words.plan(PlanStory::MutedUntil(&until)));
    }
    if let Some(open) = &plan.open {
        let since = locale.moment_with_zone(open.at);
        let numbers = [open.members, open.reported, open.failed];
        notes.push(locale.words.plan(PlanStory::Open(&since, numbers)));
    }
    notes
}

fn lines(rows: &[PlanRow], locale: &Locale) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let labels = locale.words.labels();
    let columns = [
        (labels.plan, Align::Left, 26),
        (labels.standing, Align::Left, 22),
        (labels.newest_run, Align::Left, 17),
        (labels.result, Align::Left, 22),
        (labels.next_run, Align::Left, 20),
    ];
    let stands: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row.icon, row.standing.text))
        .collect();
    let cells: Vec<(Vec<&str>, &[String])> = rows
        .iter()
        .zip(&stands)
        .map(|(row, stands)| {
            let cells = vec![
                row.name.as_str(),
                stands.as_str(),
                row.newest.as_str(),
                &row.result.text,
                row.next.as_str(),
            ];
            (cells, row.notes.as_slice())
        })
        .collect();
    lay_out(&columns, &cells)
}

fn attention(plans: &[PlanOverview], locale: &Locale) -> Option<AttentionView> {
    let all = plans
        .iter()
        .flat_map(|plan| plan.attention.iter().map(move |what| (&plan.plan, what)))
        .map(|(plan, what)| attention_row(plan, what, locale));
    let limited = Limited::of(all, locale.words.labels().attention, locale)?;
    Some(AttentionView {
        title: limited.title,
        lines: attention_lines(&limited.rows, locale),
        rows: limited.rows,
        left_out: limited.left_out,
    })
}

fn attention_row(plan: &PlanSummary, what: &Attention, locale: &Locale) -> AttentionRow {
    AttentionRow {
        name: label_or_id(&what.module, what.name.as_deref()),
        id: name(what.module.as_str()),
        node: node_label(what.node, None),
        plan: named(plan),
        result: super::members::result(what.cause, locale),
        last_good: what
            .ok_at
            .map_or_else(|| NOTHING.into(), |at| locale.moment_in_table(at)),
    }
}

fn attention_lines(rows: &[AttentionRow], locale: &Locale) -> Vec<String> {
    let labels = locale.words.labels();
    let columns = [
        (labels.application, Align::Left, 24),
        ("Id", Align::Left, 18),
        (labels.node, Align::Left, 6),
        (labels.plan, Align::Left, 20),
        (labels.result, Align::Left, 24),
        (labels.last_good, Align::Left, 22),
    ];
    let cells = rows.iter().map(|row| {
        [
            row.name.as_str(),
            &row.id,
            &row.node,
            &row.plan,
            &row.result.text,
            &row.last_good,
        ]
    });
    lay_out_plain(&columns, cells)
}
