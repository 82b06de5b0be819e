//! Every text here is what restic 0.14.0 or 0.18.0 really wrote.

use super::*;

const LOCKED: &str = "unable to create lock in backend: repository is already locked exclusively by PID 18594 on vm by root (UID 0, GID 0)\nlock was created at 2026-11-20 18:00:17 (2m38.180761804s ago)\nstorage ID 4361dd73\nthe `unlock` command can be used to remove stale locks\n";
const REFUSED_14: &str = "Fatal: unable to open config file: client.Head: Head \"http://node/1:***@127.0.0.1:4699/0b5e/mail/4b1b/config\": dial tcp 127.0.0.1:4699: connect: connection refused\nIs there a repository at the following location?\nrest:http://node/1:***@127.0.0.1:4699/0b5e/mail/4b1b/\n";
const RETRIES_18: &str = "Stat(<config/>) returned error, retrying after 1.072800487s: Head \"http://node/1:***@127.0.0.1:4699/0b5e/config\": dial tcp 127.0.0.1:4699: connect: connection refused\nStat(<config/>) returned error, retrying after 2.005602619s: Head \"http://node/1:***@127.0.0.1:4699/0b5e/config\": dial tcp 127.0.0.1:4699: connect: connection refused\n";
const EMPTY_CONFIG_14: &str = "config file has zero size, invalid repository?\nmain.open\n\tgithub.com/restic/restic/cmd/restic/global.go:760\nmain.OpenRepository\n\tgithub.com/restic/restic/cmd/restic/global.go:432\nruntime.goexit\n\truntime/asm_amd64.\n";
const PANIC: &str = "panic: runtime error: slice bounds out of range [16:7]\n\ngoroutine 1 [running]:\ngithub.com/restic/restic/internal/repository.(*Repository).LoadUnpacked(0xc0003549c0, {0x104abd0, 0xc000127200})\n\tgithub.com/restic/restic/internal/repository/repository.go:206 +0x674\n";

fn now() -> Timestamp {
    "2026-11-20T18:03:00Z".parse().unwrap()
}

fn exit(code: i32, stderr: &str) -> Finding {
    of_child(Ending::Exit(code), stderr, now())
}

/// The line by which restic 0.17 and newer end with `--json`.
fn farewell(code: i32, message: &str) -> String {
    serde_json::json!({"message_type": "exit_error", "code": code, "message": message}).to_string()
}

#[track_caller]
fn says(code: i32, stderr: &str, cause: RepoCause, message: &str) {
    let finding = exit(code, stderr);
    assert_eq!(finding.cause, cause, "{stderr}");
    assert_eq!(finding.message, Some(message.into()));
}

#[test]
fn every_failure_of_restic_0_14_has_its_cause() {
    says(
        1,
        "Fatal: unable to open config file: unexpected HTTP response (403): 403 Forbidden\nIs there a repository at the following location?\nrest:http://module/mail1:***@127.0.0.1:4694/0b5e/nextcloud/65a0/\n",
        RepoCause::Forbidden,
        "Fatal: unable to open config file: unexpected HTTP response (403): 403 Forbidden",
    );
    says(
        1,
        "Fatal: unable to open config file: unexpected HTTP response (401): 401 Unauthorized\nIs there a repository at the following location?\nrest:http://x/\n",
        RepoCause::Forbidden,
        "Fatal: unable to open config file: unexpected HTTP response (401): 401 Unauthorized",
    );
    says(
        1,
        "Fatal: wrong password or no key found\n",
        RepoCause::WrongPassword,
        "Fatal: wrong password or no key found",
    );
    says(
        1,
        "Fatal: unable to open config file: <config/> does not exist\nIs there a repository at the following location?\nrest:http://node/1:***@127.0.0.1:4694/0b5e/broken/nothere/\n",
        RepoCause::NotFound,
        "Fatal: unable to open config file: <config/> does not exist",
    );
    says(
        1,
        REFUSED_14,
        RepoCause::Unreachable,
        REFUSED_14.lines().next().unwrap(),
    );
    says(
        2,
        PANIC,
        RepoCause::Corrupt,
        "panic: runtime error: slice bounds out of range [16:7]",
    );
    says(
        1,
        EMPTY_CONFIG_14,
        RepoCause::Corrupt,
        "config file has zero size, invalid repository?",
    );
    says(
        1,
        "Fatal: Unmarshal: unexpected end of JSON input\n",
        RepoCause::Corrupt,
        "Fatal: Unmarshal: unexpected end of JSON input",
    );
    says(
        1,
        "Fatal: load <index/2846c8ed2e>: invalid data returned\n",
        RepoCause::Corrupt,
        "Fatal: load <index/2846c8ed2e>: invalid data returned",
    );
}

#[test]
fn every_failure_of_restic_0_18_has_its_cause() {
    let forbidden = "Fatal: unable to open config file: unexpected HTTP response (403): 403 Forbidden\nIs there a repository at the following location?\nrest:http://127.0.0.1:4694/x/";
    for (code, message, cause) in [
        (1, forbidden, RepoCause::Forbidden),
        (
            1,
            &*forbidden.replace("403 Forbidden", "401 Unauthorized"),
            RepoCause::Forbidden,
        ),
        (
            12,
            "Fatal: wrong password or no key found",
            RepoCause::WrongPassword,
        ),
        (
            10,
            "Fatal: repository does not exist: unable to open config file: <config/> does not exist\nIs there a repository at the following location?\nrest:http://x/",
            RepoCause::NotFound,
        ),
        (
            1,
            "config file has zero size, invalid repository?\nmain.open\n\tgithub.com/restic/restic/cmd/restic/global.go:691",
            RepoCause::Corrupt,
        ),
        (
            1,
            "Fatal: LoadRaw(<key/4bc07a1e51>): invalid data returned",
            RepoCause::Corrupt,
        ),
        (
            1,
            "LoadRaw(<index/2846c8ed2e>): invalid data returned",
            RepoCause::Corrupt,
        ),
        (
            1,
            "error walking snapshot: walking tree 65d9: ReadFull(<data/e77a7fed86>): <data/e77a7fed86> does not exist",
            RepoCause::Corrupt,
        ),
        (
            1,
            "Fatal: unable to open config file: Head \"http://node/1:***@127.0.0.1:4699/c\": dial tcp 127.0.0.1:4699: connect: connection refused",
            RepoCause::Unreachable,
        ),
    ] {
        let first = message.lines().next().unwrap();
        says(code, &farewell(code, message), cause, first);
        // Without --json the same is plain text.
        says(code, message, cause, first);
    }
    says(
        2,
        PANIC,
        RepoCause::Corrupt,
        "panic: runtime error: slice bounds out of range [16:7]",
    );
}

#[test]
fn a_lock_that_keeps_restic_out_names_its_owner_in_every_version() {
    let plain = exit(1, LOCKED);
    let coded = exit(11, &farewell(11, LOCKED));
    for finding in [plain, coded] {
        assert_eq!(finding.cause, RepoCause::Busy);
        let lock = finding.lock.unwrap();
        assert_eq!((lock.owner.as_str(), lock.exclusive), ("root@vm", true));
        assert_eq!(finding.message, Some(LOCKED.lines().next().unwrap().into()));
    }
    let old = exit(1, &LOCKED.replace("(2m38.180761804s ago)", "(49h2m3s ago)"));
    assert_eq!(old.cause, RepoCause::Locked);
    let unnamed = exit(11, "something new\n");
    assert_eq!((unnamed.cause, unnamed.lock), (RepoCause::Busy, None));
}

#[test]
fn a_restic_that_ended_well_and_complained_is_not_healthy() {
    for stderr in [
        "Ignoring \"7a430ca1\": failed to load snapshot 7a430ca1: LoadRaw(<snapshot/7a430ca173>): invalid data returned\n",
        "could not load snapshot 7a430ca1: load <snapshot/7a430ca173>: invalid data returned\n",
    ] {
        says(0, stderr, RepoCause::Corrupt, stderr.trim());
    }
    says(0, "something odd\n", RepoCause::Error, "something odd");
    assert_eq!(exit(0, "").cause, RepoCause::Reachable);
}

#[test]
fn when_rclone_ends_it_is_rclone_that_says_why() {
    let rclone = "rclone: 2026/11/21 04:55:08 Failed to create file system for \"nas:x/y\": couldn't decrypt password: input too short when revealing password - is it obscured?";
    let gone = "Fatal: unable to open repository at rclone:nas:x/y: error talking HTTP to rclone: ";
    let old = format!("{rclone}\n{gone}context canceled\n");
    says(1, &old, RepoCause::Error, rclone);
    let new = format!(
        "{rclone}\n{}\n",
        farewell(1, &format!("{gone}exit status 1"))
    );
    says(1, &new, RepoCause::Error, rclone);
    let silent = format!("{gone}exit status 1");
    says(1, &silent, RepoCause::Error, &silent);
}

#[test]
fn what_helpers_and_wrappers_remark_is_no_complaint() {
    let stderr = "\n<6>restic snapshots --json\ntime=\"2026-11-20T18:00:00Z\" level=warning msg=\"x\"\nrclone: 2026/11/20 18:00:00 NOTICE: Config file not found\nsubprocess ssh: Warning: Permanently added 'h'\nunable to open cache: mkdir /root/.cache: permission denied\n";
    assert_eq!(exit(0, stderr), Finding::new(RepoCause::Reachable, None));
}

#[test]
fn a_restic_cut_off_while_it_retried_was_waiting_for_something_dead() {
    let cut = |stderr: &str| of_child(Ending::CutOff, stderr, now());
    assert_eq!(cut(RETRIES_18).cause, RepoCause::Unreachable);
    assert_eq!(
        cut(RETRIES_18).message,
        RETRIES_18.lines().last().map(Remark::from)
    );
    let gateway = "Stat(<config/>) returned error, retrying after 1.49s: unexpected HTTP response (503): 503 Service Unavailable\n";
    assert_eq!(cut(gateway).cause, RepoCause::Unreachable);
    assert_eq!(
        cut(&gateway.replace("503", "504")).cause,
        RepoCause::Unreachable
    );
    let damaged = "Load(<data/e77a7fed86>, 250, 0) returned error, retrying after 552ms: <data/e77a7fed86> does not exist\n";
    assert_eq!(cut(damaged).cause, RepoCause::Corrupt);
    assert_eq!(cut(""), Finding::new(RepoCause::Timeout, None));
}

#[test]
fn a_trouble_that_passed_does_not_hide_the_one_that_ended_it() {
    let stderr = format!(
        "{RETRIES_18}{}",
        farewell(12, "Fatal: wrong password or no key found")
    );
    assert_eq!(exit(12, &stderr).cause, RepoCause::WrongPassword);
    let old = format!("{RETRIES_18}Fatal: wrong password or no key found\n");
    assert_eq!(exit(1, &old).cause, RepoCause::WrongPassword);
}

#[test]
fn destinations_of_every_kind_are_understood() {
    for (words, cause) in [
        (
            "Fatal: unable to open config file: Stat: Access Denied.",
            RepoCause::Forbidden,
        ),
        (
            "Fatal: unable to open repository at s3:h/b: The AWS Access Key Id you provided does not exist in our records.",
            RepoCause::Forbidden,
        ),
        (
            "Fatal: unable to open config file: Stat: The specified bucket does not exist",
            RepoCause::NotFound,
        ),
        (
            "Fatal: unable to open config file: stat /srv/x/config: no such file or directory",
            RepoCause::NotFound,
        ),
        (
            "Fatal: unable to open config file: Lstat: permission denied",
            RepoCause::Forbidden,
        ),
        (
            "Fatal: unable to open repository at sftp:h:/x: ssh: Could not resolve hostname h: Name or service not known",
            RepoCause::Unreachable,
        ),
        (
            "subprocess ssh: root@h: Permission denied (publickey,password).\nFatal: unable to start the sftp session, error: error receiving version packet from server: server unexpectedly closed connection: unexpected EOF",
            RepoCause::Forbidden,
        ),
        (
            "Fatal: unable to open config file: Head \"https://h/config\": dial tcp: lookup h on 127.0.0.1:53: no such host",
            RepoCause::Unreachable,
        ),
        (
            "Fatal: config or key 4bc0 is damaged: ciphertext verification failed",
            RepoCause::Corrupt,
        ),
        (
            "Fatal: unable to open config file: context canceled",
            RepoCause::Timeout,
        ),
        (
            "Fatal: create repository: tls: failed to verify certificate: x509: certificate signed by unknown authority",
            RepoCause::Error,
        ),
        (
            "panic: send on closed channel\n\ngoroutine 9 [running]:\nmain.x()\n\tmain.go:1\n",
            RepoCause::Error,
        ),
    ] {
        assert_eq!(exit(1, words).cause, cause, "{words}");
    }
}

#[test]
fn a_file_that_our_own_user_may_not_read_is_no_fault_of_the_destination() {
    for words in [
        "Fatal: unable to open config file: open /srv/x/config: permission denied",
        "Fatal: unable to open config file: stat /srv/my disk/config: permission denied",
        "Fatal: unable to open repository at rclone:x:y: fork/exec /usr/bin/rclone: permission denied",
        "unable to open cache: mkdir /root/.cache: permission denied\nFatal: something new",
    ] {
        let last = words.lines().last().unwrap();
        says(1, words, RepoCause::Error, last);
    }
    let and_refused = "unable to open cache: mkdir /root/.cache: permission denied\nsubprocess ssh: root@h: Permission denied (publickey).\nFatal: unable to start the sftp session";
    assert_eq!(exit(1, and_refused).cause, RepoCause::Forbidden);
}

#[test]
fn an_unknown_end_is_a_failure_with_words() {
    let silent = exit(7, "");
    let told = Some(Remark::EndedSilently(7));
    assert_eq!((silent.cause, silent.message), (RepoCause::Error, told));
    says(130, "interrupted\n", RepoCause::Error, "interrupted");
    let killed = of_child(Ending::Signal(9), "", now());
    assert_eq!(
        (killed.cause, killed.message),
        (RepoCause::Error, Some(Remark::EndedBySignal(9)))
    );
    let chatty = of_child(Ending::TooMuch, "", now());
    assert_eq!(chatty.cause, RepoCause::Error);
}
