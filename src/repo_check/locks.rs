//! Who holds a repository, and whether that is likely still alive.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::model::{Lock, RepoCause, sanitize, truncate};

/// From this age on the owner of a lock counts as dead. restic renews its
/// locks every five minutes for as long as it lives.
const STALE_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Longest owner that is shown, in characters.
const MAX_OWNER: usize = 100;

/// `locked` when one of `locks` is a day old or older, else `busy`. A lock
/// without a time counts as young.
pub(super) fn cause(locks: &[Lock], now: Timestamp) -> RepoCause {
    let stale = |lock: &Lock| {
        lock.since
            .is_some_and(|since| now.duration_since(since) >= STALE_AFTER)
    };
    if locks.iter().any(stale) {
        RepoCause::Locked
    } else {
        RepoCause::Busy
    }
}

/// Oldest first; those without a time last.
pub(super) fn sort(locks: &mut [Lock]) {
    locks.sort_by_key(|lock| (lock.since.is_none(), lock.since));
}

/// The ids that `restic list locks` printed, in its order.
pub(super) fn ids(stdout: &str) -> Vec<&str> {
    stdout
        .split(|c: char| !c.is_ascii_hexdigit())
        .filter(|word| word.len() == 64)
        .collect()
}

/// A lock as `restic cat lock` prints it.
#[derive(Deserialize)]
struct LockFile {
    #[serde(default)]
    time: Option<String>,
    #[serde(default)]
    exclusive: bool,
    #[serde(default)]
    hostname: String,
    #[serde(default)]
    username: String,
}

/// Reads the output of `restic cat lock`; `None` when it is not one.
pub(super) fn parse(stdout: &[u8]) -> Option<Lock> {
    let file: LockFile = serde_json::from_slice(stdout).ok()?;
    Some(Lock {
        owner: owner(&file.username, &file.hostname),
        since: file.time.and_then(|time| time.parse().ok()),
        exclusive: file.exclusive,
    })
}

fn owner(user: &str, host: &str) -> String {
    truncate(&sanitize(&format!("{user}@{host}")), MAX_OWNER)
}

/// The phrase by which every version of restic says that a lock kept it out.
const REFUSED: &str = "repository is already locked";

/// The lock that `text` (stderr or a task's error) complains of:
/// `... locked exclusively by PID 17 on host by user (UID 0, GID 0)`, and
/// `lock was created at <local time> (1h2m3.4s ago)` on the next line. Only the
/// age is believed: the time is one of an unknown zone.
pub(super) fn refused_by(text: &str, now: Timestamp) -> Option<Lock> {
    let (_, after) = text.split_once(REFUSED)?;
    let sentence = after.lines().next().unwrap_or_default();
    let (host, user) = sentence
        .split_once(" on ")
        .and_then(|(_, rest)| rest.split_once(" by "))
        .unwrap_or(("?", "?"));
    let user = user.split_once(" (UID").map_or(user, |(user, _)| user);
    let age = after
        .split_once("lock was created at ")
        .and_then(|(_, rest)| rest.split_once('('))
        .and_then(|(_, rest)| rest.split_once(" ago)"))
        .and_then(|(age, _)| go_duration(age));
    Some(Lock {
        owner: owner(user, host),
        since: age.and_then(|age| now.checked_sub(age).ok()),
        exclusive: sentence.trim_start().starts_with("exclusively"),
    })
}

/// Go's way to print a duration: `26h3m38.18s`, `887.7ms`, `12µs`.
fn go_duration(text: &str) -> Option<SignedDuration> {
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(unit_at);
        let end = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at(end);
        let factor = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * factor;
        rest = next;
    }
    SignedDuration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const NOW: &str = "2026-11-20T18:03:00Z";

    fn lock(since: Option<&str>) -> Lock {
        Lock {
            owner: "root@vm".into(),
            since: since.map(at),
            exclusive: true,
        }
    }

    #[test]
    fn a_lock_of_a_day_is_stale_a_younger_one_is_at_work() {
        let now = at(NOW);
        for (since, expected) in [
            (Some("2026-11-19T18:03:00Z"), RepoCause::Locked),
            (Some("2026-11-19T18:03:01Z"), RepoCause::Busy),
            (Some("2026-11-20T18:02:59Z"), RepoCause::Busy),
            (Some("2026-11-21T18:03:00Z"), RepoCause::Busy),
            (None, RepoCause::Busy),
        ] {
            assert_eq!(cause(&[lock(since)], now), expected, "{since:?}");
        }
        let both = [lock(None), lock(Some("2026-11-01T00:00:00Z"))];
        assert_eq!(cause(&both, now), RepoCause::Locked);
    }

    #[test]
    fn the_oldest_lock_comes_first() {
        let mut locks = [
            lock(None),
            lock(Some("2026-11-20T00:00:00Z")),
            lock(Some("2026-11-01T00:00:00Z")),
        ];
        sort(&mut locks);
        assert_eq!(locks[0].since, Some(at("2026-11-01T00:00:00Z")));
        assert_eq!(locks[2].since, None);
    }

    #[test]
    fn the_refusal_of_restic_names_its_lock() {
        let text = "unable to create lock in backend: repository is already locked exclusively by PID 18594 on vm by root (UID 0, GID 0)\nlock was created at 2026-11-20 18:00:17 (2m38.180761804s ago)\nstorage ID 4361dd73\n";
        let found = refused_by(text, at(NOW)).unwrap();
        assert_eq!(found.owner, "root@vm");
        assert!(found.exclusive);
        assert_eq!(
            found.since.unwrap().as_second(),
            at("2026-11-20T18:00:21Z").as_second()
        );
        let shared = "repository is already locked by PID 24311 on a b by c by d (UID 0, GID 0)";
        let found = refused_by(shared, at(NOW)).unwrap();
        assert_eq!((found.exclusive, found.since), (false, None));
        assert_eq!(refused_by("something else", at(NOW)), None);
    }

    #[test]
    fn go_durations_are_understood() {
        for (text, seconds) in [
            ("887.719458ms", 0.887_719_458),
            ("26h3m38s", 93_818.0),
            ("1.5µs", 0.000_001_5),
            ("2m", 120.0),
        ] {
            let got = go_duration(text).unwrap().as_secs_f64();
            assert!((got - seconds).abs() < 1e-6, "{text}: {got}");
        }
        for bad in ["5", "x", "1y", "1..2s", "1e999999h"] {
            assert_eq!(go_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_lock_file_is_read_and_a_hostile_owner_made_harmless() {
        let json = br#"{"time":"2026-11-21T03:31:43.213680363+01:00","exclusive":false,"hostname":"v\nm","username":"root","pid":14915}"#;
        let found = parse(json).unwrap();
        assert_eq!(found.owner, "root@v␊m");
        assert!(!found.exclusive);
        assert_eq!(
            found.since.unwrap().as_second(),
            at("2026-11-21T02:31:43Z").as_second()
        );
        assert_eq!(parse(b"nonsense"), None);
    }

    #[test]
    fn lock_ids_are_found_among_other_words() {
        let id = "445d8e313f70fd705b2152c9e02c1505807786890acc4373c76e6e6d2b8ff9e8";
        assert_eq!(ids(&format!("{id}\n\"{id}\"\nabc\n")), [id, id]);
        assert!(ids("no locks").is_empty());
    }
}
