//! How long it takes to read and judge a whole cluster, beside clients that only
//! fetch the same keys, and how that grows.
//!
//! `cargo bench --bench correlate`; needs `redis-server`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot measure ends"
)]

mod support;

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use ns8_backup_monitor::cluster::{ClusterReader as _, RedisReader};
use ns8_backup_monitor::config::Redis;
use ns8_backup_monitor::correlator::judge;
use ns8_backup_monitor::model::{JudgedRun, Severity};
use support::figures::{figure, median, median_ratio, ms, processor_time, ratio, timed};
use support::library;
use support::process::Server;
use support::redis::{self, Client};
use support::sample::{self, START, Size};

const PLANS: usize = 200;
const ROUNDS: usize = 31;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, address) = redis::start(folder.path());
    println!("{PLANS} plans, medians of {ROUNDS} rounds; of ratios, those of each round\n");
    let sizes = [500, 5_000, 50_000];
    let times = sizes.map(|modules| {
        let size = Size {
            plans: PLANS,
            modules,
        };
        compare(&server, address, size)
    });
    for (modules, times) in sizes.iter().zip(&times) {
        let print = |what: &str, value: &str, target| {
            figure(&format!("{modules} modules: {what}"), value, target);
        };
        for (what, times) in [
            ("read and judge", &times.ours),
            ("fetch by the library alone", &times.library),
            ("fetch over a bare socket", &times.socket),
        ] {
            print(what, &ms(times.wall), "");
            print("  processor time, here", &ms(times.own), "");
            print("  processor time, Redis", &ms(times.redis), "");
        }
        let target = if *modules == 5_000 { "<= 2" } else { "" };
        print("program / library", &format!("{:.2}", times.by_library), "");
        print(
            "program / socket",
            &format!("{:.2}", times.by_socket),
            target,
        );
    }
    let [_, middle, largest] = times;
    let growth = |large: &Median, small: &Median| format!("{:.1}", ratio(large.wall, small.wall));
    figure(
        "10 times the modules take this many times as long",
        &growth(&largest.ours, &middle.ours),
        "about 10",
    );
    figure(
        "  and over a bare socket",
        &growth(&largest.socket, &middle.socket),
        "",
    );
}

/// Medians, those of the ratios of each round too.
struct Times {
    ours: Median,
    library: Median,
    socket: Median,
    by_library: f64,
    by_socket: f64,
}

/// The time that passed, and what processors spent of it.
struct Median {
    wall: Duration,
    own: Duration,
    redis: Duration,
}

/// What was measured of one way.
#[derive(Default)]
struct Rounds {
    wall: Vec<Duration>,
    own: Vec<Duration>,
    redis: Vec<Duration>,
}

impl Rounds {
    fn measure<T>(&mut self, server: &Server, work: impl FnOnce() -> T) -> T {
        let spent = || [std::process::id(), server.pid()].map(processor_time);
        let before = spent();
        let (wall, result) = timed(work);
        let after = spent();
        self.wall.push(wall);
        self.own.push(after[0].saturating_sub(before[0]));
        self.redis.push(after[1].saturating_sub(before[1]));
        result
    }

    fn median(mut self) -> Median {
        Median {
            wall: median(&mut self.wall),
            own: median(&mut self.own),
            redis: median(&mut self.redis),
        }
    }
}

/// The three ways in turn, so that a neighbour's load meets all of them.
fn compare(server: &Server, address: SocketAddr, size: Size) -> Times {
    let mut client = Client::connect(address);
    sample::fill(&mut client, size);
    let commands = sample::fetch_commands(size);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let reader = RedisReader::new(&Redis::Tcp {
        own: address.to_string(),
        port: address.port(),
    });
    let bare = runtime.block_on(library::connect(address));
    let now = Timestamp::from_second(START + 3600).expect("a time");
    let (mut ours, mut by_library, mut by_socket) =
        (Rounds::default(), Rounds::default(), Rounds::default());
    for _ in 0..ROUNDS {
        by_socket.measure(server, || client.pipeline(&commands).len());
        let replies = by_library.measure(server, || {
            runtime.block_on(library::pipeline(&bare, &commands))
        });
        assert_eq!(replies, commands.len());
        let failed = ours.measure(server, || runtime.block_on(read_and_judge(&reader, now)));
        assert_eq!(failed, size.modules.div_ceil(50), "every fiftieth failed");
    }
    Times {
        by_library: median_ratio(&ours.wall, &by_library.wall),
        by_socket: median_ratio(&ours.wall, &by_socket.wall),
        ours: ours.median(),
        library: by_library.median(),
        socket: by_socket.median(),
    }
}

/// How many members are bad, in all plans.
async fn read_and_judge(reader: &RedisReader, now: Timestamp) -> usize {
    let state = reader.read(now).await.expect("a read");
    state
        .plans
        .keys()
        .filter_map(|plan| judge(&state, plan))
        .map(|run| bad_members(black_box(&run)))
        .sum()
}

fn bad_members(run: &JudgedRun) -> usize {
    let causes = run.members.iter().map(|member| member.cause);
    causes
        .filter(|cause| cause.severity() == Severity::Bad)
        .count()
}
