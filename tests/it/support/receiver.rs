//! The HTTP surface by itself: a real listener, a real database, small limits.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ns8_backup_monitor::model::{InboxEntry, Language};
use ns8_backup_monitor::receiver::{Door, Limits, Receiver, RedisHealth, Rules, Serving, Vitals};
use ns8_backup_monitor::store::Store;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, oneshot, watch};

/// A surface that listens on a free loopback port; ends when dropped.
pub struct Surface {
    pub address: SocketAddr,
    pub store: Store,
    /// What `/metrics` says.
    pub metrics: watch::Sender<Arc<str>>,
    state: PathBuf,
    runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    folder: Option<TempDir>,
}

impl Surface {
    pub fn start(limits: Limits) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut surface = Self::start_in(&folder.path().join("state"), limits);
        surface.folder = Some(folder);
        surface
    }

    /// Keeps its state in `state`, which stays when it ends.
    pub fn start_in(state: &Path, limits: Limits) -> Self {
        let store = Store::open(state).expect("a database");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let metrics: watch::Sender<Arc<str>> = watch::Sender::new("# EOF\n".into());
        let receiver = receiver(store.clone(), metrics.subscribe(), limits);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime().block_on(async {
                let served = receiver.open().serve(listener, Door::Own);
                let Serving { server, handle } = served.expect("a server");
                let serving = tokio::spawn(server);
                let _ = stopped.await;
                handle.stop(true).await;
                serving.await.expect("its task").expect("its end");
            });
        });
        Self {
            address,
            store,
            metrics,
            state: state.to_owned(),
            runtime: runtime(),
            stop: Some(stop),
            thread: Some(thread),
            folder: None,
        }
    }

    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The alerts that wait.
    pub fn waiting(&self) -> Vec<InboxEntry> {
        self.runtime.block_on(self.store.waiting()).expect("them")
    }

    /// Ends it gracefully and says how long that took.
    pub fn stop(&mut self) -> Duration {
        let begin = Instant::now();
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server's thread");
        }
        begin.elapsed()
    }

    /// A connection to it that has sent this much.
    pub fn connect(&self, sent: &str) -> Connection {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_nodelay(true).expect("an option");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("an option");
        stream.write_all(sent.as_bytes()).expect("to be heard");
        Connection(stream)
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A client that says what it likes.
pub struct Connection(pub TcpStream);

impl Connection {
    /// Sends more; a server that has closed already is no failure.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Everything up to the end of the connection.
    pub fn rest(mut self) -> String {
        let mut answer = Vec::new();
        let _ = self.0.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

fn receiver(store: Store, metrics: watch::Receiver<Arc<str>>, limits: Limits) -> Receiver {
    let rules = Rules {
        token: None,
        alert_names: ["BackupFailed", "NsBackupFailed", "NsBackupMissing"]
            .map(str::to_owned)
            .to_vec(),
        language: Language::It,
        timezone: TimeZone::UTC,
    };
    let vitals = Vitals::new(Instant::now(), Duration::from_mins(10));
    vitals.set_redis(RedisHealth::Reached);
    Receiver {
        store,
        // Its sender may go: the last value stays.
        rules: watch::Sender::new(Arc::new(rules)).subscribe(),
        alerts: Arc::new(Notify::new()),
        vitals: Arc::new(vitals),
        metrics,
        now: Arc::new(Timestamp::now),
        limits,
    }
}
