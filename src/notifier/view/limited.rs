//! Tables of applications that are shown up to a limit.

use super::GOOD_ROWS;
use crate::notifier::format::Locale;

/// The first rows, and what is said of the others.
pub(super) struct Limited<R> {
    /// The heading, with the number of all.
    pub title: String,
    pub rows: Vec<R>,
    /// How many are not shown.
    pub left_out: Option<String>,
}

impl<R> Limited<R> {
    /// `None` when there is nothing to put in.
    pub fn of(mut all: impl Iterator<Item = R>, title: &str, locale: &Locale) -> Option<Self> {
        let rows: Vec<R> = all.by_ref().take(GOOD_ROWS).collect();
        let rest = all.count();
        if rows.is_empty() {
            return None;
        }
        let number = locale.count((rows.len() + rest) as u64);
        Some(Self {
            title: format!("{title} ({number})"),
            rows,
            left_out: (rest > 0).then(|| {
                let number = locale.count(rest as u64);
                locale.words.modules_left_out(rest, &number)
            }),
        })
    }
}
