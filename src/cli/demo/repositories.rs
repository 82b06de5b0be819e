//! Real restic repositories for the demo: those that a check of the sample
//! cluster asks for, with one of them damaged.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use tokio::process::Command;

use crate::correlator::judge;
use crate::model::{ClusterState, DestinationId, ModuleId, PlanId};
use crate::repo_check::targets;

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

/// The repositories that a check of plan 1 asks for: those of the failed modules
/// are to be damaged.
fn samples(folder: &Path, cluster: &ClusterState) -> anyhow::Result<(DestinationId, Vec<Sample>)> {
    let plan = PlanId::from("1");
    let run = judge(cluster, &plan, cluster.read_at).context("the sample has no plan 1")?;
    let Ok(asked) = targets(cluster, &run, usize::MAX) else {
        bail!("the sample needs a failed module and a destination");
    };
    let saved = |module: &ModuleId| {
        let status = cluster.reading(&plan, module)?.status()?;
        Some(status.start)
    };
    let samples = asked
        .targets
        .iter()
        .map(|target| Sample {
            module: target.module.clone(),
            path: folder.join(&target.path),
            saved: saved(&target.module).unwrap_or(cluster.read_at),
            damaged: target.failed,
        })
        .collect();
    let destination = run.plan.destination.context("plan 1 stores nowhere")?;
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
        // restic makes its files read-only, which binds everybody but root.
        let config = sample.path.join("config");
        std::fs::remove_file(&config)?;
        std::fs::write(&config, "")?;
    }
    Ok(())
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
