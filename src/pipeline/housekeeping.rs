//! What has to be done from time to time, whether or not an alert comes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::{info, warn};

use super::clock::Clock;
use super::parts::Parts;
use crate::receiver::{RedisHealth, Vitals};
use crate::store::{Store, StoreError};

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
        self.learn_plans().await;
        loop {
            self.tidy().await;
            let tidied = Instant::now();
            while tidied.elapsed() < TIDY {
                self.clock.sleep(PING).await;
                self.ping().await;
            }
        }
    }

    /// Reads the cluster once at the start, to know its plans: one that is
    /// deleted later is not an unknown plan.
    async fn learn_plans(&self) {
        let parts = Arc::clone(&self.parts.borrow());
        match parts.reader.read(self.clock.now()).await {
            Ok(state) => {
                self.vitals.set_redis(RedisHealth::Reached);
                let plans = state.plans.keys().cloned().collect();
                if let Err(problem) = self.store.remember_plans(plans).await {
                    warn!(%problem, "the plans could not be noted");
                }
                info!(
                    plans = state.plans.len(),
                    modules = state.modules.len(),
                    "the cluster can be read"
                );
            }
            Err(problem) => {
                warn!(%problem, "the cluster cannot be read yet");
                self.vitals
                    .set_redis(RedisHealth::Failed(problem.to_string()));
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
        let tidied: Result<usize, StoreError> = self.store.prune(now, KEEP_DAYS).await;
        if let Err(problem) = tidied {
            warn!(%problem, "the database could not be tidied");
        }
    }
}
