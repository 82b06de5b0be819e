//! Processors that do not sleep while we measure.
//!
//! A processor of a virtual machine that has nothing to do is given back to the
//! host, and comes back when that has time for it: on a shared host after
//! milliseconds, which every wait for a disk or a client can cost.

use std::path::Path;
use std::process::Command;

use super::process::Server;

/// Keeps every processor busy with what gives way to everything else, until it is
/// dropped.
pub struct Awake {
    _busy: Vec<Server>,
}

impl Awake {
    /// Its output goes to `folder`.
    pub fn keep(folder: &Path) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let spin = ["--idle", "0", "sh", "-c", "while :; do :; done"];
        let busy = (0..processors)
            .map(|_| Server::start(Command::new("chrt").args(spin), &folder.join("awake")));
        Self {
            _busy: busy.collect(),
        }
    }
}
