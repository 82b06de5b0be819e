//! Work that cannot be done for now: told once in the log, not at every
//! attempt, and tried again ever more seldom.

use std::fmt::Display;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tracing::{debug, error, info};

/// The first pause; each is twice as long as the one before.
const FIRST: Duration = Duration::from_secs(15);
/// How long the same trouble is not told again.
const SILENCE: SignedDuration = SignedDuration::from_hours(1);

/// Whether some work fails just now, and since when that was told.
#[derive(Debug)]
pub struct Setback {
    what: &'static str,
    told: Option<(String, Timestamp)>,
    pause: Duration,
}

impl Setback {
    /// Of work whose failure is told as `what`, such as "alerts cannot be
    /// answered".
    pub fn of(what: &'static str) -> Self {
        Self {
            what,
            told: None,
            pause: Duration::ZERO,
        }
    }

    /// An attempt failed. How long to wait for the next one: at most `most`.
    pub(super) fn failed(
        &mut self,
        problem: &impl Display,
        most: Duration,
        now: Timestamp,
    ) -> Duration {
        let (what, problem) = (self.what, problem.to_string());
        self.pause = (self.pause * 2).max(FIRST).min(most);
        let seconds = self.pause.as_secs();
        if self.is_news(&problem, now) {
            error!(problem, "{what} now, trying again");
            self.told = Some((problem, now));
        } else {
            debug!(problem, "{what} yet, trying again in {seconds} s");
        }
        self.pause
    }

    /// An attempt succeeded.
    pub(super) fn over(&mut self) {
        if self.told.take().is_some() {
            let what = self.what;
            info!("that {what} is over");
        }
        self.pause = Duration::ZERO;
    }

    /// A clock that was set back must not silence anything for long.
    fn is_news(&self, problem: &str, now: Timestamp) -> bool {
        self.told.as_ref().is_none_or(|(told, when)| {
            told != problem || now.duration_since(*when).abs() >= SILENCE
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_mins(5);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn pauses_grow_up_to_their_bound_and_begin_anew_after_a_success() {
        let mut setback = Setback::of("x");
        let mut pause = |most| setback.failed(&"why", most, at(0)).as_secs();
        let grown: Vec<u64> = (0..7).map(|_| pause(MOST)).collect();
        assert_eq!(grown, [15, 30, 60, 120, 240, 300, 300]);
        assert_eq!(pause(Duration::from_secs(45)), 45);
        setback.over();
        assert_eq!(setback.failed(&"why", MOST, at(0)), FIRST);
    }

    #[test]
    fn the_same_trouble_is_told_once_an_hour_and_another_at_once() {
        let mut setback = Setback::of("x");
        assert!(setback.is_news("disk full", at(10_000)));
        setback.failed(&"disk full", MOST, at(10_000));
        assert!(!setback.is_news("disk full", at(13_599)));
        assert!(setback.is_news("disk full", at(13_600)));
        assert!(
            setback.is_news("disk full", at(0)),
            "the clock was set back"
        );
        assert!(setback.is_news("no such table", at(10_001)));
        // What fails in between does not put off the next line.
        setback.failed(&"disk full", MOST, at(13_000));
        assert!(setback.is_news("disk full", at(13_600)));
        setback.over();
        assert!(setback.is_news("disk full", at(13_001)));
    }
}
