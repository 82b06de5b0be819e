//! The running service: the HTTP server and the loops, started and ended
//! together.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{error, info, warn};

use super::asking::Asking;
use super::clock::{Clock, SystemClock};
use super::delivery::{Delivering, Unrecorded};
use super::events::ClusterEvents;
use super::housekeeping::Housekeeping;
use super::look_now::LookNow;
use super::metrics::at_start;
use super::parts::Parts;
use super::peers::NodePeers;
use super::vpn::{self, VpnDoor};
use super::watching::Watching;
use crate::config::Config;
use crate::model::sanitize;
use crate::receiver::{Door, Limits, Receiver, Rules, Serving, Vitals};
use crate::repo_check::LONGEST_CHECK;
use crate::store::{PutAside, StateLock, Store, StoreError};

/// How long the loops and the server may take to end. With `STORE_FAREWELL`,
/// what the runtime gives its threads and what the log gets, the whole ends
/// within 10 s.
const FAREWELL: Duration = Duration::from_secs(6);
/// How long the database may take for what was handed to it.
const STORE_FAREWELL: Duration = Duration::from_secs(2);
/// For how long mails wait for the first look: after that Redis being away is
/// itself worth a mail.
const RECOGNITION: Duration = Duration::from_mins(30);
/// How long the watching loop may be silent before `/healthz` calls it stuck:
/// longer than the longest check of a destination, with as much again for the
/// database and Redis.
const PATIENCE: Duration = Duration::from_mins(30);
const _: () = assert!(PATIENCE.as_secs() >= 2 * LONGEST_CHECK.as_secs());

/// A service that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Another one works on the same state directory.
    #[error(
        "another ns8-backup-monitor is running on {}: stop it, or set another state.dir",
        .0.display()
    )]
    AlreadyRunning(PathBuf),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address is taken, or not ours.
    #[error(
        "cannot listen on {address}: {reason}; end what listens there, or set \
         receiver.host and receiver.port"
    )]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why not.
        reason: io::Error,
    },
}

/// The running service.
pub struct Service {
    address: SocketAddr,
    place: Place,
    store: Store,
    parts: watch::Sender<Arc<Parts>>,
    rules: watch::Sender<Arc<Rules>>,
    stop: watch::Sender<bool>,
    mails: Arc<Notify>,
    look: Arc<LookNow>,
    vitals: Arc<Vitals>,
    tasks: JoinSet<&'static str>,
    _lock: StateLock,
}

impl Service {
    /// Starts everything. Alerts are taken when this returns.
    pub fn start(parts: Parts) -> Result<Self, ServiceError> {
        let dir = parts.config.state_dir.clone();
        let lock =
            StateLock::try_acquire(&dir)?.ok_or(ServiceError::AlreadyRunning(dir.clone()))?;
        let (store, put_aside) = Store::open_or_begin_anew(&dir, Timestamp::now())?;
        if let Some(damaged) = put_aside {
            tell_damage(&damaged);
        }
        let (listener, address) = listen(&parts)?;
        let place = place(&parts.config);

        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let (alerts, mails) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let wanted = Arc::new(LookNow::default());
        let vitals = Arc::new(Vitals::new(Instant::now(), PATIENCE));
        let (rules, rules_seen) = watch::channel(Arc::new(Rules::from_config(&parts.config)));
        let (parts, parts_seen) = watch::channel(Arc::new(parts));
        let (stop, stopped) = watch::channel(false);
        let (metrics, metrics_seen) = watch::channel(at_start(clock.now()));

        let (vpn_told, vpn_seen) = watch::channel(None);

        let surface = Receiver {
            store: store.clone(),
            rules: rules_seen,
            alerts: Arc::clone(&alerts),
            vitals: Arc::clone(&vitals),
            metrics: metrics_seen,
            now: Arc::new(Timestamp::now),
            limits: Limits::default(),
        }
        .open();
        let serving = surface
            .serve(listener, Door::Own)
            .map_err(|reason| ServiceError::Listen { address, reason })?;
        let door = VpnDoor {
            surface,
            address: vpn_seen,
            port: address.port(),
            pause: vpn::RETRY,
        };
        let watching = Watching {
            store: store.clone(),
            parts: parts_seen.clone(),
            clock: Arc::clone(&clock),
            peers: Arc::new(NodePeers::default()),
            metrics,
            alerts: Arc::clone(&alerts),
            mails: Arc::clone(&mails),
            look: Arc::clone(&wanted),
            vitals: Arc::clone(&vitals),
            vpn: vpn_told,
        };
        let delivering = Delivering {
            store: store.clone(),
            parts: parts_seen.clone(),
            clock: Arc::clone(&clock),
            mails: Arc::clone(&mails),
            unrecorded: Unrecorded::default(),
        };
        let events_seen = parts_seen.clone();
        let asking = Asking {
            store: store.clone(),
            parts: parts_seen.clone(),
            clock: Arc::clone(&clock),
            alerts: Arc::clone(&alerts),
        };
        let housekeeping = Housekeeping {
            store: store.clone(),
            parts: parts_seen,
            clock,
            vitals: Arc::clone(&vitals),
        };

        let work = Work {
            serving,
            door,
            watching,
            events: ClusterEvents::of(events_seen),
            delivering,
            asking,
            housekeeping,
            looks: Arc::clone(&wanted),
        };
        Ok(Self {
            address,
            place,
            store,
            parts,
            rules,
            stop,
            mails,
            look: wanted,
            vitals,
            tasks: work.begin(&stopped),
            _lock: lock,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The configuration that is in force.
    pub fn parts(&self) -> Arc<Parts> {
        Arc::clone(&self.parts.borrow())
    }

    /// The configuration is going to be read again: whoever waits for that is
    /// told what came of it, by [`Service::reload`] or [`Service::refuse`].
    pub fn reload_begins(&self) {
        self.vitals.reload_begins();
    }

    /// The new configuration was no good, and the old one stays.
    pub fn refuse(&self, why: &str) {
        self.vitals.reload_done(Err(sanitize(why)));
    }

    /// Puts another configuration in force, whole. What is being answered or
    /// delivered now ends with the old one; what waits is tried with the new
    /// one at once.
    pub async fn reload(&self, parts: Parts) {
        let new = &parts.config;
        if place(new) != self.place {
            warn!("a change of receiver.host, receiver.port or state.dir needs a restart");
        }
        self.rules.send_replace(Arc::new(Rules::from_config(new)));
        self.parts.send_replace(Arc::new(parts));
        self.vitals.reload_done(Ok(()));
        info!("the new configuration is in force");
        let flush = self.store.flush(Timestamp::now());
        match timeout(STORE_FAREWELL, flush).await {
            Ok(Ok(_)) => {}
            Ok(Err(problem)) => warn!(%problem, "queued mails wait for their next attempt"),
            Err(_) => warn!("the database is slow: queued mails wait for their next attempt"),
        }
        // By the new waits it may be due now.
        self.look.ask_anew();
        self.mails.notify_one();
    }

    /// Looks at the cluster at once, whatever is waited for.
    pub fn look_now(&self) {
        if self.look.ask() {
            info!("looking at the cluster now, as asked");
        } else {
            info!("the cluster is being looked at already");
        }
    }

    /// Returns when a part of the service ended that should not have, and says
    /// which: the service is no good any more then.
    pub async fn failed(&mut self) -> String {
        tokio::select! {
            part = self.tasks.join_next() => match part {
                Some(Ok(part)) => format!("the {part} ended"),
                Some(Err(problem)) => format!("a part of the service broke: {problem}"),
                None => "no part of the service is left".to_owned(),
            },
            // The next start puts it aside: by then nobody works on it.
            why = self.store.damaged() => format!(
                "the database is damaged ({why}); the next start looks at the whole of it \
                 and begins a fresh one if that is so"
            ),
        }
    }

    /// Takes no more alerts, finishes what is being written, ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let ended = timeout(FAREWELL, async {
            while self.tasks.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            warn!("some work did not end in time; it goes on at the next start");
            self.tasks.shutdown().await;
        }
        if timeout(STORE_FAREWELL, self.store.shut_down())
            .await
            .is_err()
        {
            warn!("the database did not end in time; what it was not done with is repeated");
        }
    }
}

/// What the service does, side by side.
struct Work {
    serving: Serving,
    door: VpnDoor,
    watching: Watching,
    events: ClusterEvents,
    delivering: Delivering,
    asking: Asking,
    housekeeping: Housekeeping,
    looks: Arc<LookNow>,
}

impl Work {
    /// Begins all of it; each task gives back what it was.
    fn begin(self, stopped: &watch::Receiver<bool>) -> JoinSet<&'static str> {
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(self.serving, stopped.clone()));
        let (door, seen) = (self.door, stopped.clone());
        tasks.spawn(async move {
            door.run(seen).await;
            "HTTP server of the VPN"
        });
        let (watching, events, seen) = (self.watching, self.events, stopped.clone());
        tasks.spawn(async move {
            // The events live in the loop and end with it.
            watching.run(Box::new(events), seen).await;
            "watching of runs"
        });
        let (delivering, looks, mut seen) = (self.delivering, self.looks, stopped.clone());
        tasks.spawn(async move {
            // A restored or cloned instance must not send what it has queued.
            tokio::select! {
                _ = timeout(RECOGNITION, looks.recognized()) => {}
                () = stop_is_wanted(&mut seen) => return "delivery of mails",
            }
            delivering.run(seen).await;
            "delivery of mails"
        });
        let (asking, seen) = (self.asking, stopped.clone());
        tasks.spawn(async move {
            asking.run(seen).await;
            "asking for alerts"
        });
        let (housekeeping, seen) = (self.housekeeping, stopped.clone());
        tasks.spawn(async move {
            housekeeping.run(seen).await;
            "housekeeping"
        });
        tasks
    }
}

/// Nobody may find an empty history and wonder.
fn tell_damage(damaged: &PutAside) {
    let (file, why) = (damaged.file.display(), &damaged.why);
    error!(
        %file,
        why,
        "the database was damaged and lies now in {file}; a fresh one was begun. Lost with it: \
         the history of reports, alerts that waited for an answer and mails that waited to be \
         sent. Every plan is watched anew from now on. Look at the disk; what can be read of \
         the old database, `sqlite3 FILE .recover` shows; else delete it"
    );
}

/// What only a restart can change.
type Place = (IpAddr, u16, PathBuf);

fn place(config: &Config) -> Place {
    let receiver = &config.receiver;
    (receiver.host, receiver.port, config.state_dir.clone())
}

async fn serve(serving: Serving, mut stopped: watch::Receiver<bool>) -> &'static str {
    let Serving { mut server, handle } = serving;
    let ended = tokio::select! {
        ended = &mut server => ended,
        () = stop_is_wanted(&mut stopped) => tokio::join!(server, handle.stop(true)).0,
    };
    if let Err(problem) = ended {
        error!(%problem, "the HTTP server broke");
    }
    "HTTP server"
}

/// The guard that `wait_for` gives back must not live across an await.
async fn stop_is_wanted(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

fn listen(parts: &Parts) -> Result<(TcpListener, SocketAddr), ServiceError> {
    let wanted = SocketAddr::new(parts.config.receiver.host, parts.config.receiver.port);
    let bound = TcpListener::bind(wanted).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|reason| ServiceError::Listen {
        address: wanted,
        reason,
    })
}
