//! Alerts, as they come in and as they wait in the inbox.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PlanId;

/// Whether an alert is on or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Starts work.
    Firing,
    /// Is stored, and starts none.
    Resolved,
}

/// One alert of an Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Alert {
    /// Label `alertname`.
    pub name: String,
    /// Its own state, never the post's.
    pub state: AlertState,
    /// All labels, `alertname` included, as they came.
    pub labels: BTreeMap<String, String>,
    /// When it began, if it says so in a form that can be read.
    pub starts_at: Option<Timestamp>,
}

impl Alert {
    /// The plan it speaks of: label `backup_id`, else `id`; empty is none.
    pub fn plan(&self) -> Option<PlanId> {
        ["backup_id", "id"]
            .iter()
            .filter_map(|name| self.labels.get(*name))
            .map(|value| value.trim())
            .find(|value| !value.is_empty())
            .map(PlanId::from)
    }
}

/// The number of an inbox entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InboxId(pub i64);

/// A firing alert that waits for its answer. Identical alerts share one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxEntry {
    /// Its number.
    pub id: InboxId,
    /// The alert.
    pub alert: Alert,
    /// Since when it waits: its arrival, or that of the first repeat after its
    /// last answer.
    pub waiting_since: Timestamp,
    /// When it last came in. An answer closes the entry only if this has not
    /// moved meanwhile.
    pub last_seen: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(labels: &[(&str, &str)]) -> Alert {
        Alert {
            name: "BackupFailed".into(),
            state: AlertState::Firing,
            labels: labels
                .iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect(),
            starts_at: None,
        }
    }

    #[test]
    fn the_plan_is_backup_id_else_id() {
        assert_eq!(
            with(&[("id", "1"), ("backup_id", "2")]).plan(),
            Some("2".into())
        );
        assert_eq!(
            with(&[("id", " 1 "), ("backup_id", "")]).plan(),
            Some("1".into())
        );
        assert_eq!(with(&[("name", "Nightly")]).plan(), None);
    }
}
