//! How an event looks as a line of text.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// The target of our own events.
pub(super) const OWN: &str = env!("CARGO_CRATE_NAME");

/// Message first, then fields as `name=value`, then those of its spans; lines
/// of foreign crates begin with the crate's name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    start: Start,
}

#[derive(Clone, Copy, Debug)]
enum Start {
    /// systemd's `<N>`; the journal adds the time.
    Priority,
    /// The local time and the level's name.
    Dated,
}

impl Line {
    /// For a stream that the journal reads.
    pub(super) fn prefixed() -> Self {
        Self {
            start: Start::Priority,
        }
    }

    /// For people and files.
    pub(super) fn dated() -> Self {
        Self {
            start: Start::Dated,
        }
    }
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = *event.metadata().level();
        match self.start {
            Start::Priority => write!(writer, "<{}>", priority(level))?,
            Start::Dated => {
                let now = jiff::Zoned::now();
                let now = now.strftime("%Y-%m-%d %H:%M:%S%:z");
                write!(writer, "{now} {} ", name(level))?;
            }
        }
        if let Some(origin) = foreign(event) {
            write!(writer, "{origin}: ")?;
        }
        ctx.format_fields(writer.by_ref(), event)?;
        for span in ctx.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<FormattedFields<N>>()
                && !fields.is_empty()
            {
                write!(writer, " {fields}")?;
            }
        }
        writeln!(writer)
    }
}

/// The numbers of syslog(3).
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

/// Python's names, as in `logging.level`.
fn name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        _ => "DEBUG",
    }
}

/// The crate that speaks, if it is not ours.
fn foreign(event: &Event<'_>) -> Option<String> {
    let target = event.metadata().target();
    let target = if target == "log" {
        let mut origin = Origin(target.to_owned());
        event.record(&mut origin);
        origin.0
    } else {
        target.to_owned()
    };
    let name = target.split("::").next().unwrap_or_default();
    (name != OWN).then(|| name.to_owned())
}

/// The target of a record of the crate `log`.
struct Origin(String);

impl Visit for Origin {
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            value.clone_into(&mut self.0);
        }
    }
}
