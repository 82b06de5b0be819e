//! Signs of life that other parts of the service leave here, so that asking for
//! health never waits for them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// Whether the cluster's Redis was reached when it was tried last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RedisHealth {
    /// Nobody has tried yet.
    #[default]
    NotTried,
    /// It answered.
    Reached,
    /// It did not; the reason is shown on `/readyz` and the status page.
    Failed(String),
}

/// How reading the configuration again went, for whoever asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reloads {
    /// Of which start of the service all this is: another one, another text.
    start: String,
    /// How many began since the start.
    begun: u64,
    /// The number of the last one that was done.
    done: u64,
    /// Why that one was refused, and the settings before it stayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// The signs of life of one service.
#[derive(Debug)]
pub struct Vitals {
    started: Instant,
    patience: Duration,
    /// Milliseconds from `started` to the last beat.
    beat: AtomicU64,
    redis: Mutex<RedisHealth>,
    reloads: Mutex<Reloads>,
}

impl Vitals {
    /// Of a service that starts at `now` and counts as stuck when it has not
    /// beaten for `patience`.
    pub fn new(now: Instant, patience: Duration) -> Self {
        Self {
            started: now,
            patience,
            beat: AtomicU64::new(0),
            redis: Mutex::default(),
            reloads: Mutex::new(Reloads {
                start: format!("{:016x}", fastrand::u64(..)),
                begun: 0,
                done: 0,
                refused: None,
            }),
        }
    }

    /// The pipeline is alive at `now`.
    pub fn beat(&self, now: Instant) {
        let since = now.saturating_duration_since(self.started).as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.beat.fetch_max(since, Ordering::Relaxed);
    }

    /// Keeps what came of trying to reach Redis.
    pub fn set_redis(&self, health: RedisHealth) {
        *self.redis.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }

    /// What came of it last.
    pub fn redis(&self) -> RedisHealth {
        let redis = self.redis.lock();
        redis.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The configuration is going to be read again.
    pub fn reload_begins(&self) {
        self.lock_reloads().begun += 1;
    }

    /// What came of the reload that began last.
    pub fn reload_done(&self, outcome: Result<(), String>) {
        let mut reloads = self.lock_reloads();
        reloads.done = reloads.begun;
        reloads.refused = outcome.err();
    }

    /// What came of all reloads.
    pub(super) fn reloads(&self) -> Reloads {
        self.lock_reloads().clone()
    }

    fn lock_reloads(&self) -> MutexGuard<'_, Reloads> {
        self.reloads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the service has been running.
    pub(super) fn uptime(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    /// For how long nothing has beaten, when that is too long.
    pub(super) fn stuck_for(&self, now: Instant) -> Option<Duration> {
        let beat = self.started + Duration::from_millis(self.beat.load(Ordering::Relaxed));
        let silence = now.saturating_duration_since(beat);
        (silence > self.patience).then_some(silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_stops_beating_is_stuck_until_it_beats_again() {
        let start = Instant::now();
        let patience = Duration::from_mins(1);
        let vitals = Vitals::new(start, patience);
        assert_eq!(vitals.stuck_for(start + patience), None);
        let late = start + Duration::from_secs(61);
        assert_eq!(vitals.stuck_for(late), Some(Duration::from_secs(61)));
        vitals.beat(late);
        assert_eq!(vitals.stuck_for(late + patience), None);
        // A beat that comes late from another thread takes nothing back.
        vitals.beat(start);
        assert_eq!(vitals.stuck_for(late + patience), None);
    }

    #[test]
    fn a_reload_is_told_when_it_is_done_and_no_longer_than_until_the_next() {
        let vitals = Vitals::new(Instant::now(), Duration::ZERO);
        let told = |vitals: &Vitals| {
            let Reloads {
                begun,
                done,
                refused,
                ..
            } = vitals.reloads();
            (begun, done, refused)
        };
        assert_eq!(told(&vitals), (0, 0, None));
        vitals.reload_begins();
        assert_eq!(told(&vitals), (1, 0, None));
        vitals.reload_done(Err("two mistakes".into()));
        assert_eq!(told(&vitals), (1, 1, Some("two mistakes".into())));
        vitals.reload_begins();
        vitals.reload_done(Ok(()));
        assert_eq!(told(&vitals), (2, 2, None));
    }

    #[test]
    fn another_start_is_told_from_this_one() {
        let vitals = Vitals::new(Instant::now(), Duration::ZERO);
        let other = Vitals::new(Instant::now(), Duration::ZERO);
        let start = vitals.reloads().start;
        assert_ne!(other.reloads().start, start);
        vitals.reload_begins();
        vitals.reload_done(Ok(()));
        assert_eq!(vitals.reloads().start, start);
    }

    #[test]
    fn what_was_found_out_about_redis_last_is_kept() {
        let vitals = Vitals::new(Instant::now(), Duration::ZERO);
        assert_eq!(vitals.redis(), RedisHealth::NotTried);
        vitals.set_redis(RedisHealth::Failed("refused".into()));
        vitals.set_redis(RedisHealth::Reached);
        assert_eq!(vitals.redis(), RedisHealth::Reached);
    }
}
