//! The table of modules: failed ones first, the good ones up to a limit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::names::{node_label, plan_label};
use super::{GOOD_ROWS, Mark, Tone};
use crate::model::{MemberResult, ModuleCause, ModuleId, Report, Severity, Warning};
use crate::notifier::columns::{Align, lay_out};
use crate::notifier::format::{Locale, NOTHING, clean, name};

/// All modules of a report.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct ModulesView {
    /// Failed, backed up, not counted; empty groups are left out.
    pub groups: Vec<GroupView>,
}

/// Modules of one severity.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct GroupView {
    /// Its heading, with the number of all its modules.
    pub title: String,
    /// Its tone.
    pub mark: Mark,
    /// Whether size and files are shown.
    pub sized: bool,
    /// The modules that are shown.
    pub rows: Vec<ModuleView>,
    /// The same as lines of plain text.
    pub lines: Vec<String>,
    /// How many are not shown.
    pub left_out: Option<String>,
}

/// One module.
#[derive(Debug, Serialize)]
pub(in crate::notifier) struct ModuleView {
    /// Its label, else its id.
    pub name: String,
    /// Its id, where the label is something else.
    pub id: Option<String>,
    /// Its node's label or number.
    pub node: String,
    /// What became of it.
    pub result: Mark,
    /// When it began.
    pub start: String,
    /// How long it took.
    pub duration: String,
    /// Its size, if it is ok.
    pub size: String,
    /// Its files, if it is ok.
    pub files: String,
    /// What else is known, a line each.
    pub notes: Vec<String>,
}

/// When the snapshots were made that no node could report.
type Snapshots<'a> = BTreeMap<&'a ModuleId, Timestamp>;

/// All modules, in the report's order.
pub(super) fn all(report: &Report, locale: &Locale) -> Vec<ModuleView> {
    let snapshots = snapshots(report);
    let members = report.members.iter();
    members
        .map(|member| row(member, &snapshots, locale))
        .collect()
}

fn snapshots(report: &Report) -> Snapshots<'_> {
    report
        .warnings
        .iter()
        .filter_map(|warning| match warning {
            Warning::Unreported { module, snapshot } => Some((module, *snapshot)),
            _ => None,
        })
        .collect()
}

/// The table, unless there is nothing to put in.
pub(super) fn view(report: &Report, locale: &Locale) -> Option<ModulesView> {
    let snapshots = snapshots(report);
    let labels = locale.words.labels();
    let groups: Vec<GroupView> = [
        (Severity::Bad, labels.failed, Tone::Bad),
        (Severity::Good, labels.saved, Tone::Good),
        (Severity::Uncounted, labels.not_counted, Tone::Neutral),
    ]
    .into_iter()
    .filter_map(|(severity, title, tone)| {
        let mark = Mark::new(title, tone);
        group(&report.members, severity, mark, &snapshots, locale)
    })
    .collect();
    (!groups.is_empty()).then_some(ModulesView { groups })
}

fn group(
    members: &[MemberResult],
    severity: Severity,
    mark: Mark,
    snapshots: &Snapshots<'_>,
    locale: &Locale,
) -> Option<GroupView> {
    let limit = match severity {
        Severity::Bad => usize::MAX,
        Severity::Good | Severity::Uncounted => GOOD_ROWS,
    };
    let mut all = members
        .iter()
        .filter(|member| member.cause.severity() == severity);
    let rows: Vec<ModuleView> = all
        .by_ref()
        .take(limit)
        .map(|m| row(m, snapshots, locale))
        .collect();
    let rest = all.count();
    if rows.is_empty() {
        return None;
    }
    let sized = severity == Severity::Good;
    Some(GroupView {
        title: format!(
            "{} ({})",
            mark.text,
            locale.count((rows.len() + rest) as u64)
        ),
        mark,
        sized,
        lines: lines(&rows, sized, locale),
        rows,
        left_out: (rest > 0).then(|| {
            locale
                .words
                .modules_left_out(rest, &locale.count(rest as u64))
        }),
    })
}

fn row(member: &MemberResult, snapshots: &Snapshots<'_>, locale: &Locale) -> ModuleView {
    let id = name(member.module.as_str());
    let label = member.name.as_deref().map(name).filter(|l| !l.is_empty());
    let (label, id) = match label {
        Some(label) if label != id => (label, Some(id)),
        _ => (id, None),
    };
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.into());
    let ok = member.cause == ModuleCause::Ok;
    ModuleView {
        name: label,
        id,
        node: node_label(member.node, member.node_name.as_deref()),
        result: result(member.cause, locale),
        start: or_nothing(member.started.map(|at| locale.moment_in_table(at))),
        duration: or_nothing(member.duration_s.map(|s| locale.duration(s))),
        size: or_nothing(member.size.filter(|_| ok).map(|b| locale.bytes(b))),
        files: or_nothing(member.files.filter(|_| ok).map(|n| locale.count(n))),
        notes: notes(member, snapshots.get(&member.module).copied(), locale),
    }
}

/// What became of it, in a word.
pub(super) fn result(cause: ModuleCause, locale: &Locale) -> Mark {
    Mark::new(locale.words.result(cause), tone(cause))
}

fn tone(cause: ModuleCause) -> Tone {
    match (cause, cause.severity()) {
        (ModuleCause::AfterBackup | ModuleCause::Unreported, _) => Tone::Warning,
        (_, Severity::Good) => Tone::Good,
        (_, Severity::Bad) => Tone::Bad,
        (_, Severity::Uncounted) => Tone::Neutral,
    }
}

fn notes(member: &MemberResult, unreported: Option<Timestamp>, locale: &Locale) -> Vec<String> {
    const MAX: usize = 300;
    let mut notes = Vec::new();
    if let Some(at) = member.at_risk_since {
        notes.push(if member.cause == ModuleCause::AfterBackup {
            locale.words.saved_anyway(&locale.moment_with_zone(at))
        } else {
            locale.words.newest_saved(locale.written(at).past())
        });
    }
    if member.never_saved {
        notes.push(locale.words.none_saved().into());
    }
    if let Some(at) = unreported.filter(|_| member.cause == ModuleCause::Unreported) {
        notes.push(locale.words.saved_anyway(&locale.moment_with_zone(at)));
    }
    if let Some(at) = member.ok_before
        && member.cause.severity() == Severity::Bad
    {
        notes.push(locale.words.ok_before(locale.written(at).past()));
    }
    if let Some(plan) = &member.busy_with {
        notes.push(locale.words.held_by(&plan_label(plan)));
    }
    notes.extend(locale.words.not_counted(member.cause).map(str::to_owned));
    notes.extend(match &member.unreadable {
        Some(what) => {
            let reason = locale.words.reason(&what.reason);
            Some(clean(&format!("{}: {reason}", what.key), MAX))
        }
        None => member.detail.as_deref().map(|detail| clean(detail, MAX)),
    });
    notes
}

fn lines(rows: &[ModuleView], sized: bool, locale: &Locale) -> Vec<String> {
    let labels = locale.words.labels();
    let mut columns = vec![
        (labels.application, Align::Left, 24),
        ("Id", Align::Left, 18),
        (labels.node, Align::Left, 18),
        (labels.result, Align::Left, 24),
        (labels.start, Align::Left, 17),
        (labels.duration, Align::Right, 11),
    ];
    if sized {
        columns.push((labels.size, Align::Right, 10));
        columns.push((labels.files, Align::Right, 12));
    }
    let cells: Vec<(Vec<&str>, &[String])> = rows
        .iter()
        .map(|row| {
            let mut cells = vec![
                row.name.as_str(),
                row.id.as_deref().unwrap_or(&row.name),
                row.node.as_str(),
                &row.result.text,
                row.start.as_str(),
                row.duration.as_str(),
            ];
            if sized {
                cells.extend([row.size.as_str(), row.files.as_str()]);
            }
            (cells, row.notes.as_slice())
        })
        .collect();
    lay_out(&columns, &cells)
}
