//! An application that publishes without end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Watch, good_cluster};
use crate::support::process::{peak_kib, resident_kib, wait_until};
use crate::support::redis::{Cluster, MODULE_PASSWORD, MODULE_USER};
use crate::support::resp::{Resp, RespClient};

/// Publishes until dropped.
struct Flood {
    over: Arc<AtomicBool>,
    published: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Flood {
    /// Of messages that are believed, for they say only that it is time to look.
    fn of(cluster: &Cluster, payload: &str) -> Self {
        let address = cluster.redis.address();
        let (over, published) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let (ends, counts) = (Arc::clone(&over), Arc::clone(&published));
        let channel = format!("{MODULE_USER}/event/backup-schedule-changed");
        let one = ["PUBLISH", &channel, payload].map(str::to_owned).to_vec();
        let thread = thread::spawn(move || {
            let mut stranger = RespClient::connect(address);
            stranger.command(&["AUTH", MODULE_USER, MODULE_PASSWORD]);
            let many = vec![one; 100];
            while !ends.load(Ordering::Relaxed) {
                stranger.pipeline(&many);
                counts.fetch_add(100, Ordering::Relaxed);
                // About ten thousand in a second.
                thread::sleep(Duration::from_millis(8));
            }
        });
        Self {
            over,
            published,
            thread: Some(thread),
        }
    }

    fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[test]
fn it_neither_keeps_us_reading_nor_grows_nor_hides_what_is_true() {
    let watch = Watch::over(good_cluster());
    let (memory, reads) = (resident_kib(watch.service.pid()), watch.reads());
    let began = Instant::now();
    let flood = Flood::of(&watch.cluster, &"x".repeat(500));
    let mut slowest = Duration::ZERO;
    wait_until("a flood", || {
        let asked = Instant::now();
        assert_eq!(watch.service.get("/healthz").status(), 200);
        slowest = slowest.max(asked.elapsed());
        flood.published() >= 30_000
    });
    for (module, errors) in [("mail1", 1), ("samba1", 0), ("nextcloud1", 0)] {
        watch.writes(module, errors);
    }
    wait_until("the mail", || !watch.mails().is_empty());
    let seconds = began.elapsed().as_secs();
    let read = watch.reads() - reads;
    let grown = resident_kib(watch.service.pid()).saturating_sub(memory);
    let published = flood.published();
    drop(flood);
    assert!(
        read <= seconds + 2,
        "{read} reads in {seconds} s for {published}"
    );
    assert!(slowest < Duration::from_secs(2), "{slowest:?} for /healthz");
    assert!(grown < 16_000, "{grown} KiB more");
}

/// Twenty megabytes a message, which Redis lets through.
#[test]
fn one_that_wants_our_memory_gets_it_for_a_moment_only() {
    let watch = Watch::over(good_cluster());
    let before = resident_kib(watch.service.pid());
    let channel = format!("{MODULE_USER}/event/backup-schedule-changed");
    let mut stranger = watch.cluster.redis.login(MODULE_USER, MODULE_PASSWORD);
    let huge = "x".repeat(20 << 20);
    for _ in 0..20 {
        super::publish(&mut stranger, &channel, &huge);
    }
    wait_until("it to be told", || {
        let log = watch.service.log();
        log.contains("no events of the cluster for now")
    });
    wait_until("another subscription", || {
        watch.patterns() != Resp::Number(0)
    });
    wait_until("the memory to be back", || {
        resident_kib(watch.service.pid()) < before + 30_000
    });
    let peak = peak_kib(watch.service.pid()) - before;
    assert!(peak < 100_000, "{peak} KiB at its worst");
    let log = watch.service.log();
    assert!(
        log.contains("bytes on module/backup-monitor1/event"),
        "{log}"
    );
    assert!(!log.contains("xxxx"), "not a byte of it");
}
