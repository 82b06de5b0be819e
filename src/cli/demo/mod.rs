//! `demo`: the whole flow on a built-in sample cluster, with nothing needed
//! around it.

mod repositories;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use jiff::{Timestamp, Unit};
use tokio::time::timeout;

use super::{http, output, setup};
use crate::cluster::SnapshotReader;
use crate::config::{self, Config};
use crate::logging::Role;
use crate::model::{ById, ClusterState, StatusReading};
use crate::notifier::{html_of, text_of};
use crate::pipeline::{Parts, Service};
use repositories::{Repositories, Without};

const CLUSTER: &[u8] = include_bytes!("cluster.json");
const ALERT: &str = include_str!("alert.json");

/// From the start to the mail: the demo ends by itself within 20 seconds.
const PATIENCE: Duration = Duration::from_secs(17);
/// For making repositories.
const MAKING: Duration = Duration::from_secs(9);

/// Runs the demo; its mails go to a new temporary folder, which stays.
pub fn run() -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("ns8-backup-monitor-demo-")
        .tempdir()
        .context("no temporary folder can be made")?
        .keep();
    setup::run(demo(&folder))?;
    Ok(ExitCode::SUCCESS)
}

async fn demo(folder: &Path) -> anyhow::Result<()> {
    let began = Instant::now();
    let scratch = tempfile::tempdir().context("no temporary folder can be made")?;
    let cluster = as_of_now(sample()?, Timestamp::now())?;

    say("A sample cluster: \"Studio Rossi\", 2 nodes, plan \"Nightly\" with 7 applications.")?;
    let repositories = repositories_in(scratch.path(), &cluster).await;
    say(&told(repositories.as_ref()))?;
    let repositories = repositories.ok();
    let config = configuration(scratch.path(), folder, repositories.as_ref())?;
    setup::begin(&config, Role::Command)?;

    let reader = SnapshotReader::new(cluster);
    let service = Service::start(Parts::with_reader(config, Arc::new(reader))?)?;
    let address = service.address();
    say(&format!(
        "The service listens on http://{address}/ (the real one, on loopback)."
    ))?;
    post_the_alert(address).await?;

    let mail = wait_for_mail(folder, began).await;
    service.stop().await;
    show(&mail?, began)
}

fn say(what: &str) -> anyhow::Result<()> {
    output::text(&format!("» {what}"))
}

fn sample() -> anyhow::Result<ClusterState> {
    match SnapshotReader::parse(CLUSTER) {
        Ok(snapshot) => Ok(snapshot.state().clone()),
        Err(reason) => bail!("the built-in sample is broken: {reason}"),
    }
}

/// Moves a snapshot in time, so that what was read then is read now.
fn as_of_now(mut state: ClusterState, now: Timestamp) -> anyhow::Result<ClusterState> {
    let age = state.read_at.until((Unit::Second, now))?;
    for reading in state.statuses.values_mut().flat_map(ById::values_mut) {
        if let StatusReading::Read(status) = reading {
            status.start = status.start.checked_add(age)?;
            status.end = status.end.checked_add(age)?;
        }
    }
    state.read_at = now;
    Ok(state)
}

/// A machine whose restic is missing, or odd, can still show all the rest.
async fn repositories_in(scratch: &Path, cluster: &ClusterState) -> Result<Repositories, Without> {
    timeout(MAKING, Repositories::make(scratch, cluster))
        .await
        .unwrap_or(Err(Without::Slow(MAKING)))
}

fn told(made: Result<&Repositories, &Without>) -> String {
    match made {
        Ok(made) => format!(
            "{} made {} real repositories and one of them was damaged on purpose.",
            made.program, made.count
        ),
        Err(without) => format!("{without}: the repositories are not asked."),
    }
}

fn configuration(
    scratch: &Path,
    folder: &Path,
    repositories: Option<&Repositories>,
) -> anyhow::Result<Config> {
    let quoted = |path: &Path| serde_json::to_string(&path.display().to_string());
    let mut text = format!(
        "mail:\n  from: backup-monitor@studio-rossi.example\n  to: [admin@studio-rossi.example]\n  \
         transport: file\n  directory: {}\n\
         receiver: {{port: 0}}\ncorrelator: {{wait_seconds: 1}}\n\
         state: {{dir: {}}}\nlogging: {{level: WARNING}}\n",
        quoted(folder)?,
        quoted(&scratch.join("state"))?,
    );
    if let Some(made) = repositories {
        write!(
            text,
            "repo_check: {{method: restic, timeout: 10}}\n\
             destinations:\n  {}: {{url: {}, password: {}}}\n",
            made.destination,
            quoted(&made.folder)?,
            made.password,
        )?;
    } else {
        text.push_str("repo_check: {method: \"off\"}\n");
    }
    Ok(config::load_str(&text, &std::collections::BTreeMap::new())?.config)
}

async fn post_the_alert(address: SocketAddr) -> anyhow::Result<()> {
    let answer = http::post_json(address, "/alert", ALERT).await?;
    if answer.status != 200 {
        bail!("the alert was answered {}: {}", answer.status, answer.body);
    }
    say("Alertmanager's message \"BackupFailed\" for plan 1 was posted to it and is on disk.")?;
    say("It waits 1 second (30 by default), reads the cluster, asks the repositories, decides.")?;
    Ok(())
}

async fn wait_for_mail(folder: &Path, began: Instant) -> anyhow::Result<PathBuf> {
    while began.elapsed() < PATIENCE {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "eml") {
                return Ok(path);
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("no mail came; this is a fault of the program, please report it")
}

fn show(mail: &Path, began: Instant) -> anyhow::Result<()> {
    let raw = std::fs::read(mail)?;
    let (Some(text), Some(html)) = (text_of(&raw), html_of(&raw)) else {
        bail!("{} is not a mail with text and HTML", mail.display());
    };
    let page = mail.with_extension("html");
    std::fs::write(&page, html)?;
    let seconds = began.elapsed().as_secs_f32();
    say(&format!(
        "One mail was made, {seconds:.1} seconds after the start. Its text:"
    ))?;
    output::text(&format!("\n{text}"))?;
    say(&format!("The whole message:          {}", mail.display()))?;
    say(&format!("As a mail program shows it: {}", page.display()))?;
    say("Their folder stays until you remove it.")?;
    let program = std::env::args_os().next();
    let program = program.unwrap_or_else(|| "ns8-backup-monitor".into());
    say(&format!(
        "Next: `{} config example` prints a configuration to start from.",
        program.display()
    ))
}
