//! Searching everything for secrets, in every form in which one travels.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mail_parser::MessageParser;

/// Texts that must be found nowhere, and where to look.
///
/// A secret is known by a run of letters and digits in it, which is the same in
/// JSON, in a URL, in HTML and in a quoted string; base64 and hex are looked for
/// on their own.
#[derive(Default)]
pub struct Search {
    forms: Vec<(String, String)>,
    places: Vec<(String, String)>,
}

impl Search {
    /// Looks for `core` too.
    pub fn secret(&mut self, core: &str) {
        assert!(core.len() >= 8, "{core} could stand anywhere");
        let name = |form: &str| format!("{core} ({form})");
        self.forms.push((name("as it is"), core.to_lowercase()));
        self.forms.push((name("hex"), hex(core)));
        for before in 0..3 {
            let form = base64_inside(core, before);
            self.forms.push((name("base64 for URLs"), url_form(&form)));
            self.forms.push((name("base64"), form));
        }
    }

    /// Looks here too.
    pub fn place(&mut self, name: impl Into<String>, content: impl AsRef<[u8]>) {
        let (name, content) = (name.into(), content.as_ref());
        if let Some(message) = MessageParser::default().parse(content) {
            for number in 0..message.html_body_count().max(message.text_body_count()) {
                for body in [message.body_html(number), message.body_text(number)] {
                    let body = body.unwrap_or_default().into_owned();
                    self.places.push((format!("{name}, decoded"), body));
                }
            }
        }
        let text = String::from_utf8_lossy(content).into_owned();
        self.places.push((name, text));
    }

    /// Looks at what a command printed.
    pub fn output(&mut self, command: &[&str], output: &Output) {
        self.place(format!("stdout of {command:?}"), &output.stdout);
        self.place(format!("stderr of {command:?}"), &output.stderr);
    }

    /// Looks into every file below `folder` but those of this name.
    pub fn files(&mut self, folder: &Path, but: &str) {
        for entry in fs::read_dir(folder).expect("folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.files(&path, but);
            } else if entry.file_name() != but {
                let content = fs::read(&path).unwrap_or_default();
                self.place(path.display().to_string(), content);
            }
        }
    }

    /// Whether `text` stands anywhere: what is searched must be what was meant.
    pub fn finds(&self, text: &str) -> bool {
        self.places
            .iter()
            .any(|(_, content)| content.contains(text))
    }

    /// Fails with every place in which a secret stands.
    #[track_caller]
    pub fn nothing_is_found(&self) {
        let mut found = String::new();
        for (place, content) in &self.places {
            let lower = content.to_ascii_lowercase();
            for (name, form) in &self.forms {
                if let Some(at) = lower.find(form).or_else(|| content.find(form)) {
                    let (start, end) = (at.saturating_sub(80), at + form.len() + 80);
                    let around = &content.as_bytes()[start..end.min(content.len())];
                    let around = String::from_utf8_lossy(around);
                    let _ = writeln!(found, "{name} in {place}: {around:?}");
                }
            }
        }
        assert!(found.is_empty(), "secrets stand in the open:\n{found}");
        assert!(self.places.len() > 1 && self.forms.len() > 1);
    }
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The characters that base64 makes of `text` alone, when so many other bytes
/// stand before it.
fn base64_inside(text: &str, before: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<bool> = std::iter::repeat_n(0, before)
        .chain(text.bytes())
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    let whole = bits.as_chunks::<6>().0;
    let first = (before * 8).div_ceil(6);
    whole[first..]
        .iter()
        .map(|six| {
            let number = six.iter().fold(0, |n, bit| n * 2 + usize::from(*bit));
            char::from(ALPHABET[number])
        })
        .collect()
}

fn url_form(base64: &str) -> String {
    base64.replace('+', "-").replace('/', "_")
}

/// Looks at the arguments of every process of this machine, all the time.
pub struct Watch {
    stop: Arc<AtomicBool>,
    watcher: JoinHandle<BTreeSet<Vec<u8>>>,
}

impl Watch {
    /// Begins.
    pub fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let watcher = thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !stopped.load(Ordering::SeqCst) {
                seen.extend(command_lines());
                thread::sleep(Duration::from_millis(2));
            }
            seen
        });
        Self { stop, watcher }
    }

    /// Ends, and adds what was seen to `search`.
    pub fn end(self, search: &mut Search) {
        self.stop.store(true, Ordering::SeqCst);
        for line in self.watcher.join().expect("the watcher") {
            search.place("the arguments of a process", line);
        }
    }
}

fn command_lines() -> impl Iterator<Item = Vec<u8>> {
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok())
}

#[cfg(test)]
mod tests {
    use super::Search;

    #[test]
    fn a_secret_is_found_in_every_form() {
        for leak in [
            "plain S3cretCore1!",
            "s3cretcore1",
            "0x533363726574436f726531",
            // base64 of "\0user\0S3cretCore1", "x:S3cretCore1" and "xS3cretCore1"
            "AHVzZXIAUzNjcmV0Q29yZTE=",
            "eDpTM2NyZXRDb3JlMQ==",
            "eFMzY3JldENvcmUx",
        ] {
            let mut search = Search::default();
            search.secret("S3cretCore1");
            search.place("nothing", "here");
            search.place("leak", leak);
            let found = std::panic::catch_unwind(|| search.nothing_is_found());
            assert!(found.is_err(), "{leak}");
        }
    }
}
