//! What a real Alertmanager does, as far as the program relies on it.

use std::time::Duration;

use serde_json::Value;

use crate::support::alertmanager::{Alertmanager, Options};
use crate::support::http::{Message, Recorder};

fn backup_failed<'a>(plan: &'a str, node: &'a str) -> [(&'a str, &'a str); 3] {
    [("alertname", "BackupFailed"), ("id", plan), ("node", node)]
}

fn started(options: &Options, statuses: &'static [u16]) -> (Alertmanager, Recorder) {
    let recorder = Recorder::start(statuses);
    let url = format!("http://{}/alert", recorder.address());
    (Alertmanager::start(&url, options), recorder)
}

/// Plan and status of every alert in a webhook.
fn plans(webhook: &Message) -> Vec<(String, String)> {
    let body = webhook.json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let alerts = body["alerts"].as_array().expect("alerts").iter();
    let mut plans: Vec<_> = alerts
        .map(|alert| (text(&alert["labels"]["id"]), text(&alert["status"])))
        .collect();
    plans.sort();
    plans
}

fn expected(plans: &[(&str, &str)]) -> Vec<(String, String)> {
    plans
        .iter()
        .map(|(plan, status)| ((*plan).into(), (*status).into()))
        .collect()
}

#[test]
fn plans_of_one_node_come_in_one_webhook_and_end_one_by_one() {
    let options = Options {
        token: Some("a-token".to_owned()),
        ..Options::default()
    };
    let (alertmanager, recorder) = started(&options, &[200]);
    alertmanager.fire_together(&[&backup_failed("1", "1"), &backup_failed("2", "1")]);
    let first = recorder.next();
    assert_eq!(first.start, "POST /alert HTTP/1.1");
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("authorization"), Some("Bearer a-token"));
    assert_eq!(first.json()["version"], "4");
    assert_eq!(plans(&first), expected(&[("1", "firing"), ("2", "firing")]));

    alertmanager.resolve(&backup_failed("1", "1"));
    let second = recorder.next();
    assert_eq!(second.json()["status"], "firing");
    assert_eq!(
        plans(&second),
        expected(&[("1", "resolved"), ("2", "firing")])
    );
}

#[test]
fn an_alert_that_goes_on_is_repeated_with_the_same_identity() {
    let options = Options {
        repeat_interval: Duration::from_secs(1),
        ..Options::default()
    };
    let (alertmanager, recorder) = started(&options, &[200]);
    alertmanager.fire(&backup_failed("1", "1"));
    let (first, second) = (recorder.next().json(), recorder.next().json());
    for field in ["fingerprint", "startsAt", "status"] {
        assert_eq!(first["alerts"][0][field], second["alerts"][0][field]);
    }
}

#[test]
fn a_webhook_that_was_refused_for_now_comes_again() {
    let (alertmanager, recorder) = started(&Options::default(), &[503, 200]);
    alertmanager.fire(&backup_failed("1", "1"));
    let (first, second) = (recorder.next(), recorder.next());
    assert_eq!(first.body, second.body, "{}", alertmanager.log());
    assert!(recorder.next_within(Duration::from_secs(3)).is_none());
}
