//! The time, as a value that a test can set.

use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;

use crate::model::ClockMark;

/// Says what time it is, and waits.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Returns after `pause`.
    async fn sleep(&self, pause: Duration);

    /// The boot-time clock beside `wall`, which was read just now.
    fn mark(&self, wall: Timestamp) -> ClockMark;
}

/// The machine's clocks.
#[derive(Clone, Debug)]
pub struct SystemClock {
    boot_id: String,
}

impl Default for SystemClock {
    /// Where the kernel does not say which start of the machine this is, it is
    /// taken for the same one while its clock goes on.
    fn default() -> Self {
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        Self {
            boot_id: boot_id.unwrap_or_default().trim().to_owned(),
        }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }

    fn mark(&self, wall: Timestamp) -> ClockMark {
        // Goes on while the machine sleeps, and nobody can set it.
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        ClockMark {
            wall,
            boot: boot.tv_sec,
            boot_id: self.boot_id.clone(),
        }
    }
}
