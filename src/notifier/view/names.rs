//! Names in sentences.

use crate::model::{MemberResult, ModuleId, NodeId, PlanSummary};
use crate::notifier::format::{Locale, NOTHING, clean, name};
use crate::notifier::words::{Names, Things};

/// Names in a row, cut to a few.
pub(super) struct Joined {
    pub(super) text: String,
    several: bool,
}

impl Joined {
    /// Applications; `None` for no names at all.
    pub(super) fn of(names: impl Iterator<Item = String>, locale: &Locale) -> Option<Self> {
        Self::of_things(Things::Applications, names, locale)
    }

    /// Plans; `None` for no names at all.
    pub(super) fn of_plans(names: impl Iterator<Item = String>, locale: &Locale) -> Option<Self> {
        Self::of_things(Things::Plans, names, locale)
    }

    /// Moments; `None` for none at all.
    pub(super) fn of_elapses(at: impl Iterator<Item = String>, locale: &Locale) -> Option<Self> {
        Self::of_things(Things::Elapses, at, locale)
    }

    fn of_things(
        things: Things,
        mut names: impl Iterator<Item = String>,
        locale: &Locale,
    ) -> Option<Self> {
        const SHOWN: usize = 4;
        let shown: Vec<String> = names.by_ref().take(SHOWN).collect();
        let rest = names.count();
        if shown.is_empty() {
            return None;
        }
        let mut text = shown.join(", ");
        if rest > 0 {
            text.push(' ');
            text.push_str(&locale.words.and_more(rest, things));
        }
        Some(Self {
            text,
            several: shown.len() + rest > 1,
        })
    }

    /// As sentences take them.
    pub(super) fn names(&self) -> Names<'_> {
        Names {
            text: &self.text,
            several: self.several,
        }
    }
}

/// `Mail (mail1)`, or the bare id.
pub(super) fn who(member: &MemberResult) -> String {
    labelled(&member.module, member.name.as_deref())
}

/// `Mail (mail1)`, or the bare id.
pub(super) fn labelled(module: &ModuleId, label: Option<&str>) -> String {
    let id = name(module.as_str());
    match label.map(str::trim) {
        Some(label) if !label.is_empty() => format!("{} ({id})", name(label)),
        _ => id,
    }
}

/// The label alone, or the bare id.
pub(super) fn label_or_id(module: &ModuleId, label: Option<&str>) -> String {
    let label = label.map(name).filter(|label| !label.is_empty());
    label.unwrap_or_else(|| name(module.as_str()))
}

/// `Nightly (id 1)`, or `id 1`.
pub(super) fn plan_label(plan: &PlanSummary) -> String {
    let id = name(plan.id.as_str());
    match name(&plan.name) {
        label if label.is_empty() => format!("id {id}"),
        label => format!("{label} (id {id})"),
    }
}

/// `Leader (1)`, or what of it is known.
pub(super) fn node_label(node: Option<NodeId>, label: Option<&str>) -> String {
    const MAX: usize = 30;
    let label = label.map(|label| clean(label, MAX));
    match (label, node) {
        (Some(label), Some(node)) => format!("{label} ({node})"),
        (Some(label), None) => label,
        (None, Some(node)) => node.to_string(),
        (None, None) => NOTHING.into(),
    }
}
