//! Runs that fail, told by nobody.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{WAIT, Watch, daily_at, good_cluster, now, publish};
use crate::support::process::{wait_until, wait_within};

/// As much as a busy machine may put anything off.
const SLACK: Duration = Duration::from_secs(8);
/// While a run is open the cluster is read so often.
const OPEN_POLL: Duration = Duration::from_secs(30);

const ONE_FAILED: &str =
    "[NS8 Backup] ⚠️ Backup partially failed: Nightly - 1 of 3 applications failed (Test cluster)";

/// Lets plan 1 fire in a moment, as an administrator would who edits it, and
/// returns after that, when its run is open.
fn fires_now(watch: &Watch) {
    let mut core = watch.cluster.redis.admin();
    loop {
        let elapse = now() + 4;
        watch
            .cluster
            .hset("cluster/backup/1", "schedule", &daily_at(elapse));
        let channel = "cluster/event/backup-schedule-changed";
        assert_eq!(publish(&mut core, channel, r#"{"backup_ids": ["1"]}"#), 1);
        wait_until("the new schedule to be seen, or to be over", || {
            #[allow(clippy::cast_precision_loss, reason = "seconds since 1970")]
            let elapse_seen = watch.gauge("plan_next_run_timestamp_seconds") == Some(elapse as f64);
            elapse_seen || now() >= elapse
        });
        // On a machine that is too busy: again.
        if now() < elapse {
            let fired = |watch: &Watch| {
                let next = watch.gauge("plan_next_run_timestamp_seconds");
                #[allow(clippy::cast_precision_loss, reason = "seconds since 1970")]
                next.is_some_and(|next| next > elapse as f64)
            };
            wait_until("the elapse to be seen", || fired(watch));
            return;
        }
    }
}

#[test]
fn a_run_that_failed_is_told_right_after_its_last_application() {
    let watch = Watch::over(good_cluster());
    fires_now(&watch);
    watch.backed_up("mail1", 1);
    watch.backed_up("samba1", 0);
    assert_eq!(watch.mails(), [""; 0], "one application is still to come");
    watch.backed_up("nextcloud1", 0);
    let last = Instant::now();
    let limit = Duration::from_secs(WAIT) + SLACK;
    wait_within(limit, "the mail", || !watch.mails().is_empty());
    assert!(last.elapsed() >= Duration::from_secs(WAIT), "too early");
    assert_eq!(watch.mails(), [ONE_FAILED]);
}

#[test]
fn a_run_whose_events_are_all_lost_is_told_half_a_minute_later() {
    let watch = Watch::over(good_cluster());
    fires_now(&watch);
    for (module, errors) in [("mail1", 0), ("samba1", 0), ("nextcloud1", 2)] {
        watch.writes(module, errors);
    }
    let limit = Duration::from_secs(WAIT) + OPEN_POLL + SLACK;
    wait_within(limit, "the mail", || !watch.mails().is_empty());
    assert_eq!(watch.mails(), [ONE_FAILED]);
}

/// Nothing is open, so that the next look is minutes away.
#[test]
fn what_was_published_while_redis_was_away_is_seen_when_it_is_back() {
    let mut watch = Watch::over(good_cluster());
    for (module, errors) in [("mail1", 1), ("samba1", 0), ("nextcloud1", 0)] {
        watch.writes(module, errors);
    }
    watch.cluster.command(&["SAVE"]);
    watch.cluster.redis.crash();
    assert_eq!(watch.mails(), [""; 0]);
    watch.cluster.restart();
    wait_until("the mail", || !watch.mails().is_empty());
    assert!(watch.mails()[0].contains("1 of 3"), "{:?}", watch.mails());
    wait_until("that events are received again to be told", || {
        watch.service.log().contains("events are received again")
    });
    let log = watch.service.log();
    assert_eq!(log.matches("no events of the cluster for now").count(), 1);
}

#[test]
fn somebody_who_cannot_wait_asks_for_a_look() {
    let watch = Watch::over(good_cluster());
    for (module, errors) in [("mail1", 1), ("samba1", 0), ("nextcloud1", 0)] {
        watch.writes(module, errors);
    }
    watch.service.signal(Signal::USR1);
    wait_until("the mail", || !watch.mails().is_empty());
    let log = watch.service.log();
    assert!(log.contains("looking at the cluster now, as asked"));
}
