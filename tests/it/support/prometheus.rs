//! A real Prometheus that scrapes one address, and its tool that reads metrics.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::http;
use super::process::{Server, free_port, wait_until};

/// Runs until it is dropped.
pub struct Prometheus {
    address: SocketAddr,
    _folder: TempDir,
    _server: Server,
}

impl Prometheus {
    /// Scrapes `/metrics` of `target` every second; ready when this returns.
    pub fn scraping(target: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("prometheus.yml");
        std::fs::write(&config, configuration(target)).expect("a configuration");
        // The port may have been taken since it was found to be free.
        for _ in 0..5 {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
            let mut server = start(folder.path(), &config, address);
            wait_until("Prometheus to be ready or gone", || {
                !server.running() || is_ready(address)
            });
            if server.running() {
                return Self {
                    address,
                    _folder: folder,
                    _server: server,
                };
            }
        }
        let log = std::fs::read_to_string(folder.path().join("log"));
        panic!("Prometheus does not start: {}", log.unwrap_or_default());
    }

    /// Labels and values of all series that `query` finds; waits until there
    /// are some.
    pub fn series(&self, query: &str) -> Vec<(Value, String)> {
        let mut found = Vec::new();
        wait_until(query, || {
            found = self.query(query)["data"]["result"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            !found.is_empty()
        });
        found
            .into_iter()
            .map(|one| {
                let value = one["value"][1].as_str().expect("a value").to_owned();
                (one["metric"].clone(), value)
            })
            .collect()
    }

    /// Fails when `query` is none.
    pub fn understands(&self, query: &str) {
        let answer = self.query(query);
        assert_eq!(answer["status"], "success", "{query}: {answer}");
    }

    fn query(&self, query: &str) -> Value {
        let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
        let path = format!("/api/v1/query?query={query}");
        http::get(self.address, &path).expect("an answer").json()
    }
}

fn start(folder: &Path, config: &Path, address: SocketAddr) -> Server {
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ))
        .arg(format!("--web.listen-address={address}"));
    Server::start(&mut command, &folder.join("log"))
}

fn is_ready(address: SocketAddr) -> bool {
    http::get(address, "/-/ready").is_ok_and(|answer| answer.status() == 200)
}

fn configuration(target: SocketAddr) -> String {
    // JSON is YAML.
    json!({
        "scrape_configs": [{
            "job_name": "backup-monitor",
            "scrape_interval": "1s",
            "scrape_timeout": "1s",
            "static_configs": [{ "targets": [target.to_string()] }],
        }],
    })
    .to_string()
}

/// What `promtool check metrics` has to say about a text, line by line.
pub fn complaints(text: &str) -> Vec<String> {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool; run tests/run first");
    let mut stdin = child.stdin.take().expect("its input");
    // It reads everything before it says anything.
    stdin.write_all(text.as_bytes()).expect("to be read");
    drop(stdin);
    let output = child.wait_with_output().expect("its end");
    let said = [output.stdout, output.stderr].concat();
    let mut lines: Vec<String> = String::from_utf8_lossy(&said)
        .lines()
        .map(str::to_owned)
        .collect();
    if !output.status.success() && lines.is_empty() {
        lines.push(output.status.to_string());
    }
    lines
}
