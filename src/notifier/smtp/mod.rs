//! Mails by SMTP: the cluster's smarthost or a server of one's own.
//!
//! One connection per recipient and attempt, driven step by step, so that a
//! failure can be told by the step in which it happened. Nothing is ever sent
//! over a connection that is less protected than the settings say, and no
//! password leaves in an error.

mod answer;
mod tls;

use std::time::Duration;

use async_trait::async_trait;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;

use self::answer::{Failure, Secrets, Step};
use super::Transport;
use crate::model::{Attempt, Encryption, Mailbox, OutgoingMail, SmtpSettings};

/// For a whole attempt, from the name's resolution to the server's last answer.
const LIMIT: Duration = Duration::from_mins(1);
/// For a polite good-bye when the mail is already safe.
const GOOD_BYE: Duration = Duration::from_secs(2);
/// In the order in which they are chosen. lettre knows no challenge-response.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// Sends each mail to one server.
#[derive(Clone, Debug)]
pub struct Smtp {
    settings: SmtpSettings,
    limit: Duration,
}

impl Smtp {
    /// By `settings`. NS8 lets a smarthost have an international name; neither
    /// the resolver nor a certificate knows it in that form.
    pub fn new(mut settings: SmtpSettings) -> Self {
        if !settings.host.is_ascii()
            && let Ok(ascii) = idna::domain_to_ascii(&settings.host)
        {
            settings.host = ascii;
        }
        Self {
            settings,
            limit: LIMIT,
        }
    }

    /// With another limit of time than 60 s.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    async fn attempt(
        &self,
        mail: &OutgoingMail,
        to: &Mailbox,
        step: &mut Step,
    ) -> Result<String, Failure> {
        let from = address(&mail.from)?;
        let to = address(to)?;
        let mut connection = self.connect(step).await?;
        if let Some((user, password)) = &self.settings.login {
            *step = Step::Login;
            let login = Credentials::new(user.clone(), password.expose_secret().to_owned());
            let offered = connection.server_info().get_auth_mechanism(&MECHANISMS);
            if offered.is_none() {
                return Err(Failure::NoLogin);
            }
            connection.auth(&MECHANISMS, &login).await?;
        }
        *step = Step::Sender;
        let options = options(&connection, mail, [&from, &to])?;
        connection.command(Mail::new(Some(from), options)).await?;
        *step = Step::Recipient;
        connection.command(Rcpt::new(to, Vec::new())).await?;
        *step = Step::Data;
        connection.command(Data).await?;
        *step = Step::Message;
        // lettre ends the last line itself.
        let raw = mail.raw.strip_suffix(b"\r\n").unwrap_or(&mail.raw);
        let taken = connection.message(raw).await?;
        // The mail is the server's now; whatever follows cannot change that.
        let _ = tokio::time::timeout(GOOD_BYE, connection.command(Quit)).await;
        let words: Vec<&str> = taken.message().collect();
        Ok(format!("{} {}", taken.code(), words.join(" ")))
    }

    async fn connect(&self, step: &mut Step) -> Result<AsyncSmtpConnection, Failure> {
        let SmtpSettings { host, port, .. } = &self.settings;
        let hello = ClientId::default();
        match self.settings.encryption {
            Encryption::None => self.plain(step, &hello).await,
            Encryption::Starttls => {
                let tls = self.tls().await?;
                let mut connection = self.plain(step, &hello).await?;
                *step = Step::Starttls;
                if !connection.can_starttls() {
                    return Err(Failure::NoStarttls);
                }
                connection.starttls(tls, &hello).await?;
                Ok(connection)
            }
            Encryption::Tls => {
                let tls = self.tls().await?;
                *step = Step::Tls;
                let server = (host.as_str(), *port);
                let connection =
                    AsyncSmtpConnection::connect_tokio1(server, None, &hello, Some(tls), None);
                Ok(connection.await?)
            }
        }
    }

    async fn plain(
        &self,
        step: &mut Step,
        hello: &ClientId,
    ) -> Result<AsyncSmtpConnection, Failure> {
        *step = Step::Connect;
        let stream = TcpStream::connect((self.settings.host.as_str(), self.settings.port)).await?;
        *step = Step::Greeting;
        Ok(AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello).await?)
    }

    /// Reads the CA files, which can take a moment.
    async fn tls(&self) -> Result<TlsParameters, Failure> {
        let settings = self.settings.clone();
        tokio::task::spawn_blocking(move || tls::parameters(&settings))
            .await
            .map_err(|error| Failure::Tls(error.to_string()))?
    }
}

#[async_trait]
impl Transport for Smtp {
    async fn send(&self, mail: &OutgoingMail, to: &Mailbox) -> Attempt {
        let mut step = Step::Connect;
        let attempt = self.attempt(mail, to, &mut step);
        let ended = match tokio::time::timeout(self.limit, attempt).await {
            Ok(ended) => ended,
            Err(_) => Err(Failure::Timeout(self.limit)),
        };
        let secrets = Secrets::of(&self.settings);
        match ended {
            Ok(answer) => Attempt::Sent(secrets.hide(&answer)),
            Err(failure) => failure.attempt(step, &self.settings, &secrets),
        }
    }
}

fn address(mailbox: &Mailbox) -> Result<Address, Failure> {
    mailbox
        .as_str()
        .parse()
        .map_err(|_| Failure::Address(mailbox.as_str().to_owned()))
}

/// What MAIL has to announce. Our own messages are plain ASCII; only an address
/// can need more.
fn options(
    connection: &AsyncSmtpConnection,
    mail: &OutgoingMail,
    addresses: [&Address; 2],
) -> Result<Vec<MailParameter>, Failure> {
    let server = connection.server_info();
    let mut options = Vec::new();
    if let Some(odd) = addresses.iter().find(|a| !a.to_string().is_ascii()) {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::NoUtf8(odd.to_string()));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !mail.raw.is_ascii() && server.supports_feature(Extension::EightBitMime) {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(options)
}
