//! Against servers of our own, some of which mean harm.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::config;
use crate::model::ClockMark;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A clock at which the test looks itself.
struct At(Timestamp);

#[async_trait]
impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn sleep(&self, _pause: Duration) {
        std::future::pending::<()>().await;
    }

    fn mark(&self, _wall: Timestamp) -> ClockMark {
        unreachable!("nobody asks")
    }
}

/// A list with one alert of this plan.
fn list(plan: &str) -> String {
    json!([{
        "labels": {"alertname": "BackupFailed", "id": plan},
        "startsAt": "2026-08-06T10:00:00.123Z",
        "status": {"state": "active"},
    }])
    .to_string()
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n{body}")
}

/// Answers the requests with these, one after the other; the last one goes on
/// for ever if `endless`. Gives its address, and what was asked.
async fn server(answers: Vec<String>, endless: bool) -> (String, Arc<std::sync::Mutex<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/prefix", listener.local_addr().unwrap());
    let asked = Arc::new(std::sync::Mutex::new(String::new()));
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            heard.lock().unwrap().push_str(&request);
            while stream.write_all(answer.as_bytes()).await.is_ok() && endless {}
        }
    });
    (url, asked)
}

struct World {
    _folder: TempDir,
    parts: Arc<Parts>,
    store: Store,
    asked: Asked,
}

impl World {
    fn new(url: &str) -> Self {
        let text = format!(
            "mail: {{from: a@example.org, to: [b@example.org]}}\nalertmanager: {{url: \"{url}\"}}\n"
        );
        let config = config::load_str(&text, &BTreeMap::new()).unwrap().config;
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: Store::open(folder.path()).unwrap(),
            _folder: folder,
            parts: Arc::new(Parts::build(config).unwrap()),
            asked: Asked::default(),
        }
    }

    /// How many wait in the inbox then, or what went wrong.
    async fn ask(&mut self, second: i64) -> Result<usize, String> {
        let alerts = Arc::new(Notify::new());
        let asking = Asking {
            store: self.store.clone(),
            parts: watch::channel(Arc::clone(&self.parts)).1,
            clock: Arc::new(At(at(second))),
            alerts: Arc::clone(&alerts),
        };
        let alertmanager = self.parts.alertmanager.as_ref().unwrap();
        let asked = asking.ask(&mut self.asked, alertmanager, &self.parts).await;
        asked.map_err(|problem| problem.to_string())?;
        Ok(self.store.waiting().await.unwrap().len())
    }

    /// When the newest alert came in last.
    async fn last_seen(&self) -> i64 {
        let waiting = self.store.waiting().await.unwrap();
        let seen = waiting.iter().map(|entry| entry.last_seen.as_second());
        seen.max().unwrap()
    }
}

#[tokio::test]
async fn what_stays_on_comes_in_again_as_seldom_as_it_would_be_posted() {
    let ok = |plan| answer("200 OK", &list(plan));
    let mut answers = vec![ok("1"); 4];
    answers.extend([ok("2"), answer("200 OK", "[]"), ok("1")]);
    let (url, asked) = server(answers, false).await;
    let mut world = World::new(&url);
    assert_eq!(world.ask(100_000).await, Ok(1));
    assert_eq!(world.ask(100_300).await, Ok(1));
    assert_eq!(world.last_seen().await, 100_000, "nothing new");
    assert_eq!(world.ask(100_000 + 10_800).await, Ok(1), "counted");
    assert_eq!(world.last_seen().await, 110_800);
    assert_eq!(world.ask(50_000).await, Ok(1), "the clock was set back");
    assert_eq!(world.ask(110_900).await, Ok(2));
    assert_eq!(world.ask(111_000).await, Ok(2), "empty is not resolved");
    assert_eq!(world.ask(111_100).await, Ok(2));
    assert_eq!(world.last_seen().await, 111_100, "it was gone, and is back");
    let asked = asked.lock().unwrap();
    let line = "GET /prefix/api/v2/alerts?silenced=false&inhibited=false HTTP/1.1\r\n";
    assert_eq!(asked.matches(line).count(), 7, "{asked}");
}

#[tokio::test]
async fn what_is_no_list_is_an_error_and_never_an_empty_one() {
    let elsewhere = "302 Found\r\nLocation: /prefix/other";
    for (answer, complaint) in [
        (answer("500 Oops", &list("1")), "answered with status 500"),
        (answer(elsewhere, ""), "answered with status 302"),
        (answer("200 OK", "<html>"), "no list of alerts"),
        (answer("200 OK", ""), "no list of alerts"),
        ("SSH-2.0-OpenSSH\r\n".to_owned(), "cannot be reached"),
    ] {
        let (url, _) = server(vec![answer], false).await;
        let error = World::new(&url).ask(0).await.unwrap_err();
        assert!(error.contains(complaint), "{error}");
    }
    let closed = World::new("http://127.0.0.1:1").ask(0).await;
    let error = closed.unwrap_err();
    assert!(error.starts_with("Alertmanager at http://127.0.0.1:1 cannot"));
}

#[tokio::test]
async fn a_list_without_end_is_not_read_to_its_end() {
    let (url, _) = server(vec![answer("200 OK", "[ ")], true).await;
    let error = World::new(&url).ask(0).await.unwrap_err();
    assert!(error.ends_with("more than 4194304 bytes"), "{error}");
}
