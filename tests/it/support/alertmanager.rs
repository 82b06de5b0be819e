//! A real Alertmanager with quick timers that posts to a webhook.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::http;
use super::process::{Server, free_port, wait_until};

/// How it posts.
#[derive(Clone, Debug)]
pub struct Options {
    /// After how long an alert that still fires is posted again.
    pub repeat_interval: Duration,
    /// Sent as `Authorization: Bearer`.
    pub token: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // Longer than any test: no repeat unless a test wants one.
            repeat_interval: Duration::from_hours(1),
            token: None,
        }
    }
}

/// Runs until it is dropped.
pub struct Alertmanager {
    address: SocketAddr,
    folder: TempDir,
    server: Server,
}

impl Alertmanager {
    /// Posts what fires to `webhook`, such as `http://127.0.0.1:9099/alert`;
    /// ready when this returns.
    pub fn start(webhook: &str, options: &Options) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("alertmanager.yml");
        std::fs::write(&config, configuration(webhook, options)).expect("a configuration");
        // The port may have been taken since it was found to be free.
        for _ in 0..5 {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
            let mut command = Command::new("prometheus-alertmanager");
            command
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.path={}", folder.path().display()))
                .arg(format!("--web.listen-address={address}"))
                // Else it listens on all addresses for others of its kind.
                .arg("--cluster.listen-address=")
                .arg("--log.level=debug");
            let mut server = Server::start(&mut command, &folder.path().join("log"));
            wait_until("Alertmanager to be ready or gone", || {
                !server.running() || is_ready(address)
            });
            if server.running() {
                return Self {
                    address,
                    folder,
                    server,
                };
            }
        }
        let log = std::fs::read_to_string(folder.path().join("log"));
        panic!("Alertmanager does not start: {}", log.unwrap_or_default());
    }

    /// Makes an alert fire, as Prometheus would; again is no change.
    pub fn fire(&self, labels: &[(&str, &str)]) {
        self.post(&[labels], "startsAt");
    }

    /// Makes several fire at one moment, so that they share a webhook if their
    /// group is the same.
    pub fn fire_together(&self, alerts: &[&[(&str, &str)]]) {
        self.post(alerts, "startsAt");
    }

    /// Keeps alerts with this label from being posted.
    pub fn silence(&self, label: &str, value: &str) {
        let now = Timestamp::now();
        let silence = json!({
            "matchers": [{ "name": label, "value": value, "isRegex": false }],
            "startsAt": now.to_string(),
            "endsAt": (now + jiff::SignedDuration::from_hours(1)).to_string(),
            "createdBy": "an administrator",
            "comment": "known",
        });
        let answer = http::post_json(self.address, "/api/v2/silences", &silence)
            .unwrap_or_else(|error| panic!("{error}: {}", self.log()));
        assert_eq!(answer.status(), 200, "{}", answer.text());
    }

    /// Where it is asked, such as `http://127.0.0.1:9093`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Ends an alert that fires.
    pub fn resolve(&self, labels: &[(&str, &str)]) {
        self.post(&[labels], "endsAt");
    }

    /// Everything that it logged, at level debug.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("its log")
    }

    /// Without an `endsAt` an alert ends by itself after 5 minutes; without a
    /// `startsAt` the one it has is kept (API v2).
    fn post(&self, alerts: &[&[(&str, &str)]], time: &str) {
        let now = Timestamp::now().to_string();
        let alerts: Value = alerts
            .iter()
            .map(|labels| json!({ "labels": object(labels), time: now }))
            .collect();
        let answer = http::post_json(self.address, "/api/v2/alerts", &alerts)
            .unwrap_or_else(|error| panic!("{error}: {}", self.log()));
        assert_eq!(answer.status(), 200, "{}", answer.text());
    }
}

fn object(labels: &[(&str, &str)]) -> Map<String, Value> {
    labels
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect()
}

fn is_ready(address: SocketAddr) -> bool {
    http::get(address, "/-/ready").is_ok_and(|answer| answer.status() == 200)
}

/// Grouped as the metrics module of NS8 groups (`group_by` of
/// `provision-prometheus`), with seconds for its minutes.
fn configuration(webhook: &str, options: &Options) -> String {
    let mut webhook = json!({ "url": webhook, "send_resolved": true });
    if let Some(token) = &options.token {
        webhook["http_config"] = json!({
            "authorization": { "type": "Bearer", "credentials": token }
        });
    }
    // JSON is YAML.
    json!({
        "route": {
            "receiver": "backup-monitor",
            "group_by": ["alertname", "node"],
            "group_wait": "1s",
            "group_interval": "2s",
            "repeat_interval": format!("{}s", options.repeat_interval.as_secs()),
        },
        "receivers": [{ "name": "backup-monitor", "webhook_configs": [webhook] }],
    })
    .to_string()
}
