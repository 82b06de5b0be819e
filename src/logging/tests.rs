//! What reaches an output, and how it looks.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use super::*;

/// An output in memory.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What `speak` logs at `level`, line by line.
fn logged(level: LogLevel, line: Line, speak: impl FnOnce()) -> Vec<String> {
    let buffer = Buffer::default();
    let (filter, _handle) = reload::Layer::new(filter(level));
    let subscriber = tracing_subscriber::registry()
        .with(filter)
        .with(Noise)
        .with(vec![text(line, buffer.clone())]);
    tracing::subscriber::with_default(subscriber, speak);
    buffer.lines()
}

#[test]
fn a_line_has_its_priority_its_message_and_its_fields() {
    let lines = logged(LogLevel::Debug, Line::prefixed(), || {
        let _span = tracing::info_span!("run", run = "1/2").entered();
        tracing::error!(plan = %"7", tries = 3, "mail not sent");
        tracing::warn!("a");
        tracing::info!("b");
        tracing::debug!("c");
    });
    assert_eq!(
        lines,
        [
            "<3>mail not sent plan=\"7\" tries=3 run=\"1/2\"",
            "<4>a run=\"1/2\"",
            "<6>b run=\"1/2\"",
            "<7>c run=\"1/2\"",
        ]
    );
}

#[test]
fn for_people_a_line_begins_with_the_time_and_pythons_name_of_the_level() {
    let lines = logged(LogLevel::Info, Line::dated(), || tracing::warn!("x"));
    let (time, rest) = lines[0].split_at(25);
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    assert_eq!(rest, " WARNING x");
}

#[test]
fn no_value_from_outside_can_forge_a_line() {
    let lines = logged(LogLevel::Info, Line::prefixed(), || {
        let hostile = "x\n<3>forged\u{1b}[2J\u{202e}";
        let span = tracing::info_span!("run", plan = hostile, late = tracing::field::Empty);
        span.record("late", hostile);
        let _entered = span.entered();
        tracing::info!(display = %hostile, debug = ?hostile, text = hostile, "saw {hostile}");
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("<6>saw x␊<3>forged␛[2J\u{fffd}"));
    assert!(!lines[0].chars().any(char::is_control));
    assert!(!lines[0].contains('\u{202e}'));
}

#[test]
fn foreign_crates_only_warn_and_are_named() {
    let lines = logged(LogLevel::Debug, Line::prefixed(), || {
        tracing::debug!(target: "fred::router", "AUTH default s3cret");
        tracing::info!(target: "actix_server::builder", "starting");
        tracing::warn!(target: "actix_server::builder", "slow");
    });
    assert_eq!(lines, ["<4>actix_server: slow"]);
    let lines = logged(LogLevel::Error, Line::prefixed(), || {
        tracing::warn!(target: "actix_server", "slow");
    });
    assert_eq!(lines, [""; 0]);
}

#[test]
fn what_fred_says_at_every_connect_and_loss_is_dropped_and_the_rest_is_not() {
    let lines = logged(LogLevel::Info, Line::prefixed(), || {
        tracing::warn!(target: "log", "fred-1: Failed to read server version: \"NOPERM this user has no permissions to run the 'info' command\"");
        tracing::warn!(target: "log", "fred-1: Broadcasting error Some(Error {{ details: \"Connection closed.\", kind: IO }}) from 127.0.0.1:6379");
        tracing::warn!(target: "log", "fred-1: Failed to read server version: \"ERR\"");
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("ERR"));
}

#[test]
fn the_level_follows_a_reload_and_a_changed_file_is_told() {
    let buffer = Buffer::default();
    let (layer, level) = reload::Layer::new(filter(LogLevel::Warning));
    let handle = LogHandle {
        level,
        file: None,
        _farewell: None,
    };
    let subscriber = tracing_subscriber::registry()
        .with(layer)
        .with(Noise)
        .with(vec![text(Line::prefixed(), buffer.clone())]);
    tracing::subscriber::with_default(subscriber, || {
        let speak = || tracing::info!("hello");
        speak();
        let mut settings = Logging {
            level: LogLevel::Info,
            file: None,
        };
        assert_eq!(handle.reload(&settings), []);
        speak();
        settings.file = Some("/x.log".into());
        assert_eq!(handle.reload(&settings), [LogWarning::Later]);
    });
    assert_eq!(buffer.lines(), ["<6>hello"]);
}
