//! Real repositories, asked by the real restic in both its versions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ns8_backup_monitor::model::{DestinationId, Probe, ProbeTarget, RepoCause, SkipReason};
use ns8_backup_monitor::repo_check::{
    Clock, CredentialSource, Credentials, Limits, Prober, ResticProber, RunagentProber, Targets,
    check,
};
use secrecy::SecretString;

use crate::support::gateway::{Gateway, NODE};
use crate::support::process::{Server, free_port, wait_for_port};
use crate::support::restic::{PASSWORD, PATH, Repository, versions};

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

fn ask(prober: &dyn Prober, failed: bool) -> Probe {
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
            let message = probe.message.unwrap();
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
        let message = probe.message.unwrap();
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

#[test]
fn rclone_reaches_a_repository_by_the_configuration_it_is_given() {
    let repository = Repository::new();
    let config = format!(
        "[far]\ntype = alias\nremote = {}\n",
        repository.root().display()
    );
    for (version, program) in versions() {
        let prober = prober(
            &program,
            &[
                ("url", "rclone:far:"),
                ("rclone_config", &config),
                ("password", PASSWORD),
            ],
        );
        let probe = ask(&prober, true);
        assert_eq!(probe.cause, RepoCause::Reachable, "{version}: {probe:?}");
    }
}

#[test]
fn webdav_takes_a_password_that_is_never_seen_in_the_clear() {
    let repository = Repository::new();
    let port = free_port();
    let log = tempfile::NamedTempFile::new().unwrap();
    let _server = Server::start(
        std::process::Command::new("rclone")
            .args([
                "serve",
                "webdav",
                "--user",
                "u",
                "--pass",
                "d@v s3cret",
                "--addr",
            ])
            .arg(format!("127.0.0.1:{port}"))
            .arg(repository.root())
            .env("RCLONE_CONFIG", "/dev/null"),
        log.path(),
    );
    wait_for_port(([127, 0, 0, 1], port).into());
    let url = format!("webdav:http://127.0.0.1:{port}");
    let fields = |pass| {
        [
            ("url", url.as_str()),
            ("webdav_user", "u"),
            ("webdav_pass", pass),
            ("password", PASSWORD),
        ]
    };
    for (version, program) in versions() {
        let probe = ask(&prober(&program, &fields("d@v s3cret")), true);
        assert_eq!(probe.cause, RepoCause::Reachable, "{version}: {probe:?}");
        let limit = Duration::from_secs(6);
        let wrong = prober(&program, &fields("wrong"));
        let probe = block_on(wrong.probe(&target(true), limit)).unwrap();
        assert_ne!(probe.cause, RepoCause::Reachable, "{version}");
    }
}

#[test]
fn sftp_works_by_the_command_that_the_flags_name() {
    let repository = Repository::new();
    let far = format!("rclone serve sftp --stdio {}", repository.root().display());
    for (version, program) in versions() {
        let mut prober = prober(&program, &[("url", "sftp:host:/"), ("password", PASSWORD)]);
        prober.flags = vec!["-o".into(), format!("sftp.command={far}")];
        let probe = ask(&prober, false);
        assert_eq!(probe.cause, RepoCause::Reachable, "{version}: {probe:?}");
    }
}

#[test]
fn ns8s_own_wrapper_is_asked_as_it_wants_to_be() {
    let repository = Repository::locked();
    fs::write(repository.root().join("password"), PASSWORD).unwrap();
    let prober = RunagentProber {
        program: support("fake_runagent.sh"),
        flags: vec!["--quiet".into()],
        clock: Timestamp::now,
    };
    let target = ProbeTarget {
        destination: repository.root().to_str().unwrap().into(),
        ..target(true)
    };
    let probe = block_on(prober.probe(&target, LONG)).unwrap();
    assert_eq!(probe.cause, RepoCause::Busy, "{probe:?}");
    assert_eq!((probe.snapshots, probe.locks.len()), (Some(2), 1));
}

pub fn support(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/support")
        .join(script)
}

struct Source(Result<Credentials, String>);

#[async_trait]
impl CredentialSource for Source {
    async fn credentials(&self, _: &DestinationId) -> Result<Credentials, String> {
        self.0.clone()
    }
}

#[test]
fn what_the_file_does_not_say_comes_from_the_cluster() {
    let repository = Repository::new();
    let url = repository.root().to_str().unwrap();
    let mut prober = prober("restic".as_ref(), &[("url", url)]);
    let known = credentials(&[("url", "b2:elsewhere"), ("password", PASSWORD)]);
    prober.source = Some(Arc::new(Source(Ok(known))));
    assert_eq!(ask(&prober, false).cause, RepoCause::Reachable);

    prober.source = Some(Arc::new(Source(Err("Redis said no".into()))));
    let refused = block_on(prober.probe(&target(false), LONG));
    assert_eq!(
        refused,
        Err(SkipReason::Unavailable(
            "destination d1: Redis said no".into()
        ))
    );
}

#[test]
fn a_missing_program_or_password_is_told_before_anybody_is_asked() {
    let nowhere = prober(
        "/nonexistent/restic".as_ref(),
        &[("url", "/srv"), ("password", PASSWORD)],
    );
    let Err(SkipReason::Unavailable(why)) = block_on(nowhere.probe(&target(true), LONG)) else {
        panic!("it started");
    };
    assert!(
        why.contains("/nonexistent/restic") && why.contains("install restic"),
        "{why}"
    );
    let half = prober("restic".as_ref(), &[("url", "/srv")]);
    let Err(SkipReason::Unavailable(why)) = block_on(half.probe(&target(true), LONG)) else {
        panic!("it started");
    };
    assert!(
        why.contains("destination d1") && why.contains("`password`"),
        "{why}"
    );
}
