//! One connection to one Redis, for single questions and for messages; the one
//! large read has a `wire` of its own.
//!
//! fred reconnects in the background when told to. It is not told to: a
//! connection that broke is thrown away, so that every reconnection passes the
//! lookup of the leader and no command is ever repeated behind our back.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use fred::clients::Client;
use fred::error::{Error as FredError, ErrorKind};
use fred::interfaces::{
    AuthInterface as _, ClientLike as _, EventInterface as _, PubsubInterface as _,
};
use fred::prelude::{Builder, Config as FredConfig, FredResult, ServerConfig};
use fred::types::{ClusterHash, CustomCommand, Message, RespVersion, Value as FredValue};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;

use super::ClusterError;
use super::command::{Command, Reply};
use super::value::Value;
use crate::model::{sanitize, truncate};

/// How Redis begins to say that a key holds something else.
pub(super) const WRONG_TYPE: &str = "WRONGTYPE";

/// Where a Redis listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Socket(PathBuf),
    Tcp { host: String, port: u16 },
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
        }
    }
}

/// A Redis user. Without one a connection is the anonymous `default`, which
/// NS8 lets read `cluster/*`, `node/*` and `module/*` without a password.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub user: String,
    pub password: SecretString,
}

/// A live connection. Dropping it ends the task that drives it, and with it
/// the socket.
pub(super) struct Connection {
    endpoint: Endpoint,
    user: String,
    client: Client,
    driver: AbortHandle,
    ended: watch::Receiver<Option<FredError>>,
    connect: Duration,
    limit: Duration,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Connects, as `account` or else as `default`. `connect` bounds the way to
    /// a usable connection, `limit` each round trip after it.
    pub async fn open(
        endpoint: &Endpoint,
        account: Option<&Account>,
        connect: Duration,
        limit: Duration,
    ) -> Result<Self, ClusterError> {
        let client = builder(endpoint, connect, limit).build().map_err(|error| {
            ClusterError::Unreachable {
                address: endpoint.to_string(),
                reason: words(&error),
            }
        })?;
        let task = client.connect();
        let driver = task.abort_handle();
        let (tell, ended) = watch::channel(None);
        // Ends with the driver, which `Drop` ends.
        tokio::spawn(async move {
            let error = match task.await {
                Ok(Err(error)) => error,
                Ok(Ok(())) | Err(_) => FredError::new(ErrorKind::IO, "the connection was closed"),
            };
            let _ = tell.send(Some(error));
        });
        let mut connection = Self {
            endpoint: endpoint.clone(),
            user: account.map_or_else(|| "default".to_owned(), |account| account.user.clone()),
            client,
            driver,
            ended,
            connect,
            limit: connect,
        };
        connection
            .bounded("the connection", connection.client.wait_for_connect())
            .await?;
        if let Some(account) = account {
            connection.log_in(account).await?;
        }
        connection.limit = limit;
        Ok(connection)
    }

    /// A command of its own, because fred writes the account into `HELLO` as
    /// plain text, where a space or a quote in a password breaks the line.
    async fn log_in(&self, account: &Account) -> Result<(), ClusterError> {
        let password = account.password.expose_secret();
        let login = self.client.auth(Some(account.user.clone()), password);
        self.bounded("AUTH", login).await
    }

    /// To whom it leads.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How long the way to a usable connection may take.
    pub fn connect_limit(&self) -> Duration {
        self.connect
    }

    /// Whether it is known to be broken.
    pub fn broken(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// One question, one answer.
    ///
    /// fred 10.1 takes an array of three to five elements that begins with a
    /// word such as `subscribe` for a message and drops it; the question then
    /// waits until its limit. So nothing is asked here whose answer can be such
    /// an array: single values; at least six at once; and whole hashes only
    /// where nobody but NS8's core names the fields, none of which is such a
    /// word.
    pub async fn ask(&self, command: Command) -> Result<Reply, ClusterError> {
        let name = command.name();
        let custom = CustomCommand::new_static(name, ClusterHash::FirstKey, false);
        let words: Vec<_> = command.words().map(FredValue::from).collect();
        // fred's futures are large: on the heap, they make none above them so.
        let answer = Box::pin(async {
            match self.client.custom::<FredValue, _>(custom, words).await {
                Ok(value) => Ok(Reply::Value(own(value))),
                Err(error) if error.details().starts_with(WRONG_TYPE) => Ok(Reply::WrongType),
                Err(error) => Err(error),
            }
        });
        self.bounded(name, answer).await
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), ClusterError> {
        self.bounded("PING", self.client.ping::<FredValue>(None))
            .await
            .map(drop)
    }

    /// Subscribes to `channels` and `patterns`. From then on the connection is
    /// good for [`Self::still_subscribed`] only. Messages that are not taken in
    /// time are dropped, and the receiver is told.
    pub async fn subscribe(
        &self,
        channels: &[&'static str],
        patterns: &[&'static str],
    ) -> Result<broadcast::Receiver<Message>, ClusterError> {
        let messages = self.client.message_rx();
        let channels = self.client.subscribe(channels.to_vec());
        self.bounded("SUBSCRIBE", Box::pin(channels)).await?;
        let patterns = self.client.psubscribe(patterns.to_vec());
        self.bounded("PSUBSCRIBE", Box::pin(patterns)).await?;
        self.still_subscribed().await?;
        Ok(messages)
    }

    /// Whether it answers, and as to somebody who has subscribed. fred takes a
    /// subscription for made once it is written, and drops what Redis says to
    /// it; but in RESP2 a subscriber's `PING` has an answer of its own.
    pub async fn still_subscribed(&self) -> Result<(), ClusterError> {
        let pong = self.client.ping::<FredValue>(None);
        match self.bounded("PSUBSCRIBE", pong).await? {
            FredValue::Array(_) => Ok(()),
            _ => Err(ClusterError::Refused {
                address: self.endpoint.to_string(),
                user: self.user.clone(),
                reason: "it may not subscribe to events".to_owned(),
            }),
        }
    }

    /// Returns when it broke, and why.
    pub async fn broke(&self) -> ClusterError {
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some).await;
        match end.ok().and_then(|error| error.clone()) {
            Some(error) => self.failed("the connection", &error),
            None => self.unreachable("the connection was closed".to_owned()),
        }
    }

    async fn bounded<T>(
        &self,
        what: &str,
        work: impl Future<Output = FredResult<T>>,
    ) -> Result<T, ClusterError> {
        tokio::select! {
            biased;
            done = work => done.map_err(|error| self.failed(what, &error)),
            problem = self.broke() => Err(problem),
            () = tokio::time::sleep(self.limit) => Err(self.too_slow(self.limit)),
        }
    }

    /// An answer that is none of Redis' errors and still makes no sense.
    pub fn senseless(&self, what: &str, reason: &str) -> ClusterError {
        ClusterError::Answer {
            address: self.endpoint.to_string(),
            command: what.to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// Redis answered `what` with an error of its own.
    pub fn refused(&self, what: &str, error: &str) -> ClusterError {
        let kind = match error.split(' ').next() {
            Some("NOAUTH" | "WRONGPASS") => ErrorKind::Auth,
            _ => ErrorKind::Unknown,
        };
        self.failed(what, &FredError::new(kind, error.to_owned()))
    }

    /// It did not answer within `limit`.
    pub fn too_slow(&self, limit: Duration) -> ClusterError {
        self.unreachable(format!("no answer within {} s", limit.as_secs_f32()))
    }

    /// The system says that it cannot be reached, or no more.
    pub fn lost(&self, error: std::io::Error) -> ClusterError {
        self.failed("the connection", &FredError::from(error))
    }

    fn unreachable(&self, reason: String) -> ClusterError {
        ClusterError::Unreachable {
            address: self.endpoint.to_string(),
            reason,
        }
    }

    fn failed(&self, what: &str, error: &FredError) -> ClusterError {
        let reason = words(error);
        match error.kind() {
            ErrorKind::Auth => ClusterError::Refused {
                address: self.endpoint.to_string(),
                user: self.user.clone(),
                reason,
            },
            ErrorKind::IO
            | ErrorKind::Timeout
            | ErrorKind::Canceled
            | ErrorKind::Routing
            | ErrorKind::Config => self.unreachable(reason),
            _ => ClusterError::Answer {
                address: self.endpoint.to_string(),
                command: what.to_owned(),
                reason,
            },
        }
    }
}

/// What fred took out of an answer. In RESP2 there is nothing else.
fn own(value: FredValue) -> Value {
    match value {
        FredValue::Integer(number) => Value::Number(number),
        FredValue::Bytes(text) => Value::Text(text),
        FredValue::String(text) => Value::Text(text.into_inner()),
        FredValue::Array(values) => Value::List(values.into_iter().map(own).collect()),
        _ => Value::Nil,
    }
}

/// What Redis or fred said, fit to be shown, in words for a person: of an error
/// of the system fred gives its debug form, such as `Os { code: 111, kind:
/// ConnectionRefused, message: "Connection refused" }` or `Custom { kind: Other,
/// error: "bytes remaining on stream" }`.
fn words(error: &FredError) -> String {
    let told = error.details();
    let quoted = |before: &str| {
        let (_, rest) = told.split_once(before)?;
        Some(rest.split_once('"')?.0)
    };
    let plain = match told.split_once(" {") {
        Some(("Os", _)) => quoted("message: \""),
        Some(("Custom", _)) => quoted("error: \""),
        _ => None,
    };
    match plain.unwrap_or(told) {
        text if text.trim().is_empty() => "an error without a word".to_owned(),
        text => truncate(&sanitize(text), 200),
    }
}

fn builder(endpoint: &Endpoint, connect: Duration, limit: Duration) -> Builder {
    let server = match endpoint {
        Endpoint::Socket(path) => ServerConfig::new_unix_socket(path),
        Endpoint::Tcp { host, port } => ServerConfig::new_centralized(host.as_str(), *port),
    };
    let mut builder = Builder::from_config(FredConfig {
        server,
        // In RESP3 fred builds each hash as a map twice over, which costs more
        // than all else in a read.
        version: RespVersion::RESP2,
        ..FredConfig::default()
    });
    builder
        .with_performance_config(|performance| {
            performance.default_command_timeout = limit;
        })
        .with_connection_config(|connection| {
            connection.tcp.nodelay = Some(true);
            connection.connection_timeout = connect;
            connection.internal_command_timeout = connect;
            connection.max_command_attempts = 1;
            connection.auto_client_setname = false;
            connection.disable_cluster_health_check = true;
        });
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Connection {
        /// One that leads nowhere.
        pub fn unconnected() -> Self {
            let endpoint = Endpoint::Socket("nowhere".into());
            let limit = Duration::from_secs(1);
            Self {
                client: builder(&endpoint, limit, limit).build().unwrap(),
                endpoint,
                user: "default".to_owned(),
                driver: tokio::spawn(async {}).abort_handle(),
                ended: watch::channel(None).1,
                connect: limit,
                limit,
            }
        }
    }

    #[test]
    fn errors_of_the_system_are_told_in_words() {
        for (told, plain) in [
            (
                "Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }",
                "Connection refused",
            ),
            (
                "Custom { kind: Other, error: \"bytes remaining on stream\" }",
                "bytes remaining on stream",
            ),
            ("Connection closed.", "Connection closed."),
            ("Custom { kind: Other }", "Custom { kind: Other }"),
            ("NOPERM a {b}", "NOPERM a {b}"),
        ] {
            let error = FredError::new(ErrorKind::IO, told.to_owned());
            assert_eq!(words(&error), plain);
        }
    }
}
