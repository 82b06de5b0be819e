//! Real restic repositories for the demo: those that a check of the sample
//! cluster asks for, with one of them damaged.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use tokio::process::Command;

use crate::model::{ClusterState, DestinationId, ModuleId, PlanId};

/// Not a secret: it opens nothing but the demo's own repositories.
const PASSWORD: &str = "demo";

/// The repositories that were made.
pub struct Repositories {
    /// What restic calls itself.
    pub program: String,
    /// The folder that stands for the destination.
    pub folder: PathBuf,
    /// Which destination that is.
    pub destination: DestinationId,
    /// The password of all of them.
    pub password: &'static str,
    /// How many there are.
    pub count: usize,
}

/// One to make.
struct Sample {
    module: ModuleId,
    path: PathBuf,
    /// When its snapshot is to have been made.
    saved: Timestamp,
    damaged: bool,
}

impl Repositories {
    /// Makes them below `scratch`; `None` when there is no restic.
    pub async fn make(scratch: &Path, cluster: &ClusterState) -> anyhow::Result<Option<Self>> {
        let Some(program) = version().await else {
            return Ok(None);
        };
        let folder = scratch.join("destination");
        let (destination, samples) = samples(&folder, cluster)?;
        let files = scratch.join("files");
        std::fs::create_dir_all(&files)?;
        std::fs::write(files.join("letter.txt"), "Something worth keeping.\n")?;
        let making = samples.iter().map(|sample| make(sample, &files));
        futures_util::future::try_join_all(making).await?;
        Ok(Some(Self {
            program,
            folder,
            destination,
            password: PASSWORD,
            count: samples.len(),
        }))
    }
}

/// The repositories of every module whose backup failed, damaged, and of the
/// first one that is fine.
fn samples(folder: &Path, cluster: &ClusterState) -> anyhow::Result<(DestinationId, Vec<Sample>)> {
    let plan_id = PlanId::from("1");
    let plan = cluster
        .plans
        .get(&plan_id)
        .context("the sample has no plan 1")?;
    let destination = plan.destination.clone().context("plan 1 stores nowhere")?;
    let mut samples = Vec::new();
    let mut healthy_seen = false;
    for (module, _) in plan.live_members(&cluster.modules) {
        let status = cluster
            .reading(&plan_id, module)
            .and_then(|reading| reading.status());
        let (Some(status), Some(path)) = (status, cluster.repository_path(module)) else {
            continue;
        };
        let damaged = status.errors > 0;
        if !damaged && std::mem::replace(&mut healthy_seen, true) {
            continue;
        }
        samples.push(Sample {
            module: module.clone(),
            path: folder.join(path),
            saved: status.start,
            damaged,
        });
    }
    Ok((destination, samples))
}

async fn make(sample: &Sample, files: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(&sample.path)?;
    let time = sample.saved.strftime("%Y-%m-%d %H:%M:%S").to_string();
    restic(&sample.path, &["init"]).await?;
    let files = files.display().to_string();
    let host = sample.module.as_str();
    restic(
        &sample.path,
        &["backup", "--time", &time, "--host", host, &files],
    )
    .await?;
    if sample.damaged {
        std::fs::write(sample.path.join("config"), "")
            .or_else(|_| replace(&sample.path.join("config")))?;
    }
    Ok(())
}

/// restic makes its files read-only, which binds everybody but root.
fn replace(file: &Path) -> std::io::Result<()> {
    std::fs::remove_file(file)?;
    std::fs::write(file, "")
}

async fn version() -> Option<String> {
    let output = command().arg("version").output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    (output.status.success() && words.len() == 2).then(|| words.join(" "))
}

async fn restic(repository: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let output = command()
        .args(["--no-cache", "--quiet"])
        .args(arguments)
        .env("RESTIC_REPOSITORY", repository)
        .env("RESTIC_PASSWORD", PASSWORD)
        .output()
        .await
        .context("restic cannot be started")?;
    if !output.status.success() {
        bail!(
            "restic {}: {}",
            arguments[0],
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

fn command() -> Command {
    let mut command = Command::new("restic");
    command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .env("TZ", "UTC");
    command
}
