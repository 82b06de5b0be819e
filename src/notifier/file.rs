//! Mails as files: one `.eml` per mail in a directory.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use super::Transport;
use super::compose::date_of;
use crate::model::{Attempt, Mailbox, OutgoingMail};

/// A directory on a dead network share must not hold up the outbox.
const LIMIT: Duration = Duration::from_mins(1);

/// Writes each mail into a directory.
///
/// A file's name follows from the mail's date and id, and it appears whole or
/// not at all. A mail that is sent twice, or to several recipients, is the same
/// file.
#[derive(Clone, Debug)]
pub struct File {
    directory: PathBuf,
}

impl File {
    /// Into `directory`, which is made when it is missing.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Where `mail` is or would be.
    pub fn path(&self, mail: &OutgoingMail) -> PathBuf {
        let date = date_of(&mail.raw).map_or_else(String::new, |date| {
            date.strftime("%Y%m%dT%H%M%SZ-").to_string()
        });
        let local = mail.message_id.split('@').next().unwrap_or_default();
        let id: String = local
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(64)
            .collect();
        self.directory.join(format!("{date}{id}.eml"))
    }
}

#[async_trait]
impl Transport for File {
    async fn send(&self, mail: &OutgoingMail, _to: &Mailbox) -> Attempt {
        let path = self.path(mail);
        let raw = mail.raw.clone();
        let target = path.clone();
        let written = tokio::task::spawn_blocking(move || write(&target, &raw));
        let reason = match tokio::time::timeout(LIMIT, written).await {
            Ok(Ok(Ok(()))) => return Attempt::Sent(format!("written to {}", path.display())),
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no end within {} s", LIMIT.as_secs()),
        };
        Attempt::Failed(format!(
            "the mail cannot be written to {}: {reason}; check mail.directory, its permissions and the free space",
            path.display()
        ))
    }
}

fn write(path: &Path, raw: &[u8]) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::Builder::new()
        .prefix(".mail-")
        .tempfile_in(directory)?;
    file.write_all(raw)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name itself must survive a power loss, too.
    std::fs::File::open(directory)?.sync_all()
}
