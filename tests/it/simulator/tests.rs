//! A few stories of each kind; `cargo bench --bench simulate` tells thousands.

use super::oracle::{self, Tally};
use super::tell;
use crate::support::redis::{Cluster, RedisServer};

/// Tells the stories of `seeds`, of which none may have a violation.
fn simulate(seeds: impl IntoIterator<Item = u64>) -> Tally {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut cluster = Cluster::empty(RedisServer::start());
    let mut tally = Tally::default();
    for seed in seeds {
        let story = runtime.block_on(tell(seed, &mut cluster));
        let judged = oracle::judge(&story);
        let violations: Vec<String> = judged.violations.iter().map(ToString::to_string).collect();
        assert!(
            violations.is_empty(),
            "{}\nagain: cargo bench --bench simulate -- --story {seed}",
            violations.join("\n")
        );
        tally.add(&judged.tally);
    }
    tally
}

/// So that the stories are about something.
fn is_rich(tally: &Tally, runs: usize, bad: usize) {
    assert!(tally.judged >= runs, "{tally}");
    assert!(tally.bad >= bad, "{tally}");
    assert!(tally.mails > 0 && tally.rows > tally.judged, "{tally}");
}

#[test]
fn many_short_runs_are_each_told_truly() {
    let tally = simulate([3, 5, 11]);
    is_rich(&tally, 100, 15);
}

#[test]
fn runs_of_nodes_that_come_and_go_are_each_told_truly() {
    let tally = simulate([2, 7, 10]);
    is_rich(&tally, 30, 10);
}
