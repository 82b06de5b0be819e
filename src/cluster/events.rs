//! The events of the cluster, subscribed to at the node's own Redis, to which
//! the leader's are replicated.
//!
//! A message may be lost at any time: Redis keeps none, and who is away misses
//! them. That is harmless, because nothing is taken from a message but that it
//! is time to read, and because every new subscription says so too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use fred::types::{Message, Value};
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::AbortHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use tracing::{debug, info, warn};

use super::connection::{Connection, Endpoint};
use super::event::{CHANNELS, ClusterEvent, PATTERNS, heard};
use super::{ClusterError, leader};
use crate::config::Redis;
use crate::model::{sanitize, truncate};

/// No message of NS8 has more bytes than a few hundred. Who sends longer ones
/// wants our memory: fred has to hold each one whole.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// How the subscription is kept.
#[derive(Clone, Copy, Debug)]
pub struct Pulse {
    /// To a subscription, each time.
    pub connect: Duration,
    /// How often a silent Redis is asked whether it lives, and how long it may
    /// take to say so.
    pub check: Duration,
    /// The pause after the first failure; each is twice as long as the one
    /// before.
    pub first_pause: Duration,
    /// The longest pause, before up to as much again is added by chance: the
    /// nodes of a cluster must not all come back at one moment.
    pub longest_pause: Duration,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            check: Duration::from_secs(10),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(15),
        }
    }
}

/// The cluster's events, in no order and each kind once however often it was
/// published: what is kept of them never grows. Dropping it ends the
/// subscription.
pub struct EventStream {
    pending: Arc<Pending>,
    task: AbortHandle,
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl EventStream {
    /// Subscribes as the anonymous user `default`, now and whenever the
    /// connection breaks. Needs a tokio runtime.
    pub fn open(redis: &Redis) -> Self {
        Self::with_pulse(redis, Pulse::default())
    }

    /// The same at another pace.
    pub fn with_pulse(redis: &Redis, pulse: Pulse) -> Self {
        let pending = Arc::new(Pending::default());
        let listener = Listener {
            own: leader::own(redis),
            pulse,
            pending: Arc::clone(&pending),
        };
        // Ends when the stream is dropped.
        let task = tokio::spawn(listener.listen()).abort_handle();
        Self { pending, task }
    }

    /// Waits for the next one. May be dropped while it waits: nothing is lost.
    pub async fn next(&mut self) -> ClusterEvent {
        loop {
            if let Some(event) = self.pending.take() {
                return event;
            }
            self.pending.bell.notified().await;
        }
    }
}

/// What was published and not yet asked for.
#[derive(Default)]
struct Pending {
    kinds: Mutex<Kinds>,
    bell: Notify,
}

#[derive(Clone, Copy, Default)]
struct Kinds {
    changed: bool,
    leader: bool,
    smarthost: bool,
}

impl Pending {
    fn kinds(&self) -> MutexGuard<'_, Kinds> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, event: ClusterEvent) {
        let mut kinds = self.kinds();
        match event {
            ClusterEvent::Changed => kinds.changed = true,
            ClusterEvent::Leader => kinds.leader = true,
            ClusterEvent::Smarthost => kinds.smarthost = true,
        }
        self.bell.notify_one();
    }

    /// Nobody knows what was missed.
    fn add_all(&self) {
        self.add(ClusterEvent::Leader);
        self.add(ClusterEvent::Smarthost);
        self.add(ClusterEvent::Changed);
    }

    /// Whoever looks the leader up reads everything after it.
    fn take(&self) -> Option<ClusterEvent> {
        let mut kinds = self.kinds();
        if std::mem::take(&mut kinds.smarthost) {
            return Some(ClusterEvent::Smarthost);
        }
        let taken = std::mem::take(&mut *kinds);
        if taken.leader {
            return Some(ClusterEvent::Leader);
        }
        taken.changed.then_some(ClusterEvent::Changed)
    }
}

/// Keeps the subscription.
struct Listener {
    own: Endpoint,
    pulse: Pulse,
    pending: Arc<Pending>,
}

/// The way from one subscription to the next.
struct Way {
    pauses: backon::ExponentialBackoff,
    /// Whether it was told that there are no events.
    told: bool,
}

impl Listener {
    async fn listen(self) {
        let mut way = Way {
            pauses: self.pauses(),
            told: false,
        };
        loop {
            let problem = match self.subscribed(&mut way).await {
                Ok(never) => match never {},
                Err(problem) => problem,
            };
            let pause = way.pauses.next().unwrap_or(self.pulse.longest_pause);
            if way.told {
                debug!(%problem, "still no events of the cluster, trying again in {pause:?}");
            } else {
                way.told = true;
                warn!(
                    %problem,
                    "no events of the cluster for now: changes are seen only when it is read anyway"
                );
            }
            sleep(pause).await;
        }
    }

    fn pauses(&self) -> backon::ExponentialBackoff {
        ExponentialBuilder::default()
            .with_min_delay(self.pulse.first_pause)
            .with_max_delay(self.pulse.longest_pause)
            .with_jitter()
            .without_max_times()
            .build()
    }

    /// Subscribes, and takes messages until that breaks.
    async fn subscribed(&self, way: &mut Way) -> Result<std::convert::Infallible, ClusterError> {
        let Pulse { connect, check, .. } = self.pulse;
        let redis = Connection::open(&self.own, None, connect, check).await?;
        let mut messages = redis.subscribe(&CHANNELS, &PATTERNS).await?;
        self.pending.add_all();
        let mut checks = interval_at(Instant::now() + check, check);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Ok(message) => self.take(&redis, &message)?,
                    // They came faster than they could be looked at. Not the
                    // smarthost: who floods us must not keep it being read,
                    // and while a mail waits that is done anyway.
                    Err(RecvError::Lagged(_)) => self.pending.add(ClusterEvent::Leader),
                    Err(RecvError::Closed) => return Err(redis.broke().await),
                },
                _ = checks.tick() => {
                    redis.still_subscribed().await?;
                    // One that lasted. One that breaks at once must not be
                    // built again and again without a pause.
                    way.pauses = self.pauses();
                    if std::mem::take(&mut way.told) {
                        info!("the cluster's events are received again");
                    }
                }
                problem = redis.broke() => return Err(problem),
            }
        }
    }

    fn take(&self, redis: &Connection, message: &Message) -> Result<(), ClusterError> {
        let payload = match &message.value {
            Value::Bytes(bytes) => bytes.as_ref(),
            Value::String(text) => text.as_bytes(),
            _ => &[],
        };
        let length = payload.len() + message.channel.len();
        if length > LONGEST_MESSAGE {
            let channel = truncate(&sanitize(&message.channel), 100);
            // With the connection goes the memory that it took.
            return Err(redis.senseless("PSUBSCRIBE", &format!("{length} bytes on {channel}")));
        }
        if let Some(event) = heard(&message.channel, payload) {
            self.pending.add(event);
        }
        Ok(())
    }
}
