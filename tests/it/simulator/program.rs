//! The program under test: the real pipeline on a real Redis and a real
//! database, with a clock that is set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ns8_backup_monitor::cluster::{ClusterError, ClusterReader, RedisReader};
use ns8_backup_monitor::config;
use ns8_backup_monitor::model::{
    Alert, AlertState, ClockMark, ClusterState, NodeId, Probe, ProbeMethod, ProbeTarget,
    Reachability, RepoCause, ReportId, SkipReason, SmtpSettings,
};
use ns8_backup_monitor::pipeline::{Clock, LookNow, Parts, Peers, Session, Watching};
use ns8_backup_monitor::receiver::Vitals;
use ns8_backup_monitor::repo_check::Prober;
use ns8_backup_monitor::store::{ReportFilter, Store};
use tokio::sync::{Notify, watch};

use super::truth::{Look, Second, Seen};

/// What the world outside shows to the program just now.
#[derive(Debug, Default)]
pub struct Outside {
    pub now: Second,
    /// When the program's machine was started, and how often.
    pub booted: (Second, u32),
    /// Whether the way to Redis is cut.
    pub cut: bool,
    /// Nodes that do not answer.
    pub silent: std::collections::BTreeSet<u32>,
    pub nodes: u32,
    /// By destination and module, when snapshots were made.
    pub snapshots: BTreeMap<(String, String), Vec<Second>>,
    /// Whether the destinations do not answer.
    pub dark: bool,
}

/// The outside, shared with the parts that show it.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Outside>>);

impl Shared {
    pub fn with<T>(&self, work: impl FnOnce(&mut Outside) -> T) -> T {
        work(&mut self.0.lock().expect("nothing panics under it"))
    }
}

fn at(second: Second) -> Timestamp {
    Timestamp::from_second(second).expect("a time of this century")
}

#[async_trait]
impl Clock for Shared {
    fn now(&self) -> Timestamp {
        at(self.with(|outside| outside.now))
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }

    fn mark(&self, wall: Timestamp) -> ClockMark {
        let (booted, number) = self.with(|outside| outside.booted);
        ClockMark {
            wall,
            boot: wall.as_second() - booted,
            boot_id: format!("boot-{number}"),
        }
    }
}

/// As NS8's health probe tells it: where all of two or more peers are silent,
/// the own VPN is the suspect.
#[async_trait]
impl Peers for Shared {
    async fn reachability(&self, _: &ClusterState, own: Option<NodeId>) -> Reachability {
        self.with(|outside| {
            let own = own.map_or(1, |own| own.0);
            let peers = (1..=outside.nodes).filter(|node| *node != own);
            let peers: Vec<u32> = peers.collect();
            let silent = peers.iter().filter(|node| outside.silent.contains(node));
            let silent: Vec<u32> = silent.copied().collect();
            if peers.len() >= 2 && silent.len() == peers.len() {
                return Reachability {
                    own_vpn_suspect: true,
                    ..Reachability::default()
                };
            }
            Reachability {
                unreachable: silent.into_iter().map(NodeId).collect(),
                own_vpn_suspect: false,
            }
        })
    }
}

#[async_trait]
impl Prober for Shared {
    fn method(&self) -> ProbeMethod {
        ProbeMethod::Restic
    }

    async fn probe(&self, target: &ProbeTarget, _: Duration) -> Result<Probe, SkipReason> {
        let (cause, saved) = self.with(|outside| {
            let key = (target.destination.to_string(), target.module.to_string());
            let cause = if outside.dark {
                RepoCause::Unreachable
            } else {
                RepoCause::Reachable
            };
            let mut saved: Vec<_> = outside.snapshots.get(&key).cloned().unwrap_or_default();
            saved.sort_unstable_by(|a, b| b.cmp(a));
            (cause, saved.into_iter().map(at).collect::<Vec<_>>())
        });
        let saved = Some(saved).filter(|_| cause == RepoCause::Reachable);
        Ok(Probe {
            module: target.module.clone(),
            path: target.path.clone(),
            cause,
            snapshots: saved.as_ref().map(|saved| saved.len() as u64),
            newest: saved.as_ref().and_then(|saved| saved.first().copied()),
            // A repository answers with as many as restic is asked to keep.
            recent: saved.unwrap_or_default().into_iter().take(100).collect(),
            size: None,
            locks: Vec::new(),
            message: None,
            took_ms: 1,
        })
    }
}

/// Redis, which can be cut off.
struct Way {
    reader: RedisReader,
    outside: Shared,
}

impl Way {
    fn open(&self) -> Result<(), ClusterError> {
        if self.outside.with(|outside| outside.cut) {
            return Err(ClusterError::Unreachable {
                address: "cluster-leader:6379".into(),
                reason: "no route to host".into(),
            });
        }
        Ok(())
    }
}

#[async_trait]
impl ClusterReader for Way {
    async fn read(&self, now: Timestamp) -> Result<ClusterState, ClusterError> {
        self.open()?;
        self.reader.read(now).await
    }

    async fn smarthost(&self) -> Result<Option<SmtpSettings>, ClusterError> {
        self.open()?;
        self.reader.smarthost().await
    }

    async fn ping(&self) -> Result<(), ClusterError> {
        self.open()?;
        self.reader.ping().await
    }
}

/// How the program is set up in one story.
pub struct Setup {
    pub redis: config::Redis,
    pub own_zone: TimeZone,
    /// What `schedule.timezone` says of single nodes.
    pub told_zones: BTreeMap<u32, TimeZone>,
    pub probed: bool,
    pub always: bool,
}

/// The program.
pub struct Program {
    folder: PathBuf,
    parts: watch::Receiver<Arc<Parts>>,
    outside: Shared,
    running: Option<Running>,
    known: BTreeMap<ReportId, (Timestamp, usize)>,
    pub looks: Vec<Look>,
    pub seen: Vec<Seen>,
}

struct Running {
    watching: Watching,
    session: Session,
    looked: bool,
}

impl Program {
    pub fn new(folder: &Path, setup: &Setup, outside: &Shared) -> Self {
        let on = if setup.always { "always" } else { "failures" };
        let text = format!(
            "mail: {{from: a@example.org, to: [b@example.org], transport: file, directory: {}}}\n\
             repo_check: {{method: \"off\"}}\nnotify: {{\"on\": {on}}}\n",
            folder.join("mails").display()
        );
        let environment = BTreeMap::from([("NODE_ID".to_owned(), "1".to_owned())]);
        let mut config = config::load_str(&text, &environment)
            .expect("a configuration")
            .config;
        config.redis = setup.redis.clone();
        config.zones.own = setup.own_zone.clone();
        let told = setup.told_zones.iter();
        config.zones.nodes = told
            .map(|(node, zone)| (NodeId(*node), zone.clone()))
            .collect();
        let reader = Arc::new(Way {
            reader: RedisReader::new(&setup.redis),
            outside: outside.clone(),
        });
        let mut parts = Parts::with_reader(config, reader).expect("parts");
        if setup.probed {
            parts.prober = Ok(Arc::new(outside.clone()));
        }
        Self {
            folder: folder.to_owned(),
            parts: watch::channel(Arc::new(parts)).1,
            outside: outside.clone(),
            running: None,
            known: BTreeMap::new(),
            looks: Vec::new(),
            seen: Vec::new(),
        }
    }

    pub fn is_up(&self) -> bool {
        self.running.is_some()
    }

    pub fn start(&mut self) {
        let store = Store::open(&self.folder).expect("the database");
        self.running = Some(Running {
            watching: Watching {
                store,
                parts: self.parts.clone(),
                clock: Arc::new(self.outside.clone()),
                peers: Arc::new(self.outside.clone()),
                metrics: watch::channel(Arc::from("")).0,
                vpn: watch::channel(None).0,
                alerts: Arc::new(Notify::new()),
                look: Arc::new(LookNow::default()),
                mails: Arc::new(Notify::new()),
                vitals: Arc::new(Vitals::new(Instant::now(), Duration::MAX)),
            },
            session: Session::default(),
            looked: false,
        });
    }

    /// What it had not written down is lost.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Takes an alert in; whether that was possible.
    pub async fn accept(&mut self, labels: &[(&str, &str)], since: Second) -> bool {
        let Some(running) = &self.running else {
            return false;
        };
        let alert = Alert {
            name: "BackupFailed".into(),
            state: AlertState::Firing,
            labels: labels
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
            starts_at: Some(at(since)),
        };
        let now = self.outside.now();
        let store = &running.watching.store;
        store.accept(vec![alert], now).await.expect("accepted");
        true
    }

    /// Looks once; how many seconds nothing more is due for.
    pub async fn look(&mut self) -> Second {
        let now = self.outside.with(|outside| outside.now);
        let running = self.running.as_mut().expect("it runs");
        let pause = running.watching.pass(&mut running.session).await;
        let read = matches!(
            running.watching.vitals.redis(),
            ns8_backup_monitor::receiver::RedisHealth::Reached
        );
        self.looks.push(Look {
            at: now,
            read,
            first: !running.looked,
        });
        running.looked = true;
        self.note_reports(now).await;
        i64::try_from(pause.as_secs()).unwrap_or(300).max(1)
    }

    async fn note_reports(&mut self, now: Second) {
        let store = &self.running.as_ref().expect("it runs").watching.store;
        let filter = ReportFilter {
            limit: 60,
            ..ReportFilter::default()
        };
        let listed = store.reports(filter).await.expect("the reports");
        for line in listed.into_iter().rev() {
            let before = self.known.get(&line.id);
            let same = |known: &(Timestamp, usize)| {
                known.0 == line.made_at && (known.1 > 0 || !line.mailed)
            };
            if before.is_some_and(same) {
                continue;
            }
            let mails = store.deliveries(line.id).await.expect("its mails").len();
            let stored = store.report(line.id).await.expect("a report");
            self.known.insert(line.id, (line.made_at, mails));
            self.seen.push(Seen {
                at: now,
                id: line.id,
                mails,
                stored: stored.expect("it is listed"),
            });
        }
    }

    /// The database, while it runs.
    pub fn store(&self) -> Option<&Store> {
        Some(&self.running.as_ref()?.watching.store)
    }
}
