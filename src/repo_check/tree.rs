//! A child and everything it started, ended together.
//!
//! Two things find the descendants: the process group that the child leads,
//! and a mark in its environment, which every descendant inherits. The mark is
//! needed because restic puts its own helpers (ssh, rclone) into groups of
//! their own, and because a daemon leaves both its group and its parent.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};

/// The name of the mark in the environment.
pub(super) const MARK: &str = "NS8_BACKUP_MONITOR_PROBE";

/// How often the process table is searched: a descendant may have started
/// another one while it was ended.
const PASSES: usize = 3;

/// Ends the child's whole tree when dropped, unless [`Tree::leave`] was called.
#[derive(Debug)]
pub(super) struct Tree {
    /// The child, while it is not reaped: until then nobody else can have its
    /// number, nor its group's.
    leader: Option<Pid>,
    /// `NAME=value` as the environment holds it; empty when all is over.
    mark: Vec<u8>,
}

impl Tree {
    /// A value for [`MARK`] that no other process has.
    pub(super) fn new_mark() -> String {
        format!("{:032x}", fastrand::u128(..))
    }

    /// Watches over the child `leader`, which was started in a process group of
    /// its own and with `mark`.
    pub(super) fn new(leader: Option<u32>, mark: &str) -> Self {
        let leader = leader
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        Self {
            leader,
            mark: format!("{MARK}={mark}").into_bytes(),
        }
    }

    /// Asks all of them to end.
    pub(super) fn ask_to_end(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends all of them.
    pub(super) fn end(&self) {
        for _ in 0..PASSES {
            if self.signal(Signal::KILL) == 0 {
                break;
            }
        }
    }

    /// The child itself was reaped: its number may belong to another by now.
    pub(super) fn leader_is_reaped(&mut self) {
        self.leader = None;
    }

    /// Nobody is left.
    pub(super) fn leave(&mut self) {
        self.leader = None;
        self.mark.clear();
    }

    /// How many marked processes got the signal.
    fn signal(&self, signal: Signal) -> usize {
        if let Some(leader) = self.leader {
            // Fails only when the whole group has ended by itself.
            let _ = kill_process_group(leader, signal);
        }
        if self.mark.is_empty() {
            return 0;
        }
        let Ok(processes) = fs::read_dir("/proc") else {
            return 0;
        };
        processes
            .flatten()
            .filter_map(|entry| pid_of(entry.file_name().as_bytes()))
            .filter(|pid| signal_if_marked(*pid, &self.mark, signal))
            .count()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if self.leader.is_some() || !self.mark.is_empty() {
            self.end();
        }
    }
}

fn pid_of(name: &[u8]) -> Option<Pid> {
    let number = std::str::from_utf8(name).ok()?.parse().ok()?;
    Pid::from_raw(number)
}

/// The handle is taken before the mark is read, so that the signal can reach
/// nobody but the process that was looked at.
fn signal_if_marked(pid: Pid, mark: &[u8], signal: Signal) -> bool {
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else {
        return false;
    };
    let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero()));
    environment.is_ok_and(|text| text.split(|byte| *byte == 0).any(|entry| entry == mark))
        && pidfd_send_signal(&handle, signal).is_ok()
}
