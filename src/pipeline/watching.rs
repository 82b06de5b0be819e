//! From what wakes us to reports that are stored with their mails.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tracing::{debug, info, warn};

use super::clock::Clock;
use super::events::{Events, Wake};
use super::look_now::LookNow;
use super::observing::Look;
use super::outage::Outages;
use super::parts::{MailError, Parts};
use super::peers::Peers;
use super::publishing::Lately;
use super::setback::Setback;
use super::vpn;
use crate::correlator::{Between, due};
use crate::model::{ClusterState, InboxEntry, Watch};
use crate::receiver::{RedisHealth, Vitals};
use crate::store::{Store, StoreError};

/// How soon to try again after Redis failed: short enough that what was due
/// meanwhile is reported within a minute after it is back.
const RETRY: Duration = Duration::from_secs(15);
/// The longest pause while the database fails, for the same reason.
const STORE_PAUSE: Duration = Duration::from_secs(45);
/// The longest pause while a mail cannot be made: each attempt asks the
/// repositories again, and only another configuration is likely to help.
const MAIL_PAUSE: Duration = Duration::from_mins(5);
/// For how long events are gathered before the cluster is read once for all.
const GATHER: Duration = Duration::from_secs(1);
/// And at most, where a look takes long.
pub(super) const GATHER_LONGEST: Duration = Duration::from_secs(10);
/// So many times as long as a look took, events wait for the next one: whoever
/// publishes without end must not keep us reading without end.
const GATHER_SHARE: u32 = 4;

/// The part of the service that watches runs and answers alerts.
pub struct Watching {
    /// Inbox, history and outbox.
    pub store: Store,
    /// What the configuration decides; replaced at a reload.
    pub parts: watch::Receiver<Arc<Parts>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Asks whether nodes answer.
    pub peers: Arc<dyn Peers>,
    /// Rung when an alert was accepted.
    pub alerts: Arc<Notify>,
    /// Rung when a mail was put into the outbox.
    pub mails: Arc<Notify>,
    /// Rung when somebody wants a look at once.
    pub look: Arc<LookNow>,
    /// Where `/healthz` and `/readyz` look.
    pub vitals: Arc<Vitals>,
    /// The text of `/metrics`.
    pub metrics: watch::Sender<Arc<str>>,
    /// The VPN address of this node.
    pub vpn: watch::Sender<Option<IpAddr>>,
}

/// What is kept from look to look.
pub struct Session {
    /// As it is on disk; `None` until it was read.
    pub(super) watch: Option<Watch>,
    pub(super) between: Between,
    pub(super) outages: Outages,
    pub(super) setback: Setback,
    /// Whether this instance was the one that sends, when that was told.
    pub(super) voice: Option<bool>,
    pub(super) lately: Lately,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            watch: None,
            between: Between::Started,
            outages: Outages::default(),
            setback: Setback::of("runs cannot be watched and alerts not answered"),
            voice: None,
            lately: Lately::default(),
        }
    }
}

impl Watching {
    /// Watches until `stop` changes. What is being reported then is left to the
    /// next start: nothing of it is lost.
    pub async fn run(&self, mut events: Box<dyn Events>, mut stop: watch::Receiver<bool>) {
        let mut session = Session::default();
        loop {
            self.vitals.beat(Instant::now());
            // Listening before looking: an alert that arrives in between still
            // wakes us.
            let accepted = self.alerts.notified();
            tokio::pin!(accepted);
            accepted.as_mut().enable();
            let (began, started) = (self.clock.now(), Instant::now());
            self.look.looking(true);
            let pause = tokio::select! {
                pause = self.pass(&mut session) => pause,
                _ = stop.changed() => return,
            };
            self.look.looking(false);
            let took = started.elapsed();
            debug!(
                took_ms = took.as_millis(),
                next_s = pause.as_secs(),
                "looked at the cluster"
            );
            let gather = gathering(took);
            let until_due = async {
                accepted.await;
                self.clock.sleep(self.soonest_after(began)).await;
            };
            tokio::select! {
                () = until_due => {}
                () = self.until_news(events.as_mut(), gather) => {}
                () = self.look.asked() => {}
                () = self.clock.sleep(pause) => {}
                _ = stop.changed() => return,
            }
        }
    }

    /// Returns when something happened in the cluster. Many events come
    /// together, and one look shows them all: those of the time `gather`.
    async fn until_news(&self, events: &mut dyn Events, gather: Duration) {
        loop {
            match events.next().await {
                Wake::Changed => break,
                Wake::Smarthost => self.mails.notify_one(),
            }
        }
        let more = async {
            loop {
                if events.next().await == Wake::Smarthost {
                    self.mails.notify_one();
                }
            }
        };
        tokio::select! {
            () = more => {}
            () = self.clock.sleep(gather) => {}
        }
    }

    /// How long no alert will be due that came in after `began`. To look sooner
    /// would be in vain, and a flood of alerts would keep the store busy with it.
    fn soonest_after(&self, began: Timestamp) -> Duration {
        let wait = self.parts.borrow().config.correlator.wait;
        let due = began.checked_add(wait).ok();
        due.map_or(wait, |at| until(at, self.clock.now()))
    }

    /// Looks once, and reports what is over; returns how long nothing more will
    /// be due.
    pub async fn pass(&self, session: &mut Session) -> Duration {
        let now = self.clock.now();
        let looked = self.look(session).await;
        let parts = Arc::clone(&self.parts.borrow());
        self.publish(session, &parts).await;
        match looked {
            Ok(pause) => pause,
            Err(problem) => {
                let most = match problem {
                    WatchingError::Store(_) => STORE_PAUSE,
                    WatchingError::Mail(_) => MAIL_PAUSE,
                };
                session.setback.failed(&problem, most, now)
            }
        }
    }

    async fn look(&self, session: &mut Session) -> Result<Duration, WatchingError> {
        let parts = Arc::clone(&self.parts.borrow());
        let now = self.clock.now();
        if session.watch.is_none() {
            session.watch = Some(self.store.load_watch().await?);
        }
        let waiting = self.store.waiting().await?;
        let Some(state) = self.read(session, &parts, now).await else {
            session.between = match session.between {
                Between::Started => Between::Started,
                Between::Watching | Between::Outage => Between::Outage,
            };
            self.outage(session, &parts, &waiting).await?;
            return Ok(RETRY);
        };
        session.outages.over(self).await?;
        let outlook = due(&waiting, parts.config.correlator.wait, now);
        let look = Look {
            watching: self,
            parts: &parts,
            state: &state,
            waiting: &waiting,
            due: &outlook.due,
            now,
            probed: Mutex::default(),
        };
        let pause = look.observe(session).await;
        let probed = look.probed.into_inner().unwrap_or_default();
        for report in &probed {
            session.lately.reported(report);
        }
        session.lately.read(state);
        let pause = pause?;
        session.setback.over();
        if self.answered_any(&waiting).await? {
            // The look may not have shown all that waits.
            return Ok(Duration::ZERO);
        }
        let alerts = outlook.next.map(|at| until(at, self.clock.now()));
        Ok(alerts.map_or(pause, |alerts| pause.min(alerts)))
    }

    async fn answered_any(&self, waiting: &[InboxEntry]) -> Result<bool, WatchingError> {
        if waiting.is_empty() {
            return Ok(false);
        }
        let left = self.store.waiting().await?;
        let waits = |entry: &InboxEntry| left.iter().any(|left| left.id == entry.id);
        Ok(!waiting.iter().all(waits))
    }

    async fn read(
        &self,
        session: &mut Session,
        parts: &Parts,
        now: Timestamp,
    ) -> Option<ClusterState> {
        match parts.reader.read(now).await {
            Ok(state) => {
                self.vitals.set_redis(RedisHealth::Reached);
                let address = vpn::address(&parts.config, &state);
                self.vpn.send_if_modified(|known| {
                    let changed = *known != address;
                    *known = address;
                    changed
                });
                Some(state)
            }
            Err(problem) => {
                session.lately.failed(&problem);
                let health = RedisHealth::Failed(problem.to_string());
                self.vitals.set_redis(health);
                None
            }
        }
    }

    /// Redis away matters when something waits for what it would say.
    async fn outage(
        &self,
        session: &mut Session,
        parts: &Parts,
        waiting: &[InboxEntry],
    ) -> Result<(), WatchingError> {
        let watch = session.watch.as_ref();
        let runs = watch.is_some_and(|watch| {
            let rules = parts.rules();
            crate::correlator::something_is_due(watch, &rules, self.clock.now())
        });
        let matters = runs || !waiting.is_empty();
        // Unless it was told that another one speaks.
        let speaks = session.voice.unwrap_or(true);
        session.outages.noticed(self, parts, matters, speaks).await
    }

    /// Says once, and again when it changes, whether this instance sends.
    pub(super) fn tell_voice(session: &mut Session, speaks: bool) {
        if session.voice == Some(speaks) {
            return;
        }
        match (session.voice, speaks) {
            (None, true) => {}
            (Some(_), true) => info!("this instance sends the reports from now on"),
            (_, false) => warn!(
                "another instance of this application sends the reports; this one only \
                 collects, and takes over when the cluster says so"
            ),
        }
        session.voice = Some(speaks);
    }
}

/// Why what was seen is not on disk. Nothing is lost: it is looked at again.
#[derive(Debug, thiserror::Error)]
pub enum WatchingError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail.
    #[error("the mail cannot be made: {0}")]
    Mail(#[from] MailError),
}

/// For how long events are gathered after a look that took so long.
fn gathering(looked: Duration) -> Duration {
    (looked * GATHER_SHARE).clamp(GATHER, GATHER_LONGEST)
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or_default()
}
