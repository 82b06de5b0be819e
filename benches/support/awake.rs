//! Processors that do not sleep while we measure.
//!
//! A processor of a virtual machine that has nothing to do is given back to the
//! host, and comes back when that has time for it: on a shared host after
//! milliseconds, which every wait for a disk or a client can cost.

use std::path::Path;
use std::process::Command;

use super::process::Server;

/// Longer than any of them is needed; nobody ends those of a bench that was killed.
const BUSY: &str = "ulimit -t 60; while :; do :; done";

/// Keeps every processor busy with what gives way to everything else, until it is
/// dropped.
pub struct Awake {
    busy: Vec<Server>,
}

impl Awake {
    /// Its output goes to `folder`.
    pub fn keep(folder: &Path) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let spin = ["--idle", "0", "sh", "-c", BUSY];
        let log = folder.join("awake");
        let start = |_| Server::start(Command::new("chrt").args(spin), &log);
        Self {
            busy: (0..processors).map(start).collect(),
        }
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        let all = self.busy.iter_mut().all(Server::running);
        assert!(all || std::thread::panicking(), "a processor slept");
    }
}
