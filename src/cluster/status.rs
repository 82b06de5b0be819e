//! One status value, in each of the three layouts.
//!
//! When and with what error count a backup ended decides the outcome: where
//! that cannot be read, the whole status cannot. Size and number of files
//! decide nothing: an odd one is left out and named beside.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::value::shown;
use super::whole::Whole;
use crate::model::{Fault, Layout, NodeId, Reason, Stamp, Status};

/// How far ahead of the program's clock a node's clock may be before its
/// statuses are no longer believed: one of next year would stay the newest for
/// a year.
const CLOCK_AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// What was understood: the status, or why there is none; and which fields had
/// to be left out of it.
pub(super) struct Parsed {
    pub status: Result<Status, Reason>,
    pub odd: Vec<Reason>,
    /// Of one that lies in the future only.
    pub stamp: Option<Stamp>,
}

/// The names of layout A's JSON and of layout B's hash, as ns8-core's
/// `run-backup` and `module-backup` write them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    start: Whole,
    end: Whole,
    errors: Whole,
    total_size: Whole,
    total_file_count: Whole,
}

/// Layout A: `value` is JSON text.
pub(super) fn layout_a(value: &[u8], node: NodeId, now: Timestamp) -> Parsed {
    // serde takes an array for a struct whose fields come in order.
    let object = value.trim_ascii_start().starts_with(b"{");
    let text = std::str::from_utf8(value).ok();
    match text.map(serde_json::from_str::<Fields>) {
        Some(Ok(fields)) if object => {
            let mut parsed = counted(&fields, Layout::A, now);
            if let Ok(status) = &mut parsed.status {
                status.node = Some(node);
            }
            parsed
        }
        Some(Ok(_)) => Parsed::failed(Reason::NotAnObject),
        Some(Err(_)) | None => Parsed::failed(Reason::NotAStatus),
    }
}

/// Layout B: the hash's fields in the order of [`B_FIELDS`], `None` where
/// missing.
pub(super) fn layout_b(values: &[Option<String>], now: Timestamp) -> Parsed {
    let text = |place: usize| values.get(place).and_then(Option::as_deref);
    let field = |place| text(place).map(Whole::of_text).unwrap_or_default();
    let fields = Fields {
        start: field(0),
        end: field(1),
        errors: field(2),
        total_size: field(3),
        total_file_count: field(4),
    };
    let mut parsed = counted(&fields, Layout::B, now);
    let no_snapshot = text(5).is_some_and(|count| count.trim() == "0");
    // ns8-core up to 3.19 writes what it has when `module-backup` ends, however
    // that ends. One that fails when started by hand, or crashes, ends before it
    // counts its error and its snapshots, and leaves the zeros it began with.
    if let Ok(status) = &mut parsed.status
        && status.errors == 0
        && no_snapshot
    {
        status.errors = 1;
    }
    parsed
}

/// What layout B is asked for.
pub(super) const B_FIELDS: [&str; 6] = [
    "start",
    "end",
    "errors",
    "total_size",
    "total_file_count",
    "snapshots_count",
];

/// What layout C is asked for.
pub(super) const C_FIELDS: [&str; 3] = ["result", "timestamp", "error"];

/// Layout C: `result`, `timestamp` and `error`, as the first tool wrote them.
/// It knows one moment only.
pub(super) fn layout_c(
    result: Option<&str>,
    timestamp: Option<&str>,
    error: Option<&str>,
    now: Timestamp,
) -> Parsed {
    let status = iso_time(timestamp, now).and_then(|at| {
        Ok(Status {
            start: at,
            end: at,
            errors: match result {
                Some("success") => 0,
                Some("error") => 1,
                Some(_) => return Err(fault("result", Fault::NotAResult)),
                None => return Err(fault("result", Fault::Missing)),
            },
            size: None,
            files: None,
            node: None,
            layout: Layout::C,
            message: error.map(shown).filter(|text| !text.is_empty()),
        })
    });
    Parsed {
        status,
        odd: Vec::new(),
        stamp: None,
    }
}

/// A `timestamp` of layout C (ISO 8601, UTC).
pub(super) fn iso_time(text: Option<&str>, now: Timestamp) -> Result<Timestamp, Reason> {
    let text = text.ok_or_else(|| fault("timestamp", Fault::Missing))?;
    let at: Timestamp = text
        .trim()
        .parse()
        .map_err(|_| fault("timestamp", Fault::NotATime))?;
    not_ahead("timestamp", at, now)
}

impl Parsed {
    /// There is a value, and it says nothing.
    pub fn failed(reason: Reason) -> Self {
        Self {
            status: Err(reason),
            odd: Vec::new(),
            stamp: None,
        }
    }
}

fn counted(fields: &Fields, layout: Layout, now: Timestamp) -> Parsed {
    let mut odd = Vec::new();
    let mut extra = |name, value: Whole| match value.0 {
        Err(Fault::Missing) => None,
        _ => whole(name, value).map_err(|reason| odd.push(reason)).ok(),
    };
    let size = extra("total_size", fields.total_size);
    let files = extra("total_file_count", fields.total_file_count);
    let status = || {
        let errors = whole("errors", fields.errors)?;
        Ok(Status {
            start: moment("start", fields.start, now)?,
            end: moment("end", fields.end, now)?,
            errors: u32::try_from(errors).map_err(|_| fault("errors", Fault::TooLarge))?,
            size,
            files,
            node: None,
            layout,
            message: None,
        })
    };
    let status = status();
    let in_future = matches!(&status, Err(Reason::Field(_, Fault::InFuture)));
    Parsed {
        stamp: in_future.then(|| stamp(fields)).flatten(),
        status,
        odd,
    }
}

fn stamp(fields: &Fields) -> Option<Stamp> {
    let number = |name, value| whole(name, value).ok();
    Some(Stamp {
        start: number("start", fields.start)?.try_into().ok()?,
        end: number("end", fields.end)?.try_into().ok()?,
        errors: number("errors", fields.errors)?.try_into().ok()?,
    })
}

fn moment(name: &str, value: Whole, now: Timestamp) -> Result<Timestamp, Reason> {
    let seconds = whole(name, value)?;
    let at = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or_else(|| fault(name, Fault::TooLarge))?;
    not_ahead(name, at, now)
}

fn not_ahead(name: &str, at: Timestamp, now: Timestamp) -> Result<Timestamp, Reason> {
    if at.duration_since(now) > CLOCK_AHEAD {
        return Err(fault(name, Fault::InFuture));
    }
    Ok(at)
}

fn whole(name: &str, value: Whole) -> Result<u64, Reason> {
    value.0.map_err(|what| fault(name, what))
}

fn fault(name: &str, fault: Fault) -> Reason {
    Reason::Field(name.to_owned(), fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StatusReading;

    fn now() -> Timestamp {
        Timestamp::from_second(1_780_001_000).unwrap()
    }

    fn reason(json: &str) -> String {
        layout_a(json.as_bytes(), NodeId(1), now())
            .status
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_status_of_layout_a_is_read_as_the_node_wrote_it() {
        let json = br#"{"start": 1780000000, "end": 1780000300, "total_size": 123,
            "total_file_count": 45, "snapshots_count": 1, "errors": 2}"#;
        let status = layout_a(json, NodeId(3), now()).status.unwrap();
        assert_eq!(status.start.as_second(), 1_780_000_000);
        assert_eq!(status.end.as_second(), 1_780_000_300);
        assert_eq!(
            (status.errors, status.size, status.files),
            (2, Some(123), Some(45))
        );
        assert_eq!((status.node, status.layout), (Some(NodeId(3)), Layout::A));
    }

    #[test]
    fn a_value_that_makes_no_sense_says_which_field_and_never_shows_itself() {
        for (json, why) in [
            ("", "it is not the JSON text of a status"),
            ("secret", "it is not the JSON text of a status"),
            (
                "[1780000000, 1780000300, 0, 1, 1]",
                "it is not a JSON object",
            ),
            ("7", "it is not the JSON text of a status"),
            (
                r#"{"start":1,"end":2,"errors":1e400}"#,
                "it is not the JSON text of a status",
            ),
            (r#"{"start":1,"end":2}"#, "errors is missing"),
            (r#"{"start":1,"end":2,"errors":null}"#, "errors is missing"),
            (r#"{"end":2,"errors":0}"#, "start is missing"),
            (r#"{"start":1,"errors":0}"#, "end is missing"),
            (r#"{"start":-1,"end":2,"errors":0}"#, "start is negative"),
            (r#"{"start":1,"end":-2.5,"errors":0}"#, "end is negative"),
            (r#"{"start":1,"end":2,"errors":-1}"#, "errors is negative"),
            (
                r#"{"start":1.5,"end":2,"errors":0}"#,
                "start is not a whole number",
            ),
            (
                r#"{"start":1e300,"end":2,"errors":0}"#,
                "start is too large",
            ),
            (
                r#"{"start":9999999999999999999999,"end":2,"errors":0}"#,
                "start is too large",
            ),
            (
                r#"{"start":9999999999999,"end":2,"errors":0}"#,
                "start is too large",
            ),
            (
                r#"{"start":1,"end":2,"errors":4294967296}"#,
                "errors is too large",
            ),
            (
                r#"{"start":1,"end":2,"errors":"none"}"#,
                "errors is not a whole number",
            ),
            (r#"{"start":1,"end":2,"errors":"-3"}"#, "errors is negative"),
            (r#"{"start":1,"end":2,"errors":""}"#, "errors is empty"),
            (
                r#"{"start":1,"end":2,"errors":[0]}"#,
                "errors is not a number",
            ),
            (
                r#"{"start":1,"end":2,"errors":false}"#,
                "errors is not a number",
            ),
            (
                r#"{"start":1780009000,"end":1780009001,"errors":0}"#,
                "start lies in the future: the clock of its node or of this machine is wrong",
            ),
        ] {
            assert_eq!(reason(json), why, "{json}");
        }
    }

    #[test]
    fn a_status_in_the_future_keeps_what_tells_it_from_the_next_one() {
        let stamp = |json: &str| layout_a(json.as_bytes(), NodeId(1), now()).stamp;
        let ahead = r#"{"start":1780009000,"end":1780009300,"errors":2}"#;
        let seen = stamp(ahead).unwrap();
        assert_eq!(
            (seen.start, seen.end, seen.errors),
            (1_780_009_000, 1_780_009_300, 2)
        );
        let later = Timestamp::from_second(1_780_009_000).unwrap();
        let understood = layout_a(ahead.as_bytes(), NodeId(1), later).status.unwrap();
        let understood = StatusReading::Read(understood);
        assert_eq!(understood.stamp(), Some(seen), "it is the same one");
        for none in [
            r#"{"start":1780000000,"end":1780000300,"errors":0}"#,
            r#"{"start":1780009000,"end":1780009300,"errors":"x"}"#,
        ] {
            assert_eq!(stamp(none), None, "{none}");
        }
    }

    #[test]
    fn numbers_may_be_written_as_text() {
        let json = br#"{"start":"1780000000","end":" 1780000001 ","errors":"0"}"#;
        assert!(layout_a(json, NodeId(1), now()).status.is_ok());
    }

    #[test]
    fn an_end_before_its_start_is_kept_for_the_verdict_to_warn_about() {
        let json = br#"{"start":200,"end":100,"errors":0}"#;
        assert!(layout_a(json, NodeId(1), now()).status.is_ok());
    }

    #[test]
    fn an_odd_size_is_left_out_and_named_and_the_rest_stays() {
        let json = br#"{"start":1,"end":2,"errors":0,"total_size":-5,"total_file_count":"x"}"#;
        let parsed = layout_a(json, NodeId(1), now());
        let status = parsed.status.unwrap();
        assert_eq!((status.size, status.files), (None, None));
        assert_eq!(
            parsed
                .odd
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            [
                "total_size is negative",
                "total_file_count is not a whole number"
            ]
        );
    }

    #[test]
    fn layout_b_is_all_text() {
        let text = |s: &str| Some(s.to_owned());
        let values = [
            text("1780000000"),
            text("1780000009"),
            text("1"),
            text("7"),
            None,
        ];
        let status = layout_b(&values, now()).status.unwrap();
        assert_eq!(
            (status.errors, status.size, status.files),
            (1, Some(7), None)
        );
        assert_eq!(status.layout, Layout::B);
        assert_eq!(
            layout_b(&[], now()).status.unwrap_err().to_string(),
            "errors is missing"
        );
    }

    #[test]
    fn zeros_of_layout_b_without_a_snapshot_are_a_backup_that_broke_off() {
        let errors = |errors: &str, snapshots: &str| {
            let now_text = "1780000000";
            let values = [now_text, now_text, errors, "0", "0", snapshots];
            let values = values.map(|text| Some(text.to_owned()));
            layout_b(&values, now()).status.unwrap().errors
        };
        assert_eq!(errors("0", "0"), 1);
        assert_eq!(errors("0", "1"), 0);
        assert_eq!(errors("2", "0"), 2);
    }

    #[test]
    fn layout_c_knows_one_moment_and_an_error_text() {
        let at = Some("2026-05-28T20:26:40Z");
        let status = layout_c(Some("error"), at, Some("disk\nfull"), now())
            .status
            .unwrap();
        assert_eq!((status.start, status.end), (status.start, status.start));
        assert_eq!((status.errors, status.layout), (1, Layout::C));
        assert_eq!(status.message.as_deref(), Some("disk␊full"));
        let why = |result, at| {
            layout_c(result, at, None, now())
                .status
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            why(Some("maybe"), at),
            "result is neither success nor error"
        );
        assert_eq!(why(None, at), "result is missing");
        assert_eq!(why(Some("success"), None), "timestamp is missing");
        assert_eq!(
            why(Some("success"), Some("yesterday")),
            "timestamp is not an ISO 8601 time with its zone"
        );
    }
}
