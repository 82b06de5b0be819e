//! What the configuration says about the surface, and what is fixed.

use std::fmt;
use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::SecretString;

use crate::config::Config;
use crate::model::Language;

/// What a reload can change.
#[derive(Clone)]
pub struct Rules {
    /// The bearer token that others than loopback have to show; without one
    /// nobody else is let in.
    pub token: Option<SecretString>,
    /// The names of the alerts that count.
    pub alert_names: Vec<String>,
    /// The language of the status page.
    pub language: Language,
    /// The zone of the times on the status page.
    pub timezone: TimeZone,
}

impl Rules {
    /// Takes the part of the configuration that matters here.
    pub fn from_config(config: &Config) -> Self {
        Self {
            token: config.receiver.token.clone(),
            alert_names: config.receiver.alert_names.clone(),
            language: config.mail.language,
            timezone: config.mail.timezone.clone(),
        }
    }

    /// Whether an alert of this name counts.
    pub(super) fn counts(&self, alert_name: &str) -> bool {
        self.alert_names.iter().any(|name| name == alert_name)
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("token", &self.token.is_some())
            .field("alert_names", &self.alert_names)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// Bounds of what others can cost us. The defaults are what is used; tests take
/// smaller ones.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// For a body to arrive, from its head on.
    pub body_time: Duration,
    /// For the first head to arrive, and between two requests. A connection
    /// that does anything else for twice this time is closed.
    pub head_time: Duration,
    /// Webhook posts at once; one more is answered 503.
    pub posts: usize,
    /// Open connections above which every new one closes the one that has been
    /// idle for longest, so that a crowd of them keeps nobody out.
    pub connections: usize,
    /// Open connections at all; more wait in the system's queue. Each takes two
    /// of the 1024 files that a process may commonly have open.
    pub most_connections: usize,
    /// For the database to take alerts; then 503, although they may be stored.
    pub store_time: Duration,
    /// For the database to answer `/readyz` and the status page.
    pub ask_time: Duration,
    /// For open connections at the end.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            body_time: Duration::from_secs(5),
            head_time: Duration::from_secs(3),
            posts: 64,
            connections: 256,
            most_connections: 384,
            store_time: Duration::from_secs(8),
            ask_time: Duration::from_secs(2),
            farewell: Duration::from_secs(3),
        }
    }
}
