//! Keeps a flood of requests from becoming a flood of log lines.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// At most one line in this time.
const PAUSE: Duration = Duration::from_secs(10);

/// Lets one line through, then counts for a while.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spoke: Option<Instant>,
    kept_back: u64,
}

impl Throttle {
    /// How many lines were kept back since the last one, if this one may go
    /// out.
    pub(super) fn pass(&self, now: Instant) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = state
            .spoke
            .is_some_and(|spoke| now.saturating_duration_since(spoke) < PAUSE);
        if quiet {
            state.kept_back += 1;
            return None;
        }
        state.spoke = Some(now);
        Some(std::mem::take(&mut state.kept_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_goes_out_at_once_and_the_next_ones_are_counted() {
        let throttle = Throttle::default();
        let start = Instant::now();
        assert_eq!(throttle.pass(start), Some(0));
        assert_eq!(throttle.pass(start + PAUSE / 2), None);
        assert_eq!(throttle.pass(start + PAUSE / 2), None);
        assert_eq!(throttle.pass(start + PAUSE), Some(2));
        assert_eq!(throttle.pass(start + PAUSE * 3), Some(0));
    }
}
