//! Redis away while something waits: said once in the log, and in a report of
//! its own when it lasts.

use std::time::Duration;

use tracing::{info, warn};

use super::answering::{Answering, AnsweringError};
use super::parts::Parts;
use crate::cluster::ClusterError;
use crate::correlator::outage_is_over_the_limit;
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
    /// Redis could not be read although something waits.
    pub(super) async fn noticed(
        &mut self,
        answering: &Answering,
        parts: &Parts,
        problem: &ClusterError,
    ) -> Result<(), AnsweringError> {
        if !self.running {
            warn!(%problem, "the cluster cannot be read, alerts wait until it can");
            self.running = true;
        }
        let now = answering.clock.now();
        answering.store.outage_seen(now, GAP).await?;
        let Some(outage) = answering.store.memory().await?.outage else {
            return Ok(());
        };
        if outage_is_over_the_limit(&outage, now) {
            let around = Circumstances {
                state: None,
                alerts: &[],
                now,
            };
            let report = verdict::redis_unreachable(outage.since, around);
            // The alerts go on waiting: what they speak of is still not known.
            answering.publish(parts, report, Vec::new()).await?;
        }
        Ok(())
    }

    /// Redis was read.
    pub(super) async fn over(&mut self, answering: &Answering) -> Result<(), AnsweringError> {
        if self.running {
            info!("the cluster can be read again");
            self.running = false;
        }
        answering.store.outage_over().await?;
        Ok(())
    }
}
