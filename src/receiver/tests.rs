//! The surface from within: peers of other machines, a disk that is full, a
//! handler that panics, and what is logged.

use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use actix_web::App;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Notify, watch};

use crate::model::Language;
use crate::store::Store;
use crate::store::tests::{at, open};

use super::server::Shared;
use super::*;

const ELSEWHERE: &str = "10.5.4.2:40000";

struct Desk {
    _dir: TempDir,
    store: Store,
    rules: watch::Sender<Arc<Rules>>,
    vitals: Arc<Vitals>,
    metrics: watch::Sender<Arc<str>>,
    alerts: Arc<Notify>,
}

impl Desk {
    fn open() -> Self {
        let (dir, store) = open();
        let vitals = Vitals::new(Instant::now(), Duration::from_mins(1));
        vitals.set_redis(RedisHealth::Reached);
        Self {
            _dir: dir,
            store,
            rules: watch::Sender::new(Arc::new(rules(None))),
            vitals: Arc::new(vitals),
            metrics: watch::Sender::new("# EOF\n".into()),
            alerts: Arc::default(),
        }
    }

    fn receiver(&self) -> Receiver {
        Receiver {
            store: self.store.clone(),
            rules: self.rules.subscribe(),
            alerts: Arc::clone(&self.alerts),
            vitals: Arc::clone(&self.vitals),
            metrics: self.metrics.subscribe(),
            now: Arc::new(|| at(0)),
            limits: Limits::default(),
        }
    }

    fn shared(&self) -> Data<Shared> {
        Data::new(self.receiver().shared())
    }
}

fn rules(token: Option<&str>) -> Rules {
    Rules {
        token: token.map(SecretString::from),
        alert_names: vec!["BackupFailed".into()],
        language: Language::En,
        timezone: TimeZone::UTC,
    }
}

fn alert(name: &str, status: &str) -> Value {
    json!({ "status": status, "labels": { "alertname": name, "id": "1" } })
}

fn post(alerts: &[Value]) -> TestRequest {
    TestRequest::post()
        .uri("/alert")
        .peer_addr("127.0.0.1:40000".parse().unwrap())
        .set_json(json!({ "alerts": alerts }))
}

fn get(path: &str) -> TestRequest {
    TestRequest::get()
        .uri(path)
        .peer_addr("127.0.0.1:40000".parse().unwrap())
}

/// What came back.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(shared: &Data<Shared>, request: TestRequest) -> Answer {
    let app = App::new()
        .app_data(Data::clone(shared))
        .wrap(from_fn(observe::observe))
        .configure(server::routes);
    let response = call_service(&init_service(app).await, request.to_request()).await;
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: String::from_utf8(read_body(response).await.to_vec()).unwrap(),
    }
}

/// Everything that is logged on this thread while it lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        // With a single subscriber, a line that another thread comes to first
        // would be judged by that thread, which has none, and never be logged.
        static SECOND: OnceLock<tracing::Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| tracing::Dispatch::new(tracing_subscriber::registry()));
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(move || log.clone())
            .finish();
        let listening = tracing::subscriber::set_default(subscriber);
        tracing::callsite::rebuild_interest_cache();
        listening
    }

    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap();
        String::from_utf8_lossy(&bytes)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn find(&self, words: &str) -> Option<String> {
        self.lines().into_iter().find(|line| line.contains(words))
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn alerts_are_stored_counted_and_announced() {
    let desk = Desk::open();
    let shared = desk.shared();
    let alerts = [
        alert("BackupFailed", "firing"),
        alert("BackupFailed", "firing"),
        alert("BackupFailed", "resolved"),
        alert("Watchdog", "firing"),
        json!({}),
    ];
    let answer = ask(&shared, post(&alerts)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({ "accepted": 2, "repeated": 1, "ignored": 2 })
    );
    assert_eq!(desk.store.waiting().await.unwrap().len(), 1);
    tokio::time::timeout(Duration::from_secs(5), desk.alerts.notified())
        .await
        .expect("the pipeline was woken");
}

#[tokio::test]
async fn what_starts_no_work_wakes_nobody() {
    let desk = Desk::open();
    let shared = desk.shared();
    for alerts in [
        vec![],
        vec![alert("Watchdog", "firing")],
        vec![alert("BackupFailed", "resolved")],
    ] {
        assert_eq!(ask(&shared, post(&alerts)).await.status, 200);
    }
    assert_eq!(desk.store.waiting().await.unwrap(), vec![]);
    let woken = tokio::time::timeout(Duration::ZERO, desk.alerts.notified()).await;
    assert!(woken.is_err());
}

#[tokio::test]
async fn another_machine_needs_the_token_and_a_reload_changes_it() {
    let desk = Desk::open();
    let shared = desk.shared();
    let from_elsewhere = |token: &str| {
        post(&[alert("BackupFailed", "firing")])
            .peer_addr(ELSEWHERE.parse().unwrap())
            .insert_header(("X-Forwarded-For", "127.0.0.1"))
            .insert_header(("Authorization", format!("Bearer {token}")))
    };
    let answer = ask(&shared, from_elsewhere("")).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert!(
        answer.json()["error"]
            .as_str()
            .unwrap()
            .contains("receiver.token")
    );

    desk.rules.send_replace(Arc::new(rules(Some("s3cret"))));
    let answer = ask(&shared, from_elsewhere("wrong")).await;
    assert_eq!(answer.status, 401);
    assert!(!answer.body.contains("s3cret"));
    assert_eq!(desk.store.waiting().await.unwrap(), vec![]);
    assert_eq!(ask(&shared, from_elsewhere("s3cret")).await.status, 200);
    assert_eq!(desk.store.waiting().await.unwrap().len(), 1);
}

#[tokio::test]
async fn other_machines_see_health_and_metrics_and_no_more() {
    let desk = Desk::open();
    desk.rules.send_replace(Arc::new(rules(Some("s3cret"))));
    let shared = desk.shared();
    let mut seen = Vec::new();
    for path in ["/healthz", "/metrics", "/readyz", "/reloads", "/"] {
        let request = get(path).peer_addr(ELSEWHERE.parse().unwrap());
        seen.push(ask(&shared, request).await.status);
    }
    assert_eq!(seen, [200, 200, 401, 401, 403]);
}

#[tokio::test]
async fn the_newest_metrics_are_served_as_they_are() {
    let desk = Desk::open();
    let shared = desk.shared();
    assert_eq!(ask(&shared, get("/metrics")).await.body, "# EOF\n");
    let text = "# TYPE a gauge\na{b=\"\u{1f680}\"} 1\n# EOF\n";
    desk.metrics.send_replace(text.into());
    let answer = ask(&shared, get("/metrics")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, text));
    let open_metrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header("content-type"), open_metrics);
}

#[tokio::test]
async fn a_full_disk_is_answered_503_and_logged_loudly() {
    let desk = Desk::open();
    let shared = desk.shared();
    let log = Log::default();
    let _listening = log.listen();
    desk.store.fill_disk().await;
    let many: Vec<_> = (0..200)
        .map(|id| {
            let labels = json!({ "alertname": "BackupFailed", "id": id, "x": "y".repeat(900) });
            json!({ "status": "firing", "labels": labels })
        })
        .collect();
    let answer = ask(&shared, post(&many)).await;
    assert_eq!(answer.status, 503);
    assert!(answer.json()["error"].as_str().unwrap().contains("full"));
    assert_eq!(desk.store.waiting().await.unwrap(), vec![]);
    let line = log.find("ERROR").expect("an error line");
    assert!(
        line.contains("the disk of the state directory is full"),
        "{line}"
    );

    desk.store.free_disk().await;
    assert_eq!(ask(&shared, post(&many)).await.status, 200);
    assert_eq!(desk.store.waiting().await.unwrap().len(), 200);
}

#[tokio::test]
async fn a_closed_database_is_our_trouble_and_not_the_senders() {
    let desk = Desk::open();
    let shared = desk.shared();
    desk.store.shut_down().await;
    let answer = ask(&shared, post(&[alert("BackupFailed", "firing")])).await;
    assert_eq!(answer.status, 503);
    let ready = ask(&shared, get("/readyz")).await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["database"]["ok"], false);
    assert_eq!(ask(&shared, get("/healthz")).await.status, 200);
    assert_eq!(ask(&shared, get("/")).await.status, 200);
    let reloads = ask(&shared, get("/reloads")).await;
    assert_eq!(reloads.status, 200, "it asks no database");
    assert_eq!(reloads.json(), ready.json()["reloads"]);
}

#[tokio::test]
async fn ready_means_that_the_database_and_redis_work() {
    let desk = Desk::open();
    let shared = desk.shared();
    let ready = ask(&shared, get("/readyz")).await;
    assert_eq!(ready.status, 200);
    let mut told = ready.json();
    let reloads = told["reloads"].take();
    let start = reloads["start"].clone();
    assert_eq!(
        told,
        json!({
            "ready": true, "database": { "ok": true }, "redis": { "ok": true },
            "reloads": null,
        })
    );
    assert_eq!(reloads, json!({ "start": start, "begun": 0, "done": 0 }));
    desk.vitals.reload_begins();
    desk.vitals.reload_done(Err("no sender".into()));
    let ready = ask(&shared, get("/readyz")).await;
    assert_eq!(ready.status, 200, "the settings before it are in force");
    let reloads = json!({ "start": start, "begun": 1, "done": 1, "refused": "no sender" });
    assert_eq!(ready.json()["reloads"], reloads);
    desk.vitals
        .set_redis(RedisHealth::Failed("refused\n\u{1b}[31m".into()));
    let ready = ask(&shared, get("/readyz")).await;
    assert_eq!(ready.status, 503);
    let redis = json!({ "ok": false, "error": "refused\u{240a}\u{241b}[31m" });
    assert_eq!(ready.json()["redis"], redis);
    desk.vitals.set_redis(RedisHealth::NotTried);
    assert_eq!(ask(&shared, get("/readyz")).await.status, 503);
}

#[tokio::test]
async fn a_service_in_which_nothing_moves_is_not_healthy() {
    let mut desk = Desk::open();
    let start = Instant::now()
        .checked_sub(Duration::from_secs(100))
        .unwrap();
    desk.vitals = Arc::new(Vitals::new(start, Duration::from_mins(1)));
    let shared = desk.shared();
    let answer = ask(&shared, get("/healthz")).await;
    assert_eq!(
        (answer.status, &answer.json()["healthy"]),
        (503, &json!(false))
    );
    desk.vitals.beat(Instant::now());
    assert_eq!(ask(&shared, get("/healthz")).await.status, 200);
}

#[tokio::test]
async fn hostile_requests_stay_on_one_line_of_the_log() {
    let desk = Desk::open();
    desk.rules.send_replace(Arc::new(rules(Some("s3cret"))));
    let shared = desk.shared();
    let log = Log::default();
    let _listening = log.listen();
    let hostile = [alert("evil\r\nERROR forged\u{1b}[2J", "firing")];
    ask(&shared, post(&hostile)).await;
    let shown = post(&[])
        .peer_addr(ELSEWHERE.parse().unwrap())
        .insert_header(("Authorization", "Bearer attempt"));
    ask(&shared, shown).await;
    let lines = log.lines();
    assert!(log.find("evil␍␊ERROR forged␛[2J").is_some(), "{lines:?}");
    assert!(log.find("POST /alert 401").is_some(), "{lines:?}");
    for line in &lines {
        assert!(
            !line.contains('\u{1b}') && !line.starts_with("ERROR"),
            "{line:?}"
        );
        assert!(
            !line.contains("s3cret") && !line.contains("attempt"),
            "{line}"
        );
    }
}

#[test]
fn the_token_cannot_be_printed() {
    let printed = format!("{:?}", rules(Some("s3cret")));
    assert!(
        printed.contains("token: true") && !printed.contains("s3cret"),
        "{printed}"
    );
}

/// Over a real connection: there a panic ends the connection's own task.
#[tokio::test]
async fn a_request_that_panics_ends_only_itself() {
    let desk = Desk::open();
    let broken = Arc::new(AtomicBool::new(true));
    let mut receiver = desk.receiver();
    receiver.now = Arc::new({
        let broken = Arc::clone(&broken);
        move || -> Timestamp {
            assert!(!broken.load(Ordering::Relaxed), "a panic on purpose");
            at(0)
        }
    });
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let Serving { server, handle } = receiver.open().serve(listener, Door::Own).unwrap();
    let serving = tokio::spawn(server);

    let body = json!({ "alerts": [alert("BackupFailed", "firing")] }).to_string();
    let request = format!(
        "POST /alert HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let ask = || async {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer
    };
    for _ in 0..3 {
        assert_eq!(ask().await, "");
    }
    broken.store(false, Ordering::Relaxed);
    let answer = ask().await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    handle.stop(true).await;
    serving.await.unwrap().unwrap();
}
