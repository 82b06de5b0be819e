//! How long it takes to read and judge a whole cluster, beside a client that
//! only fetches the same keys, and how that grows.
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
    for (modules, (ours, bare)) in sizes.iter().zip(&times) {
        let target = if *modules == 5_000 { "<= 2" } else { "" };
        figure(
            &format!("{modules} modules: read and judge"),
            &ms(*ours),
            "",
        );
        figure(&format!("{modules} modules: bare fetch"), &ms(*bare), "");
        let ratio = format!("{:.2}", ratio(*ours, *bare));
        figure(&format!("{modules} modules: ratio"), &ratio, target);
    }
    let [_, (middle, _), (largest, _)] = times;
    let growth = format!("{:.1}", ratio(largest, middle));
    figure(
        "10 times the modules take this many times as long",
        &growth,
        "about 10",
    );
}

/// The medians of the program's way and of the bare one, taken in turn.
fn compare(address: SocketAddr, size: Size) -> (Duration, Duration) {
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
    let now = Timestamp::from_second(START + 3600).expect("a time");
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(timed(|| client.pipeline(&commands)).0);
        let (time, failed) = timed(|| runtime.block_on(read_and_judge(&reader, now)));
        assert_eq!(failed, size.modules.div_ceil(50), "every fiftieth failed");
        ours.push(time);
    }
    (median(&mut ours), median(&mut bare))
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
