//! From a report to a delivered mail: who gets it, how it reads, how it leaves.
//!
//! Rendering and the rules of delivery are pure; each way out is a
//! [`Transport`]. lettre is used here and nowhere else. May import `model` and
//! `config`.

use async_trait::async_trait;

use crate::model::{Attempt, Mailbox, OutgoingMail};

/// One way out.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `mail` to one of its recipients, within a limit of its own.
    /// Never fails: a failure is its answer, without secrets.
    async fn send(&self, mail: &OutgoingMail, to: &Mailbox) -> Attempt;
}
