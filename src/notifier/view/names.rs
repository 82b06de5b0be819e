//! Names in sentences.

use crate::model::MemberResult;
use crate::notifier::format::{Locale, name};
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
    let id = name(member.module.as_str());
    match member.name.as_deref().map(str::trim) {
        Some(label) if !label.is_empty() => format!("{} ({id})", name(label)),
        _ => id,
    }
}
