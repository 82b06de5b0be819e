//! Bringing the outbox's mails to their recipients.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::sync::{Notify, watch};
use tracing::{debug, error, info, warn};

use super::clock::Clock;
use super::parts::Parts;
use super::setback::Setback;
use crate::model::{Attempt, Delivery, MailId, Mailbox};
use crate::notifier::{Next, Transport, is_put_off_too_far, next_attempt};
use crate::store::{Store, StoreError};

/// How often to look for mails that another process (the command line) put
/// into the outbox, and for a changed smarthost while something is queued.
const POLL: Duration = Duration::from_secs(5);
/// The longest pause while the database fails.
const STORE_PAUSE: Duration = Duration::from_secs(45);
/// How many deliveries one look at the outbox takes: few, so that a stop does
/// not have to wait for many.
const BATCH: usize = 8;
/// How many recipients are served at once, so that one slow answer does not
/// hold up the others.
const AT_ONCE: usize = 4;

/// The part of the service that delivers mails.
pub struct Delivering {
    /// The outbox.
    pub store: Store,
    /// What the configuration decides; replaced at a reload.
    pub parts: watch::Receiver<Arc<Parts>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Rung when a mail was put into the outbox.
    pub mails: Arc<Notify>,
    /// Attempts that were made and could not be recorded.
    pub unrecorded: Unrecorded,
}

/// Attempts that were made and that the database would not take. They are
/// recorded later and not made again: a full disk must not send a mail every
/// few seconds.
#[derive(Debug, Default)]
pub struct Unrecorded(Mutex<HashMap<(MailId, Mailbox), Attempt>>);

impl Unrecorded {
    fn take(&self, delivery: &Delivery) -> Option<Attempt> {
        let key = (delivery.mail, delivery.to.clone());
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key)
    }

    pub(super) fn keep(&self, mail: MailId, to: Mailbox, attempt: Attempt) {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.insert((mail, to), attempt);
    }
}

/// What one look at the outbox brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Taken by the server.
    pub sent: usize,
    /// Still in the outbox after an attempt.
    pub waiting: usize,
    /// Refused for good, or given up.
    pub lost: usize,
}

impl Delivering {
    /// Delivers until `stop` changes. An attempt under way is finished first:
    /// ending it half way could send a mail twice.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut setback = Setback::of("the outbox cannot be worked through");
        loop {
            let queued = self.mails.notified();
            tokio::pin!(queued);
            queued.as_mut().enable();
            let pause = match self.round_until(&stop).await {
                Ok(_) => {
                    setback.over();
                    POLL
                }
                Err(problem) => setback.failed(&problem, STORE_PAUSE, self.clock.now()),
            };
            if *stop.borrow() {
                return;
            }
            tokio::select! {
                () = queued => {}
                () = self.clock.sleep(pause) => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// Attempts every delivery that is due now.
    pub async fn round(&self) -> Result<Round, StoreError> {
        let (_never, stop) = watch::channel(false);
        self.round_until(&stop).await
    }

    async fn round_until(&self, stop: &watch::Receiver<bool>) -> Result<Round, StoreError> {
        let mut round = Round::default();
        loop {
            let parts = Arc::clone(&self.parts.borrow());
            self.round_with(&parts, stop, &mut round).await?;
            if self.in_force(&parts) || *stop.borrow() {
                return Ok(round);
            }
            // What just failed by the old configuration is tried by the new one.
            self.store.flush(self.clock.now()).await?;
        }
    }

    fn in_force(&self, parts: &Arc<Parts>) -> bool {
        Arc::ptr_eq(parts, &self.parts.borrow())
    }

    async fn round_with(
        &self,
        parts: &Arc<Parts>,
        stop: &watch::Receiver<bool>,
        round: &mut Round,
    ) -> Result<(), StoreError> {
        let Some(next) = self.store.next_due().await? else {
            return Ok(());
        };
        let now = self.clock.now();
        if is_put_off_too_far(next, now) {
            warn!(%next, "the clock was set back, queued mails are tried at once");
            self.store.flush(now).await?;
        }
        let way = parts.outgoing.open().await;
        if way.changed {
            info!("the smarthost has changed, queued mails are tried at once");
            self.store.flush(self.clock.now()).await?;
        }
        loop {
            let due = self.store.due(self.clock.now(), BATCH).await?;
            if due.is_empty() || *stop.borrow() || !self.in_force(parts) {
                return Ok(());
            }
            let done = stream::iter(due)
                .map(|delivery| self.attempt(way.transport.as_ref(), delivery))
                .buffer_unordered(AT_ONCE)
                .collect::<Vec<_>>()
                .await;
            for result in done {
                match result? {
                    Fate::Sent => round.sent += 1,
                    Fate::Waits => round.waiting += 1,
                    Fate::Lost => round.lost += 1,
                }
            }
        }
    }

    async fn attempt(
        &self,
        transport: &dyn Transport,
        delivery: Delivery,
    ) -> Result<Fate, StoreError> {
        let attempt = match self.unrecorded.take(&delivery) {
            Some(made) => made,
            None => transport.send(&delivery.message, &delivery.to).await,
        };
        let now = self.clock.now();
        let next = next_attempt(
            delivery.attempts + 1,
            delivery.queued_at,
            now,
            fastrand::f64(),
        );
        let fate = tell(&delivery, &attempt, next);
        let next = match next {
            Next::At(at) => Some(at),
            Next::GiveUp => None,
        };
        let (mail, to) = (delivery.mail, delivery.to);
        let recorded = self
            .store
            .record(mail, to.clone(), attempt.clone(), next, now)
            .await;
        if recorded.is_err() {
            self.unrecorded.keep(mail, to, attempt);
        }
        recorded?;
        Ok(fate)
    }
}

enum Fate {
    Sent,
    Waits,
    Lost,
}

/// Logs how an attempt ended. The recipient's address stays out of the log
/// above debug level, also where a server's answer repeats it: it is personal
/// data. The history has the answer whole.
fn tell(delivery: &Delivery, attempt: &Attempt, next: Next) -> Fate {
    let message_id = delivery.message.message_id.as_str();
    let attempts = delivery.attempts + 1;
    debug!(message_id, to = %delivery.to, ?attempt, "attempt {attempts} to deliver");
    match (attempt, next) {
        (Attempt::Sent(_), _) => {
            info!(message_id, attempts, "mail delivered");
            Fate::Sent
        }
        (Attempt::Refused(answer), _) => {
            let answer = without(answer, &delivery.to);
            error!(message_id, answer, "a recipient was refused for good");
            Fate::Lost
        }
        (Attempt::Failed(reason), Next::At(at)) => {
            let reason = without(reason, &delivery.to);
            warn!(message_id, attempts, reason, next = %at, "mail not delivered yet");
            Fate::Waits
        }
        (Attempt::Failed(reason), Next::GiveUp) => {
            let reason = without(reason, &delivery.to);
            error!(
                message_id,
                attempts, reason, "mail given up as undeliverable"
            );
            Fate::Lost
        }
    }
}

/// `text` with `***` in the place of an address, in whatever case a server
/// writes it.
fn without(text: &str, address: &Mailbox) -> String {
    let address = address.as_str().to_ascii_lowercase();
    // ASCII only: every byte keeps its place.
    let lower = text.to_ascii_lowercase();
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for (at, found) in lower.match_indices(&address) {
        masked.push_str(text.get(done..at).unwrap_or_default());
        masked.push_str("***");
        done = at + found.len();
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    masked
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::OnceLock;

    use jiff::Timestamp;
    use tracing::Level;

    use super::*;
    use crate::model::OutgoingMail;

    /// The log, as it is written.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(attempt: &Attempt, next: Next) -> String {
        // With a single subscriber, a line that another thread comes to first
        // would be judged by that thread, which has none, and never be logged.
        static SECOND: OnceLock<tracing::Dispatch> = OnceLock::new();
        let to = Mailbox::new("Bob@example.org");
        let delivery = Delivery {
            mail: MailId(1),
            to: to.clone(),
            message: OutgoingMail {
                message_id: "<1@example.org>".into(),
                from: Mailbox::new("a@example.org"),
                to: vec![to],
                subject: String::new(),
                raw: Vec::new(),
            },
            attempts: 0,
            queued_at: Timestamp::UNIX_EPOCH,
        };
        SECOND.get_or_init(|| tracing::Dispatch::new(tracing_subscriber::registry()));
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(Level::INFO)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::callsite::rebuild_interest_cache();
            tell(&delivery, attempt, next);
        });
        String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_servers_answer_is_logged_without_the_recipients_address() {
        let answer = || "550 5.1.1 <bob@EXAMPLE.org>: Bob@example.org is unknown, ü".to_owned();
        let later = Next::At(Timestamp::UNIX_EPOCH);
        for (attempt, next) in [
            (Attempt::Refused(answer()), later),
            (Attempt::Failed(answer()), later),
            (Attempt::Failed(answer()), Next::GiveUp),
        ] {
            let log = logged(&attempt, next);
            assert!(log.contains("550 5.1.1 <***>: *** is unknown, ü"), "{log}");
            assert!(!log.to_lowercase().contains("bob@"), "{log}");
        }
    }
}
