//! Which way mails leave, and with which settings.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use sha2::{Digest, Sha256};
use tracing::debug;

use crate::cluster::ClusterReader;
use crate::config::Transport as Way;
use crate::model::{Attempt, Mailbox, OutgoingMail, SmtpSettings};
use crate::notifier::{File, Sendmail, Smtp, Transport};

/// The way out of one configuration.
pub struct Outgoing {
    way: Way,
    reader: Arc<dyn ClusterReader>,
    /// The smarthost as it was last read, once it was: what is used while
    /// Redis is away, and what a change is recognised by.
    last: Mutex<Option<Smarthost>>,
}

/// What a read of the cluster said; `None` in it: there is no smarthost.
#[derive(Clone)]
struct Smarthost(Option<SmtpSettings>);

/// A way out that was opened for one round of deliveries.
pub struct Opened {
    /// Where mails go now, for people: `host:port`, a command, a directory; none
    /// where there is no way out.
    pub description: Option<String>,
    /// Sends.
    pub transport: Arc<dyn Transport>,
    /// The settings are other ones than at the last round.
    pub changed: bool,
}

impl Outgoing {
    /// Mails leave as `way` says; the smarthost is read by `reader`.
    pub fn new(way: Way, reader: Arc<dyn ClusterReader>) -> Self {
        Self {
            way,
            reader,
            last: Mutex::new(None),
        }
    }

    /// Takes over the smarthost that `before` read last, so that a new
    /// configuration delivers too while the cluster cannot be read.
    pub fn remember(&self, before: &Self) {
        let is_smarthost = |one: &Self| matches!(one.way, Way::Smarthost);
        if is_smarthost(self) && is_smarthost(before) {
            let read = before.last().clone();
            *self.last() = read;
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<Smarthost>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the way out. The smarthost is read now; while the cluster cannot
    /// be read, the one read last is used. Where there is no way out, every
    /// attempt fails with the reason.
    pub async fn open(&self) -> Opened {
        match &self.way {
            Way::Smarthost => self.smarthost().await,
            Way::Smtp(settings) => by_smtp(settings.clone(), false),
            Way::Sendmail(command) => Opened {
                description: command.first().cloned(),
                transport: Arc::new(Sendmail::new(command.clone())),
                changed: false,
            },
            Way::File(directory) => Opened {
                description: Some(directory.display().to_string()),
                transport: Arc::new(File::new(directory.clone())),
                changed: false,
            },
        }
    }

    async fn smarthost(&self) -> Opened {
        let read = self.reader.smarthost().await;
        let mut last = self.last();
        let current = match read {
            Ok(current) => current,
            Err(problem) => {
                let Some(Smarthost(Some(before))) = last.as_ref() else {
                    return no_way(format!("the smarthost cannot be read: {problem}"), false);
                };
                debug!(%problem, "the smarthost cannot be read, using the one read last");
                return by_smtp(before.clone(), false);
            }
        };
        let changed = last.as_ref().is_some_and(|Smarthost(before)| {
            before.as_ref().map(digest) != current.as_ref().map(digest)
        });
        *last = Some(Smarthost(current.clone()));
        match current {
            Some(settings) => by_smtp(settings, changed),
            None => no_way(NO_SMARTHOST.to_owned(), changed),
        }
    }
}

const NO_SMARTHOST: &str = "the cluster has no smarthost: set one in the cluster-admin \
                            (Settings, Email notifications), or set mail.transport";

fn by_smtp(settings: SmtpSettings, changed: bool) -> Opened {
    Opened {
        description: Some(format!("{}:{}", settings.host, settings.port)),
        transport: Arc::new(Smtp::new(settings)),
        changed,
    }
}

fn no_way(reason: String, changed: bool) -> Opened {
    Opened {
        description: None,
        transport: Arc::new(NoWay { reason }),
        changed,
    }
}

/// All that a server could tell apart, the password included, as a value that
/// gives nothing away.
fn digest(settings: &SmtpSettings) -> [u8; 32] {
    let mut digest = Sha256::new();
    let SmtpSettings {
        host,
        port,
        login,
        encryption,
        tls_verify,
        ca_file,
    } = settings;
    digest.update(format!(
        "{host}\0{port}\0{encryption:?}\0{tls_verify}\0{ca_file:?}\0"
    ));
    if let Some((user, password)) = login {
        digest.update(format!("{user}\0{}", password.expose_secret()));
    }
    digest.finalize().into()
}

/// No way out: says why at every attempt.
struct NoWay {
    reason: String,
}

#[async_trait]
impl Transport for NoWay {
    async fn send(&self, _mail: &OutgoingMail, _to: &Mailbox) -> Attempt {
        Attempt::Failed(self.reason.clone())
    }
}
