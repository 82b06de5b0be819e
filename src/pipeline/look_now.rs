//! What the rest of the service and the looks tell each other.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, watch};

/// A bell beside the watching loop.
#[derive(Debug, Default)]
pub struct LookNow {
    bell: Notify,
    looking: AtomicBool,
    recognized: watch::Sender<bool>,
}

impl LookNow {
    /// Asks for a look; false when one is under way, which is enough.
    pub fn ask(&self) -> bool {
        let idle = !self.looking.load(Ordering::Relaxed);
        if idle {
            self.bell.notify_one();
        }
        idle
    }

    /// Asks for a look that begins from now on, also when one is under way.
    pub(super) fn ask_anew(&self) {
        self.bell.notify_one();
    }

    /// A look has shown whose cluster this is, and what another installation had
    /// queued is withdrawn.
    pub(super) fn recognize(&self) {
        self.recognized.send_replace(true);
    }

    /// Returns when [`Self::recognize`] was called. May be dropped.
    pub(super) async fn recognized(&self) {
        let _ = self.recognized.subscribe().wait_for(|is| *is).await;
    }

    /// Returns when a look is asked for. May be dropped while it waits.
    pub(super) async fn asked(&self) {
        self.bell.notified().await;
    }

    /// A look begins or ends. What was asked for before it began is done by it.
    pub(super) fn looking(&self, is: bool) {
        self.looking.store(is, Ordering::Relaxed);
    }
}
