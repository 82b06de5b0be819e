//! Which runs are told of.

use serde::{Deserialize, Serialize};

/// Which runs get a report mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// Those that did not end well.
    #[default]
    Failures,
    /// Every one, for quality systems.
    Always,
}
