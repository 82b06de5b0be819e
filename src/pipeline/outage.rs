//! Redis away: said once in the log, and in a report of its own when it lasts
//! and something waits for what the cluster would say.

use std::time::Duration;

use tracing::{info, warn};

use super::parts::Parts;
use super::watching::{Watching, WatchingError};
use crate::correlator::outage_is_over_the_limit;
use crate::receiver::RedisHealth;
use crate::store::{Batch, Save};
use crate::verdict::{self, Circumstances};

/// How long nobody may have looked for an outage to be still the same one:
/// many times the pause between two attempts.
const GAP: Duration = Duration::from_mins(5);

/// Whether an outage is going on, so that each one is logged once.
#[derive(Debug, Default)]
pub struct Outages {
    running: bool,
}

impl Outages {
    /// Redis could not be read. `matters`: something waits.
    pub(super) async fn noticed(
        &mut self,
        watching: &Watching,
        parts: &Parts,
        matters: bool,
        speaks: bool,
    ) -> Result<(), WatchingError> {
        if !self.running {
            let problem = match watching.vitals.redis() {
                RedisHealth::Failed(problem) => problem,
                RedisHealth::NotTried | RedisHealth::Reached => String::new(),
            };
            warn!(
                problem,
                "the cluster cannot be read; what waits, waits until it can"
            );
            self.running = true;
        }
        if !matters {
            return Ok(());
        }
        let now = watching.clock.now();
        watching.store.outage_seen(now, GAP).await?;
        let Some(outage) = watching.store.memory().await?.outage else {
            return Ok(());
        };
        if !outage_is_over_the_limit(&outage, now) {
            return Ok(());
        }
        let around = Circumstances {
            state: None,
            alerts: &[],
            now,
            notes: &[],
        };
        let report = verdict::redis_unreachable(outage.since, around);
        let mails = if speaks {
            parts.mails(&report, watching.store.instance(), "")?
        } else {
            Vec::new()
        };
        // The alerts go on waiting: what they speak of is still not known.
        let batch = Batch {
            saves: vec![Save {
                report,
                mails,
                answered: Vec::new(),
                replace: false,
            }],
            ..Batch::default()
        };
        watching.store.commit(batch, now).await?;
        watching.mails.notify_one();
        Ok(())
    }

    /// Redis was read.
    pub(super) async fn over(&mut self, watching: &Watching) -> Result<(), WatchingError> {
        if self.running {
            info!("the cluster can be read again");
            self.running = false;
            watching.store.outage_over().await?;
        }
        Ok(())
    }
}
