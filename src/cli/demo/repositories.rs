//! Real restic repositories for the demo: those that a check of the sample
//! cluster asks for, with one of them damaged.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use tokio::process::Command;

use crate::correlator::judge;
use crate::model::{ClusterState, DestinationId, ModuleId, PlanId, sanitize};
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

/// Why there are none. Nothing that the demo could not go on without.
#[derive(Debug, thiserror::Error)]
pub enum Without {
    /// The program is not there.
    #[error("There is no restic on this machine")]
    NoRestic,
    /// It takes too long.
    #[error("restic made no repositories within {} s", .0.as_secs())]
    Slow(Duration),
    /// It refused.
    #[error("restic made no repositories ({0})")]
    Restic(String),
    /// A folder or file of ours could not be made.
    #[error("no repositories could be made ({0})")]
    Files(#[from] std::io::Error),
    /// The sample does not fit: a fault of this program.
    #[error("the sample has {0}")]
    Sample(&'static str),
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
    /// Makes them below `scratch`. Dropping the future ends every restic.
    pub async fn make(scratch: &Path, cluster: &ClusterState) -> Result<Self, Without> {
        let program = version().await.ok_or(Without::NoRestic)?;
        let folder = scratch.join("destination");
        let (destination, samples) = samples(&folder, cluster)?;
        let files = scratch.join("files");
        std::fs::create_dir_all(&files)?;
        std::fs::write(files.join("letter.txt"), "Something worth keeping.\n")?;
        let making = samples.iter().map(|sample| make(sample, &files));
        futures_util::future::try_join_all(making).await?;
        Ok(Self {
            program,
            folder,
            destination,
            password: PASSWORD,
            count: samples.len(),
        })
    }
}

/// The repositories that a check of plan 1 asks for: those of the failed modules
/// are to be damaged.
fn samples(folder: &Path, cluster: &ClusterState) -> Result<(DestinationId, Vec<Sample>), Without> {
    let plan = PlanId::from("1");
    let run = judge(cluster, &plan).ok_or(Without::Sample("no plan 1"))?;
    let asked = targets(cluster, &run, usize::MAX)
        .map_err(|_| Without::Sample("no failed application or no destination"))?;
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
    let destination = run
        .plan
        .destination
        .ok_or(Without::Sample("no destination"))?;
    Ok((destination, samples))
}

async fn make(sample: &Sample, files: &Path) -> Result<(), Without> {
    std::fs::create_dir_all(&sample.path)?;
    restic(command(&sample.path).arg("init")).await?;
    let time = sample.saved.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut backup = command(&sample.path);
    backup
        .args(["backup", "--time", &time, "--host", sample.module.as_str()])
        .arg(files);
    restic(&mut backup).await?;
    if sample.damaged {
        // restic makes its files read-only, which binds everybody but root.
        let config = sample.path.join("config");
        std::fs::remove_file(&config)?;
        std::fs::write(&config, "")?;
    }
    Ok(())
}

async fn version() -> Option<String> {
    let output = command(Path::new("")).arg("version").output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    (output.status.success() && words.len() == 2).then(|| words.join(" "))
}

async fn restic(command: &mut Command) -> Result<(), Without> {
    let output = command.output().await?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    Err(Without::Restic(sanitize(last.unwrap_or("without a word"))))
}

/// With an environment of its own: settings for somebody's real repositories
/// must not reach it.
fn command(repository: &Path) -> Command {
    let inherited = ["PATH", "HOME", "TMPDIR"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)));
    let mut command = Command::new("restic");
    command
        .env_clear()
        .envs(inherited)
        .env("TZ", "UTC")
        .env("RESTIC_REPOSITORY", repository)
        .env("RESTIC_PASSWORD", PASSWORD)
        .args(["--no-cache", "--quiet"])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}
