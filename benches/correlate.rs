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

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use ns8_backup_monitor::cluster::{ClusterReader as _, RedisReader};
use ns8_backup_monitor::config::Redis;
use ns8_backup_monitor::correlator::judge;
use ns8_backup_monitor::model::Severity;
use support::figures::{figure, median, ms, ratio, timed};
use support::library;
use support::redis::{self, Client};
use support::sample::{self, START, Size};

const PLANS: usize = 200;
const ROUNDS: usize = 15;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, address) = redis::start(folder.path());
    println!("{PLANS} plans, medians of {ROUNDS} rounds\n");
    let sizes = [500, 5_000, 50_000];
    let times = sizes.map(|modules| {
        let size = Size {
            plans: PLANS,
            modules,
        };
        compare(address, size)
    });
    for (modules, times) in sizes.iter().zip(&times) {
        let print = |what: &str, value: &str, target| {
            figure(&format!("{modules} modules: {what}"), value, target);
        };
        print("read and judge", &ms(times.ours), "");
        print("fetch by the library alone", &ms(times.library), "");
        print("fetch over a bare socket", &ms(times.socket), "");
        let part = format!("{:.2}", ratio(times.ours, times.library));
        let target = if *modules == 5_000 { "<= 2" } else { "" };
        print("program / library", &part, target);
        let part = format!("{:.2}", ratio(times.ours, times.socket));
        print("program / socket", &part, "");
    }
    let [_, middle, largest] = times;
    let growth = format!("{:.1}", ratio(largest.ours, middle.ours));
    figure(
        "10 times the modules take this many times as long",
        &growth,
        "about 10",
    );
}

/// Medians.
struct Times {
    ours: Duration,
    library: Duration,
    socket: Duration,
}

/// The three ways in turn, so that a neighbour's load meets all of them.
fn compare(address: SocketAddr, size: Size) -> Times {
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
    let (mut ours, mut by_library, mut by_socket) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        by_socket.push(timed(|| client.pipeline(&commands)).0);
        let (time, replies) = timed(|| runtime.block_on(library::pipeline(&bare, &commands)));
        assert_eq!(replies, commands.len());
        by_library.push(time);
        let (time, failed) = timed(|| runtime.block_on(read_and_judge(&reader, now)));
        assert_eq!(failed, size.modules.div_ceil(50), "every fiftieth failed");
        ours.push(time);
    }
    Times {
        ours: median(&mut ours),
        library: median(&mut by_library),
        socket: median(&mut by_socket),
    }
}

/// How many members are bad, in all plans.
async fn read_and_judge(reader: &RedisReader, now: Timestamp) -> usize {
    let state = reader.read(now).await.expect("a read");
    state
        .plans
        .keys()
        .filter_map(|plan| judge(&state, plan))
        .flat_map(|run| run.members)
        .filter(|member| member.cause.severity() == Severity::Bad)
        .count()
}
