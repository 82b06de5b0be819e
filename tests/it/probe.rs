//! Real repositories, asked by the real restic in both its versions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ns8_backup_monitor::model::{Probe, ProbeTarget, RepoCause};
use ns8_backup_monitor::repo_check::{
    Clock, Credentials, LONGEST_CHECK, Limits, Prober, ResticProber, Targets, check,
};
use secrecy::SecretString;

use crate::support::gateway::{Gateway, NODE};
use crate::support::restic::{PASSWORD, PATH, Repository, versions};

/// More than any probe here needs.
pub const LONG: Duration = Duration::from_secs(40);

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

pub fn target(failed: bool) -> ProbeTarget {
    ProbeTarget {
        module: "mail1".into(),
        destination: "d1".into(),
        path: PATH.to_owned(),
        failed,
    }
}

pub fn credentials(fields: &[(&str, &str)]) -> Credentials {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), SecretString::from(*value)))
        .collect()
}

pub fn prober(program: &Path, fields: &[(&str, &str)]) -> ResticProber {
    ResticProber {
        program: program.to_owned(),
        flags: Vec::new(),
        destinations: BTreeMap::from([("d1".into(), credentials(fields))]),
        source: None,
        clock: Timestamp::now,
    }
}

pub fn ask(prober: &dyn Prober, failed: bool) -> Probe {
    block_on(prober.probe(&target(failed), LONG)).unwrap()
}

/// Asks the repository by every version of restic.
fn ask_all(repository: &Repository, failed: bool) -> Vec<(&'static str, Probe)> {
    let url = repository.root().to_str().unwrap();
    versions()
        .iter()
        .map(|(version, program)| {
            let prober = prober(program, &[("url", url), ("password", PASSWORD)]);
            (*version, ask(&prober, failed))
        })
        .collect()
}

#[track_caller]
fn all_say(repository: &Repository, cause: RepoCause) {
    for (version, probe) in ask_all(repository, true) {
        assert_eq!(probe.cause, cause, "restic {version}: {probe:?}");
        assert!(probe.message.is_some(), "restic {version}: {probe:?}");
    }
}

#[test]
fn a_healthy_repository_tells_its_newest_snapshot_and_is_left_as_it_was() {
    let repository = Repository::new();
    let before = repository.content();
    for (version, probe) in ask_all(&repository, true) {
        assert_eq!(probe.cause, RepoCause::Reachable, "{version}: {probe:?}");
        assert_eq!((probe.snapshots, probe.message), (Some(2), None));
        let day = probe.newest.unwrap().to_string();
        assert!(day.starts_with("2026-11-1"), "{day}");
        assert!(probe.took_ms > 0);
    }
    assert!(repository.content() == before, "a probe changed something");
}

#[test]
fn what_is_wrong_with_a_repository_is_told_by_both_versions() {
    let repository = Repository::new();
    for (version, program) in versions() {
        let url = repository.root().to_str().unwrap();
        let wrong = prober(&program, &[("url", url), ("password", "not-it")]);
        let probe = ask(&wrong, true);
        assert_eq!(
            probe.cause,
            RepoCause::WrongPassword,
            "{version}: {probe:?}"
        );
    }

    let gone = Repository::new();
    fs::remove_dir_all(gone.path()).unwrap();
    all_say(&gone, RepoCause::NotFound);

    let no_config = Repository::new();
    fs::remove_file(no_config.path().join("config")).unwrap();
    all_say(&no_config, RepoCause::NotFound);

    let no_keys = Repository::new();
    fs::remove_file(&no_keys.files("keys")[0]).unwrap();
    all_say(&no_keys, RepoCause::WrongPassword);
}

#[test]
fn damage_is_told_by_both_versions() {
    for garbage in ["", "garbage", &"garbage ".repeat(100)] {
        let config = Repository::new();
        overwrite(&config.path().join("config"), garbage);
        all_say(&config, RepoCause::Corrupt);
    }
    let key = Repository::new();
    overwrite(&key.files("keys")[0], "");
    all_say(&key, RepoCause::Corrupt);

    let snapshot = Repository::new();
    overwrite(&snapshot.files("snapshots")[0], "garbage");
    for (version, probe) in ask_all(&snapshot, true) {
        assert_eq!(probe.cause, RepoCause::Corrupt, "{version}: {probe:?}");
        assert_eq!(probe.snapshots, Some(1), "the others are still told");
    }
}

/// restic makes its files read-only.
fn overwrite(file: &Path, content: &str) {
    fs::remove_file(file).unwrap();
    fs::write(file, content).unwrap();
}

#[test]
fn a_repository_without_snapshots_answers_and_has_none() {
    let empty = Repository::new();
    for file in empty.files("snapshots") {
        fs::remove_file(file).unwrap();
    }
    for (_, probe) in ask_all(&empty, true) {
        assert_eq!(probe.cause, RepoCause::Reachable, "{probe:?}");
        assert_eq!((probe.snapshots, probe.newest), (Some(0), None));
    }
}

#[test]
fn a_lock_is_told_with_owner_and_age_for_failed_modules_only() {
    let repository = Repository::locked();
    let before = repository.content();
    let in_a_day: Clock = || Timestamp::now() + SignedDuration::from_hours(25);
    for (version, program) in versions() {
        let url = repository.root().to_str().unwrap();
        let mut prober = prober(&program, &[("url", url), ("password", PASSWORD)]);
        let young = ask(&prober, true);
        assert_eq!(young.cause, RepoCause::Busy, "{version}: {young:?}");
        assert_eq!(young.snapshots, Some(2));
        let [lock] = &young.locks[..] else {
            panic!("{young:?}");
        };
        assert!(lock.exclusive);
        assert!(lock.owner.contains('@'), "{lock:?}");
        assert!(lock.since.unwrap() <= Timestamp::now());

        prober.clock = in_a_day;
        assert_eq!(ask(&prober, true).cause, RepoCause::Locked);
        let healthy = ask(&prober, false);
        assert_eq!(healthy.cause, RepoCause::Reachable);
        assert!(healthy.locks.is_empty());
    }
    assert!(repository.content() == before, "a lock was touched");
}

const OTHER: &str = "nextcloud/65a0bf5a-3501-5293-a8ef-98af8a46b8d2";

fn gateway(repository: &Repository) -> Gateway {
    let modules = [
        ("module/mail1", "mail-pw", PATH),
        ("module/web1", "web-pw", OTHER),
    ];
    Gateway::start(repository.root(), &modules)
}

fn through(gateway: &Gateway, program: &Path, account: (&str, &str)) -> ResticProber {
    let url = gateway.url();
    prober(
        program,
        &[
            ("url", &url),
            ("password", PASSWORD),
            ("rest_username", account.0),
            ("rest_password", account.1),
        ],
    )
}

#[test]
fn the_gateway_lets_in_nodes_and_owners_and_the_refusal_of_others_is_told() {
    let repository = Repository::new();
    let gateway = gateway(&repository);
    for (version, program) in versions() {
        for account in [NODE, ("module/mail1", "mail-pw")] {
            let probe = ask(&through(&gateway, &program, account), true);
            assert_eq!(probe.cause, RepoCause::Reachable, "{version}: {probe:?}");
            assert_eq!(probe.snapshots, Some(2));
        }
        for (account, code) in [
            (("module/web1", "web-pw"), "403"),
            (("module/mail1", "wr0ng"), "401"),
        ] {
            let probe = ask(&through(&gateway, &program, account), true);
            assert_eq!(probe.cause, RepoCause::Forbidden, "{version}: {probe:?}");
            let message = probe.message.unwrap().to_string();
            assert!(message.contains(code), "{message}");
            assert!(!message.contains(account.1), "{message}");
        }
        let mut absent = target(true);
        absent.path = "mail/nothere".to_owned();
        let node = through(&gateway, &program, NODE);
        let probe = block_on(node.probe(&absent, LONG)).unwrap();
        assert_eq!(probe.cause, RepoCause::NotFound, "{version}: {probe:?}");
    }
}

#[test]
fn a_dead_gateway_is_unreachable_within_the_limit_whatever_restic_would_wait() {
    let repository = Repository::new();
    let mut gateway = gateway(&repository);
    gateway.kill_rclone();
    dead(&gateway, "503");
    gateway.kill();
    dead(&gateway, "connection refused");
}

fn dead(gateway: &Gateway, words: &str) {
    let limit = Duration::from_secs(4);
    for (version, program) in versions() {
        let begun = Instant::now();
        let probe = block_on(through(gateway, &program, NODE).probe(&target(true), limit)).unwrap();
        assert!(begun.elapsed() < limit + Duration::from_secs(1));
        assert_eq!(probe.cause, RepoCause::Unreachable, "{version}: {probe:?}");
        let message = probe.message.unwrap().to_string();
        assert!(message.contains(words), "{version}: {message}");
        assert!(!message.contains("n0de"), "{message}");
    }
}

#[test]
fn a_whole_set_is_asked_through_the_gateway_in_order() {
    let repository = Repository::new();
    let gateway = gateway(&repository);
    let (_, program) = versions().remove(0);
    let of = |path: &str| ProbeTarget {
        path: path.to_owned(),
        ..target(false)
    };
    let asked = Targets {
        targets: vec![of(PATH), of("mail/nothere"), of(PATH), of(OTHER)],
        left_out: 1,
    };
    let limits = Limits {
        timeout: LONG,
        concurrency: 2,
        whole: LONGEST_CHECK,
    };
    let set = block_on(check(&through(&gateway, &program, NODE), asked, limits));
    let causes: Vec<RepoCause> = set.probes.iter().map(|probe| probe.cause).collect();
    assert_eq!(
        causes,
        [
            RepoCause::Reachable,
            RepoCause::NotFound,
            RepoCause::Reachable,
            RepoCause::NotFound
        ]
    );
    assert_eq!((set.left_out, set.skipped), (1, None));
}

pub fn support(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/support")
        .join(script)
}
