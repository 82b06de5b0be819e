//! How many snapshots there are, and which one is the newest.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// How many snapshots' times are kept: an hourly plan's of four days.
const RECENT: usize = 100;

/// What a list of snapshots says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// How many.
    pub(super) count: u64,
    /// When the newest was made.
    pub(super) newest: Option<Timestamp>,
    /// Bytes of the newest, which restic says since 0.17.
    pub(super) size: Option<u64>,
    /// When the newest [`RECENT`] were made, newest first.
    pub(super) recent: Vec<Timestamp>,
}

impl Found {
    fn add(&mut self, made: Option<Timestamp>, size: Option<u64>) {
        self.count += 1;
        if made.is_some() && made >= self.newest {
            (self.newest, self.size) = (made, size);
        }
        self.recent.extend(made);
    }

    fn finish(mut self) -> Self {
        self.recent.sort_unstable_by(|a, b| b.cmp(a));
        self.recent.truncate(RECENT);
        self
    }
}

/// One snapshot as restic prints it; everything else in it is passed over.
#[derive(Deserialize)]
struct Snapshot {
    #[serde(default)]
    time: Value,
    #[serde(default)]
    summary: Value,
}

/// Reads the output of `restic snapshots --json`; `None` when it is not one. A
/// snapshot whose time cannot be read is counted all the same.
pub(super) fn parse(stdout: &[u8]) -> Option<Found> {
    let mut found = Found::default();
    for snapshot in list(stdout)? {
        let made = snapshot.time.as_str().and_then(|time| time.parse().ok());
        let size = snapshot.summary.get("total_bytes_processed");
        found.add(made, size.and_then(Value::as_u64));
    }
    Some(found.finish())
}

/// The list itself, which an empty repository may show as `null`. Lines before
/// it are passed over: restic writes hints to stdout too.
fn list(stdout: &[u8]) -> Option<Vec<Snapshot>> {
    let read = |text| serde_json::from_slice::<Option<Vec<Snapshot>>>(text);
    if let Ok(list) = read(stdout) {
        return Some(list.unwrap_or_default());
    }
    let start = stdout
        .windows(2)
        .position(|pair| pair == b"\n[")
        .and_then(|at| stdout.get(at + 1..))?;
    read(start).ok()?
}

/// Reads the output of NS8's action `read-backup-snapshots`; `None` when it is
/// not one. There, `total_bytes` -1 says that restic does not know.
pub(super) fn parse_action(output: &Value) -> Option<Found> {
    let mut found = Found::default();
    for snapshot in output.as_array()? {
        let made = snapshot
            .get("timestamp")
            .and_then(Value::as_i64)
            .and_then(|seconds| Timestamp::from_second(seconds).ok());
        found.add(made, snapshot.get("total_bytes").and_then(Value::as_u64));
    }
    Some(found.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_old_and_new_restic_are_read() {
        let old = br#"[{"time":"2026-11-21T03:31:39.906348686Z","tree":"c0","paths":["/d"],"hostname":"mail1","id":"e7","short_id":"e7"}]"#;
        assert_eq!(
            parse(old),
            Some(Found {
                count: 1,
                newest: "2026-11-21T03:31:39.906348686Z".parse().ok(),
                size: None,
                recent: vec!["2026-11-21T03:31:39.906348686Z".parse().unwrap()],
            })
        );
        let new = br#"[{"time":"2026-11-21T04:31:41+01:00","program_version":"restic 0.18.0","summary":{"total_bytes_processed":3}},{"time":"2026-11-20T00:00:00Z","summary":{"total_bytes_processed":9}}]"#;
        assert_eq!(
            parse(new),
            Some(Found {
                count: 2,
                newest: "2026-11-21T03:31:41Z".parse().ok(),
                size: Some(3),
                recent: ["2026-11-21T03:31:41Z", "2026-11-20T00:00:00Z"]
                    .map(|time| time.parse().unwrap())
                    .into(),
            })
        );
    }

    #[test]
    fn an_empty_repository_has_no_newest_snapshot() {
        for nothing in [&b"[]\n"[..], b"null", b"waiting for the lock\n[]"] {
            assert_eq!(parse(nothing), Some(Found::default()));
        }
    }

    #[test]
    fn what_is_no_list_is_not_taken_for_an_empty_one() {
        for bad in [&b""[..], b"{}", b"[{", b"[1]", b"garbage\n[", b"\xff\xfe"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_snapshot_without_a_readable_time_still_counts() {
        let odd = br#"[{"time":"yesterday","summary":7},{"time":4},{}]"#;
        assert_eq!(parse(odd).unwrap().count, 3);
        assert_eq!(parse(odd).unwrap().newest, None);
    }

    #[test]
    fn the_actions_output_is_read() {
        let output = serde_json::json!([
            {"id": "a", "timestamp": 1_644_296_416, "total_bytes": -1, "backup_start": ""},
            {"id": "b", "timestamp": 1_644_000_000, "total_bytes": 5},
            {"id": "c", "timestamp": i64::MAX, "total_bytes": "x"},
        ]);
        assert_eq!(
            parse_action(&output),
            Some(Found {
                count: 3,
                newest: Timestamp::from_second(1_644_296_416).ok(),
                size: None,
                recent: [1_644_296_416, 1_644_000_000]
                    .map(|second| Timestamp::from_second(second).unwrap())
                    .into(),
            })
        );
        assert_eq!(parse_action(&serde_json::json!({"a": 1})), None);
    }
}
