//! Real repositories, and the versions of restic to ask them with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};

use super::process::{test_env, wait_until};

/// The restic password of every repository here.
pub const PASSWORD: &str = "r3stic-Passw0rd";

/// Where a module's repository lies below its destination.
pub const PATH: &str = "mail/4b1bd1d8-9c30-543d-9ef2-efab5522d03b";

/// Debian's restic, and the one of the next Debian, which NS8 is nearer to.
pub fn versions() -> Vec<(&'static str, PathBuf)> {
    let mut versions = vec![("0.14", PathBuf::from("restic"))];
    let newer = test_env("restic-0.18/restic");
    if newer.is_file() {
        versions.push(("0.18", newer));
    } else {
        assert!(
            std::env::var_os("NBM_WITHOUT_RESTIC_018").is_some(),
            "{} is missing: run tests/run, which brings it, or set NBM_WITHOUT_RESTIC_018=1",
            newer.display()
        );
    }
    versions
}

/// A destination folder with one repository at [`PATH`] that has two snapshots.
pub struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    /// A fresh copy.
    pub fn new() -> Self {
        static TEMPLATE: OnceLock<tempfile::TempDir> = OnceLock::new();
        Self::copy_of(TEMPLATE.get_or_init(make).path())
    }

    /// One whose owner died while it held it exclusively.
    pub fn locked() -> Self {
        static TEMPLATE: OnceLock<tempfile::TempDir> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let repository = Self::new();
            lock(&repository.path());
            repository.folder
        });
        Self::copy_of(template.path())
    }

    fn copy_of(template: &Path) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        copy(template, folder.path());
        Self { folder }
    }

    /// The destination.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The repository itself.
    pub fn path(&self) -> PathBuf {
        self.root().join(PATH)
    }

    /// The files of one of its folders.
    pub fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.path().join(folder))
            .expect("folder")
            .map(|entry| entry.expect("entry").path())
            .collect();
        files.sort();
        files
    }

    /// Every file with its content and every folder with the time of its last
    /// change, which also shows what was written and removed again.
    pub fn content(&self) -> Vec<(PathBuf, Content)> {
        let mut all = Vec::new();
        collect(self.root(), &mut all);
        all.sort();
        all
    }
}

/// A destination with one repository per module, as NS8 lays them out.
pub struct Destination {
    folder: tempfile::TempDir,
}

impl Destination {
    /// Each module has a snapshot that is two days old.
    pub fn with(modules: &[&str]) -> Self {
        static TEMPLATE: OnceLock<tempfile::TempDir> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let folder = tempfile::tempdir().expect("folder");
            run(folder.path(), &["init"]);
            let two_days_ago = Timestamp::now() - SignedDuration::from_hours(48);
            let time = two_days_ago.strftime("%Y-%m-%d %H:%M:%S").to_string();
            save(folder.path(), &["--time", &time]);
            folder
        });
        let destination = Self {
            folder: tempfile::tempdir().expect("folder"),
        };
        for module in modules {
            let path = destination.path(module);
            fs::create_dir_all(&path).expect("folder");
            copy(template.path(), &path);
        }
        destination
    }

    /// The folder with all of them.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Gives a module a snapshot of that time.
    pub fn save_at(&self, module: &str, at: jiff::Timestamp) {
        let time = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
        save(&self.path(module), &["--time", &time]);
    }

    /// Leaves a module's repository locked exclusively, since just now.
    pub fn lock(&self, module: &str) {
        lock(&self.path(module));
    }

    fn path(&self, module: &str) -> PathBuf {
        self.root().join(repository_path(module))
    }
}

/// Where a module of a [`Cluster`](super::redis::Cluster) has its repository
/// below a destination.
pub fn repository_path(module: &str) -> String {
    let image = module.trim_end_matches(|c: char| c.is_ascii_digit());
    format!("{image}/uuid-{module}")
}

fn save(repository: &Path, more: &[&str]) {
    let data = tempfile::tempdir().expect("folder");
    fs::write(data.path().join("data"), "Dear all").expect("file");
    let folder = data.path().to_str().expect("a path in UTF-8");
    run(repository, &[&["backup", folder], more].concat());
}

fn run(repository: &Path, arguments: &[&str]) {
    // `--time` is a local one.
    let status = restic(repository).env("TZ", "UTC").args(arguments).status();
    assert!(status.expect("restic: run tests/run first").success());
}

/// What [`Repository::content`] compares.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// A file's bytes.
    File(Vec<u8>),
    /// When an entry of the folder was last made or removed.
    Folder(SystemTime),
}

fn collect(folder: &Path, all: &mut Vec<(PathBuf, Content)>) {
    let changed = fs::metadata(folder).and_then(|about| about.modified());
    all.push((folder.to_owned(), Content::Folder(changed.expect("folder"))));
    for entry in fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            collect(&path, all);
        } else {
            let bytes = fs::read(&path).expect("file");
            all.push((path, Content::File(bytes)));
        }
    }
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp")
        .arg("-a")
        .arg(from.join("."))
        .arg(to)
        .status();
    assert!(done.expect("cp").success());
}

/// restic as the owner of the repository runs it.
pub fn restic(repository: &Path) -> Command {
    let mut command = Command::new("restic");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("RESTIC_REPOSITORY", repository)
        .env("RESTIC_PASSWORD", PASSWORD)
        .arg("--no-cache")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn make() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join(PATH);
    let data = tempfile::tempdir().expect("folder");
    fs::write(data.path().join("mail"), "Dear all").expect("file");
    let run = |args: &[&str]| {
        let status = restic(&path).args(args).arg(data.path()).status();
        assert!(status.expect("restic: run tests/run first").success());
    };
    assert!(
        restic(&path)
            .arg("init")
            .status()
            .expect("restic")
            .success()
    );
    run(&["backup", "--time", "2026-11-18 01:00:00", "--host", "mail1"]);
    run(&["backup", "--time", "2026-11-19 01:00:00", "--host", "mail1"]);
    folder
}

/// Ends a `restic check`, which needs the repository for itself, as soon as
/// its lock is written; again, if it was too late.
fn lock(path: &Path) {
    wait_until("a lock without an owner", || {
        let mut child = restic(path).arg("check").spawn().expect("restic");
        wait_until("restic's lock", || {
            is_locked(path) || child.try_wait().expect("wait").is_some()
        });
        let _ = child.kill();
        child.wait().expect("wait");
        is_locked(path)
    });
}

/// A lock's name is a digest; while it is written, there is more behind it.
fn is_locked(path: &Path) -> bool {
    fs::read_dir(path.join("locks")).is_ok_and(|files| {
        files
            .flatten()
            .any(|file| file.file_name().as_encoded_bytes().len() == 64)
    })
}
