//! One connection to one Redis: a list of commands out, as many replies back,
//! in one round trip.
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
use fred::types::{Message, RespVersion, Value};
use futures_util::future::join;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{broadcast, watch};
use tokio::task::AbortHandle;

use super::ClusterError;
use super::command::{Command, Replies, Reply};
use crate::model::{sanitize, truncate};

/// So many commands fred may hold back before it writes them; it writes every
/// 8 KiB anyway.
const MAX_FEED: u64 = 100_000;

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
    endpoint: String,
    user: String,
    client: Client,
    driver: AbortHandle,
    ended: watch::Receiver<Option<FredError>>,
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
        let address = endpoint.to_string();
        let client = builder(endpoint, connect, limit).build().map_err(|error| {
            ClusterError::Unreachable {
                address: address.clone(),
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
            endpoint: address,
            user: account.map_or_else(|| "default".to_owned(), |account| account.user.clone()),
            client,
            driver,
            ended,
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
    pub fn address(&self) -> &str {
        &self.endpoint
    }

    /// Whether it is known to be broken.
    pub fn broken(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// Asks everything at once and returns the replies in the same order.
    pub async fn ask(&self, commands: Vec<Command>) -> Result<Replies, ClusterError> {
        if commands.is_empty() {
            return Ok(Replies::new(Vec::new()));
        }
        let names: Vec<&str> = commands.iter().map(Command::name).collect();
        let several = names.len() > 1;
        let pipeline = self.client.pipeline();
        for command in commands {
            command
                .queue(&pipeline)
                .await
                .map_err(|error| self.failed("a pipeline", &error))?;
        }
        // fred writes each command of a pipeline to the socket by itself unless
        // something else waits behind the pipeline.
        let behind = async {
            if several {
                self.client.ping::<Value>(None).await.ok();
            }
        };
        // fred's futures are large: on the heap, they make none above them so.
        let exchange = Box::pin(async { Ok(join(pipeline.try_all::<Value>(), behind).await.0) });
        let replies = self.bounded("a pipeline", exchange).await?;
        // On a lost connection fred gives one error for them all.
        let complete = replies.len() == names.len();
        let replies = replies
            .into_iter()
            .zip(&names)
            .map(|(reply, name)| self.reply(name, reply))
            .collect::<Result<Vec<_>, _>>()?;
        if complete {
            Ok(Replies::new(replies))
        } else {
            Err(ClusterError::Unreachable {
                address: self.endpoint.clone(),
                reason: "the answer was cut off".to_owned(),
            })
        }
    }

    /// One question, one value.
    pub async fn ask_one(&self, command: Command) -> Result<Reply, ClusterError> {
        Ok(self.ask(vec![command]).await?.next())
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), ClusterError> {
        self.bounded("PING", self.client.ping::<Value>(None))
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
        let pong = self.client.ping::<Value>(None);
        match self.bounded("PSUBSCRIBE", pong).await? {
            Value::Array(_) => Ok(()),
            _ => Err(ClusterError::Refused {
                address: self.endpoint.clone(),
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

    fn reply(&self, name: &str, reply: FredResult<Value>) -> Result<Reply, ClusterError> {
        match reply {
            Ok(value) => Ok(Reply::Value(value)),
            Err(error) if error.details().starts_with("WRONGTYPE") => Ok(Reply::WrongType),
            Err(error) => Err(self.failed(name, &error)),
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
            () = tokio::time::sleep(self.limit) => Err(self.unreachable(format!(
                "no answer within {} s",
                self.limit.as_secs_f32()
            ))),
        }
    }

    /// An answer that is none of Redis' errors and still makes no sense.
    pub fn senseless(&self, what: &str, reason: &str) -> ClusterError {
        ClusterError::Answer {
            address: self.endpoint.clone(),
            command: what.to_owned(),
            reason: reason.to_owned(),
        }
    }

    fn unreachable(&self, reason: String) -> ClusterError {
        ClusterError::Unreachable {
            address: self.endpoint.clone(),
            reason,
        }
    }

    fn failed(&self, what: &str, error: &FredError) -> ClusterError {
        let reason = words(error);
        match error.kind() {
            ErrorKind::Auth => ClusterError::Refused {
                address: self.endpoint.clone(),
                user: self.user.clone(),
                reason,
            },
            ErrorKind::IO
            | ErrorKind::Timeout
            | ErrorKind::Canceled
            | ErrorKind::Routing
            | ErrorKind::Config => self.unreachable(reason),
            _ => ClusterError::Answer {
                address: self.endpoint.clone(),
                command: what.to_owned(),
                reason,
            },
        }
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
    truncate(&sanitize(plain.unwrap_or(told)), 200)
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
            performance.max_feed_count = MAX_FEED;
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
