//! How soon the service is ready, and how much memory it has when it idles.
//!
//! `cargo bench --bench idle`; needs `redis-server`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot measure ends"
)]

mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use support::figures::{figure, median, megabytes, memory_kib, ms, percentile, ratio, timed};
use support::process::{Server, free_port};
use support::{http, redis, sample};

const STARTS: usize = 20;
const IDLE: Duration = Duration::from_secs(10);
const LIMIT: Duration = Duration::from_secs(20);

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_redis, redis) = redis::start(folder.path());
    let size = sample::Size {
        plans: 5,
        modules: 40,
    };
    sample::fill(&mut redis::Client::connect(redis), size);
    let configuration = "mail:\n  from: monitor@example.org\n  to: [admin@example.org]\n";
    std::fs::write(folder.path().join("config.yml"), configuration).expect("a configuration");

    let mut starts = Vec::new();
    let mut bare = Vec::new();
    let mut last = None;
    for _ in 0..STARTS {
        bare.push(
            timed(|| {
                Command::new("python3")
                    .args(["-c", "import http.server, json"])
                    .status()
            })
            .0,
        );
        drop(last.take());
        let (time, server) = start(folder.path(), redis);
        starts.push(time);
        last = Some(server);
    }
    let server = last.expect("the last start");
    std::thread::sleep(IDLE);
    let resident = memory_kib(server.pid(), "VmRSS");
    let anonymous = memory_kib(server.pid(), "RssAnon");

    println!("{STARTS} starts; memory after {IDLE:?} of idling\n");
    figure(
        "start to ready, median",
        &ms(median(&mut starts)),
        "<= 100 ms",
    );
    figure(
        "start to ready, slowest",
        &ms(percentile(&mut starts, 1.0)),
        "",
    );
    let part = ratio(median(&mut starts), median(&mut bare));
    figure(
        "start to ready / Python loading http.server",
        &format!("{part:.2}"),
        "",
    );
    figure("resident memory, idle", &megabytes(resident), "<= 15 MB");
    figure("of it not shared with the file", &megabytes(anonymous), "");
}

/// Starts the service on an old state and waits for its first "ready".
fn start(folder: &Path, redis: SocketAddr) -> (Duration, Server) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_ns8-backup-monitor"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("STATE_DIRECTORY", folder.join("state"))
        .env("TCP_PORT", address.port().to_string())
        .env("REDIS_ADDRESS", redis.to_string())
        .env("REDIS_REPLICA_ADDRESS", redis.to_string())
        .arg("--config")
        .arg(folder.join("config.yml"))
        .arg("serve");
    let begin = Instant::now();
    let log = folder.join("service.log");
    let server = Server::start(&mut command, &log);
    while !http::get(address, "/readyz").is_ok_and(|answer| answer.status() == 200) {
        if begin.elapsed() > LIMIT {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            panic!("not ready after {LIMIT:?}: {log}");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    (begin.elapsed(), server)
}
