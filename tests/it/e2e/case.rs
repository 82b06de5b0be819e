//! The program in its world: alerts go in, and mails are counted.

use std::ops::{Deref, DerefMut};

use jiff::Timestamp;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::letter::Letter;
use super::world::World;
use crate::support::alertmanager::Alertmanager;
use crate::support::http::Message;
use crate::support::process::wait_until;
use crate::support::service::Service;
use crate::support::smtp;

/// The world with the program in it.
pub struct Case {
    pub service: Service,
    pub alertmanager: Alertmanager,
    world: World,
}

impl Deref for Case {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Case {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

/// Labels of an alert.
pub type Labels = Vec<(&'static str, String)>;

/// The alert of NS8's metrics module for a plan that failed on a node.
pub fn backup_failed(plan: &str, name: &str, node: u32) -> Labels {
    [
        ("alertname", "BackupFailed"),
        ("id", plan),
        ("instance", "10.5.4.1:9100"),
        ("job", "providers"),
        ("name", name),
        ("node", &node.to_string()),
        ("service", "backup"),
        ("severity", "critical"),
        ("target_type", "node"),
    ]
    .map(|(label, value)| (label, value.to_owned()))
    .to_vec()
}

/// A post with alerts of these states, as Alertmanager words it.
pub fn webhook(alerts: &[(&str, &Labels)]) -> Value {
    let alerts: Vec<Value> = alerts
        .iter()
        .map(|(status, labels)| {
            let labels: serde_json::Map<String, Value> = labels
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            json!({
                "status": status,
                "labels": labels,
                "annotations": {},
                "startsAt": Timestamp::now().to_string(),
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "",
                "fingerprint": "9bebcd0e9a2a5b2b",
            })
        })
        .collect();
    json!({
        "receiver": "backup-monitor",
        "status": "firing",
        "alerts": alerts,
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://leader:9093",
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
    })
}

impl Case {
    pub fn new(world: World, service: Service, alertmanager: Alertmanager) -> Self {
        // What is written from here on is seen by no look but that of an alert
        // or an event.
        wait_until("the first look, and that after the subscription", || {
            service.log().matches("looked at the cluster").count() >= 2
        });
        Self {
            service,
            alertmanager,
            world,
        }
    }

    /// Lets alerts fire in Alertmanager, at one moment.
    pub fn fire(&self, alerts: &[&Labels]) {
        let borrowed: Vec<Vec<(&str, &str)>> = alerts
            .iter()
            .map(|labels| borrowed(labels).collect())
            .collect();
        let alerts: Vec<&[(&str, &str)]> = borrowed.iter().map(Vec::as_slice).collect();
        self.alertmanager.fire_together(&alerts);
    }

    /// Has what waits for late writes judged and answered now.
    pub fn wait_no_longer(&self) {
        let mut settings = self.settings();
        settings["correlator"]["wait_seconds"] = json!(0);
        std::fs::write(self.service.config_file(), settings.to_string()).expect("a configuration");
        self.service.signal(Signal::HUP);
    }

    /// Ends one.
    pub fn resolve(&self, labels: &Labels) {
        let labels: Vec<(&str, &str)> = borrowed(labels).collect();
        self.alertmanager.resolve(&labels);
    }

    /// Posts to the program what Alertmanager might; it takes it.
    #[track_caller]
    pub fn post(&self, webhook: &Value) -> Message {
        let answer = self.service.post_alert(webhook);
        assert_eq!(answer.status(), 200, "{}", answer.text());
        answer
    }

    /// The alert fires, one mail comes, and it stays the only one whatever
    /// repeats follow.
    #[track_caller]
    pub fn one_letter_for(&self, alert: &Labels) -> Letter {
        self.fire(&[alert]);
        let letter = self.letters(1).remove(0);
        self.repeats_give_nothing(&[alert], 1);
        letter
    }

    /// Whatever a cluster may send for the same run brings no further mail:
    /// the same post twice, the alert from another node, its end, and its
    /// return with another start.
    #[track_caller]
    pub fn repeats_give_nothing(&self, alerts: &[&Labels], letters: usize) {
        let all = |state, alerts: &[&Labels]| {
            webhook(&alerts.iter().map(|a| (state, *a)).collect::<Vec<_>>())
        };
        let again = all("firing", alerts);
        self.post(&again);
        self.post(&again);
        let elsewhere: Vec<Labels> = alerts.iter().map(|labels| at_node_2(labels)).collect();
        self.post(&all("firing", &elsewhere.iter().collect::<Vec<_>>()));
        self.letters(letters);
        self.post(&all("resolved", alerts));
        self.post(&all("firing", alerts));
        self.letters(letters);
    }

    /// Waits until so many mails have come and the program has nothing left to
    /// do: no alert waits for its answer, no mail for its delivery. Then there
    /// are exactly so many, and all came the right way.
    #[track_caller]
    pub fn letters(&self, number: usize) -> Vec<Letter> {
        wait_until(&format!("{number} mails"), || {
            self.mail.received().len() >= number
        });
        wait_until("the program to have nothing to do", || {
            self.waiting() == (0, 0)
        });
        let received = self.mail.received();
        assert_eq!(received.len(), number, "{received:#?}");
        for mail in &received {
            assert_eq!(mail.from, "monitor@example.org");
            assert_eq!(mail.mode, "starttls_auth");
            assert!(mail.tls, "by STARTTLS");
            assert_eq!(mail.user.as_deref(), Some(smtp::USER));
        }
        received.into_iter().map(Letter::read).collect()
    }

    /// How many alerts wait for an answer and mails for their delivery, by the
    /// status page.
    pub fn waiting(&self) -> (usize, usize) {
        let page = self.service.get("/").text();
        let beside = |english: &str, italian: &str| {
            [english, italian]
                .iter()
                .find_map(|label| page.split_once(&format!("<th>{label}</th><td>")))
                .and_then(|(_, rest)| rest.split_once('<'))
                .and_then(|(number, _)| number.parse().ok())
                .unwrap_or_else(|| panic!("no {english:?} in {page}"))
        };
        (
            beside(
                "Alerts that wait for an answer",
                "Avvisi in attesa di risposta",
            ),
            beside(
                "Mails that wait to be delivered",
                "Messaggi in attesa di consegna",
            ),
        )
    }

    /// `report show` of the first report, as JSON.
    pub fn first_report(&self) -> Value {
        self.json(&["report", "show", "1", "--format", "json"])
    }

    /// How many reports there are.
    pub fn reports(&self) -> usize {
        let list = self.json(&["report", "list", "--format", "json"]);
        list["reports"].as_array().expect("reports").len()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.service.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|no| panic!("{no}: {error}"))
    }
}

fn borrowed(labels: &Labels) -> impl Iterator<Item = (&str, &str)> {
    labels.iter().map(|(name, value)| (*name, value.as_str()))
}

fn at_node_2(labels: &Labels) -> Labels {
    let mut labels = labels.clone();
    labels.retain(|(name, _)| *name != "node");
    labels.push(("node", "2".to_owned()));
    labels
}
