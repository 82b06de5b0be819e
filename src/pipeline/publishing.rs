//! What `/metrics` shows, made after every look.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::warn;

use super::metrics;
use super::parts::Parts;
use super::picture::{History, Picture};
use super::watching::{Session, Watching};
use crate::cluster::ClusterError;
use crate::model::{
    ClusterState, DestinationId, ModuleId, PlanId, ReadFailure, Report, RepositoryFacts,
};

/// What is known beside what is on disk, since the start.
#[derive(Default)]
pub(super) struct Lately {
    /// The cluster as it was read last.
    state: Option<ClusterState>,
    /// Why it could not be read the last time, if it could not.
    problem: Option<String>,
    failed_reads: BTreeMap<ReadFailure, u64>,
    /// The newest answer of each repository.
    repositories: BTreeMap<(PlanId, DestinationId, ModuleId), RepositoryFacts>,
}

impl Lately {
    /// The cluster was read.
    pub fn read(&mut self, state: ClusterState) {
        self.repositories
            .retain(|(plan, _, _), _| state.plans.contains_key(plan));
        self.state = Some(state);
        self.problem = None;
    }

    /// It could not be read.
    pub fn failed(&mut self, problem: &ClusterError) {
        self.problem = Some(problem.to_string());
        *self.failed_reads.entry(problem.failure()).or_default() += 1;
    }

    /// Repositories were asked for a report.
    pub fn reported(&mut self, report: &Report) {
        for facts in RepositoryFacts::of(report) {
            let of = (
                facts.plan.clone(),
                facts.destination.clone(),
                facts.module.clone(),
            );
            self.repositories.insert(of, facts);
        }
    }
}

impl Watching {
    /// Makes the text anew. When the database does not say what is needed, the
    /// old one stays: it carries the time of its own look.
    pub(super) async fn publish(&self, session: &Session, parts: &Parts) {
        let Some(watch) = &session.watch else {
            return;
        };
        let now = self.clock.now();
        let history = match History::load(&self.store, now).await {
            Ok(history) => history,
            Err(problem) => {
                warn!(%problem, "/metrics stays as it was");
                return;
            }
        };
        let lately = &session.lately;
        let picture = Picture {
            config: &parts.config,
            watch,
            state: lately.state.as_ref(),
            problem: lately.problem.as_deref(),
            voice: session.voice.unwrap_or(true),
            now,
        };
        let repositories = lately.repositories.values().cloned().collect();
        let facts = picture.facts(&history, repositories, lately.failed_reads.clone());
        let text: Arc<str> = metrics::text(facts);
        self.metrics.send_replace(text);
    }
}
