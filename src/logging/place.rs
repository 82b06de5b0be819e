//! Where the log goes, by what surrounds the process.

use std::fs;
use std::io::IsTerminal as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::Role;
use super::journal::{self, Farewell, Journal};

/// What is known of the surroundings.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, each of them yes or no"
)]
pub(super) struct Surroundings {
    pub role: Role,
    /// The standard error is a terminal.
    pub terminal: bool,
    /// A service manager started us.
    pub managed: bool,
    /// We are in a container.
    pub container: bool,
    /// The standard error is connected to the journal.
    pub journal_stream: bool,
}

/// Where the log goes.
pub(super) enum Place {
    /// To journald, with fields.
    Journal(Journal, Farewell),
    /// To the standard error, each line with its priority as `<N>`.
    Prefixed,
    /// To the standard error, for people.
    Plain,
    /// Warnings and errors to the standard error, the rest to the standard
    /// output.
    Split,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    JournalElse(Fallback),
    Only(Fallback),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fallback {
    Prefixed,
    Plain,
    Split,
}

impl Surroundings {
    /// Looks around.
    pub(super) fn look(role: Role) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            role,
            terminal: std::io::stderr().is_terminal(),
            managed: set("INVOCATION_ID"),
            container: set("container")
                || Path::new("/run/.containerenv").exists()
                || Path::new("/.dockerenv").exists(),
            journal_stream: std::env::var("JOURNAL_STREAM")
                .is_ok_and(|value| stderr_id().is_some_and(|id| id == value)),
        }
    }

    /// Decides. The journal is only chosen if something listens there.
    pub(super) fn choose(self) -> Place {
        let fallback = match self.wish() {
            Wish::JournalElse(fallback) => {
                if journal::is_there()
                    && let Ok((journal, farewell)) = journal::begin()
                {
                    return Place::Journal(journal, farewell);
                }
                fallback
            }
            Wish::Only(fallback) => fallback,
        };
        match fallback {
            Fallback::Prefixed => Place::Prefixed,
            Fallback::Plain => Place::Plain,
            Fallback::Split => Place::Split,
        }
    }

    fn wish(self) -> Wish {
        if self.role == Role::Command || self.terminal {
            return Wish::Only(Fallback::Plain);
        }
        let fallback = if self.journal_stream {
            Fallback::Prefixed
        } else if self.container || self.managed {
            // podman's journald driver takes the stream for the priority, and
            // older ones keep a `<N>` in the text (containers/conmon #595).
            Fallback::Split
        } else {
            Fallback::Plain
        };
        if self.managed || self.container {
            Wish::JournalElse(fallback)
        } else {
            Wish::Only(fallback)
        }
    }
}

/// `device:inode` of the standard error: systemd.exec(5) asks to compare it
/// with `JOURNAL_STREAM`, which is inherited by children whose streams go
/// elsewhere.
fn stderr_id() -> Option<String> {
    let metadata = fs::metadata("/proc/self/fd/2").ok()?;
    Some(format!("{}:{}", metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Surroundings = Surroundings {
        role: Role::Service,
        terminal: false,
        managed: false,
        container: false,
        journal_stream: false,
    };

    #[test]
    fn people_and_scripts_get_readable_lines() {
        let terminal = Surroundings {
            terminal: true,
            managed: true,
            container: true,
            ..BARE
        };
        assert_eq!(terminal.wish(), Wish::Only(Fallback::Plain));
        let command = Surroundings {
            role: Role::Command,
            container: true,
            journal_stream: true,
            ..BARE
        };
        assert_eq!(command.wish(), Wish::Only(Fallback::Plain));
        assert_eq!(BARE.wish(), Wish::Only(Fallback::Plain));
    }

    #[test]
    fn a_service_goes_to_the_journal_else_to_its_streams() {
        let unit = Surroundings {
            managed: true,
            journal_stream: true,
            ..BARE
        };
        assert_eq!(unit.wish(), Wish::JournalElse(Fallback::Prefixed));
        let container = Surroundings {
            container: true,
            ..BARE
        };
        assert_eq!(container.wish(), Wish::JournalElse(Fallback::Split));
    }
}
