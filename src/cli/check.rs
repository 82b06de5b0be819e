//! `check`: how did the runs go, now?

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use jiff::Timestamp;
use serde::Serialize;

use super::output::{self, Format, Progress};
use super::{mail, setup};
use crate::cluster::SnapshotReader;
use crate::config::Method;
use crate::correlator::judge;
use crate::logging::Role;
use crate::model::{ClusterState, JudgedRun, Language, Outcome, PlanId, Report};
use crate::notifier::Said;
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
    /// In which language it is told, instead of that of the mails. These stay
    /// in theirs.
    pub language: Option<Language>,
    /// Who is told how far it is.
    pub progress: Progress,
}

/// How much of all is done when the cluster is read.
const READ: usize = 10;
/// How much of all is done when everything is decided.
const DECIDED: usize = 95;

#[derive(Serialize)]
struct Checked<'a> {
    format: &'static str,
    outcome: Outcome,
    reports: &'a [Report],
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<Vec<Said>>,
}

/// What stands for the configuration where there is none: somebody's snapshot
/// can be read without one, and nothing is mailed.
const NOBODY: &str = "mail: {from: nobody@localhost.invalid, to: [nobody@localhost.invalid]}";

/// Reads, asks, decides and prints. The exit code is that of the worst outcome.
pub fn run(path: Option<PathBuf>, request: Request) -> anyhow::Result<ExitCode> {
    let parts = match &request.snapshot {
        Some(file) => of_snapshot(path, file)?,
        None => Parts::build(setup::start(path, Role::Command)?.0)?,
    };
    setup::run(check(parts, request))
}

/// No repository is asked: the snapshot may come from another cluster.
fn of_snapshot(path: Option<PathBuf>, file: &Path) -> anyhow::Result<Parts> {
    let mut config = setup::load_or(path, NOBODY)?;
    config.repo_check.method = Method::Off;
    setup::begin(&config, Role::Command)?;
    let snapshot = SnapshotReader::load(file)?;
    Ok(Parts::with_reader(config, Arc::new(snapshot))?)
}

async fn check(parts: Parts, request: Request) -> anyhow::Result<ExitCode> {
    let progress = request.progress;
    progress.at(0, "reading the cluster");
    let state = setup::read(parts.reader.as_ref(), &parts.config.redis).await?;
    let reports = reports(&parts, &state, &request).await?;
    let Some(outcome) = reports.iter().map(|report| report.outcome).max() else {
        bail!("there is nothing to check: the cluster has no enabled plan with an application");
    };
    print(&parts, &request, outcome, &reports)?;
    if request.notify {
        progress.at(percent(DECIDED), "sending the mails");
        notify(parts, reports).await?;
    }
    progress.at(100, "done");
    Ok(ExitCode::from(match outcome {
        Outcome::Success => 0,
        Outcome::Partial => 1,
        Outcome::RepoFailure => 2,
    }))
}

/// One report per run. With a snapshot, now is the moment at which that was made.
async fn reports(
    parts: &Parts,
    state: &ClusterState,
    request: &Request,
) -> anyhow::Result<Vec<Report>> {
    let mut reports = Vec::new();
    let runs = runs(state, request.plan.as_ref())?;
    let all = runs.len().max(1);
    for (done, run) in runs.into_iter().enumerate() {
        let done = READ + (DECIDED - READ) * done / all;
        let step = format!("plan {}: {}", run.plan_id, run.plan.name);
        request.progress.at(percent(done), &step);
        let probes = probes_of(parts, state, &run).await;
        let around = Circumstances {
            state: Some(state),
            alerts: &[],
            notes: &[],
            now: match request.snapshot {
                Some(_) => state.read_at,
                None => Timestamp::now(),
            },
        };
        reports.push(verdict::of_run(&run, probes, around));
    }
    Ok(reports)
}

fn percent(done: usize) -> u8 {
    u8::try_from(done).unwrap_or(100)
}

fn runs(state: &ClusterState, plan: Option<&PlanId>) -> anyhow::Result<Vec<JudgedRun>> {
    if let Some(plan) = plan {
        let Some(run) = judge(state, plan) else {
            bail!("the cluster has no plan {plan}; {}", known_plans(state));
        };
        return Ok(vec![run]);
    }
    Ok(state
        .plans
        .iter()
        .filter(|(_, plan)| plan.enabled)
        .filter_map(|(id, _)| judge(state, id))
        .filter(|run| !run.members.is_empty())
        .collect())
}

fn known_plans(state: &ClusterState) -> String {
    let known: Vec<String> = state
        .plans
        .iter()
        .map(|(id, plan)| format!("{id} ({})", plan.name))
        .collect();
    if known.is_empty() {
        return "it has none at all".to_owned();
    }
    format!("it has {}", known.join(", "))
}

fn print(
    parts: &Parts,
    request: &Request,
    outcome: Outcome,
    reports: &[Report],
) -> anyhow::Result<()> {
    let mut mail = parts.config.mail.clone();
    mail.language = request.language.unwrap_or(mail.language);
    let said = || reports.iter().map(|report| Said::of(report, &mail));
    match request.format {
        Format::Json => output::json(&Checked {
            format: "ns8-backup-monitor/check/1",
            outcome,
            reports,
            said: request.language.map(|_| said().collect()),
        }),
        Format::Text => {
            let texts: Vec<String> = reports
                .iter()
                .map(|report| parts.text(report, &mail))
                .collect::<Result<_, _>>()?;
            output::text(&texts.join("\n\n"))
        }
    }
}

/// Stores the reports and mails them, also those of runs that were reported
/// before: somebody asked for it. A mail that does not go out now stays in the
/// outbox.
async fn notify(parts: Parts, reports: Vec<Report>) -> anyhow::Result<()> {
    let store = Store::open(&parts.config.state_dir)?;
    for report in reports {
        let now = Timestamp::now();
        let first = parts.mails(&report, store.instance(), "")?;
        let saved = store
            .save_report(report.clone(), first, Vec::new(), now)
            .await?;
        if let Saved::Already(id) = saved {
            let key = format!("checked {now}");
            let again = parts.mails(&report, store.instance(), &key)?;
            store.queue_again(id, again, now).await?;
        }
    }
    let delivered = mail::deliver_or_leave(parts, store).await?;
    output::note(&delivered.told());
    Ok(())
}
