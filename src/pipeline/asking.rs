//! An Alertmanager that is asked for its alerts, where the configuration names
//! one: on a stock cluster nobody makes it post them here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};
use tracing::{debug, info, warn};

use super::clock::Clock;
use super::parts::Parts;
use crate::cluster::{Alertmanager, AlertmanagerError};
use crate::model::Alert;
use crate::receiver::{Rules, active_alerts};
use crate::store::{Store, StoreError};

/// After so long an alert that stays on comes in again, as NS8's Alertmanager
/// would post it again (`repeat_interval`).
const REPEAT: SignedDuration = SignedDuration::from_hours(3);
/// More alerts of backups than any cluster has plans and nodes.
const MOST_ALERTS: usize = 5_000;

/// The part of the service that asks for alerts.
pub struct Asking {
    /// Inbox.
    pub store: Store,
    /// What the configuration decides; replaced at a reload.
    pub parts: watch::Receiver<Arc<Parts>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Rung when an alert was accepted.
    pub alerts: Arc<Notify>,
}

/// What is kept from time to time.
#[derive(Default)]
struct Asked {
    /// The alerts that were on, and when they came in last.
    on: BTreeMap<Alert, Timestamp>,
    /// What went wrong the last time, if something did.
    trouble: Option<String>,
}

/// Why alerts that are on are not in the inbox.
#[derive(Debug, thiserror::Error)]
enum AskingError {
    #[error(transparent)]
    Alertmanager(#[from] AlertmanagerError),
    #[error("what Alertmanager answered is no list of alerts: {0}")]
    NotAList(#[from] serde_json::Error),
    #[error("Alertmanager lists {0} alerts of backups: more than {MOST_ALERTS} are not taken")]
    TooMany(usize),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Asking {
    /// Asks until `stop` changes: at once, after each reload, and as often as
    /// the cluster is read while nothing happens.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut asked = Asked::default();
        let mut reloaded = self.parts.clone();
        loop {
            let parts = Arc::clone(&reloaded.borrow_and_update());
            let round = async {
                if let Some(alertmanager) = &parts.alertmanager {
                    let result = self.ask(&mut asked, alertmanager, &parts).await;
                    asked.tell(result);
                } else {
                    asked = Asked::default();
                }
                self.clock.sleep(parts.config.poll).await;
            };
            tokio::select! {
                () = round => {}
                changed = reloaded.changed() => if changed.is_err() { return },
                _ = stop.changed() => return,
            }
        }
    }

    /// Puts the alerts that are on into the inbox, unless they lately were. One
    /// that is on no more is not resolved by that: an Alertmanager that was
    /// restarted lists nothing.
    async fn ask(
        &self,
        asked: &mut Asked,
        alertmanager: &Alertmanager,
        parts: &Parts,
    ) -> Result<(), AskingError> {
        let list = alertmanager.active_alerts().await?;
        let on = active_alerts(&list, &Rules::from_config(&parts.config))?;
        let on: BTreeSet<Alert> = on.into_iter().collect();
        drop(list);
        if on.len() > MOST_ALERTS {
            return Err(AskingError::TooMany(on.len()));
        }
        let now = self.clock.now();
        let news = asked.news(&on, now);
        if !news.is_empty() {
            let accepted = self.store.accept(news.clone(), now).await?;
            self.alerts.notify_one();
            let (new, repeated) = (accepted.new, accepted.repeated);
            info!(new, repeated, "alerts found at Alertmanager");
        }
        asked.on.retain(|alert, _| on.contains(alert));
        asked.on.extend(news.into_iter().map(|alert| (alert, now)));
        Ok(())
    }
}

impl Asked {
    /// Those that have to come in; a clock that was set back keeps none away
    /// for long.
    fn news(&self, on: &BTreeSet<Alert>, now: Timestamp) -> Vec<Alert> {
        let lately = |alert: &&Alert| {
            let before = self.on.get(*alert);
            before.is_some_and(|before| now.duration_since(*before).abs() < REPEAT)
        };
        on.iter().filter(|alert| !lately(alert)).cloned().collect()
    }

    /// Says each trouble once, and when it is over.
    fn tell(&mut self, result: Result<(), AskingError>) {
        let trouble = result.err().map(|problem| problem.to_string());
        match (&self.trouble, &trouble) {
            (before, Some(problem)) if before.as_ref() != Some(problem) => {
                warn!(problem, "the alerts of alertmanager.url are not known");
            }
            (_, Some(problem)) => {
                debug!(
                    problem,
                    "the alerts of alertmanager.url are still not known"
                );
            }
            (Some(_), None) => info!("the alerts of alertmanager.url are known again"),
            (None, None) => {}
        }
        self.trouble = trouble;
    }
}

#[cfg(test)]
mod tests;
