//! The ways to a repository: rclone, webdav, sftp, NS8's wrapper, and where
//! credentials come from.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use ns8_backup_monitor::model::{
    CredentialFault, DestinationId, Obstacle, ProbeTarget, RepoCause, SkipReason,
};
use ns8_backup_monitor::repo_check::{CredentialSource, Credentials, Prober as _, RunagentProber};

use crate::probe::{LONG, ask, block_on, credentials, prober, support, target};
use crate::support::process::{Server, free_port, wait_for_port};
use crate::support::restic::{PASSWORD, Repository, versions};

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

struct Source(Result<Credentials, CredentialFault>);

#[async_trait]
impl CredentialSource for Source {
    async fn credentials(&self, _: &DestinationId) -> Result<Credentials, CredentialFault> {
        self.0.clone()
    }
}

fn unopened(fault: CredentialFault) -> SkipReason {
    SkipReason::Unavailable(Obstacle::Destination("d1".into(), fault))
}

#[test]
fn what_the_file_does_not_say_comes_from_the_cluster() {
    let repository = Repository::new();
    let url = repository.root().to_str().unwrap();
    let mut prober = prober("restic".as_ref(), &[("url", url)]);
    let known = credentials(&[("url", "b2:elsewhere"), ("password", PASSWORD)]);
    prober.source = Some(Arc::new(Source(Ok(known))));
    assert_eq!(ask(&prober, false).cause, RepoCause::Reachable);

    prober.source = Some(Arc::new(Source(Err(CredentialFault::RedisFailed))));
    let refused = block_on(prober.probe(&target(false), LONG));
    assert_eq!(refused, Err(unopened(CredentialFault::RedisFailed)));
}

#[test]
fn a_missing_program_or_password_is_told_before_anybody_is_asked() {
    let nowhere = prober(
        "/nonexistent/restic".as_ref(),
        &[("url", "/srv"), ("password", PASSWORD)],
    );
    let refused = block_on(nowhere.probe(&target(true), LONG));
    let Err(SkipReason::Unavailable(Obstacle::Restic { program, reason })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(program, "/nonexistent/restic");
    assert!(reason.starts_with("No such file"), "{reason}");
    let half = prober("restic".as_ref(), &[("url", "/srv")]);
    let refused = block_on(half.probe(&target(true), LONG));
    let missing = CredentialFault::Missing("password".into());
    assert_eq!(refused, Err(unopened(missing)));
}
