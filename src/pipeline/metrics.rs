//! The text of `/metrics`.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::error;

use crate::exporter;
use crate::model::{Facts, Overview};

/// What a text without any metric looks like.
const NOTHING: &str = "# EOF\n";

/// What is said until the cluster was looked at for the first time.
pub(super) fn at_start(now: Timestamp) -> Arc<str> {
    text(Facts::unknown(Overview::unknown(now)))
}

/// The text of `facts`.
pub(super) fn text(facts: Facts) -> Arc<str> {
    match exporter::render(facts) {
        Ok(text) => text.into(),
        Err(problem) => {
            error!(%problem, "/metrics is empty");
            NOTHING.into()
        }
    }
}
