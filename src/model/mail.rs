//! Mails, as they wait in the outbox.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::shorten_addresses;

/// The language of everything an administrator reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Italian.
    It,
}

/// An address that was checked (`local@domain`, no display name).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mailbox(String);

impl Mailbox {
    /// Takes an address that the configuration has checked.
    pub fn new(address: impl Into<String>) -> Self {
        Self(address.into())
    }

    /// The bare address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the last `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("localhost", |(_, d)| d)
    }

    /// For those who may know that there is such a mailbox and not whose:
    /// `ma…@example.org`. No address any more.
    #[must_use]
    pub fn shortened(&self) -> Self {
        Self(shorten_addresses(&self.0))
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Subject and the two forms of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailBody {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML; says the same.
    pub html: String,
}

/// The number of a mail in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailId(pub i64);

/// A finished message: the very bytes that go out, however often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMail {
    /// With angle brackets; the same at every attempt.
    pub message_id: String,
    /// Envelope sender.
    pub from: Mailbox,
    /// Who gets it.
    pub to: Vec<Mailbox>,
    /// The subject, readable, for lists.
    pub subject: String,
    /// The whole message, headers and all, with CR LF line ends.
    pub raw: Vec<u8>,
}

/// How far the delivery to one recipient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientState {
    /// Waits for its next attempt.
    Queued,
    /// The server took it.
    Sent,
    /// The server refused this recipient for good.
    Refused,
    /// Given up after the last attempt.
    Undeliverable,
    /// Withdrawn before it was delivered: the database was restored from a
    /// backup, or is a copy of another installation's.
    NotSent,
}

impl RecipientState {
    /// The serialized name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Undeliverable => "undeliverable",
            Self::NotSent => "not_sent",
        }
    }
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// Not at all.
    None,
    /// Plain at first, then upgraded; refused when the server does not offer it.
    Starttls,
    /// From the first byte.
    Tls,
}

/// A mail server and how to talk to it: the cluster's smarthost, or the own
/// settings of `mail.smtp`.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// User and password, where the server wants them.
    pub login: Option<(String, SecretString)>,
    /// Protection of the connection.
    pub encryption: Encryption,
    /// Whether the server's certificate must be right.
    pub tls_verify: bool,
    /// A CA bundle to trust beside the machine's own.
    pub ca_file: Option<PathBuf>,
}

/// One delivery that is due: one mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which mail.
    pub mail: MailId,
    /// The message.
    pub message: OutgoingMail,
    /// To whom, out of `message.to`.
    pub to: Mailbox,
    /// How many attempts failed so far.
    pub attempts: u32,
    /// When the mail was put into the outbox.
    pub queued_at: Timestamp,
}

/// How one attempt of a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The server took it. Its answer.
    Sent(String),
    /// This recipient was refused for good (5xx). Its answer.
    Refused(String),
    /// Anything that another attempt may mend. The reason, without secrets.
    Failed(String),
}

/// One line of a report's mail history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// `Message-ID` of the mail.
    pub message_id: String,
    /// Its subject.
    pub subject: String,
    /// To whom.
    pub to: Mailbox,
    /// How far it is.
    pub state: RecipientState,
    /// Failed attempts so far.
    pub attempts: u32,
    /// When the state last changed.
    pub at: Timestamp,
    /// When the next attempt is due, while queued.
    pub next_attempt: Option<Timestamp>,
    /// The server's last answer, or why there was none.
    pub answer: Option<String>,
}
