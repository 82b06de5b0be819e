//! The other side: `systemd-analyze calendar`.

use std::collections::HashMap;
use std::process::Command;

use jiff::Timestamp;

/// What systemd says of one expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No calendar expression.
    Invalid,
    /// A calendar expression.
    Valid {
        /// Not printed when it gave up on the elapses.
        normal_form: Option<String>,
        elapses: Elapses,
    },
}

/// The elapses that it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elapses {
    /// All that there are, as many as were asked for at most; in full seconds,
    /// because it prints no parts of them.
    All(Vec<i64>),
    /// "Infinite loop in calendar calculation".
    GaveUp,
}

/// Asks for the first `iterations` elapses of each expression after `base`, on
/// a machine in `zone`.
pub fn ask(zone: &str, base: Timestamp, iterations: usize, expressions: &[String]) -> Vec<Answer> {
    let output = Command::new("systemd-analyze")
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .env("TZ", zone)
        .arg("calendar")
        .arg(format!("--iterations={iterations}"))
        .arg(format!("--base-time={}", as_systemd_reads_it(base)))
        .arg("--")
        .args(expressions)
        .output()
        .unwrap_or_else(|error| panic!("systemd-analyze: {error}; run tests/run first"));
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    let (said, complained) = (of_output(&said), of_complaints(&complained));
    expressions
        .iter()
        .map(|expression| {
            // Its tables leave out spaces at the end.
            let answer = complained
                .get(expression.as_str())
                .or_else(|| said.get(expression.trim_end_matches(' ')))
                .cloned();
            answer.unwrap_or_else(|| panic!("systemd-analyze says nothing of {expression:?}"))
        })
        .collect()
}

fn as_systemd_reads_it(at: Timestamp) -> String {
    format!("@{}.{:06}", at.as_second(), at.subsec_microsecond())
}

fn of_output(text: &str) -> HashMap<&str, Answer> {
    let mut answers = HashMap::new();
    let mut original = None;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((what, value)) = line.split_once(": ") else {
            assert!(line.is_empty(), "systemd-analyze says {line:?}");
            continue;
        };
        match what.trim() {
            // Not printed when it is the normal form.
            "Original form" => original = Some(value),
            "Normalized form" => {
                let elapses = std::iter::from_fn(|| lines.next_if(|line| !line.is_empty()));
                let answer = Answer::Valid {
                    normal_form: Some(value.to_owned()),
                    elapses: Elapses::All(of_elapses(elapses)),
                };
                answers.insert(original.take().unwrap_or(value), answer);
            }
            _ => panic!("systemd-analyze says {line:?}"),
        }
    }
    answers
}

fn of_elapses<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<i64> {
    let mut elapses: Vec<&str> = Vec::new();
    for line in lines {
        let (what, value) = line.split_once(": ").expect("what: value");
        match what.trim() {
            "Next elapse" if value == "never" => {}
            "Next elapse" => elapses.push(value),
            what if what.starts_with("Iter. #") => elapses.push(value),
            // Below the local time, if that is not the same.
            "(in UTC)" => *elapses.last_mut().expect("local time") = value,
            "From now" => {}
            _ => panic!("systemd-analyze says {line:?}"),
        }
    }
    elapses.into_iter().map(second).collect()
}

fn of_complaints(text: &str) -> HashMap<&str, Answer> {
    let quoted = |line: &'_ str| Some((line.find('\'')? + 1, line.rfind('\'')?));
    text.lines()
        .filter_map(|line| {
            let (from, to) = quoted(line)?;
            if line.starts_with("Failed to parse calendar specification ") {
                Some((&line[from..to], Answer::Invalid))
            } else if line.starts_with("Failed to determine next elapse for ") {
                let gave_up = Answer::Valid {
                    normal_form: None,
                    elapses: Elapses::GaveUp,
                };
                Some((&line[from..to], gave_up))
            } else {
                None
            }
        })
        .collect()
}

/// `Sun 2026-03-29 01:00:00 UTC`
fn second(text: &str) -> i64 {
    let at = text
        .strip_suffix(" UTC")
        .and_then(|text| text.split_once(' '));
    let (_, at) = at.unwrap_or_else(|| panic!("{text:?} is not in UTC"));
    let at: jiff::civil::DateTime = at.parse().expect("a time");
    let utc = jiff::tz::TimeZone::UTC;
    utc.to_timestamp(at).expect("a moment").as_second()
}
