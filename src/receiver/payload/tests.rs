use serde_json::{Map, Value, json};

use super::super::lenient::{LABEL_LENGTH, MOST_LABELS};
use super::*;

fn read(value: &Value) -> Result<Post, Refusal> {
    parse(value.to_string().as_bytes())
}

fn one(alert: &Value) -> Option<Alert> {
    read(&json!({ "alerts": [alert] })).unwrap().alerts.pop()
}

/// What Alertmanager 0.25 and 0.28 really post.
fn recorded() -> Vec<Value> {
    [
        include_str!("../../../tests/fixtures/webhooks/alertmanager-0.25.json"),
        include_str!("../../../tests/fixtures/webhooks/alertmanager-0.28.json"),
    ]
    .iter()
    .flat_map(|file| serde_json::from_str::<Vec<Value>>(file).unwrap())
    .collect()
}

#[test]
fn everything_that_alertmanager_posts_is_understood() {
    let recorded = recorded();
    assert_eq!(recorded.len(), 40);
    for post in &recorded {
        let read = read(post).unwrap();
        assert_eq!(read.not_understood, 0);
        let posted = post["alerts"].as_array().unwrap();
        assert_eq!(read.alerts.len(), posted.len());
        for (alert, posted) in read.alerts.iter().zip(posted) {
            assert_eq!(alert.name, posted["labels"]["alertname"]);
            assert_eq!(json!(alert.labels), posted["labels"]);
            assert_eq!(json!(alert.state), posted["status"]);
            let begin: Timestamp = posted["startsAt"].as_str().unwrap().parse().unwrap();
            let begin = Timestamp::from_millisecond(begin.as_millisecond());
            assert_eq!(alert.starts_at, Some(begin.unwrap()));
        }
    }
}

#[test]
fn each_alert_has_its_own_state_whatever_the_post_says() {
    let post = recorded()
        .into_iter()
        .find(|post| {
            let alerts = post["alerts"].as_array().unwrap();
            post["status"] == "firing" && alerts.iter().any(|alert| alert["status"] == "resolved")
        })
        .unwrap();
    let states: Vec<_> = read(&post)
        .unwrap()
        .alerts
        .iter()
        .map(|a| a.state)
        .collect();
    assert_eq!(states, [AlertState::Resolved, AlertState::Firing]);
}

#[test]
fn the_bare_form_that_is_posted_by_hand_is_understood() {
    let post = br#"{"alerts":[{"status":"firing","labels":{"alertname":"NsBackupFailed"}}]}"#;
    let alerts = parse(post).unwrap().alerts;
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].starts_at, alerts[0].plan()), (None, None));
}

#[test]
fn a_body_that_is_no_webhook_is_refused_with_its_reason() {
    for (body, reason) in [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("\u{feff}{}", "not JSON"),
        ("[]", "sequence, expected an object"),
        (r#"[[{"status":"firing"}]]"#, "sequence, expected an object"),
        ("null", "null, expected an object"),
        ("{}", "missing field `alerts`"),
        (r#"{"alerts":[],"alerts":[]}"#, "duplicate field `alerts`"),
        (r#"{"alerts":null}"#, "null, expected a list of alerts"),
        (r#"{"alerts":{"0":{}}}"#, "map, expected a list of alerts"),
        (r#"{"alerts":[{}, 1]}"#, "`1`, expected an object"),
        (
            r#"{"alerts":[["firing",{}]]}"#,
            "sequence, expected an object",
        ),
    ] {
        let refusal = parse(body.as_bytes()).unwrap_err().to_string();
        assert!(refusal.contains(reason), "{body}: {refusal}");
    }
    let bytes = parse(b"{\"alerts\":[\xff]}").unwrap_err().to_string();
    assert!(bytes.contains("not JSON"), "{bytes}");
    let deep = [r#"{"alerts":[{"status":"#, &"[".repeat(100_000)].concat();
    // That it ends is all that is asked: each depth in the stack would be too deep.
    let deep = parse(deep.as_bytes()).unwrap_err().to_string();
    assert!(deep.contains("not JSON"), "{deep}");
}

#[test]
fn what_is_said_about_a_body_quotes_no_text_of_it() {
    for body in [
        json!("secret"),
        json!({ "alerts": "secret" }),
        json!({ "alerts": ["secret"] }),
    ] {
        let refusal = read(&body).unwrap_err().to_string();
        assert!(
            refusal.contains("invalid type: text, expected"),
            "{refusal}"
        );
    }
}

#[test]
fn what_nobody_looks_at_can_be_anything() {
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let post = [
        br#"{"a":[{"b":[1e999,"\\",null]}],"a":"\ud800 "#,
        &b"\xff"[..],
        br#"","alerts":[{"annotations":7,"status":"firing","deep":"#,
        &deep,
        br#","labels":{"alertname":"BackupFailed","deep":"#,
        &deep,
        br#"},"startsAt":"#,
        &deep,
        br#"}],"status":[]}"#,
    ];
    let post = parse(&post.concat()).unwrap();
    assert_eq!(post.alerts.len(), 1);
    assert_eq!(post.alerts[0].labels.len(), 1);
}

#[test]
fn an_alert_that_says_too_little_is_counted_and_left_out() {
    let alerts = json!([
        {},
        { "status": "firing" },
        { "status": "firing", "labels": {} },
        { "status": "firing", "labels": ["alertname"] },
        { "status": "firing", "labels": { "alertname": null } },
        { "labels": { "alertname": "BackupFailed" } },
        { "status": "Firing", "labels": { "alertname": "BackupFailed" } },
        { "status": 1, "labels": { "alertname": "BackupFailed" } },
    ]);
    let post = read(&json!({ "alerts": alerts })).unwrap();
    assert_eq!(post.not_understood, 8);
    assert_eq!(post.alerts, vec![]);
}

#[test]
fn labels_that_are_no_text_become_text_where_they_can() {
    let alert = one(&json!({
        "status": "firing",
        "labels": {
            "alertname": "BackupFailed", "id": 7, "below": -7, "share": 0.5, "on": true,
            "no": null, "list": [1], "object": { "id": 1 },
        },
    }))
    .unwrap();
    assert_eq!(alert.plan(), Some("7".into()));
    let labels = [
        ("alertname", "BackupFailed"),
        ("below", "-7"),
        ("id", "7"),
        ("on", "true"),
        ("share", "0.5"),
    ];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(alert.labels, labels.into());
}

#[test]
fn of_labels_with_one_name_the_last_one_counts() {
    let post = br#"{"alerts":[{"status":"firing","labels":
        {"alertname":"BackupFailed","id":"1","id":"2","node":"1","node":null}}]}"#;
    let labels = parse(post).unwrap().alerts.remove(0).labels;
    let labels: Vec<_> = labels
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(labels, [("alertname", "BackupFailed"), ("id", "2")]);
}

#[test]
fn a_start_that_cannot_be_read_or_was_never_set_is_none() {
    for start in [
        json!("soon"),
        json!(7),
        json!("0001-01-01T00:00:00Z"),
        Value::Null,
    ] {
        let alert = one(&json!({
            "status": "firing",
            "startsAt": start,
            "labels": { "alertname": "BackupFailed" },
        }));
        assert_eq!(alert.unwrap().starts_at, None, "{start}");
    }
}

#[test]
fn an_alert_cannot_be_larger_than_its_bounds() {
    let mut labels = Map::new();
    for number in 0..500 {
        labels.insert(format!("a{number:03}"), json!("x".repeat(5_000)));
    }
    labels.insert("alertname".into(), json!("BackupFailed"));
    labels.insert("id".into(), json!("1"));
    let alert = one(&json!({ "status": "firing", "labels": labels })).unwrap();
    assert_eq!(alert.plan(), Some("1".into()));
    assert_eq!(alert.labels.len(), MOST_LABELS);
    let longest = alert
        .labels
        .values()
        .map(|value| value.chars().count())
        .max();
    assert_eq!(longest, Some(LABEL_LENGTH));
}

#[test]
fn a_post_cannot_hold_more_alerts_than_anybody_has() {
    let alerts = |number| json!({ "alerts": vec![json!({}); number] });
    assert_eq!(
        read(&alerts(MOST_ALERTS)).unwrap().not_understood,
        MOST_ALERTS
    );
    let refusal = read(&alerts(MOST_ALERTS + 1)).unwrap_err();
    assert!(matches!(refusal, Refusal::TooManyAlerts(_)), "{refusal}");
}

proptest::proptest! {
    #[test]
    fn no_body_can_make_it_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = parse(&body);
    }

    #[test]
    fn no_text_in_a_label_can_either(name in ".*", value in ".*", start in ".*") {
        let alert = one(&json!({
            "status": "resolved",
            "startsAt": start,
            "labels": { "alertname": "BackupFailed", name.clone(): value },
        }));
        proptest::prop_assert!(alert.is_some());
    }
}
