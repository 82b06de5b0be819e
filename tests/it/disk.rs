//! A state directory that takes nothing more: Alertmanager is told to come
//! again, everybody else why, and the service goes on when it can.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Resource, Rlimit};

use crate::crash::{account, alert, configuration, fine_plan, pending, webhook};
use crate::support::process::wait_until;
use crate::support::redis::Cluster;
use crate::support::service::Service;
use crate::support::smtp::{MailServer, Step};

/// A write beyond the limit on file sizes shall fail as other writes do, and
/// send no signal.
const WITH_LIMITS: &[&str] = &["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];

/// A state directory on a file system of 1 MiB that nobody else sees; needs no
/// root where users may have namespaces.
const SMALL_DISK: &[&str] = &[
    "unshare",
    "--user",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    "mount -t tmpfs -o size=1m,mode=0700 tmpfs \"$STATE_DIRECTORY\" && exec \"$@\"",
    "sh",
];

/// The same with room for nothing.
const TINY_DISK: &[&str] = &[
    "timeout",
    "20",
    "unshare",
    "--user",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    "mount -t tmpfs -o size=48k,mode=0700 tmpfs \"$STATE_DIRECTORY\" && exec \"$@\"",
    "sh",
];

/// A `serve` that should end by itself.
const NOT_FOR_LONG: &[&str] = &["timeout", "20"];

struct World {
    service: Service,
    mails: tempfile::TempDir,
    _cluster: Cluster,
}

fn world(wrapper: &'static [&'static str]) -> World {
    let cluster = two_plans();
    let mails = tempfile::tempdir().unwrap();
    let text = format!(
        "mail:\n  from: monitor@example.org\n  to: [admin@example.org]\n  transport: file\n\
         \x20 directory: {}\n\
         redis: {{address: \"{}\"}}\n\
         correlator: {{wait_seconds: 0}}\nrepo_check: {{method: \"off\"}}\n",
        mails.path().display(),
        cluster.redis.address(),
    );
    let service = Service::launch_by(wrapper, &text, &[]);
    service.wait_until_ready();
    World {
        service,
        mails,
        _cluster: cluster,
    }
}

fn two_plans() -> Cluster {
    let cluster = Cluster::start();
    cluster.module("mail1", 1);
    cluster.destination("d-1");
    for plan in ["1", "2"] {
        fine_plan(&cluster, plan, "d-1");
    }
    cluster
}

impl World {
    fn mails(&self) -> usize {
        fs::read_dir(self.mails.path()).unwrap().count()
    }

    /// Every write fails for `reason`: 503 with the reason, one line in the log
    /// for all the refusals, and the process lives.
    #[track_caller]
    fn refuses(&self, reason: &str) {
        for _ in 0..3 {
            let answer = self.service.post_alert(&webhook(&[alert("2")]));
            assert_eq!(answer.status(), 503, "{answer:?}");
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
            let error = answer.json()["error"].as_str().unwrap().to_owned();
            assert!(error.contains(reason), "{error}");
        }
        let answer = self.service.get("/readyz");
        assert_eq!(answer.status(), 503);
        let readiness = answer.json();
        assert_eq!(readiness["database"]["ok"], false, "{readiness}");
        let error = readiness["database"]["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
        assert!(self.service.get("/").text().contains(reason));
        assert_eq!(self.service.get("/healthz").status(), 200);
        let log = self.service.log();
        let loud: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("alerts refused with 503"))
            .collect();
        assert!(
            matches!(loud[..], [line] if line.contains(" ERROR ") && line.contains(reason)),
            "{log}"
        );
    }

    /// What was refused comes again, is new, and is answered.
    #[track_caller]
    fn recovers(&self) {
        self.service.wait_until_ready();
        let before = self.mails();
        let answer = self.service.post_alert(&webhook(&[alert("2")]));
        assert_eq!(answer.status(), 200, "{answer:?}");
        assert_eq!(answer.json()["accepted"], 1, "half of it was stored before");
        wait_until("the mail", || self.mails() == before + 1);
    }

    /// A first alert, so that there is something to be kept.
    fn works(&self) {
        take(&self.service, "1");
        wait_until("the first mail", || self.mails() == 1);
    }
}

#[track_caller]
fn take(service: &Service, plan: &str) {
    let answer = service.post_alert(&webhook(&[alert(plan)]));
    assert_eq!(answer.status(), 200, "{answer:?}");
}

/// Lets no file grow beyond the size that the database's log has now.
fn stop_growth(service: &Service) {
    let log = service.state_dir().join("state.db-wal");
    limit_file_sizes(service, Some(fs::metadata(log).unwrap().len()));
}

fn limit_file_sizes(service: &Service, most: Option<u64>) {
    let pid = i32::try_from(service.pid()).ok().and_then(Pid::from_raw);
    let limit = Rlimit {
        current: most,
        maximum: None,
    };
    rustix::process::prlimit(pid, Resource::Fsize, limit).unwrap();
}

#[test]
fn when_its_files_may_not_grow_it_refuses_alerts_and_recovers() {
    let world = world(WITH_LIMITS);
    world.works();
    stop_growth(&world.service);
    world.refuses("the database cannot be read or written");
    limit_file_sizes(&world.service, None);
    world.recovers();
}

#[test]
fn a_mail_whose_delivery_cannot_be_noted_is_not_sent_again() {
    let (cluster, mail) = (two_plans(), MailServer::start());
    let text = configuration(&cluster, &mail, "admin@example.org");
    let mut service = Service::launch_by(WITH_LIMITS, &text, &[]);
    service.wait_until_ready();
    mail.hold(Step::Answer);
    take(&service, "1");
    wait_until("the mail to be taken", || mail.received().len() == 1);
    stop_growth(&service);
    mail.release();
    wait_until("the failure to be told", || {
        service
            .log()
            .contains("the outbox cannot be worked through")
    });
    limit_file_sizes(&service, None);
    // Wakes the delivery, which would else try again only after a while.
    take(&service, "2");
    wait_until("both deliveries to be noted", || {
        let pending = pending(&service);
        (pending.alerts, pending.deliveries) == (0, 0)
    });
    assert!(service.term().success());
    let times: Vec<usize> = account(&service, &mail.received()).into_values().collect();
    assert_eq!(times, [1, 1]);
}

#[test]
fn when_the_disk_is_full_it_refuses_alerts_and_recovers() {
    if !namespaces_work() {
        eprintln!("not tested: this machine gives its users no file system of their own");
        return;
    }
    let world = world(SMALL_DISK);
    world.works();
    let root = PathBuf::from(format!("/proc/{}/root", world.service.pid()));
    let state_dir = world.service.state_dir();
    let ballast = root
        .join(state_dir.strip_prefix("/").unwrap())
        .join("ballast");
    fill(&ballast);
    world.refuses("the disk of the state directory is full");
    fs::remove_file(ballast).unwrap();
    world.recovers();

    let output = world.service.run_by(TINY_DISK, &["serve"]);
    ends_with(
        &output,
        "the disk of the state directory is full; free some space",
    );
}

fn namespaces_work() -> bool {
    let mut attempt = Command::new("unshare");
    attempt.args(["--user", "--map-root-user", "--mount"]);
    attempt.args(["sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]);
    attempt.status().is_ok_and(|status| status.success())
}

fn fill(file: &Path) {
    let mut file = File::create(file).unwrap();
    while file.write_all(&[b'x'; 512]).is_ok() {}
}

#[test]
fn when_the_state_directory_becomes_read_only_it_refuses_alerts_and_recovers() {
    let mut world = world(&[]);
    world.works();
    let state_dir = world.service.state_dir();
    fs::set_permissions(&state_dir, Permissions::from_mode(0o500)).unwrap();
    world.refuses("the state directory is read-only");
    fs::set_permissions(&state_dir, Permissions::from_mode(0o700)).unwrap();
    world.recovers();

    assert!(world.service.term().success());
    fs::set_permissions(&state_dir, Permissions::from_mode(0o500)).unwrap();
    let output = world.service.run_by(NOT_FOR_LONG, &["serve"]);
    fs::set_permissions(&state_dir, Permissions::from_mode(0o700)).unwrap();
    ends_with(&output, "the state directory is read-only");
}

#[test]
fn when_the_state_directory_is_gone_it_refuses_alerts_and_recovers() {
    let mut world = world(&[]);
    world.works();
    let state_dir = world.service.state_dir();
    let elsewhere = state_dir.with_extension("elsewhere");
    fs::rename(&state_dir, &elsewhere).unwrap();
    world.refuses("the database file was removed or replaced");
    fs::rename(&elsewhere, &state_dir).unwrap();
    world.recovers();

    assert!(world.service.term().success());
    fs::rename(&state_dir, &elsewhere).unwrap();
    File::create(&state_dir).unwrap();
    let output = world.service.run_by(NOT_FOR_LONG, &["serve"]);
    ends_with(&output, "the state directory");
}

/// It did not start, and its last words say why.
#[track_caller]
fn ends_with(output: &std::process::Output, reason: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(reason), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}
