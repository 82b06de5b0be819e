//! How fast an alert is accepted, durably, beside receivers in Python that keep
//! nothing, and beside the least that is durable.
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
use std::io::{Seek as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use support::awake::Awake;
use support::durable;
use support::figures::{Steal, figure, median, median_of, ms, percentile, ratio, timed};
use support::load::{Load, Pace, post_alerts};
use support::process::{Server, wait_until};
use support::service::Service;

const CONNECTIONS: u32 = 50;
/// Far more than any Alertmanager posts, and less than two processors can do.
const PACE: u32 = 2_000;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(5);
const SYNCS: usize = 200;

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

const OURS: &str = "this program, every alert on disk before its 200";
const PYTHON: &str = "Python http.server, keeps nothing";
const TUNED: &str = "Python, threads and open connections, keeps nothing";
const LEAST: &str = "the least that is durable: a file and fdatasync";
/// With a folder: be [`LEAST`] instead.
const BE_THE_LEAST: &str = "--be-the-least";

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == BE_THE_LEAST) {
        let folder = arguments.next().expect("its folder");
        return durable::serve_in(Path::new(&folder)).expect("a receiver");
    }
    let service = Service::launch(CONFIGURATION, &[("REDIS_ADDRESS", "127.0.0.1:1")]);
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (_plain, plain) = receiver(&mut python("plain"), &folder.join("plain"));
    let (_tuned, tuned) = receiver(&mut python("tuned"), &folder.join("tuned"));
    let (_least, least) = receiver(&mut the_least(folder), &folder.join("least"));
    let (ours, least) = ((OURS, service.address()), (LEAST, least));
    let (plain, tuned) = ((PYTHON, plain), (TUNED, tuned));

    let paced = Pace::PerSecond(PACE);
    let mut races = [
        Race::new(
            "without a pause",
            Pace::NoPause,
            &[ours, plain, tuned, least],
        ),
        Race::new("at that pace", paced, &[ours, tuned, least]),
        Race::new("at that pace, awake", paced, &[ours, least]).kept_awake(folder),
    ];
    for _ in 0..ROUNDS {
        races.iter_mut().for_each(Race::run);
    }

    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {ROUND:?}, medians of the rounds");
    println!("that pace: {PACE} posts a second; awake: no processor sleeps meanwhile");
    races.iter().for_each(Race::print);
    println!();
    print_disk(&mut sync_times(&service.state_dir()));
    let [no_pause, ..] = &races;
    for (other, name, target) in [
        (PYTHON, "Python", "> 1"),
        (TUNED, "tuned Python", ""),
        (LEAST, "the least", ""),
    ] {
        let faster = no_pause.of(OURS).per_second() / no_pause.of(other).per_second();
        let what = format!("requests per second: this program / {name}");
        figure(&what, &format!("{faster:.2}"), target);
    }
    for race in &races {
        let (ours, least) = (race.of(OURS).p99(), race.of(LEAST).p99());
        let what = format!("p99 {}", race.how);
        figure(&what, &ms(ours), "< 5 ms on a fast disk");
        let what = format!("p99 {}: this program / the least", race.how);
        figure(&what, &format!("{:.2}", ratio(ours, least)), "");
    }
}

/// Receivers that are posted to in the same way, in turn, so that a neighbour's
/// load meets all of them.
struct Race<'a> {
    how: &'static str,
    pace: Pace,
    /// Where it is told that something went wrong with that.
    awake: Option<&'a Path>,
    runners: Vec<(&'static str, SocketAddr, Rounds)>,
    steal: Steal,
}

impl<'a> Race<'a> {
    fn new(how: &'static str, pace: Pace, runners: &[(&'static str, SocketAddr)]) -> Self {
        let runners = runners.iter();
        Self {
            how,
            pace,
            awake: None,
            runners: runners
                .map(|(who, address)| (*who, *address, Rounds::default()))
                .collect(),
            steal: Steal::default(),
        }
    }

    fn kept_awake(self, folder: &'a Path) -> Self {
        Self {
            awake: Some(folder),
            ..self
        }
    }

    fn run(&mut self) {
        let _awake = self.awake.map(Awake::keep);
        let begin = Steal::until_now();
        for (_, address, rounds) in &mut self.runners {
            rounds.add(&post_alerts(*address, CONNECTIONS, ROUND, self.pace));
        }
        self.steal.add_since(&begin);
    }

    fn of(&self, who: &str) -> &Rounds {
        let mut runners = self.runners.iter();
        let found = runners.find(|(name, ..)| *name == who);
        &found.expect("one of its runners").2
    }

    fn print(&self) {
        let Self { how, steal, .. } = self;
        println!("\n{how}; {steal} of the processors withheld by the host (steal)");
        for (who, _, rounds) in &self.runners {
            rounds.print(who);
        }
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
        median_of(self.per_second.clone())
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

fn python(how: &str) -> Command {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/benches/support/plain_receiver.py"
    );
    let mut command = Command::new("python3");
    command.args([script, how]);
    command
}

/// A process of its own, as the others are.
fn the_least(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg(BE_THE_LEAST).arg(folder);
    command
}

/// Starts a receiver and waits for the port that it prints.
fn receiver(command: &mut Command, log: &Path) -> (Server, SocketAddr) {
    let server = Server::start(command, log);
    let mut port = None;
    wait_until("a receiver", || {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        port = text.strip_suffix('\n').and_then(|port| port.parse().ok());
        port.is_some()
    });
    let port: u16 = port.expect("waited for it");
    (server, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

fn print_disk(syncs: &mut [Duration]) {
    let what = "disk: write 4 KiB and fdatasync, median";
    figure(what, &ms(median(syncs)), "");
    figure("disk: the same, p99", &ms(percentile(syncs, 0.99)), "");
}

/// What the disk itself takes for one durable write, beside the database.
fn sync_times(folder: &Path) -> Vec<Duration> {
    let mut file = File::create(folder.join("sync-test")).expect("a file");
    // Made before: for a file that grows, a disk has more to do.
    file.write_all(&vec![7; 4096 * SYNCS])
        .and_then(|()| file.sync_all())
        .and_then(|()| file.rewind())
        .expect("its room");
    (0..SYNCS)
        .map(|_| {
            let (time, done) = timed(|| {
                file.write_all(&[8; 4096])?;
                file.sync_data()
            });
            done.expect("a durable write");
            time
        })
        .collect()
}
