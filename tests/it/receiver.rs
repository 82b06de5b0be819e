//! The HTTP surface over real connections: what is stored, what is refused,
//! and that it goes on.

use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ns8_backup_monitor::receiver::Limits;
use serde_json::{Value, json};

use crate::support::http::{self, Message};
use crate::support::process::wait_until;
use crate::support::receiver::Surface;

/// Long enough for a busy machine, short beside the limits of the client.
const SHORT: Duration = Duration::from_millis(300);

fn limits() -> Limits {
    Limits::default()
}

/// Waits for nothing longer than it must; the server reads its own clock only
/// twice a second.
fn quick() -> Limits {
    Limits {
        body_time: SHORT,
        head_time: Duration::from_secs(1),
        ..limits()
    }
}

fn alert(plan: &str) -> Value {
    json!({ "status": "firing", "labels": { "alertname": "BackupFailed", "id": plan } })
}

fn webhook(plan: &str) -> Value {
    json!({ "alerts": [alert(plan)] })
}

fn post(surface: &Surface, webhook: &Value) -> Message {
    http::post_json(surface.address, "/alert", webhook).expect("an answer")
}

fn get(surface: &Surface, path: &str) -> Message {
    http::get(surface.address, path).expect("an answer")
}

/// After all that went wrong, the next alert is taken as ever.
fn assert_goes_on(surface: &Surface) {
    assert_eq!(surface.waiting(), vec![], "nothing was stored");
    assert_eq!(get(surface, "/healthz").status(), 200);
    assert_eq!(post(surface, &webhook("1")).status(), 200);
    assert_eq!(surface.waiting().len(), 1);
}

fn head_of_post(headers: &str) -> String {
    format!("POST /alert HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{headers}\r\n")
}

#[test]
fn an_accepted_alert_survives_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let surface = Surface::start_in(&state, limits());
    let answer = post(&surface, &webhook("1"));
    assert_eq!(
        answer.json(),
        json!({ "accepted": 1, "repeated": 0, "ignored": 0 })
    );
    drop(surface);
    let surface = Surface::start_in(&state, limits());
    assert_eq!(surface.waiting()[0].alert.plan(), Some("1".into()));
    assert_eq!(post(&surface, &webhook("1")).json()["repeated"], 1);
}

#[test]
fn everything_that_alertmanager_posts_is_taken() {
    let surface = Surface::start(limits());
    for file in [
        include_str!("../fixtures/webhooks/alertmanager-0.25.json"),
        include_str!("../fixtures/webhooks/alertmanager-0.28.json"),
    ] {
        for webhook in serde_json::from_str::<Vec<Value>>(file).unwrap() {
            let answer = post(&surface, &webhook);
            assert_eq!(answer.status(), 200, "{}", answer.text());
            let sum: u64 = ["accepted", "repeated", "ignored"]
                .iter()
                .map(|key| answer.json()[key].as_u64().unwrap())
                .sum();
            assert_eq!(sum, webhook["alerts"].as_array().unwrap().len() as u64);
        }
    }
    assert!(!surface.waiting().is_empty());
}

type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, u16);

#[test]
fn a_request_that_is_wrong_is_told_why_and_changes_nothing() {
    let surface = Surface::start(limits());
    let json = [("Content-Type", "application/json")];
    let good = webhook("1").to_string();
    let large = format!("{{\"alerts\":[],\"x\":\"{}\"}}", "y".repeat(1024 * 1024));
    let cases: [Case<'_>; 14] = [
        ("POST", "/alert", &json, "not json", 400),
        ("POST", "/alert", &json, "", 400),
        ("POST", "/alert", &json, "{\"alerts\":[1]}", 400),
        ("POST", "/alert", &json, "{\"status\":\"firing\"}", 400),
        (
            "POST",
            "/alert",
            &[("Content-Type", "text/plain")],
            &good,
            415,
        ),
        (
            "POST",
            "/alert",
            &[("Content-Encoding", "gzip")],
            &good,
            415,
        ),
        ("POST", "/alert", &json, &large, 413),
        ("GET", "/alert", &[], "", 405),
        ("PUT", "/alert", &json, &good, 405),
        ("POST", "/healthz", &json, &good, 405),
        ("POST", "/metrics", &json, &good, 405),
        ("DELETE", "/", &[], "", 405),
        ("POST", "/alert/", &json, &good, 404),
        ("GET", "/../etc/passwd", &[], "", 404),
    ];
    for (method, path, headers, body, status) in cases {
        let answer = http::request(surface.address, method, path, headers, body.as_bytes())
            .unwrap_or_else(|error| panic!("{method} {path} {status}: {error}"));
        let case = format!("{method} {path}: {}", answer.text());
        assert_eq!(answer.status(), status, "{case}");
        assert!(answer.json()["error"].is_string(), "{case}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    assert_goes_on(&surface);
}

#[test]
fn a_body_without_a_type_is_taken_as_json() {
    let surface = Surface::start(limits());
    let body = webhook("1").to_string();
    let answer = http::request(surface.address, "POST", "/alert", &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status(), 200);
}

#[test]
fn a_wrong_method_is_told_the_right_one() {
    let surface = Surface::start(limits());
    let allowed = |path| {
        let answer = http::request(surface.address, "PATCH", path, &[], b"").unwrap();
        answer.header("allow").map(str::to_owned)
    };
    assert_eq!(allowed("/alert").as_deref(), Some("POST"));
    assert_eq!(allowed("/readyz").as_deref(), Some("GET, HEAD"));
    assert_eq!(allowed("/nowhere"), None);
}

#[test]
fn every_answer_forbids_what_a_browser_could_do_with_it() {
    let surface = Surface::start(limits());
    for path in ["/", "/healthz", "/readyz", "/nowhere", "/alert"] {
        let answer = get(&surface, path);
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}");
        assert_eq!(answer.header("server"), None);
    }
}

#[test]
fn the_status_page_is_for_people() {
    let surface = Surface::start(limits());
    post(&surface, &webhook("1"));
    let page = get(&surface, "/");
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.text()
            .contains("Avvisi in attesa di risposta</th><td>1</td>")
    );
    let head = surface.connect("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let head = head.rest();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "no body after HEAD: {head}");
}

#[test]
fn a_body_of_untold_length_is_bounded_too() {
    let surface = Surface::start(quick());
    let mut client = surface.connect(&head_of_post("Transfer-Encoding: chunked\r\n"));
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x1_0000));
    for _ in 0..17 {
        client.send(chunk.as_bytes()).unwrap();
    }
    assert!(client.rest().starts_with("HTTP/1.1 413"));
    assert_goes_on(&surface);
}

#[test]
fn a_body_that_never_ends_is_not_listened_to_for_ever() {
    let surface = Surface::start(quick());
    for path in ["/alert", "/nowhere"] {
        let begin = Instant::now();
        let mut client = surface.connect(&format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        ));
        while client.send(b"1\r\n \r\n").is_ok() {
            assert!(begin.elapsed() < Duration::from_secs(15), "{path} listens");
            std::thread::sleep(SHORT / 10);
        }
    }
    assert_goes_on(&surface);
}

#[test]
fn a_second_head_that_never_ends_is_closed_in_time_too() {
    let surface = Surface::start(quick());
    let mut client = surface.connect("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send(b"GET /heal").unwrap();
    let begin = Instant::now();
    while client.send(b"t").is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(15), "it listens");
        std::thread::sleep(SHORT / 10);
    }
    assert_goes_on(&surface);
}

#[test]
fn a_body_announced_too_long_is_refused_before_it_comes() {
    let surface = Surface::start(limits());
    let client = surface.connect(&head_of_post("Content-Length: 99999999\r\n"));
    let answer = client.rest();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("longer than 1048576 bytes"), "{answer}");
    assert_goes_on(&surface);
}

#[test]
fn a_slow_body_is_closed_in_time() {
    let surface = Surface::start(quick());
    let begin = Instant::now();
    let mut client = surface.connect(&head_of_post("Content-Length: 1000\r\n"));
    client.send(b"{").unwrap();
    let answer = client.rest();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(begin.elapsed() >= SHORT);
    assert_goes_on(&surface);
}

#[test]
fn a_body_that_comes_drop_by_drop_has_no_more_time_than_any_other() {
    let surface = Surface::start(quick());
    let mut client = surface.connect(&head_of_post("Content-Length: 100000\r\n"));
    let begin = Instant::now();
    while client.send(b" ").is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(10), "never closed");
        std::thread::sleep(SHORT / 10);
    }
    assert_goes_on(&surface);
}

#[test]
fn a_head_that_never_ends_is_closed_in_time() {
    let surface = Surface::start(quick());
    let slow = surface.connect("POST /alert HTTP/1.1\r\nHost: a\r\n");
    let silent = surface.connect("");
    assert!(slow.rest().starts_with("HTTP/1.1 408"));
    silent.rest();
    assert_goes_on(&surface);
}

#[test]
fn a_body_that_is_cut_off_is_not_stored() {
    let surface = Surface::start(limits());
    let body = webhook("1").to_string();
    for announced in [body.len() + 1, 1_000_000] {
        let mut client =
            surface.connect(&head_of_post(&format!("Content-Length: {announced}\r\n")));
        client.send(body.as_bytes()).unwrap();
        client.0.shutdown(Shutdown::Write).unwrap();
        let answer = client.rest();
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let mut client = surface.connect(&head_of_post("Transfer-Encoding: chunked\r\n"));
    let chunk = format!("{:x}\r\n{body}\r\n", body.len());
    client.send(chunk.as_bytes()).unwrap();
    drop(client);
    assert_goes_on(&surface);
}

#[test]
fn what_is_no_http_at_all_does_no_harm() {
    let surface = Surface::start(limits());
    for noise in [
        "\0\0\0\0\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\r\n\r\n",
        "GET\r\n\r\n",
    ] {
        let answer = surface.connect(noise).rest();
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(300_000));
    let mut client = surface.connect("");
    let _ = client.send(long.as_bytes());
    client.rest();
    assert_goes_on(&surface);
}

#[test]
fn more_posts_than_can_be_taken_are_refused_and_health_still_answers() {
    let surface = Surface::start(Limits {
        posts: 2,
        ..limits()
    });
    let slow: Vec<_> = (0..2)
        .map(|_| {
            let body = webhook("1").to_string();
            let head = head_of_post(&format!("Content-Length: {}\r\n", body.len()));
            surface.connect(&head)
        })
        .collect();
    let mut refused = post(&surface, &webhook("2"));
    wait_until("the two slow ones to be looked at", || {
        refused = post(&surface, &webhook("2"));
        refused.status() != 200
    });
    assert_eq!(refused.status(), 503);
    assert!(refused.json()["error"].is_string());
    assert_eq!(get(&surface, "/healthz").status(), 200);
    drop(slow);
    wait_until("posts to be taken again", || {
        post(&surface, &webhook("2")).status() == 200
    });
}

#[test]
fn a_crowd_of_connections_keeps_nobody_out() {
    let surface = Surface::start(Limits {
        connections: 8,
        most_connections: 16,
        ..limits()
    });
    let begin = Instant::now();
    let crowd: Vec<_> = (0..100)
        .map(|number| surface.connect(["", "GET / HT"][number % 2]))
        .collect();
    assert_eq!(get(&surface, "/healthz").status(), 200);
    assert_eq!(get(&surface, "/readyz").status(), 200);
    assert_goes_on(&surface);
    assert!(
        begin.elapsed() < limits().head_time,
        "nobody waited for a timeout"
    );
    drop(crowd);
}

#[test]
fn posts_at_once_are_all_stored() {
    let surface = Surface::start(limits());
    std::thread::scope(|scope| {
        for client in 0..16 {
            let surface = &surface;
            scope.spawn(move || {
                for number in 0..20 {
                    let answer = post(surface, &webhook(&format!("{client}-{number}")));
                    assert_eq!(answer.status(), 200, "{}", answer.text());
                }
            });
        }
    });
    assert_eq!(surface.waiting().len(), 320);
}

#[test]
fn it_ends_soon_and_finishes_what_it_is_doing() {
    let mut surface = Surface::start(limits());
    let idle = surface.connect("");
    let body = webhook("1").to_string();
    let mut busy = surface.connect(&head_of_post(&format!(
        "Connection: close\r\nContent-Length: {}\r\n",
        body.len()
    )));
    wait_until("it to work", || get(&surface, "/healthz").status() == 200);
    let stopper = std::thread::spawn(move || (surface.stop(), surface));
    std::thread::sleep(SHORT);
    busy.send(body.as_bytes()).unwrap();
    let answer = busy.rest();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (took, surface) = stopper.join().unwrap();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(surface.waiting().len(), 1);
    drop(idle);
}

/// What both kinds of lost state have in common.
fn assert_unavailable(surface: &Surface, reason: &str) {
    let answer = post(surface, &webhook("1"));
    assert_eq!(answer.status(), 503);
    let error = answer.json()["error"].to_string();
    assert!(error.contains(reason), "{error}");
    let ready = get(surface, "/readyz");
    assert_eq!(ready.status(), 503);
    let readiness = ready.json();
    assert_eq!(readiness["ready"], false);
    assert_eq!(readiness["redis"]["ok"], true);
    let error = readiness["database"]["error"].to_string();
    assert!(error.contains(reason), "{error}");
    assert_eq!(get(surface, "/healthz").status(), 200);
}

#[test]
fn a_state_directory_that_is_gone_is_no_place_for_alerts() {
    let surface = Surface::start(limits());
    std::fs::remove_dir_all(surface.state()).unwrap();
    assert_unavailable(&surface, "removed or replaced");
}

#[test]
fn a_read_only_state_directory_is_unavailable_until_it_is_writable() {
    let surface = Surface::start(limits());
    let set_mode = |mode| {
        std::fs::set_permissions(surface.state(), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(0o500);
    assert_unavailable(&surface, "read-only");
    set_mode(0o700);
    assert_goes_on(&surface);
}

/// Where the child of the next test finds its small disk.
const DISK: &str = "NBM_SMALL_DISK";

/// Runs `a_full_disk_from_within` in a mount namespace of its own, where a disk
/// of 1 MiB is mounted; that needs no rights outside of it.
#[test]
fn a_full_disk_is_told_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=1m disk \"$NBM_SMALL_DISK\" && exec \"$0\" \"$@\"";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "receiver::a_full_disk_from_within"])
        .args(["--ignored", "--nocapture"])
        .env(DISK, folder.path())
        .output()
        .expect("unshare, of util-linux");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
    assert!(said.contains("1 passed"), "{said}{complained}");
}

#[test]
#[ignore = "started by a_full_disk_is_told_and_survived"]
fn a_full_disk_from_within() {
    let disk = std::env::var_os(DISK).expect("the small disk");
    let disk = Path::new(&disk);
    let surface = Surface::start_in(&disk.join("state"), limits());
    let ballast = disk.join("ballast");
    let filled = std::fs::write(&ballast, vec![0; 4 << 20]);
    assert!(filled.is_err(), "the disk is small");

    // Grows the log by more than what is left of its last page.
    let large: Vec<_> = (0..100)
        .map(|plan| alert(&format!("{plan}-{}", "x".repeat(900))))
        .collect();
    let large = json!({ "alerts": large });
    let answer = post(&surface, &large);
    assert_eq!(answer.status(), 503, "{}", answer.text());
    assert!(
        answer
            .text()
            .contains("disk of the state directory is full")
    );
    assert_eq!(surface.waiting(), vec![]);
    let ready = get(&surface, "/readyz");
    assert_eq!(ready.status(), 503, "{}", ready.text());

    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(get(&surface, "/readyz").status(), 200);
    assert_eq!(post(&surface, &large).json()["accepted"], 100);
    assert_eq!(surface.waiting().len(), 100);
}
