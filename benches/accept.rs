//! How fast an alert is accepted, durably, beside receivers in Python that keep
//! nothing, and beside the least that keeps everything.
//!
//! `cargo bench --bench accept`. The state directory lies where temporary files
//! do; `TMPDIR` puts it on another disk.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot measure ends"
)]

mod support;

use std::fs::File;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support::awake::Awake;
use support::durable::Durable;
use support::figures::{Steal, figure, median, ms, percentile, ratio, timed};
use support::load::{Load, Pace, post_alerts};
use support::process::{Server, wait_until};
use support::service::Service;

const CONNECTIONS: u32 = 50;
/// Far more than any Alertmanager posts, and less than two processors can do.
const PACE: u32 = 2_000;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(5);

/// So long a wait that nothing but accepting happens while we measure.
const CONFIGURATION: &str = "\
mail:
  from: monitor@example.org
  to: [admin@example.org]
correlator:
  wait_seconds: 3600
logging:
  level: WARNING
";

fn main() {
    let service = Service::launch(CONFIGURATION, &[("REDIS_ADDRESS", "127.0.0.1:1")]);
    let folder = tempfile::tempdir().expect("a folder");
    let (_plain, plain) = python(folder.path(), "plain");
    let (_tuned, tuned) = python(folder.path(), "tuned");

    let durable = Durable::start(folder.path()).expect("a receiver");

    let mut ours = Rounds::default();
    let mut theirs = Rounds::default();
    let mut better = Rounds::default();
    let mut least = Rounds::default();
    let mut paced = Rounds::default();
    let mut better_paced = Rounds::default();
    let mut least_paced = Rounds::default();
    let mut awake = Rounds::default();
    let mut least_awake = Rounds::default();
    let begin = Steal::until_now();
    // In turn, so that a neighbour's load meets all of them.
    for _ in 0..ROUNDS {
        let post = |address, pace| post_alerts(address, CONNECTIONS, ROUND, pace);
        ours.add(&post(service.address(), Pace::NoPause));
        theirs.add(&post(plain, Pace::NoPause));
        better.add(&post(tuned, Pace::NoPause));
        least.add(&post(durable.address(), Pace::NoPause));
        paced.add(&post(service.address(), Pace::PerSecond(PACE)));
        better_paced.add(&post(tuned, Pace::PerSecond(PACE)));
        least_paced.add(&post(durable.address(), Pace::PerSecond(PACE)));
        let _awake = Awake::keep(folder.path());
        awake.add(&post(service.address(), Pace::PerSecond(PACE)));
        least_awake.add(&post(durable.address(), Pace::PerSecond(PACE)));
    }

    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {ROUND:?}, medians of the rounds\n");
    let steal = Steal::until_now().since(&begin);
    figure("processors: taken by other machines (steal)", &steal, "");
    let mut syncs = sync_times(&service.state_dir());
    figure(
        "disk: write 4 KiB and fdatasync, median",
        &ms(median(&mut syncs)),
        "",
    );
    figure("disk: the same, p99", &ms(percentile(&mut syncs, 0.99)), "");
    println!("\nevery connection posts again as soon as it was answered");
    ours.print("this program, every alert on disk before its 200");
    theirs.print("Python http.server, keeps nothing");
    better.print("Python, threads and open connections, keeps nothing");
    least.print("the least that is durable: a file and fdatasync");
    println!("\n{PACE} posts a second, over the same connections");
    paced.print("this program");
    better_paced.print("Python, threads and open connections");
    least_paced.print("the least that is durable");
    println!("\nthe same, and no processor sleeps");
    awake.print("this program");
    least_awake.print("the least that is durable");
    println!();
    let faster = ours.per_second() / theirs.per_second();
    figure(
        "requests per second: this program / Python",
        &format!("{faster:.1}"),
        "> 1",
    );
    let faster = ours.per_second() / better.per_second();
    figure(
        "requests per second: this program / tuned Python",
        &format!("{faster:.1}"),
        "",
    );
    let waits = ratio(ours.p99(), median(&mut syncs));
    figure(
        "p99 of this program, without a pause / median fdatasync",
        &format!("{waits:.1}"),
        "",
    );
    for (how, rounds) in [
        ("without a pause", &ours),
        ("at that pace", &paced),
        ("at that pace, processors awake", &awake),
    ] {
        figure(
            &format!("p99 of this program, {how}"),
            &ms(rounds.p99()),
            "< 5 ms on a fast disk",
        );
    }
}

#[derive(Default)]
struct Rounds {
    per_second: Vec<f64>,
    p50: Vec<Duration>,
    p99: Vec<Duration>,
    p999: Vec<Duration>,
    failed: usize,
}

impl Rounds {
    fn add(&mut self, load: &Load) {
        self.per_second.push(load.per_second);
        self.p50.push(load.p50);
        self.p99.push(load.p99);
        self.p999.push(load.p999);
        self.failed += load.failed;
    }

    fn per_second(&self) -> f64 {
        let mut sorted = self.per_second.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    fn p99(&self) -> Duration {
        median(&mut self.p99.clone())
    }

    fn print(&self, who: &str) {
        println!(
            "{who}\n    {:.0} requests/s, p50 {}, p99 {}, p99.9 {}, {} failed",
            self.per_second(),
            ms(median(&mut self.p50.clone())),
            ms(self.p99()),
            ms(median(&mut self.p999.clone())),
            self.failed
        );
    }
}

/// Starts the receiver and waits for the port that it prints.
fn python(folder: &Path, how: &str) -> (Server, SocketAddr) {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/benches/support/plain_receiver.py"
    );
    let log = folder.join(how);
    let server = Server::start(Command::new("python3").args([script, how]), &log);
    let mut port = None;
    wait_until("the receiver in Python", || {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        port = text.strip_suffix('\n').and_then(|port| port.parse().ok());
        port.is_some()
    });
    let port: u16 = port.expect("waited for it");
    (server, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// What the disk itself takes for one durable write, beside the database.
fn sync_times(folder: &Path) -> Vec<Duration> {
    let mut file = File::create(folder.join("sync-test")).expect("a file");
    (0..200)
        .map(|_| {
            let (time, done) = timed(|| {
                file.write_all(&[7; 4096])?;
                file.sync_data()
            });
            done.expect("a durable write");
            time
        })
        .collect()
}
