//! What a report is found by: its plan, and the applications that something was
//! wrong with. Those that were fine are in every report of their plan.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use crate::model::{ModuleId, PlanSummary, Report, ReportId, Severity};

use super::StoreError;

/// Words of a question; nobody types more.
const MOST_WORDS: usize = 20;

/// In small letters, a line each.
pub(super) fn words(report: &Report) -> String {
    let mut words = Words::default();
    if let Some(plan) = &report.plan {
        words.plan(plan);
    }
    let bad = |severity| severity == Severity::Bad;
    for member in report.members.iter().filter(|m| bad(m.cause.severity())) {
        words.application(&member.module, member.name.as_deref());
    }
    for lost in &report.uncovered {
        words.application(&lost.module, lost.name.as_deref());
        if let Some(plan) = &lost.plan {
            words.plan(plan);
        }
    }
    for module in &report.gone {
        words.application(module, None);
    }
    for plan in &report.unknown_plans {
        words.add(plan.as_str());
    }
    for plan in report.overview.iter().flat_map(|all| &all.plans) {
        for member in &plan.attention {
            words.plan(&plan.plan);
            words.application(&member.module, member.name.as_deref());
        }
    }
    words.0.into_iter().collect::<Vec<_>>().join("\n")
}

#[derive(Default)]
struct Words(BTreeSet<String>);

impl Words {
    fn add(&mut self, word: &str) {
        self.0.insert(word.to_lowercase());
    }

    fn plan(&mut self, plan: &PlanSummary) {
        self.add(plan.id.as_str());
        self.add(&plan.name);
    }

    fn application(&mut self, module: &ModuleId, name: Option<&str>) {
        self.add(module.as_str());
        if let Some(name) = name {
            self.add(name);
        }
    }
}

/// Keeps what a report is found by.
pub(super) fn put(db: &Connection, id: ReportId, words: &str) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO report_words (report, words) VALUES (?1, ?2)")?
        .execute(params![id.0, words])?;
    Ok(())
}

/// The words that somebody looks for, as the list that the query reads; `None`
/// if there is none.
pub(super) fn wanted(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().take(MOST_WORDS).collect();
    (!words.is_empty()).then(|| serde_json::json!(words).to_string())
}
