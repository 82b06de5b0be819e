//! Where settings come from: files and the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Where the configuration lies unless `--config` or `CONFIG_FILE` says
/// otherwise.
pub const DEFAULT_FILE: &str = "/etc/ns8-backup-monitor/config.yml";

/// More than any sane configuration; a limit against mistakes such as naming a
/// log file.
const MAX_CONFIG: u64 = 1024 * 1024;
const MAX_SECRET: u64 = 16 * 1024;

/// What [`load`](super::load) reads. Values of the environment are never shown.
#[derive(Clone)]
pub struct Sources {
    /// `--config`; else the variable `CONFIG_FILE`, else [`DEFAULT_FILE`].
    pub path: Option<PathBuf>,
    /// The process environment.
    pub env: BTreeMap<String, String>,
}

impl Sources {
    /// The real environment of this process. Variables that are not text are
    /// not ours and left out.
    pub fn from_process(path: Option<PathBuf>) -> Self {
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { path, env }
    }

    /// The configuration file that counts.
    pub fn file(&self) -> PathBuf {
        self.path
            .clone()
            .or_else(|| {
                let named = self.env.get("CONFIG_FILE");
                named.filter(|path| !path.is_empty()).map(PathBuf::from)
            })
            .unwrap_or_else(|| PathBuf::from(DEFAULT_FILE))
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("path", &self.path)
            .field("env", &self.env.keys())
            .finish()
    }
}

/// A text file and whether every user of the machine can read it.
pub(super) struct TextFile {
    pub text: String,
    pub world_readable: bool,
}

/// Reads the configuration, at most 1 MiB.
pub(super) fn read_config(path: &Path) -> Result<TextFile, Error> {
    read_text(path, MAX_CONFIG)
}

/// Reads a file of the agent.
pub(super) fn read_agent_file(path: &Path) -> Result<TextFile, Error> {
    read_text(path, MAX_CONFIG)
}

/// Reads a secret, at most 16 KiB, without the one line end that editors and
/// `echo` leave behind.
pub(super) fn read_secret(path: &Path) -> Result<TextFile, Error> {
    let mut file = read_text(path, MAX_SECRET)?;
    if file.text.ends_with('\n') {
        file.text.pop();
        if file.text.ends_with('\r') {
            file.text.pop();
        }
    }
    Ok(file)
}

fn read_text(path: &Path, limit: u64) -> Result<TextFile, Error> {
    // Opening a pipe would wait for a writer, perhaps for ever.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > limit) {
        let text = format!("it is larger than {} KiB", limit / 1024);
        return Err(Error::new(ErrorKind::FileTooLarge, text));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().iter().take(valid);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        Error::new(
            ErrorKind::InvalidData,
            format!("line {line} is not UTF-8 text"),
        )
    })?;
    Ok(TextFile {
        text,
        world_readable: metadata.permissions().mode() & 0o004 != 0,
    })
}
