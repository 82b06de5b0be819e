//! What has to be done from time to time, whether or not an alert comes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::warn;

use super::clock::Clock;
use super::parts::Parts;
use crate::receiver::{RedisHealth, Vitals};
use crate::store::{Ages, Store, StoreError};

/// How often Redis is asked whether it answers.
const PING: Duration = Duration::from_secs(30);
/// How often the inbox and the outbox are tidied.
const TIDY: Duration = Duration::from_hours(24);
/// How long answered alerts and the texts of delivered mails are kept.
const KEEP_DAYS: u32 = 30;

/// The part of the service that keeps its knowledge of Redis fresh and its
/// database small.
pub struct Housekeeping {
    /// The database.
    pub store: Store,
    /// What the configuration decides; replaced at a reload.
    pub parts: watch::Receiver<Arc<Parts>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where `/readyz` looks.
    pub vitals: Arc<Vitals>,
}

impl Housekeeping {
    /// Keeps house until `stop` changes.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.keep_house() => {}
            _ = stop.changed() => {}
        }
    }

    async fn keep_house(&self) {
        loop {
            self.tidy().await;
            let tidied = Instant::now();
            while tidied.elapsed() < TIDY {
                self.clock.sleep(PING).await;
                self.ping().await;
            }
        }
    }

    async fn ping(&self) {
        let parts = Arc::clone(&self.parts.borrow());
        let health = match parts.reader.ping().await {
            Ok(()) => RedisHealth::Reached,
            Err(problem) => RedisHealth::Failed(problem.to_string()),
        };
        self.vitals.set_redis(health);
    }

    async fn tidy(&self) {
        let now: Timestamp = self.clock.now();
        let ages = Ages {
            alerts_days: KEEP_DAYS,
            history_days: self.parts.borrow().config.history_days,
        };
        let tidied: Result<usize, StoreError> = self.store.prune(now, ages).await;
        if let Err(problem) = tidied {
            warn!(%problem, "the database could not be tidied");
        }
    }
}
