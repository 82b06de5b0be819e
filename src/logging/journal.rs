//! The way to journald, on which the service never waits.
//!
//! tracing-journald sends a datagram for each event, and whoever sends one waits
//! while nobody reads them. A thread of its own does that; what comes while it
//! waits is kept up to a limit, and beyond that counted. Of spans nothing is
//! taken: none of this program's reach the log.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{Event, Metadata, Subscriber, error};
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use super::visible::Values;

/// Where journald listens.
const SOCKET: &str = "/run/systemd/journal/socket";
/// How many events are kept while nobody reads.
const KEPT: usize = 512;
/// How long the last ones may take when the program ends.
const FAREWELL: Duration = Duration::from_millis(500);
const STACK: usize = 256 * 1024;

/// Takes events for the thread, and never waits for it.
pub(super) struct Journal {
    queue: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

/// Waits, when it is dropped, for what is on its way; not long.
pub(super) struct Farewell(SyncSender<Message>);

enum Message {
    Event(&'static Metadata<'static>, Values),
    /// All before it were sent.
    Done(SyncSender<()>),
}

/// Whether somebody listens there, also if it is busy just now.
pub(super) fn is_there() -> bool {
    let asked = UnixDatagram::unbound().and_then(|socket| {
        socket.set_nonblocking(true)?;
        // journald passes over what is empty.
        socket.send_to(&[], SOCKET)
    });
    asked.map_or_else(|error| error.kind() == ErrorKind::WouldBlock, |_| true)
}

/// Begins the thread, or says that there can be none.
pub(super) fn begin() -> std::io::Result<(Journal, Farewell)> {
    start(journald, tell)
}

/// As an error, which no level leaves out: what is missing may have been one.
fn tell(lost: u64) {
    error!(
        lost,
        "{lost} lines are missing here: the journal did not read them in time"
    );
}

fn start<S: Subscriber>(
    open: impl Fn() -> Option<S> + Send + 'static,
    tell: impl Fn(u64) + Send + 'static,
) -> std::io::Result<(Journal, Farewell)> {
    let (queue, messages) = sync_channel(KEPT);
    let lost = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&lost);
    thread::Builder::new()
        .name("journal".to_owned())
        .stack_size(STACK)
        .spawn(move || carry(&messages, &counted, open, tell))?;
    let farewell = Farewell(queue.clone());
    Ok((Journal { queue, lost }, farewell))
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let values = Values::of(metadata.fields(), |visit| event.record(visit));
        if self
            .queue
            .try_send(Message::Event(metadata, values))
            .is_err()
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        let deadline = Instant::now() + FAREWELL;
        let (done, all_sent) = sync_channel(1);
        let mut message = Message::Done(done);
        while let Err(TrySendError::Full(back)) = self.0.try_send(message) {
            if Instant::now() >= deadline {
                return;
            }
            message = back;
            thread::sleep(Duration::from_millis(5));
        }
        let _ = all_sent.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

fn journald() -> Option<impl Subscriber> {
    let layer = tracing_journald::layer().ok()?;
    let layer = layer
        .with_syslog_identifier("ns8-backup-monitor".to_owned())
        // Own names, so that a field called `priority` or `message_id` is never
        // taken for journald's.
        .with_field_prefix(Some("NBM".to_owned()))
        // Without this an INFO would be a notice, a DEBUG an info.
        .with_priority_mappings(PriorityMappings {
            info: Priority::Informational,
            debug: Priority::Debug,
            ..PriorityMappings::new()
        });
    Some(tracing_subscriber::registry().with(layer))
}

/// Sends what comes, one after the other, until nobody can send any more.
fn carry<S: Subscriber>(
    messages: &Receiver<Message>,
    lost: &AtomicU64,
    open: impl Fn() -> Option<S>,
    tell: impl Fn(u64),
) {
    let mut journal = None;
    loop {
        let message = match messages.try_recv() {
            Err(TryRecvError::Empty) => {
                // Only now there is room for it: it comes the same way.
                if journal.is_some() {
                    match lost.swap(0, Ordering::Relaxed) {
                        0 => {}
                        lost => tell(lost),
                    }
                }
                messages.recv().ok()
            }
            found => found.ok(),
        };
        match message {
            Some(Message::Event(metadata, values)) => {
                journal = journal.or_else(&open);
                let Some(journal) = &journal else {
                    lost.fetch_add(1, Ordering::Relaxed);
                    continue;
                };
                let values = values.as_dyn();
                let values = metadata.fields().value_set_all(&values);
                journal.event(&Event::new(metadata, &values));
            }
            Some(Message::Done(done)) => {
                let _ = done.try_send(());
            }
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    use tracing::Dispatch;
    use tracing::field::{Field, Visit};
    use tracing_subscriber::filter::LevelFilter;

    use super::*;

    /// A journal that reads nothing while its gate is held.
    #[derive(Clone, Default)]
    struct Slow {
        gate: Arc<Mutex<()>>,
        read: Arc<Mutex<Vec<String>>>,
    }

    impl<S: Subscriber> Layer<S> for Slow {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            let _open = self.gate.lock().unwrap();
            event.record(&mut self.clone());
        }
    }

    impl Visit for Slow {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            let mut read = self.read.lock().unwrap();
            read.push(format!("{}={value:?}", field.name()));
        }
    }

    /// The thread lives as long as what is given back.
    #[must_use]
    fn speak(journal: Journal, words: impl FnOnce()) -> Dispatch {
        let log = Dispatch::new(tracing_subscriber::registry().with(journal));
        tracing::dispatcher::with_default(&log, words);
        log
    }

    #[test]
    fn who_logs_does_not_wait_and_what_was_lost_is_counted() {
        let slow = Slow::default();
        let (told, hear) = channel();
        let there = slow.clone();
        let open = move || Some(tracing_subscriber::registry().with(there.clone()));
        let (journal, farewell) = start(open, move |lost| told.send(lost).unwrap()).unwrap();

        let held = slow.gate.lock().unwrap();
        let many = KEPT + 100;
        // The test would hang here.
        let _log = speak(journal, || {
            for number in 0..many {
                tracing::info!(number, "line");
            }
        });
        let began = Instant::now();
        drop(farewell);
        assert!(began.elapsed() < FAREWELL * 4, "the end waits not long");
        drop(held);

        let lost = hear.recv_timeout(Duration::from_secs(30)).unwrap();
        let read = slow.read.lock().unwrap().len() / 2;
        assert_eq!(read + usize::try_from(lost).unwrap(), many);
        // One may be in the thread's hands.
        assert!(lost == 99 || lost == 100, "{lost}");
    }

    #[test]
    fn what_was_lost_is_told_at_every_level() {
        let slow = Slow::default();
        let least = tracing_subscriber::registry()
            .with(LevelFilter::ERROR)
            .with(slow.clone());
        tracing::dispatcher::with_default(&Dispatch::new(least), || tell(7));
        let read = slow.read.lock().unwrap().join(" ");
        assert!(read.contains("7 lines are missing here"), "{read}");
    }

    #[test]
    fn what_was_said_is_read_whole_and_harmless_before_the_program_ends() {
        let slow = Slow::default();
        let there = slow.clone();
        let open = move || Some(tracing_subscriber::registry().with(there.clone()));
        let (journal, farewell) = start(open, |lost| panic!("{lost} lost")).unwrap();
        let _log = speak(journal, || {
            tracing::warn!(plan = "7\n", tries = 3, "not {}", "sent");
        });
        drop(farewell);
        let mut read = slow.read.lock().unwrap().clone();
        read.sort();
        assert_eq!(read, ["message=\"not sent\"", "plan=\"7␊\"", "tries=3"]);
    }

    #[test]
    fn a_journal_that_is_not_there_yet_takes_what_comes_later() {
        let slow = Slow::default();
        let (there, tries) = (slow.clone(), AtomicU64::new(0));
        let open = move || {
            let first = tries.fetch_add(1, Ordering::Relaxed) == 0;
            (!first).then(|| tracing_subscriber::registry().with(there.clone()))
        };
        let (told, hear) = channel();
        let (journal, farewell) = start(open, move |lost| told.send(lost).unwrap()).unwrap();
        let _log = speak(journal, || {
            tracing::info!("early");
            tracing::info!("late");
        });
        drop(farewell);
        assert_eq!(*slow.read.lock().unwrap(), ["message=\"late\""]);
        assert_eq!(hear.recv_timeout(Duration::from_secs(30)), Ok(1));
    }
}
