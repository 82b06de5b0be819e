//! Many simulated runs: a cluster that lives, the program that watches it, and
//! an oracle that knows what really happened.
//!
//! `cargo bench --bench simulate -- --runs 10000 --seed 1`; one story again:
//! `-- --story SEED`. Needs `redis-server`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    dead_code,
    reason = "test code outside of the tests; each of its users needs a part of it"
)]

#[path = "../tests/it/simulator/mod.rs"]
mod simulator;

mod support {
    #[path = "../../tests/it/support/process.rs"]
    pub mod process;
    #[path = "../../tests/it/support/redis.rs"]
    pub mod redis;
    #[path = "../../tests/it/support/resp.rs"]
    pub mod resp;
}

use std::time::Instant;

use simulator::oracle::{self, Tally};
use simulator::tale;
use simulator::truth::Story;
use support::redis::{Cluster, RedisServer};

fn main() {
    let wish = Wish::read();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut cluster = Cluster::empty(RedisServer::start());
    let mut tally = Tally::default();
    let began = Instant::now();
    let mut story = wish.seed;
    let mut failed = 0_usize;
    while wish.only || tally.runs < wish.runs {
        let told = runtime.block_on(simulator::tell(story, &mut cluster));
        let judged = oracle::judge(&told);
        tally.add(&judged.tally);
        for violation in &judged.violations {
            failed += 1;
            if failed <= wish.show {
                println!("{violation}");
                println!("    again: cargo bench --bench simulate -- --story {story}\n");
            }
        }
        if wish.only {
            whole_tale(&told);
            break;
        }
        eprint!("\r{} runs, {failed} violations", tally.runs);
        story += 1;
    }
    let took = began.elapsed().as_secs_f64();
    eprintln!();
    println!("{tally}");
    println!(
        "stories {}..={story}; {failed} violations; {took:.1} s, {:.1} runs/s",
        wish.seed,
        f64::from(u32::try_from(tally.runs).unwrap_or(u32::MAX)) / took
    );
    if failed > 0 {
        std::process::exit(1);
    }
}

/// Everything that happened, plan by plan.
fn whole_tale(story: &Story) {
    for plan in &story.plans {
        let tale = tale::around(story, &plan.id, story.began, story.ended);
        println!(
            "plan {} {} {:?}\n{tale}",
            plan.id, plan.schedule, plan.instances
        );
    }
}

/// What the command line asks for.
struct Wish {
    runs: usize,
    seed: u64,
    only: bool,
    show: usize,
}

impl Wish {
    fn read() -> Self {
        let mut wish = Self {
            runs: 10_000,
            seed: 1,
            only: false,
            show: 20,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut number = || -> u64 {
                let value = words.next().unwrap_or_default();
                value
                    .parse()
                    .unwrap_or_else(|_| panic!("{word} {value}: a number is missing"))
            };
            match word.as_str() {
                "--runs" => wish.runs = usize::try_from(number()).unwrap(),
                "--seed" => wish.seed = number(),
                "--show" => wish.show = usize::try_from(number()).unwrap(),
                "--story" => {
                    wish.seed = number();
                    wish.only = true;
                }
                "--bench" => {}
                other => panic!("{other}: what is that?"),
            }
        }
        wish
    }
}
