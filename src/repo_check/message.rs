//! What restic said: its last words without the noise around them, and without
//! credentials.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::model::{Remark, sanitize, truncate};

/// Longest message that a probe carries, in characters.
const MAX_MESSAGE: usize = 300;

/// Takes credentials out of texts.
#[derive(Clone, Default)]
pub(super) struct Masker {
    secrets: Vec<String>,
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Masker({} secrets)", self.secrets.len())
    }
}

impl Masker {
    /// Knows `secrets`, as they are and as they look in a URL.
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all: Vec<String> = secrets
            .into_iter()
            .filter(|secret| !secret.is_empty())
            .flat_map(|secret| {
                let in_url = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
                [secret.to_owned(), in_url]
            })
            .collect();
        // The longest first: one secret may be the beginning of another.
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        all.dedup();
        Self { secrets: all }
    }

    /// The same, and `secret` too.
    pub(super) fn and(&self, secret: &str) -> Self {
        Self::new(self.secrets.iter().map(String::as_str).chain([secret]))
    }

    /// `text` on one line, harmless, at most 300 characters, with `***` in the
    /// place of every known secret and of every password inside a URL.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut masked = mask_urls(text);
        for secret in &self.secrets {
            masked = masked.replace(secret.as_str(), "***");
        }
        truncate(&sanitize(masked.trim()), MAX_MESSAGE)
    }

    /// The same of what others said; our own words hold no secret.
    pub(super) fn remark(&self, remark: Remark) -> Remark {
        match remark {
            Remark::Said(text) => Remark::Said(self.clean(&text)),
            own => own,
        }
    }
}

/// `scheme://user:password@host` becomes `scheme://user:***@host`.
fn mask_urls(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        masked.push_str(before);
        masked.push_str("://");
        let end = after
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>'))
            .unwrap_or(after.len());
        let (address, tail) = after.split_at(end);
        // The last `@`: a password may hold one, and a `/` too.
        match address.rsplit_once('@') {
            Some((account, host)) => {
                let user = account.split_once(':').map_or(account, |(user, _)| user);
                masked.push_str(user);
                masked.push_str(if account.contains(':') { ":***@" } else { "@" });
                masked.push_str(host);
            }
            None => masked.push_str(address),
        }
        rest = tail;
    }
    masked.push_str(rest);
    masked
}

/// All that restic knows when the rclone that it started has ended; why it
/// ended stands in rclone's own words before.
const RCLONE_IS_GONE: &str = "error talking HTTP to rclone";

/// What a failed restic wrote.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// restic's own code, where its JSON says it.
    pub(super) code: Option<i64>,
    /// The sentence that ended it; not masked yet.
    pub(super) last: Option<String>,
    /// Everything that tells something, line by line; not masked yet.
    pub(super) all: String,
}

/// With `--json`, restic 0.17 and newer end with this line.
#[derive(Deserialize)]
struct ExitError {
    message_type: String,
    code: i64,
    #[serde(default)]
    message: String,
}

impl Said {
    /// Reads a child's stderr, or a task's error text.
    pub(super) fn read(stderr: &str) -> Self {
        let mut code = None;
        let mut farewell = None;
        let mut plain = String::new();
        for line in stderr.lines() {
            if let Some(error) = exit_error(line) {
                code = Some(error.code);
                farewell = Some(error.message);
            } else {
                plain.push_str(line);
                plain.push('\n');
            }
        }
        let mut telling = telling_lines(&plain);
        let mut last = match &farewell {
            Some(message) => {
                let lines = telling_lines(message);
                let first = lines.first().map(|line| (*line).to_owned());
                telling.extend(lines);
                first
            }
            None => last_words(&telling).map(str::to_owned),
        };
        let is_gone = |line: &str| line.contains(RCLONE_IS_GONE);
        let rclone = telling.iter().rfind(|line| line.starts_with("rclone: "));
        if let Some(words) = rclone.filter(|_| last.as_deref().is_some_and(is_gone)) {
            last = Some((*words).to_owned());
            telling.retain(|line| !is_gone(line));
        }
        Self {
            code,
            last,
            all: telling.join("\n"),
        }
    }
}

fn exit_error(line: &str) -> Option<ExitError> {
    let line = line.trim();
    if !line.starts_with('{') {
        return None;
    }
    serde_json::from_str::<ExitError>(line)
        .ok()
        .filter(|error| error.message_type == "exit_error")
}

fn last_words<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let ends_restic = |line: &&&str| {
        ["Fatal:", "panic:"]
            .iter()
            .any(|word| line.starts_with(word))
    };
    lines
        .iter()
        .rfind(ends_restic)
        .or_else(|| lines.last())
        .copied()
}

/// Leaves out what only surrounds a sentence: the repository's address, Go's
/// stack, advice, and the wrapper's log lines.
fn telling_lines(text: &str) -> Vec<&str> {
    const LOCATION: &str = "Is there a repository at the following location?";
    let mut telling = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == LOCATION {
            lines.next();
        } else if !is_surrounding(line) {
            telling.push(line.trim_end());
        }
    }
    telling
}

fn is_surrounding(line: &str) -> bool {
    const STACK: [&str; 9] = [
        "\t",
        "main.",
        "runtime.",
        "goroutine ",
        "github.com/",
        "golang.org/",
        "created by ",
        "net/http.",
        "internal/",
    ];
    const LOCK_DETAILS: [&str; 3] = [
        "lock was created at ",
        "storage ID ",
        "the `unlock` command",
    ];
    line.trim().is_empty()
        || STACK.iter().any(|start| line.starts_with(start))
        || LOCK_DETAILS.iter().any(|start| line.starts_with(start))
        || is_log_line(line)
}

/// Lines of NS8's Python wrapper (systemd priority prefix, notice and below)
/// and of podman (logrus), which stand around restic's own.
fn is_log_line(line: &str) -> bool {
    [
        "<5>",
        "<6>",
        "<7>",
        "time=\"",
        "WARN[",
        "runagent: [WARNING]",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

/// What a restic that ended well complained of; empty when it did not.
pub(super) fn complaints(stderr: &str) -> Vec<&str> {
    stderr
        .lines()
        .filter(|line| !line.trim().is_empty() && !is_log_line(line) && !is_remark(line))
        .collect()
}

/// What says nothing about the repository: helper programs of restic, whose
/// failures restic itself judges, and its cache.
fn is_remark(line: &str) -> bool {
    [
        "subprocess ",
        "rclone: ",
        "unable to open cache",
        "created new cache",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_of_a_url_survives() {
        let masker = Masker::default();
        for (text, masked) in [
            (
                "Head \"http://node/1:pw@127.0.0.1/x\": no",
                "Head \"http://node/1:***@127.0.0.1/x\": no",
            ),
            ("rest:https://u:p@ss/w@h/x y", "rest:https://u:***@h/x y"),
            ("a://u@h b://h/c", "a://u@h b://h/c"),
            ("http://u:@h", "http://u:***@h"),
            ("no url: // at all @", "no url: // at all @"),
        ] {
            assert_eq!(masker.clean(text), masked);
        }
    }

    #[test]
    fn known_secrets_are_taken_out_also_as_a_url_has_them() {
        let masker = Masker::new(["s3cr/et", "s3cr", ""]);
        assert_eq!(
            masker.clean("key s3cr/et or s3cr%2Fet or s3cr."),
            "key *** or *** or ***."
        );
        assert_eq!(format!("{masker:?}"), "Masker(3 secrets)");
    }

    #[test]
    fn a_secret_that_is_learned_later_is_taken_out_too() {
        let masker = Masker::new(["s3cret"]).and("obscured");
        assert_eq!(masker.clean("s3cret obscured"), "*** ***");
    }

    #[test]
    fn a_secret_is_masked_before_the_text_is_cut_and_made_harmless() {
        let masker = Masker::new(["pass\tword"]);
        let text = format!("{}pass\tword\u{1b}[31m", "x".repeat(295));
        let clean = masker.clean(&text);
        assert!(clean.ends_with("***␛…"), "{clean}");
        assert_eq!(clean.chars().count(), 300);
    }

    #[test]
    fn restics_own_farewell_is_found_among_the_noise() {
        let said = Said::read(
            "<6>restic snapshots --json\nStat(<config/>) failed: 403\n\
             {\"message_type\":\"exit_error\",\"code\":1,\"message\":\"Fatal: no\\nIs there a repository at the following location?\\nrest:http://h/\"}\n",
        );
        assert_eq!(said.code, Some(1));
        assert_eq!(said.last.as_deref(), Some("Fatal: no"));
        assert_eq!(said.all, "Stat(<config/>) failed: 403\nFatal: no");
    }

    #[test]
    fn json_of_another_kind_is_just_a_line() {
        let said = Said::read("{\"message_type\":\"status\",\"code\":9}");
        assert_eq!(said.code, None);
        assert_eq!(Said::read("").last, None);
    }
}
