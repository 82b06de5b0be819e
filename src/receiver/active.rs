//! The alerts that an Alertmanager lists as active, its API version 2: the same
//! alerts that it would post, in another shape.

use serde::Deserialize;
use serde::de::Error as _;

use super::Rules;
use super::lenient::Labels;
use super::payload::time;
use crate::model::{Alert, AlertState};

/// Such an alert, as far as it matters.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    labels: Labels,
    #[serde(default)]
    starts_at: Option<String>,
    #[serde(default)]
    status: ListedStatus,
}

#[derive(Default, Deserialize)]
struct ListedStatus {
    #[serde(default)]
    state: String,
}

/// The alerts of such a list whose names count, all of them firing. Those that
/// are silenced or inhibited are left out: they would not have been posted.
///
/// # Errors
/// Why it is no such list.
pub fn active_alerts(list: &[u8], rules: &Rules) -> Result<Vec<Alert>, serde_json::Error> {
    let listed: Vec<Listed> = serde_json::from_slice(list)?;
    let active = listed
        .into_iter()
        .filter(|alert| alert.status.state != "suppressed");
    let mut alerts = Vec::new();
    for alert in active {
        let labels = alert.labels.0;
        let labels =
            labels.ok_or_else(|| serde_json::Error::custom("labels that are no object"))?;
        if let Some(name) = labels.get("alertname").filter(|name| rules.counts(name)) {
            alerts.push(Alert {
                name: name.clone(),
                state: AlertState::Firing,
                labels,
                starts_at: alert.starts_at.as_deref().and_then(time),
            });
        }
    }
    Ok(alerts)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config;

    fn rules() -> Rules {
        let text = "mail: {from: a@example.org, to: [b@example.org]}";
        let config = config::load_str(text, &std::collections::BTreeMap::new());
        Rules::from_config(&config.unwrap().config)
    }

    fn of(list: &Value) -> Vec<Alert> {
        active_alerts(list.to_string().as_bytes(), &rules()).unwrap()
    }

    fn listed(name: &str, state: &str) -> Value {
        json!({
            "annotations": {"summary_en": "x"},
            "endsAt": "2026-08-06T10:04:00.000Z",
            "fingerprint": "9bebcd0e9a2a5b2b",
            "receivers": [{"name": "default"}],
            "startsAt": "2026-08-06T10:00:00.123Z",
            "status": {"inhibitedBy": [], "silencedBy": [], "state": state},
            "labels": {"alertname": name, "id": "1", "node": "1"},
        })
    }

    #[test]
    fn what_is_on_and_counts_is_taken_as_if_it_had_been_posted() {
        let list = json!([
            listed("BackupFailed", "active"),
            listed("DiskFull", "active"),
            listed("BackupFailed", "suppressed"),
            listed("NsBackupMissing", "unprocessed"),
            {"labels": {"id": "1"}},
        ]);
        let alerts = of(&list);
        let names: Vec<&str> = alerts.iter().map(|alert| alert.name.as_str()).collect();
        assert_eq!(names, ["BackupFailed", "NsBackupMissing"]);

        // The webhook has the time in nanoseconds.
        let post = json!({"alerts": [{
            "status": "firing",
            "labels": listed("BackupFailed", "")["labels"],
            "startsAt": "2026-08-06T12:00:00.123456789+02:00",
        }]});
        let posted = super::super::payload::parse(post.to_string().as_bytes()).unwrap();
        assert_eq!(alerts[..1], posted.alerts[..]);
    }

    #[test]
    fn an_empty_list_is_none_and_what_is_no_list_is_an_error() {
        assert_eq!(of(&json!([])), []);
        for text in ["", "{}", "[1]", "[{}]", r#"[{"labels": 1}]"#, "<html>"] {
            assert!(active_alerts(text.as_bytes(), &rules()).is_err(), "{text}");
        }
    }
}
