//! What a failed step means: whether it is final, and in which words an
//! administrator reads of it.
//!
//! A 5xx about this recipient or this message is final. Everything that a
//! change of settings, of the server or of the network can mend is not:
//! connections, certificates, logins, a refused sender.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;
use rustls::{CertificateError, InvalidMessage};
use secrecy::ExposeSecret as _;

use crate::model::{Attempt, Encryption, SmtpSettings, sanitize, truncate};

/// How far an attempt was when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Resolving the name, connecting.
    Connect,
    /// Connecting with TLS from the first byte, up to the greeting.
    Tls,
    /// Waiting for the server's greeting.
    Greeting,
    /// Upgrading to TLS.
    Starttls,
    /// Logging in.
    Login,
    /// MAIL.
    Sender,
    /// RCPT.
    Recipient,
    /// DATA.
    Data,
    /// The message and the final dot.
    Message,
}

/// Why an attempt ended.
#[derive(Debug)]
pub(super) enum Failure {
    /// No end in time.
    Timeout(Duration),
    /// No connection.
    Network(io::Error),
    /// What lettre says.
    Smtp(smtp::Error),
    /// The server offers no STARTTLS.
    NoStarttls,
    /// The server offers no login that we know.
    NoLogin,
    /// The server takes no such address.
    NoUtf8(String),
    /// An address that is none.
    Address(String),
    /// `ca_file` cannot be used.
    CaFile(String),
    /// TLS cannot be set up.
    Tls(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Network(error)
    }
}

impl From<smtp::Error> for Failure {
    fn from(error: smtp::Error) -> Self {
        Self::Smtp(error)
    }
}

impl Failure {
    /// What the attempt comes to.
    pub(super) fn attempt(self, step: Step, settings: &SmtpSettings, secrets: &Secrets) -> Attempt {
        let server = format!("{}:{}", settings.host, settings.port);
        if let Self::Smtp(error) = &self
            && error.is_permanent()
            && matches!(step, Step::Recipient | Step::Data | Step::Message)
            && !wants_login(error)
        {
            return Attempt::Refused(secrets.hide(&said(error)));
        }
        let reason = match self {
            Self::Timeout(limit) => {
                format!("{server} {}", timeout(step, limit, settings.encryption))
            }
            Self::Network(error) => {
                format!(
                    "{server} cannot be reached: {error}; check host and port of the mail server"
                )
            }
            Self::NoStarttls => format!(
                "{server} offers no STARTTLS, so nothing was sent; use another port, encryption tls (usually port 465), or none where the network is trusted"
            ),
            Self::NoLogin => format!(
                "{server} offers no login that can be used (PLAIN or LOGIN){}",
                match settings.encryption {
                    Encryption::None =>
                        "; many servers offer it only after STARTTLS: use encryption starttls or tls, or remove user and password",
                    Encryption::Starttls | Encryption::Tls =>
                        "; remove user and password if it wants none",
                }
            ),
            Self::NoUtf8(address) => {
                format!("{server} takes no address like {address} (no SMTPUTF8)")
            }
            Self::Address(address) => format!("{address:?} is not a mail address"),
            Self::CaFile(reason) => format!("mail.smtp.ca_file cannot be used: {reason}"),
            Self::Tls(reason) => format!("TLS cannot be set up: {reason}"),
            Self::Smtp(error) => smtp(&error, step, &server, settings),
        };
        Attempt::Failed(secrets.hide(&reason))
    }
}

fn timeout(step: Step, limit: Duration, encryption: Encryption) -> String {
    let what = match step {
        Step::Connect => "did not accept the connection",
        Step::Tls => "finished no TLS handshake or sent no greeting",
        Step::Greeting => "accepted the connection, but sent no greeting",
        Step::Starttls => "did not finish STARTTLS",
        Step::Login => "did not answer the login",
        Step::Sender | Step::Recipient | Step::Data => "did not answer a command",
        Step::Message => {
            "got the message, but did not confirm it (if it was taken all the same, the repeat bears the same Message-ID)"
        }
    };
    let hint = match (step, encryption) {
        (Step::Greeting, Encryption::None | Encryption::Starttls) => {
            "; if this port speaks TLS from the first byte (465), use encryption tls"
        }
        (Step::Connect, _) => "; check host, port and firewall",
        _ => "",
    };
    format!("{what} within {} s{hint}", limit.as_secs())
}

fn smtp(error: &smtp::Error, step: Step, server: &str, settings: &SmtpSettings) -> String {
    if let Some(tls) = tls_error(error) {
        return certificate(&tls, server, settings);
    }
    if error.status().is_some() {
        let hint = match step {
            _ if wants_login(error) => "; check user and password of the mail server",
            Step::Login => "; check user and password of the mail server",
            Step::Sender => "; check mail.from: the server may accept only certain senders",
            _ => "",
        };
        return format!(
            "{server} answered {} to {}{hint}",
            said(error),
            command(step)
        );
    }
    let cause = innermost(error);
    match step {
        Step::Connect | Step::Tls => {
            format!("{server} cannot be reached: {cause}; check host and port of the mail server")
        }
        Step::Greeting => format!(
            "{server} did not greet as a mail server does: {cause}; check port and encryption"
        ),
        Step::Message => format!(
            "{server} broke the connection off while the message was under way: {cause} (if it was taken all the same, the repeat bears the same Message-ID)"
        ),
        _ => format!("{server} broke off at {}: {cause}", command(step)),
    }
}

fn command(step: Step) -> &'static str {
    match step {
        Step::Connect | Step::Tls | Step::Greeting => "the connection",
        Step::Starttls => "STARTTLS",
        Step::Login => "the login",
        Step::Sender => "the sender (MAIL)",
        Step::Recipient => "the recipient (RCPT)",
        Step::Data => "DATA",
        Step::Message => "the message",
    }
}

/// 530, 534, 535 and 538 ask for another login (RFC 4954), at whatever command.
fn wants_login(error: &smtp::Error) -> bool {
    matches!(
        error.status().map(u16::from),
        Some(530 | 534 | 535 | 538 | 432 | 454)
    )
}

/// Code and text of the server's answer.
fn said(error: &smtp::Error) -> String {
    let code = error.status().map_or_else(String::new, |c| c.to_string());
    match error.source() {
        Some(text) => format!("{code} {text}"),
        None => code,
    }
}

fn innermost(error: &smtp::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// What rustls says, wherever it is packed.
fn tls_error(error: &smtp::Error) -> Option<rustls::Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls.clone());
        }
        let io = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(tls) = io.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Some(tls.clone());
        }
        cause = error.source();
    }
    None
}

fn certificate(error: &rustls::Error, server: &str, settings: &SmtpSettings) -> String {
    let trust = "name its CA in mail.smtp.ca_file (or add it to the machine's trusted CAs), or switch tls_verify off";
    match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            format!("{server} has a certificate of a CA that is not trusted; {trust}")
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => format!(
            "{server} has a certificate that is not valid for the name {}; use a name that stands in it, or switch tls_verify off",
            settings.host
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => format!("{server} has a certificate that has expired; renew it there"),
        rustls::Error::InvalidCertificate(CertificateError::Other(other))
            if other.to_string().contains("CaUsedAsEndEntity") =>
        {
            format!(
                "{server} uses a CA's certificate as its own, which no setting can make trusted; give it a certificate signed by that CA, or switch tls_verify off"
            )
        }
        rustls::Error::InvalidCertificate(other) => {
            format!("{server} has a certificate that is not accepted: {other}; {trust}")
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => format!(
            "{server} does not speak TLS on this port; use encryption starttls (usually port 587) or none"
        ),
        other => format!("no TLS connection with {server}: {other}"),
    }
}

/// All forms in which the password travels, so that a server that repeats what
/// it got cannot carry it into a log.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Those of `settings`.
    pub(super) fn of(settings: &SmtpSettings) -> Self {
        let Some((user, password)) = &settings.login else {
            return Self(Vec::new());
        };
        let password = password.expose_secret();
        let encoded = |user: &str, mechanism, challenge: Option<&str>| {
            let login = Credentials::new(user.to_owned(), password.to_owned());
            let auth = Auth::new(mechanism, login, challenge.map(str::to_owned)).ok()?;
            auth.to_string()
                .split_whitespace()
                .last()
                .map(str::to_owned)
        };
        let mut forms = vec![password.to_owned()];
        forms.extend(encoded(user, Mechanism::Plain, None));
        forms.extend(encoded(user, Mechanism::Login, Some("Password")));
        forms.retain(|form| !form.is_empty());
        Self(forms)
    }

    /// `text` without them, on one harmless line of at most 300 characters.
    pub(super) fn hide(&self, text: &str) -> String {
        const MAX: usize = 300;
        let mut text = text.to_owned();
        for secret in &self.0 {
            text = text.replace(secret.as_str(), "[password]");
        }
        truncate(&sanitize(text.trim()), MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> SmtpSettings {
        SmtpSettings {
            host: "mail.example.org".into(),
            port: 587,
            login: Some(("user".into(), "s3cret-Pa55".to_owned().into())),
            encryption: Encryption::Starttls,
            tls_verify: true,
            ca_file: None,
        }
    }

    #[test]
    fn no_form_of_the_password_survives() {
        let secrets = Secrets::of(&settings());
        // base64 of "s3cret-Pa55" and of "\0user\0s3cret-Pa55"
        let echoed = "535 no: s3cret-Pa55 czNjcmV0LVBhNTU= AHVzZXIAczNjcmV0LVBhNTU= end";
        assert_eq!(
            secrets.hide(echoed),
            "535 no: [password] [password] [password] end"
        );
    }

    #[test]
    fn a_servers_answer_is_short_and_harmless() {
        let secrets = Secrets::of(&settings());
        let hidden = secrets.hide(&format!("\u{1b}[31mred\r\n{}", "x".repeat(400)));
        assert_eq!(hidden.chars().count(), 300);
        assert!(hidden.starts_with("␛[31mred␍␊x"));
    }

    #[test]
    fn a_silent_greeting_points_at_the_encryption() {
        let failure = Failure::Timeout(Duration::from_mins(1));
        let attempt = failure.attempt(Step::Greeting, &settings(), &Secrets(Vec::new()));
        let Attempt::Failed(reason) = attempt else {
            panic!("{attempt:?}");
        };
        assert!(reason.contains("use encryption tls"), "{reason}");
    }
}
