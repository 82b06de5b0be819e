//! `check`: how did the runs go, now?

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use jiff::Timestamp;
use serde::Serialize;

use super::output::{self, Format};
use super::{mail, setup};
use crate::cluster::SnapshotReader;
use crate::config::{self, Config, Method, Sources};
use crate::correlator::judge;
use crate::logging::Role;
use crate::model::{ClusterState, JudgedRun, Outcome, PlanId, Report};
use crate::pipeline::{Parts, probes_of};
use crate::store::{Saved, Store};
use crate::verdict::{self, Circumstances};

/// What was asked for.
pub struct Request {
    /// Only this plan.
    pub plan: Option<PlanId>,
    /// How to print.
    pub format: Format,
    /// Store and mail the reports.
    pub notify: bool,
    /// Instead of the cluster.
    pub snapshot: Option<PathBuf>,
}

#[derive(Serialize)]
struct Checked {
    format: &'static str,
    outcome: Outcome,
    reports: Vec<Report>,
}

/// Reads, asks, decides and prints. The exit code is that of the worst outcome.
pub fn run(path: Option<PathBuf>, request: Request) -> anyhow::Result<ExitCode> {
    let (parts, now) = match &request.snapshot {
        Some(file) => from_snapshot(path, file)?,
        None => {
            let (config, _log) = setup::start(path, Role::Command)?;
            (Parts::build(config)?, Timestamp::now())
        }
    };
    setup::block_on(check(parts, request, now))
}

/// A snapshot is looked at from the moment at which it was made, without asking
/// any repository: it may come from another cluster.
fn from_snapshot(path: Option<PathBuf>, file: &Path) -> anyhow::Result<(Parts, Timestamp)> {
    let mut config = config_or_defaults(path)?;
    config.repo_check.method = Method::Off;
    setup::begin(&config, Role::Command)?;
    let snapshot = SnapshotReader::load(file)?;
    let now = snapshot.state().read_at;
    Ok((Parts::with_reader(config, Arc::new(snapshot))?, now))
}

/// Reading somebody's snapshot must not need a configuration.
fn config_or_defaults(path: Option<PathBuf>) -> anyhow::Result<Config> {
    let sources = Sources::from_process(path);
    if sources.path.is_none() && !sources.file().exists() {
        let nobody = "mail: {from: nobody@localhost.invalid, to: [nobody@localhost.invalid]}";
        return Ok(config::load_str(nobody, &sources.env)?.config);
    }
    Ok(config::load(&sources)?.config)
}

async fn check(parts: Parts, request: Request, now: Timestamp) -> anyhow::Result<ExitCode> {
    output::progress("reading the cluster");
    let state = parts.reader.read(now).await?;
    let mut reports = Vec::new();
    for run in runs(&state, request.plan.as_ref(), now)? {
        output::progress(&format!("plan {}: {}", run.plan_id, run.plan.name));
        let probes = probes_of(&parts, &state, &run).await;
        let around = Circumstances {
            state: Some(&state),
            alerts: &[],
            now,
        };
        reports.push(verdict::of_run(&run, probes, around));
    }
    let Some(outcome) = reports.iter().map(|report| report.outcome).max() else {
        bail!("there is no enabled plan with an application in it");
    };
    match request.format {
        Format::Json => output::json(&Checked {
            format: "ns8-backup-monitor/check/1",
            outcome,
            reports: reports.clone(),
        })?,
        Format::Text => {
            for report in &reports {
                output::text(&parts.text(report)?);
                output::text("");
            }
        }
    }
    if request.notify {
        notify(parts, reports).await?;
    }
    Ok(ExitCode::from(match outcome {
        Outcome::Success => 0,
        Outcome::Partial => 1,
        Outcome::RepoFailure => 2,
    }))
}

fn runs(
    state: &ClusterState,
    plan: Option<&PlanId>,
    now: Timestamp,
) -> anyhow::Result<Vec<JudgedRun>> {
    if let Some(plan) = plan {
        let Some(run) = judge(state, plan, now) else {
            let known: Vec<&str> = state.plans.keys().map(PlanId::as_str).collect();
            bail!("there is no plan {plan}; there are: {}", known.join(", "));
        };
        return Ok(vec![run]);
    }
    Ok(state
        .plans
        .iter()
        .filter(|(_, plan)| plan.enabled)
        .filter_map(|(id, _)| judge(state, id, now))
        .filter(|run| !run.members.is_empty())
        .collect())
}

/// Stores the reports and mails them, also those of runs that were reported
/// before: somebody asked for it.
async fn notify(parts: Parts, reports: Vec<Report>) -> anyhow::Result<()> {
    let store = Store::open(&parts.config.state_dir)?;
    for report in reports {
        let now = Timestamp::now();
        let first = parts.mails(&report, store.instance(), "")?;
        let again = parts.mails(&report, store.instance(), &format!("checked {now}"))?;
        if let Saved::Already(id) = store.save_report(report, first, Vec::new(), now).await? {
            store.queue_again(id, again, now).await?;
        }
    }
    let delivered = mail::deliver_or_leave(parts, store).await?;
    output::note(&delivered.told);
    Ok(())
}
