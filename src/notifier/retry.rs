//! When a failed delivery is tried again.

use jiff::{SignedDuration, Timestamp};

/// The first pause; each further one is twice as long.
const FIRST: SignedDuration = SignedDuration::from_mins(1);
/// The longest pause.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
/// After this long in the outbox a mail is given up; as long as mail servers
/// keep theirs.
const PATIENCE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What becomes of a delivery whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again then.
    At(Timestamp),
    /// It is undeliverable.
    GiveUp,
}

/// When to try again after `attempts` failed ones (the one that failed at `now`
/// included). Pauses grow from 1 minute to 1 hour, each up to a quarter longer
/// by `jitter` (0 to 1), so that many mails do not come at once. The last
/// attempt is 5 days after `queued_at`; when it fails, too, the answer is
/// [`Next::GiveUp`].
pub fn next_attempt(attempts: u32, queued_at: Timestamp, now: Timestamp, jitter: f64) -> Next {
    let end = queued_at.saturating_add(PATIENCE).unwrap_or(Timestamp::MAX);
    if now >= end {
        return Next::GiveUp;
    }
    let doublings = attempts.saturating_sub(1).min(10);
    let pause = (FIRST * 2_i32.pow(doublings)).min(LONGEST);
    // `mul_f64` panics on what is no number.
    let jitter = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        0.0
    };
    let pause = pause.mul_f64(1.0 + 0.25 * jitter);
    let at = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
    Next::At(at.min(end))
}

/// Whether a mail that is due at `next` was put off by a clock that ran ahead
/// of `now`: no pause is so long.
pub fn is_put_off_too_far(next: Timestamp, now: Timestamp) -> bool {
    next.duration_since(now) > LONGEST * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUED: &str = "2026-11-21T02:00:00Z";

    fn after(attempts: u32, waited: SignedDuration, jitter: f64) -> Option<SignedDuration> {
        let queued: Timestamp = QUEUED.parse().unwrap();
        let now = queued + waited;
        match next_attempt(attempts, queued, now, jitter) {
            Next::At(at) => Some(at.duration_since(now)),
            Next::GiveUp => None,
        }
    }

    #[test]
    fn pauses_grow_from_a_minute_to_an_hour() {
        let pauses: Vec<i64> = (1..=8)
            .map(|n| after(n, SignedDuration::ZERO, 0.0).unwrap().as_mins())
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(after(u32::MAX, SignedDuration::ZERO, 0.0), Some(LONGEST));
    }

    #[test]
    fn jitter_makes_a_pause_up_to_a_quarter_longer() {
        let longest = after(7, SignedDuration::ZERO, 1.0).unwrap();
        assert_eq!(longest, SignedDuration::from_mins(75));
        assert_eq!(after(7, SignedDuration::ZERO, f64::NAN), Some(LONGEST));
    }

    #[test]
    fn the_last_attempt_is_after_five_days() {
        let minute = SignedDuration::from_mins(1);
        assert_eq!(after(120, PATIENCE - minute, 0.5), Some(minute));
        assert_eq!(after(121, PATIENCE, 0.5), None);
    }

    #[test]
    fn a_clock_that_was_set_back_gives_up_nothing() {
        assert!(after(3, SignedDuration::from_hours(-48), 0.0).is_some());
    }
}
