//! `overview`: how does everything stand?

mod details;
mod page;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Serialize;

use super::output::{self, Format};
use super::setup;
use crate::cluster::{ClusterError, ClusterReader as _, RedisReader};
use crate::config::Config;
use crate::correlator;
use crate::logging::Role;
use crate::model::{ClusterState, ModuleId, Overview, PlanId, Watch, sanitize};
use crate::pipeline::{History, Picture};
use crate::store::Store;
use page::Page;

#[derive(Serialize)]
struct Shown<'a> {
    format: &'static str,
    overview: &'a Overview,
    details: BTreeMap<PlanId, details::Details>,
}

/// What the service left in the database.
#[derive(Default)]
struct Memory {
    watch: Watch,
    history: History,
}

/// Shows what is remembered, together with the cluster as it is now. Also that
/// plans are bad is told with success: somebody asked, and was answered.
pub fn run(path: Option<PathBuf>, format: Format) -> anyhow::Result<ExitCode> {
    let (config, _log) = setup::start(path, Role::Command)?;
    let (overview, seen) = setup::run(look(&config))?;
    match format {
        Format::Json => output::json(&Shown {
            format: "ns8-backup-monitor/overview/1",
            overview: &overview,
            details: setup::run(details(&config, &overview))?,
        })?,
        Format::Text => output::text(&Page::new(&overview, seen, &config.mail).text())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The overview, and whether the service ever looked at the cluster.
async fn look(config: &Config) -> anyhow::Result<(Overview, bool)> {
    let now = Timestamp::now();
    let memory = remember(config, now).await?;
    output::progress("reading the cluster");
    let (state, problem) = match RedisReader::new(&config.redis).read(now).await {
        Ok(state) => (Some(state), None),
        Err(problem) if has_looked(&memory.watch) => (None, Some(shown(&problem))),
        Err(problem) => {
            return Err(problem).with_context(|| {
                let place = setup::where_to_look(&config.redis);
                format!(
                    "nothing is known: the service has not looked at the cluster yet, and now \
                     it cannot be read: {place}"
                )
            });
        }
    };
    // After a restore the database may be that of another cluster, whose plans
    // have the same ids.
    let memory = match &state {
        Some(state) if !is_of(&memory.watch, state) => Memory::default(),
        _ => memory,
    };
    let picture = Picture {
        config,
        watch: &memory.watch,
        state: state.as_ref(),
        problem: problem.as_deref(),
        voice: is_voice(config.agent.module.as_ref(), state.as_ref()),
        now,
    };
    let overview = picture.overview(&memory.history);
    Ok((overview, has_looked(&memory.watch)))
}

async fn details(
    config: &Config,
    overview: &Overview,
) -> anyhow::Result<BTreeMap<PlanId, details::Details>> {
    let Some(store) = Store::open_existing(&config.state_dir)? else {
        return Ok(BTreeMap::new());
    };
    Ok(details::of(overview, &store).await?)
}

async fn remember(config: &Config, now: Timestamp) -> anyhow::Result<Memory> {
    let Some(store) = Store::open_existing(&config.state_dir)? else {
        return Ok(Memory::default());
    };
    Ok(Memory {
        watch: store.load_watch().await?,
        history: History::load(&store, now).await?,
    })
}

fn has_looked(watch: &Watch) -> bool {
    watch.whole.clock.is_some() || !watch.plans.is_empty()
}

fn is_of(watch: &Watch, state: &ClusterState) -> bool {
    let remembered = watch.whole.identity.as_ref();
    match (
        remembered.and_then(|it| it.cluster.as_ref()),
        &state.cluster_uuid,
    ) {
        (Some(remembered), Some(here)) => remembered == here,
        _ => true,
    }
}

/// As the service decides it; while the cluster cannot be read, nobody else is
/// known to speak.
fn is_voice(own: Option<&ModuleId>, state: Option<&ClusterState>) -> bool {
    state.is_none_or(|state| correlator::speaks(state, own))
}

fn shown(problem: &ClusterError) -> String {
    sanitize(&problem.to_string())
}

#[cfg(test)]
mod tests;
