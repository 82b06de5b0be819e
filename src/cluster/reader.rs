//! The live cluster as a [`ClusterReader`]: one connection, kept as long as it
//! works and leads to the leader.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::connection::{Connection, Endpoint};
use super::{ClusterError, ClusterReader, fetch, leader, smarthost};
use crate::config::Redis;
use crate::model::{ClusterState, SmtpSettings};

/// After a change of leader the old one may go on answering, as a replica.
const LEADER_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// How long Redis may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To a usable connection, each time.
    pub connect: Duration,
    /// For one call as a whole, the way to the leader included.
    pub call: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            call: Duration::from_secs(30),
        }
    }
}

/// Reads the cluster's Redis as the anonymous user `default`.
///
/// Connects at the first call and again whenever that is needed. Every call
/// returns within [`Limits::call`]. Needs a tokio runtime.
pub struct RedisReader {
    redis: Redis,
    limits: Limits,
    session: Mutex<Option<Session>>,
    /// Whether another node may lead by now.
    doubted: AtomicBool,
}

struct Session {
    endpoint: Endpoint,
    connection: Arc<Connection>,
    /// When the leader was looked up; `None` by a call that knows no time.
    looked_up: Option<Timestamp>,
}

/// A connection for one attempt, and whether it is older than the call.
struct Lease {
    connection: Arc<Connection>,
    reused: bool,
}

impl RedisReader {
    /// Does not connect yet.
    pub fn new(redis: &Redis) -> Self {
        Self::with_limits(redis, Limits::default())
    }

    /// The same with other limits.
    pub fn with_limits(redis: &Redis, limits: Limits) -> Self {
        Self {
            redis: redis.clone(),
            limits,
            session: Mutex::new(None),
            doubted: AtomicBool::new(false),
        }
    }

    /// Runs `work` on a connection. One that was idle may turn out to be
    /// broken: then the leader is looked up and `work` is tried once more.
    async fn call<T, F>(
        &self,
        now: Option<Timestamp>,
        work: impl Fn(Arc<Connection>) -> F + Send + Sync,
    ) -> Result<T, ClusterError>
    where
        T: Send,
        F: Future<Output = Result<T, ClusterError>> + Send,
    {
        let attempts = async {
            let lease = self.lease(now).await?;
            let (result, connection) = (work(lease.connection.clone()).await, lease.connection);
            if !matches!(result, Err(ClusterError::Unreachable { .. })) {
                return result;
            }
            self.forget(&connection).await;
            if !lease.reused {
                return result;
            }
            let connection = self.lease(now).await?.connection;
            let result = work(connection.clone()).await;
            if matches!(result, Err(ClusterError::Unreachable { .. })) {
                self.forget(&connection).await;
            }
            result
        };
        if let Ok(result) = timeout(self.limits.call, attempts).await {
            return result;
        }
        // Whoever holds the lock is just making a new connection.
        if let Ok(mut session) = self.session.try_lock() {
            *session = None;
        }
        Err(self.too_slow())
    }

    async fn lease(&self, now: Option<Timestamp>) -> Result<Lease, ClusterError> {
        let mut session = self.session.lock().await;
        if let Some(open) = session.as_mut().filter(|open| !open.connection.broken()) {
            let outdated = self.doubted.load(Ordering::Relaxed) || open.outdated(now);
            if !outdated || self.still_leads(&open.endpoint).await? {
                if outdated {
                    open.looked_up = now;
                }
                return Ok(Lease {
                    connection: open.connection.clone(),
                    reused: true,
                });
            }
        }
        *session = None;
        self.doubted.store(false, Ordering::Relaxed);
        let (endpoint, connection) = leader::connect(&self.redis, None, self.limits).await?;
        let connection = Arc::new(connection);
        *session = Some(Session {
            endpoint,
            connection: connection.clone(),
            looked_up: now,
        });
        Ok(Lease {
            connection,
            reused: false,
        })
    }

    /// A doubt is over when it was looked up; one that comes up meanwhile is
    /// another one.
    async fn still_leads(&self, endpoint: &Endpoint) -> Result<bool, ClusterError> {
        let doubted = self.doubted.swap(false, Ordering::Relaxed);
        let found = leader::find(&self.redis, self.limits).await;
        if doubted && found.is_err() {
            self.doubt_leader();
        }
        Ok(found? == *endpoint)
    }

    async fn forget(&self, connection: &Arc<Connection>) {
        let mut session = self.session.lock().await;
        if session
            .as_ref()
            .is_some_and(|open| Arc::ptr_eq(&open.connection, connection))
        {
            *session = None;
        }
    }

    fn too_slow(&self) -> ClusterError {
        let address = match &self.redis {
            Redis::Socket(path) => path.display().to_string(),
            Redis::Tcp { own, .. } => format!("{own} or at its leader"),
        };
        ClusterError::Unreachable {
            address,
            reason: format!("no answer within {} s", self.limits.call.as_secs_f32()),
        }
    }
}

impl Session {
    /// A clock that was set back makes it outdated too.
    fn outdated(&self, now: Option<Timestamp>) -> bool {
        match (self.looked_up, now) {
            (Some(then), Some(now)) => {
                let age = now.duration_since(then);
                age >= LEADER_LIFETIME || age.is_negative()
            }
            (None, Some(_)) => true,
            (_, None) => false,
        }
    }
}

#[async_trait]
impl ClusterReader for RedisReader {
    async fn read(&self, now: Timestamp) -> Result<ClusterState, ClusterError> {
        self.call(Some(now), |redis| async move {
            fetch::cluster_state(&redis, now).await
        })
        .await
    }

    async fn smarthost(&self) -> Result<Option<SmtpSettings>, ClusterError> {
        self.call(None, |redis| async move { smarthost::read(&redis).await })
            .await
    }

    async fn ping(&self) -> Result<(), ClusterError> {
        self.call(None, |redis| async move { redis.ping().await })
            .await
    }

    fn doubt_leader(&self) {
        self.doubted.store(true, Ordering::Relaxed);
    }
}
