//! What a real restic will not do on demand: hang, chatter, leave others
//! behind. A scripted stand-in does it.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ns8_backup_monitor::model::{Probe, Remark, RepoCause};
use ns8_backup_monitor::repo_check::Prober as _;

use crate::probe::{LONG, block_on, prober, support, target};
use crate::support::process::wait_until;
use crate::support::restic::PATH;

const PASSWORD: &str = "pl4nted-S3cret";

/// A repository whose restic does what `behaviour` says; `$here` is its folder.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new(behaviour: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join(PATH);
        fs::create_dir_all(&here).unwrap();
        let script = format!("here={}\n{behaviour}\n", here.display());
        fs::write(here.join("behaviour"), script).unwrap();
        Self { folder }
    }

    fn here(&self) -> PathBuf {
        self.folder.path().join(PATH)
    }

    async fn ask(&self, failed: bool, limit: Duration) -> Probe {
        let url = self.folder.path().to_str().unwrap();
        let fields = [("url", url), ("password", PASSWORD)];
        prober(&support("fake_restic.sh"), &fields)
            .probe(&target(failed), limit)
            .await
            .unwrap()
    }

    fn answer(&self) -> Probe {
        block_on(self.ask(false, LONG))
    }

    /// What was written into a file of the folder, once it is there.
    fn read(&self, name: &str) -> String {
        wait_until(name, || self.here().join(name).exists());
        fs::read_to_string(self.here().join(name)).unwrap()
    }

    /// Whether the processes whose numbers are in the file `pids` are gone; a
    /// zombie is not.
    #[track_caller]
    fn nobody_is_left(&self, expected: usize) {
        let text = self.read("pids");
        let pids: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(pids.len(), expected, "the stage did not play its part");
        wait_until("all processes to be gone", || {
            pids.iter().all(|pid| {
                !fs::exists(format!("/proc/{pid}")).unwrap_or(true) || foreign_zombie(pid)
            })
        });
    }
}

/// A killed orphan waits for the machine's own init, which is not ours.
fn foreign_zombie(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let own = format!(" Z {} ", std::process::id());
    stat.contains(") Z ") && !stat.contains(&own)
}

#[test]
fn a_hanging_restic_is_ended_at_the_limit_also_when_it_does_not_listen() {
    let limit = Duration::from_secs(1);
    for behaviour in [
        "echo $$ > $here/pids; exec sleep 1000",
        "trap '' TERM; echo $$ > $here/pids; while :; do sleep 0.1; done",
        "echo $$ > $here/pids; kill -STOP $$",
    ] {
        let stage = Stage::new(behaviour);
        let begun = Instant::now();
        let probe = block_on(stage.ask(true, limit));
        assert_eq!(probe.cause, RepoCause::Timeout, "{behaviour}: {probe:?}");
        assert!(
            begun.elapsed() < limit * 2,
            "{behaviour}: {:?}",
            begun.elapsed()
        );
        stage.nobody_is_left(1);
    }
}

#[test]
fn helpers_in_other_groups_and_daemons_end_with_their_restic() {
    let stage = Stage::new(
        "sleep 1000 & a=$!
         setsid sleep 1000 & b=$!
         env -i sleep 1000 & c=$!
         setsid sh -c 'sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > '$here'/daemon'
         echo $$ $a $b $c $(cat $here/daemon) > $here/pids
         wait",
    );
    let probe = block_on(stage.ask(true, Duration::from_secs(2)));
    assert_eq!(probe.cause, RepoCause::Timeout);
    stage.nobody_is_left(5);
}

#[test]
fn a_hanging_restic_is_asked_to_end_before_it_is_killed() {
    let stage = Stage::new(
        "echo 'retrying: connection refused' >&2
         trap 'echo asked > $here/asked; echo Fatal: cleaning up >&2; exit 1' TERM
         sleep 1000 & wait",
    );
    let probe = block_on(stage.ask(true, Duration::from_secs(1)));
    assert_eq!(stage.read("asked"), "asked\n");
    assert_eq!(probe.cause, RepoCause::Unreachable);
    assert_eq!(
        probe.message,
        Some(Remark::Said("retrying: connection refused".into())),
        "what it says of our own signal explains nothing"
    );
}

#[test]
fn one_who_keeps_the_output_open_delays_nothing_and_is_ended() {
    let stage = Stage::new("sleep 1000 & echo $$ $! > $here/pids; echo '[]'");
    let begun = Instant::now();
    let probe = stage.answer();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(
        (probe.cause, probe.snapshots),
        (RepoCause::Reachable, Some(0))
    );
    stage.nobody_is_left(2);
}

#[test]
fn dropping_the_question_ends_the_child_and_its_helpers() {
    let stage =
        Stage::new("setsid sleep 1000 & echo $$ $! > $here/new; mv $here/new $here/pids; wait");
    block_on(async {
        tokio::select! {
            probe = stage.ask(true, LONG) => panic!("{probe:?}"),
            () = until_staged(&stage) => {}
        }
        // The runtime reaps what was dropped.
        let end = Instant::now() + Duration::from_secs(10);
        let first = stage
            .read("pids")
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned();
        while fs::exists(format!("/proc/{first}")).unwrap() && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    stage.nobody_is_left(2);
}

async fn until_staged(stage: &Stage) {
    while !stage.here().join("pids").exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn a_hundred_megabytes_of_complaints_end_the_child_early() {
    let stage = Stage::new(
        "echo $$ > $here/pids; head -c 100000000 /dev/zero | tr '\\0' '\\n' >&2; exec sleep 1000",
    );
    let begun = Instant::now();
    let probe = stage.answer();
    assert!(begun.elapsed() < LONG / 2);
    assert_eq!(probe.cause, RepoCause::Error, "{probe:?}");
    assert_eq!(probe.message, Some(Remark::TooMuch));
    stage.nobody_is_left(1);
    let endless = Stage::new("echo $$ > $here/pids; exec yes");
    assert_eq!(endless.answer().cause, RepoCause::Error);
    endless.nobody_is_left(1);
}

#[test]
fn garbage_is_not_taken_for_an_answer() {
    for garbage in [
        "",
        "echo '{'",
        "echo '[{]'",
        "head -c 100000 /dev/urandom",
        "echo '\"[]\"'",
    ] {
        let probe = Stage::new(garbage).answer();
        assert_eq!(probe.cause, RepoCause::Error, "{garbage}: {probe:?}");
        assert_eq!(probe.snapshots, None);
        assert_eq!(probe.message, Some(Remark::ListSenseless));
    }
}

#[test]
fn every_exit_code_has_a_cause_and_words() {
    for code in 1..=255 {
        // The many calls are cheap: the stand-in ends at once.
        let probe = Stage::new(&format!("exit {code}")).answer();
        let expected = match code {
            10 => RepoCause::NotFound,
            11 => RepoCause::Busy,
            12 => RepoCause::WrongPassword,
            _ => RepoCause::Error,
        };
        assert_eq!(probe.cause, expected, "exit {code}");
        assert_eq!(probe.message, Some(Remark::EndedSilently(code)));
    }
    let killed = Stage::new("kill -KILL $$").answer();
    assert_eq!(killed.message, Some(Remark::EndedBySignal(9)));
}

#[test]
fn a_child_sees_only_what_it_needs_and_its_arguments_hold_no_secret() {
    let stage = Stage::new(
        "cat /proc/$$/cmdline > $here/cmdline; cat /proc/$$/environ > $here/environ
         cat > $here/stdin; echo '[]'",
    );
    assert_eq!(stage.answer().cause, RepoCause::Reachable);
    let arguments = stage.read("cmdline");
    assert!(!arguments.contains(PASSWORD), "{arguments}");
    assert!(
        arguments.ends_with("--no-lock\0--no-cache\0--json\0snapshots\0"),
        "{arguments}"
    );
    assert_eq!(stage.read("stdin"), "");
    let environment = stage.read("environ");
    let mut names: Vec<&str> = environment
        .split('\0')
        .filter_map(|entry| entry.split_once('=').map(|(name, _)| name))
        .filter(|name| *name != "TZ")
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "HOME",
            "NS8_BACKUP_MONITOR_PROBE",
            "PATH",
            "RESTIC_PASSWORD",
            "RESTIC_REPOSITORY"
        ]
    );
    assert!(
        std::env::var_os("CARGO_MANIFEST_DIR").is_some(),
        "the parent has more"
    );
}

#[test]
fn a_secret_that_restic_blurts_out_goes_no_further() {
    let stage = Stage::new(
        "printf 'Fatal: bad \\033[31m%s at http://u:%s@h\\n' $RESTIC_PASSWORD $RESTIC_PASSWORD >&2; exit 1",
    );
    let message = stage.answer().message.unwrap().to_string();
    assert_eq!(message, "Fatal: bad ␛[31m*** at http://u:***@h");
}

#[test]
fn locks_that_cannot_be_read_in_time_take_nothing_from_the_answer() {
    let stage = Stage::new(
        "echo $$ >> $here/pids
         case \"$*\" in *snapshots) echo '[]' ;; *) exec sleep 1000 ;; esac",
    );
    let begun = Instant::now();
    let probe = block_on(stage.ask(true, Duration::from_secs(1)));
    assert_eq!(
        (probe.cause, probe.snapshots),
        (RepoCause::Reachable, Some(0))
    );
    assert!(begun.elapsed() < Duration::from_secs(3));
    stage.nobody_is_left(2);
}
