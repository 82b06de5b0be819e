//! The MIME message: headers, plain text and HTML in one
//! `multipart/alternative`.
//!
//! Everything in it follows from its inputs, so that a message composed twice
//! is the same twice, to the byte.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::Message;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, HeaderName, HeaderValue, InvalidHeaderName,
};
use lettre::message::{Body, MultiPart, MultiPartKind, SinglePart};
use sha2::{Digest, Sha256};

use crate::model::{MailBody, Mailbox, OutgoingMail, PlanId, RunId, sanitize};

/// What stands in the headers beside the subject.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// With angle brackets; see [`message_id`].
    pub message_id: &'a str,
    /// When the report was made.
    pub date: Timestamp,
    /// `mail.from`.
    pub from: &'a Mailbox,
    /// Everybody who gets it, at least one.
    pub to: &'a [Mailbox],
    /// With angle brackets: what mails of one trouble have in common; see
    /// [`thread_id`].
    pub thread: Option<&'a str>,
}

/// A message that cannot be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// An address that passed the configuration is none for a mail.
    #[error("{address:?} is not a mail address: {reason}; correct it in the configuration")]
    Address {
        /// Which one.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else.
    #[error("the mail cannot be composed: {0}")]
    Message(String),
}

/// The message, ready to go out.
pub fn compose(body: &MailBody, envelope: &Envelope<'_>) -> Result<OutgoingMail, ComposeError> {
    let subject = sanitize(body.subject.trim());
    let mut message = Message::builder()
        .from(address(envelope.from)?)
        .message_id(Some(envelope.message_id.to_owned()))
        .date(SystemTime::from(envelope.date))
        .subject(subject.as_str());
    for to in envelope.to {
        message = message.to(address(to)?);
    }
    if let Some(thread) = envelope.thread {
        message = message.references(thread.to_owned());
    }
    let list = format!("<backup-monitor.{}>", domain(envelope.from.domain()));
    for (name, value) in [
        ("List-Id", list.as_str()),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
    ] {
        let name = HeaderName::new_from_ascii(name.to_owned())
            .map_err(|error: InvalidHeaderName| ComposeError::Message(error.to_string()))?;
        message = message.raw_header(HeaderValue::new(name, value.to_owned()));
    }
    let parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(digest(&["boundary", envelope.message_id]))
        .singlepart(part(ContentType::TEXT_PLAIN, &body.text)?)
        .singlepart(part(ContentType::TEXT_HTML, &body.html)?);
    let message = message
        .multipart(parts)
        .map_err(|error| ComposeError::Message(error.to_string()))?;
    Ok(OutgoingMail {
        message_id: envelope.message_id.to_owned(),
        from: envelope.from.clone(),
        to: envelope.to.to_vec(),
        subject,
        raw: message.formatted(),
    })
}

fn address(mailbox: &Mailbox) -> Result<lettre::message::Mailbox, ComposeError> {
    let parsed: Result<lettre::Address, _> = mailbox.as_str().parse();
    match parsed {
        Ok(address) => Ok(lettre::message::Mailbox::new(None, address)),
        Err(error) => Err(ComposeError::Address {
            address: sanitize(mailbox.as_str()),
            reason: error.to_string(),
        }),
    }
}

/// Quoted-printable for both: seven bits on every way, short lines, and still
/// readable in the raw.
fn part(kind: ContentType, text: &str) -> Result<SinglePart, ComposeError> {
    let body = Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::QuotedPrintable)
        .map_err(|_| ComposeError::Message("the text cannot be encoded".into()))?;
    Ok(SinglePart::builder().header(kind).body(body))
}

/// The `Message-ID` for what `key` names (a run, a test): the same for the same
/// inputs, so that a mail that went out twice is recognised as one. `instance`
/// keeps clusters apart, `domain` is that of the sender.
pub fn message_id(instance: &str, key: &str, domain: &str) -> String {
    format!(
        "<{}@{}>",
        digest(&["message", instance, key]),
        self::domain(domain)
    )
}

/// The root of a thread that all mails of one trouble of a plan share, from its
/// first failure to its recovery; the next trouble is another one. `first` is
/// the trouble's first bad run, of a report without one its own. No message
/// bears this id itself: so the thread holds together also where its first
/// mail was held back, or is not kept by a recipient.
pub fn thread_id(instance: &str, plan: Option<&PlanId>, first: &RunId, domain: &str) -> String {
    let plan = plan.map_or("", PlanId::as_str);
    format!(
        "<{}@{}>",
        digest(&["thread", instance, plan, first.as_str()]),
        self::domain(domain)
    )
}

/// 32 hexadecimal digits. The parts are kept apart by their lengths.
fn digest(parts: &[&str]) -> String {
    const BYTES: usize = 16;
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hash = hash.finalize();
    hash.iter()
        .take(BYTES)
        .fold(String::new(), |mut out, byte| {
            out.extend(
                [byte >> 4, byte & 15]
                    .map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0')),
            );
            out
        })
}

/// What may stand behind the `@` of a message id everywhere.
fn domain(domain: &str) -> String {
    let plain: String = domain
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        .collect();
    match plain.trim_matches(['.', '-']) {
        "" => "localhost".into(),
        plain => plain.to_owned(),
    }
}

/// The plain text of a message that [`compose`] made.
pub fn text_of(raw: &[u8]) -> Option<String> {
    part_of(raw, 1, "text/plain")
}

/// The HTML of a message that [`compose`] made.
pub fn html_of(raw: &[u8]) -> Option<String> {
    part_of(raw, 2, "text/html")
}

fn part_of(raw: &[u8], place: usize, kind: &str) -> Option<String> {
    let raw = std::str::from_utf8(raw).ok()?;
    let (headers, _) = raw.split_once("\r\n\r\n")?;
    let (_, boundary) = headers.split_once("boundary=\"")?;
    let (boundary, _) = boundary.split_once('"')?;
    let part = raw.split(&format!("--{boundary}")).nth(place)?;
    let (headers, body) = part.split_once("\r\n\r\n")?;
    if !headers.contains(kind) {
        return None;
    }
    let body = body.strip_suffix("\r\n").unwrap_or(body);
    String::from_utf8(from_quoted_printable(body)?).ok()
}

/// The date of a message that [`compose`] made.
pub(super) fn date_of(raw: &[u8]) -> Option<Timestamp> {
    let text = String::from_utf8_lossy(raw.get(..raw.len().min(4096))?);
    let line = text
        .split("\r\n")
        .find_map(|line| line.strip_prefix("Date: "))?;
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(line)
        .ok()
}

fn from_quoted_printable(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'=', [b'\r', b'\n', tail @ ..]) => tail,
            (b'=', [high, low, tail @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                let byte = digit(high)? * 16 + digit(low)?;
                out.push(u8::try_from(byte).ok()?);
                tail
            }
            (b'=', _) => return None,
            (byte, tail) => {
                out.push(*byte);
                tail
            }
        };
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(subject: &str) -> MailBody {
        MailBody {
            subject: subject.into(),
            text: "È fallito = 1\n.\n--x\n".into(),
            html: format!("<p>È <b>= fallito</b></p>{}\n", "y".repeat(2_000)),
        }
    }

    fn composed(subject: &str) -> OutgoingMail {
        let from = Mailbox::new("backup@example.org");
        let to = [Mailbox::new("a@example.org"), Mailbox::new("b@example.net")];
        let id = message_id("uuid", "plan/1/run/2", from.domain());
        let thread = thread_id("uuid", Some(&"1".into()), &"run".into(), from.domain());
        let envelope = Envelope {
            message_id: &id,
            date: "2026-11-21T02:05:12Z".parse().unwrap(),
            from: &from,
            to: &to,
            thread: Some(&thread),
        };
        compose(&body(subject), &envelope).unwrap()
    }

    #[test]
    fn the_same_report_makes_the_same_bytes() {
        assert_eq!(composed("❌ x").raw, composed("❌ x").raw);
    }

    #[test]
    fn message_ids_keep_runs_and_clusters_apart() {
        let id = |instance, key| message_id(instance, key, "example.org");
        assert_eq!(id("a", "b"), id("a", "b"));
        assert_ne!(id("a", "bc"), id("ab", "c"));
        assert_eq!(id("a", "b").len(), "<@example.org>".len() + 32);
        let odd = message_id("a", "b", "münchen.example\r\n>");
        assert!(odd.ends_with("@mnchen.example>"), "{odd}");
        assert!(message_id("a", "b", "").ends_with("@localhost>"));
    }

    #[test]
    fn a_thread_is_of_one_trouble_of_one_plan() {
        let id = |instance, plan: Option<&str>, first: &str| {
            let plan = plan.map(PlanId::from);
            thread_id(instance, plan.as_ref(), &first.into(), "example.org")
        };
        let one = id("uuid", Some("1"), "a");
        assert_eq!(one, id("uuid", Some("1"), "a"));
        for other in [
            id("uuid", Some("1"), "b"),
            id("uuid", Some("2"), "a"),
            id("clone", Some("1"), "a"),
            id("uuid", None, "a"),
            id("uuid", None, "1a"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn no_subject_can_add_a_header() {
        let mail = composed("a\r\nBcc: victim@example.org\r\n\r\nbody");
        let raw = String::from_utf8(mail.raw).unwrap();
        assert!(!raw.contains("\r\nBcc:"), "{raw}");
        assert!(!mail.subject.contains('\n'));
    }

    #[test]
    fn lines_are_short_and_plain_ascii() {
        let mail = composed(&"🚀".repeat(150));
        assert!(mail.raw.is_ascii());
        for line in mail.raw.split(|byte| *byte == b'\n') {
            assert!(line.len() <= 998, "{} bytes", line.len());
        }
    }

    #[test]
    fn the_html_and_the_date_can_be_taken_out_again() {
        let mail = composed("x");
        let expected = body("x").html.replace('\n', "\r\n");
        assert_eq!(html_of(&mail.raw).unwrap(), expected);
        let date: Timestamp = "2026-11-21T02:05:12Z".parse().unwrap();
        assert_eq!(date_of(&mail.raw), Some(date));
        assert_eq!(html_of(b"no message"), None);
    }
}
