//! From a report to a delivered mail: who gets it, how it reads, how it leaves.
//!
//! Rendering and the rules of delivery are pure; each way out is a
//! [`Transport`]. lettre is used here and nowhere else. May import `model` and
//! `config`.

mod audience;
mod columns;
mod compose;
mod decision;
mod file;
mod format;
mod retry;
mod sample;
mod sendmail;
mod smtp;
mod spoken;
mod templates;
mod view;
mod words;

use async_trait::async_trait;

use crate::model::{Attempt, Mailbox, OutgoingMail};

pub use audience::recipients;
pub use compose::{ComposeError, Envelope, compose, html_of, message_id, text_of, thread_id};
pub use decision::{Decision, Situation, decide, signature};
pub use file::File;
pub use retry::{Next, is_put_off_too_far, next_attempt};
pub use sendmail::Sendmail;
pub use smtp::Smtp;
pub use spoken::Spoken;
pub use templates::{RenderError, Rendered, TemplateWarning, Templates};
pub use view::Said;

/// One way out.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `mail` to one of its recipients, within a limit of its own.
    /// Never fails: a failure is its answer, without secrets.
    async fn send(&self, mail: &OutgoingMail, to: &Mailbox) -> Attempt;
}
