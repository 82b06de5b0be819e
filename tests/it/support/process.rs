//! Child processes that end with the test, free ports, and waiting for ready.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::net::TcpSocket;

/// A child in a process group of its own, killed with that group on drop.
pub struct Server {
    child: Child,
}

impl Server {
    /// Starts `command`; its output goes to `log`.
    pub fn start(command: &mut Command, log: &std::path::Path) -> Self {
        let out = std::fs::File::create(log).expect("log file");
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().expect("log file"))
            .stderr(out)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; run tests/run first"));
        Self { child }
    }

    /// Its process id, which is also its group's.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a crash would, and reaps it.
    pub fn kill(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }

    /// Asks it to stop and waits for it, at most 30 s.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Sends it, and not its children, a signal.
    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// Waits for its end, at most 30 s.
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("a server to stop when asked", || {
            status = self.child.try_wait().expect("a child of ours");
            status.is_some()
        });
        status.expect("waited for it")
    }

    /// Whether it still runs.
    pub fn running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A loopback port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

/// A port of loopback that refuses connections: as long as this lives nobody else
/// can listen there.
pub struct DeadPort(TcpSocket);

impl DeadPort {
    pub fn take() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .expect("a port");
        Self(socket)
    }

    pub fn number(&self) -> u16 {
        self.0.local_addr().expect("its address").port()
    }
}

/// Waits until something accepts connections at `address`.
pub fn wait_for_port(address: SocketAddr) {
    wait_until(&format!("{address} to accept connections"), || {
        TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
    });
}

/// Waits, at most 30 s, until `ready` says so.
#[track_caller]
pub fn wait_until(what: &str, ready: impl FnMut() -> bool) {
    wait_within(Duration::from_secs(30), what, ready);
}

/// Waits, at most `limit`, until `ready` says so.
#[track_caller]
pub fn wait_within(limit: Duration, what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !ready() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How much memory a process holds, in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    memory(pid, "VmRSS:")
}

/// How much it ever held, in KiB.
pub fn peak_kib(pid: u32) -> u64 {
    memory(pid, "VmHWM:")
}

fn memory(pid: u32, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number.and_then(|kib| kib.parse().ok()).expect(what)
}

/// A file that `tests/run` prepared below `target/test-env` (or where
/// `NBM_TEST_ENV` says).
pub fn test_env(name: &str) -> PathBuf {
    std::env::var_os("NBM_TEST_ENV")
        .map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/test-env"),
            PathBuf::from,
        )
        .join(name)
}
