//! The signals that this program listens to.

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from the moment it is made.
pub struct Signals {
    hangup: Signal,
    user: Signal,
    interrupt: Signal,
    terminate: Signal,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// HUP: read the configuration again.
    Reload,
    /// USR1: look at the cluster now.
    Look,
    /// INT or TERM.
    End,
}

impl Signals {
    /// Needs a runtime. A signal that comes before this ends the process.
    pub fn listen() -> anyhow::Result<Self> {
        let on = |kind| signal(kind).context("signals cannot be received");
        Ok(Self {
            hangup: on(SignalKind::hangup())?,
            user: on(SignalKind::user_defined1())?,
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.hangup.recv() => Wish::Reload,
            _ = self.user.recv() => Wish::Look,
            _ = self.interrupt.recv() => Wish::End,
            _ = self.terminate.recv() => Wish::End,
        }
    }
}
