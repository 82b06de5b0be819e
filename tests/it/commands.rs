//! The command line as administrators and scripts meet it: the real binary,
//! its output, its exit code, and what it leaves behind.

mod alerts;
mod check;
mod configuration;
mod demo;
mod health;
mod json;
mod logging;
mod notify;
mod overview;
mod reload;
mod reports;
mod serve;
mod settings;
mod signals;
mod snapshot;
mod test_mail;
mod usage;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::redis::Cluster;

/// The program with a folder of its own, a configuration in it, and nothing of
/// the environment of the test.
struct Program {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Program {
    fn new(configuration: &str) -> Self {
        let program = Self::without_configuration();
        program.configure(configuration);
        program
    }

    fn without_configuration() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn configure(&self, text: &str) {
        std::fs::write(self.path("config.yml"), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The state directory, which nobody has made yet.
    fn state(&self) -> PathBuf {
        self.path("state")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ns8-backup-monitor"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path())
            .env("STATE_DIRECTORY", self.state())
            .env("CONFIG_FILE", self.path("config.yml"))
            .env("TZ", "UTC")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().expect("the program"))
    }
}

/// What came out.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("an exit code"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// The standard output, which is JSON and nothing else.
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Failed with this code, without output, with these words and no others of
    /// a crash.
    #[track_caller]
    fn fails(&self, code: i32, words: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}

/// Mails become files below `folder`, repositories are not asked, the cluster
/// is `cluster`. Keys that are given come on top.
fn configuration(folder: &Path, cluster: &Cluster) -> String {
    format!(
        "mail: {{from: monitor@example.org, to: [admin@example.org], transport: file, \
         directory: {mails}}}\n\
         redis: {{address: \"{redis}\"}}\n\
         repo_check: {{method: \"off\"}}\n\
         correlator: {{wait_seconds: 0}}\n",
        mails = folder.join("mails").display(),
        redis = cluster.redis.address(),
    )
}

/// A program that looks at `cluster`.
fn program_for(cluster: &Cluster) -> Program {
    let program = Program::without_configuration();
    program.configure(&configuration(program.folder.path(), cluster));
    program
}

/// Plan 1 with one good and one failed application, ten minutes ago.
fn one_of_two_failed() -> Cluster {
    let cluster = Cluster::start();
    cluster.module("mail1", 1).module("samba1", 1);
    cluster.destination("d-1").name("NAS");
    cluster
        .plan("1", "Nightly")
        .not_due_for_hours()
        .destination("d-1")
        .instances(["mail1", "samba1"]);
    let start = Timestamp::now().as_second() - 600;
    cluster.status_a(1, "1", "mail1", start, start + 10, 0);
    cluster.status_a(1, "1", "samba1", start + 10, start + 20, 1);
    cluster
}

/// The same plan, and all is well.
fn both_fine() -> Cluster {
    let cluster = one_of_two_failed();
    let start = Timestamp::now().as_second() - 300;
    cluster.status_a(1, "1", "samba1", start, start + 20, 0);
    cluster
}

/// A webhook with one alert.
fn webhook(status: &str, labels: &Value) -> Value {
    json!({ "version": "4", "status": status, "alerts": [{ "status": status, "labels": labels }] })
}

/// A webhook that says that the backup of a plan failed.
fn backup_failed(plan: &str) -> Value {
    webhook(
        "firing",
        &json!({ "alertname": "BackupFailed", "id": plan }),
    )
}

/// The mails that lie in `folder`.
fn mails_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(files) = std::fs::read_dir(folder.join("mails")) else {
        return Vec::new();
    };
    let paths = files.map(|file| file.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
        .collect()
}
