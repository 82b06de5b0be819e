//! From restic's exit code and words, version 0.14 to 0.18, to a cause.

use jiff::Timestamp;

use super::child::Ending;
use super::locks;
use super::message::{Said, complaints};
use crate::model::{Lock, Remark, RepoCause};

/// What an ended restic tells about its repository.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Which cause.
    pub(super) cause: RepoCause,
    /// restic's last words, or ours where it left none; not masked yet.
    pub(super) message: Option<Remark>,
    /// The lock that kept it out.
    pub(super) lock: Option<Lock>,
}

impl Finding {
    fn new(cause: RepoCause, message: Option<Remark>) -> Self {
        Self {
            cause,
            message,
            lock: None,
        }
    }
}

/// Judges a child of ours.
pub(super) fn of_child(ending: Ending, stderr: &str, now: Timestamp) -> Finding {
    match ending {
        Ending::Exit(0) => of_success(stderr),
        Ending::Exit(code) => {
            let said = Said::read(stderr);
            let code = said.code.unwrap_or_else(|| i64::from(code));
            of_failure(Some(code), said, stderr, now, Remark::EndedSilently(code))
        }
        Ending::Signal(number) => {
            let nothing = Remark::EndedBySignal(number);
            of_failure(None, Said::read(stderr), stderr, now, nothing)
        }
        Ending::CutOff => of_cut(stderr),
        Ending::TooMuch => Finding::new(RepoCause::Error, Some(Remark::TooMuch)),
    }
}

/// Judges a task of the cluster by its error text. The task's own exit code
/// says nothing: it is 1 for whatever restic said, and 10 to 12 mean something
/// else there.
pub(super) fn of_task(exit_code: i64, error: &str, now: Timestamp) -> Finding {
    let said = Said::read(error);
    let nothing = Remark::TaskEndedSilently(exit_code);
    of_failure(said.code, said, error, now, nothing)
}

/// Exit code 0 is believed only when nothing was complained of: with a damaged
/// snapshot restic lists the others and ends well.
fn of_success(stderr: &str) -> Finding {
    let complaints = complaints(stderr);
    match complaints.last() {
        None => Finding::new(RepoCause::Reachable, None),
        Some(last) => Finding::new(
            by_words(&complaints.join("\n"))
                .filter(|cause| *cause == RepoCause::Corrupt)
                .unwrap_or(RepoCause::Error),
            Some(Remark::Said((*last).to_owned())),
        ),
    }
}

/// `code` is restic's own, as far as known: 10 to 12 speak for themselves since
/// 0.17; for the rest, and for older ones, the words decide: the last ones
/// first, because those before may tell of a trouble that passed. `nothing` is
/// told where it left no words.
fn of_failure(
    code: Option<i64>,
    said: Said,
    whole: &str,
    now: Timestamp,
    nothing: Remark,
) -> Finding {
    let refusing = locks::refused_by(&whole.replace("\\n", "\n"), now);
    let by_code = match code {
        Some(10) => Some(RepoCause::NotFound),
        Some(11) => Some(RepoCause::Busy),
        Some(12) => Some(RepoCause::WrongPassword),
        _ => None,
    };
    if let Some(lock) = refusing.filter(|_| matches!(by_code, None | Some(RepoCause::Busy))) {
        return Finding {
            cause: locks::cause(std::slice::from_ref(&lock), now),
            message: said.last.map(Remark::Said),
            lock: Some(lock),
        };
    }
    let cause = by_code
        .or_else(|| said.last.as_deref().and_then(by_words))
        .or_else(|| by_words(&said.all))
        .unwrap_or(RepoCause::Error);
    Finding::new(cause, Some(said.last.map_or(nothing, Remark::Said)))
}

/// It was we who ended it: what it complained of until then says whether it
/// was waiting for something dead.
fn of_cut(stderr: &str) -> Finding {
    let said = Said::read(stderr);
    let telling = |cause: &RepoCause| {
        matches!(
            cause,
            RepoCause::Unreachable | RepoCause::Forbidden | RepoCause::Corrupt
        )
    };
    let cause = by_words(&said.all).filter(telling);
    let last = said.last.map(Remark::Said);
    Finding::new(cause.unwrap_or(RepoCause::Timeout), last)
}

/// The first rule of which a word occurs decides.
fn by_words(text: &str) -> Option<RepoCause> {
    let (own, text): (Vec<String>, Vec<String>) = text
        .lines()
        .map(str::to_lowercase)
        .partition(|line| is_denied_here(line));
    let text = text.join("\n");
    RULES
        .iter()
        .find(|(_, words)| words.iter().any(|word| text.contains(word)))
        .map(|(cause, _)| *cause)
        .or_else(|| {
            text.lines()
                .any(misses_a_part)
                .then_some(RepoCause::Corrupt)
        })
        .or_else(|| {
            let absent = ["does not exist", "no such file or directory"];
            (text.contains("config") && absent.iter().any(|word| text.contains(word)))
                .then_some(RepoCause::NotFound)
        })
        .or_else(|| {
            ["context canceled", "context deadline exceeded"]
                .iter()
                .any(|word| text.contains(word))
                .then_some(RepoCause::Timeout)
        })
        .or_else(|| (!own.is_empty()).then_some(RepoCause::Error))
}

/// Go's words for a file of the machine on which restic runs, such as `open
/// /srv/x/config: permission denied`: the user who runs restic may not read it,
/// which no destination is to blame for. One that refuses, by sftp for example,
/// is told of without a path.
fn is_denied_here(line: &str) -> bool {
    let Some((before, _)) = line.split_once(": permission denied") else {
        return false;
    };
    let operation = before.rsplit(": ").next().unwrap_or_default();
    operation
        .split_once(' ')
        .is_some_and(|(_, path)| path.starts_with('/'))
}

/// A repository that lost a file is damaged; one without its config is not
/// there at all.
fn misses_a_part(line: &str) -> bool {
    ["<data/", "<index/", "<snapshot/", "<key/"]
        .iter()
        .any(|part| line.contains(part))
        && line.contains("does not exist")
}

/// Lower case. The order matters: an answer of the destination (a password
/// refused, a status code) comes before what restic concludes from it.
const RULES: &[(RepoCause, &[&str])] = &[
    (
        RepoCause::WrongPassword,
        &["wrong password or no key found"],
    ),
    (
        RepoCause::Forbidden,
        &[
            "response (401)",
            "response (403)",
            "401 unauthorized",
            "403 forbidden",
            "access denied",
            "accessdenied",
            "invalidaccesskeyid",
            "access key id you provided",
            "signaturedoesnotmatch",
            "request signature we calculated",
            "bad_auth_token",
            "invalid accountid",
            "authenticationfailed",
            "authorizationfailure",
            "status_logon_failure",
            "status_access_denied",
            "unable to authenticate",
            "permission denied",
        ],
    ),
    (
        RepoCause::Unreachable,
        &[
            "connection refused",
            "connection reset",
            "connection timed out",
            "connection closed by",
            "no such host",
            "could not resolve hostname",
            "no route to host",
            "network is unreachable",
            "i/o timeout",
            "tls handshake timeout",
            "client.timeout exceeded",
            "response (500)",
            "response (502)",
            "response (503)",
            "response (504)",
            "502 bad gateway",
            "503 service unavailable",
            "504 gateway",
        ],
    ),
    (
        RepoCause::Corrupt,
        &[
            "invalid data returned",
            "config file has zero size",
            "is damaged",
            "ciphertext verification failed",
            "unmarshal: ",
            "loadraw(",
            "failed to load snapshot",
            "could not load snapshot",
            "invalid character",
            "unexpected end of json",
            // A few bytes of garbage in place of the config end restic so.
            "slice bounds out of range",
            "index out of range",
        ],
    ),
    (
        RepoCause::NotFound,
        &[
            "repository does not exist",
            "specified bucket does not exist",
            "nosuchbucket",
            "containernotfound",
            "directory not found",
            "response (404)",
        ],
    ),
];

#[cfg(test)]
#[path = "cause_tests.rs"]
mod tests;
