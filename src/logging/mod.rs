//! The program's log: where it goes, how a line looks, what is kept out.
//!
//! To journald where the service runs beside it, without ever waiting for it,
//! else to the standard streams, and to the rotating file of `logging.file`. One
//! event is one line in every one of them: control characters are made visible
//! on the way. Of foreign crates only warnings are let through, at any level:
//! their debug output shows what goes over the wire, passwords among it. May
//! import `config` and `model`.

mod file;
mod journal;
mod line;
mod noise;
mod place;
mod visible;

use std::path::PathBuf;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::writer::MakeWriterExt as _;
use tracing_subscriber::layer::{Layered, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, reload};

use crate::config::{LogLevel, Logging};
use file::RotatingFile;
use journal::Farewell;
use line::Line;
use noise::Noise;
use place::{Place, Surroundings};
use visible::Visible;

/// What this process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The long-running service.
    Service,
    /// A command of a person or a script: its log goes to the standard error,
    /// readable, and never to the file, which is the service's.
    Command,
}

/// Changes the log of this process.
pub struct LogHandle {
    level: reload::Handle<Targets, Registry>,
    file: Option<PathBuf>,
    /// Waits for what is on its way to the journal when the log ends.
    _farewell: Option<Farewell>,
}

/// The log works, but not as it was configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogWarning {
    /// The log file cannot be written.
    #[error(
        "logging.file: {path} cannot be written ({reason}): \
         the log goes on without it; mend the path or its permissions"
    )]
    File {
        /// Which file.
        path: String,
        /// Why not.
        reason: String,
    },
    /// The file was changed while the program ran.
    #[error("logging.file: a change takes effect at the next start")]
    Later,
    /// The level could not be changed.
    #[error("logging.level: the change takes effect at the next start ({0})")]
    Level(String),
}

/// The log was already set up.
#[derive(Debug, thiserror::Error)]
#[error("the log was set up twice: {0}")]
pub struct AlreadySet(tracing_subscriber::util::TryInitError);

type Base = Layered<Noise, Layered<reload::Layer<Targets, Registry>, Registry>>;
type Output = Box<dyn Layer<Base> + Send + Sync>;

/// Sets up the log of this process. The warnings are for the caller to log.
pub fn init(settings: &Logging, role: Role) -> Result<(LogHandle, Vec<LogWarning>), AlreadySet> {
    let (output, farewell) = stream(Surroundings::look(role).choose());
    let mut outputs = vec![output];
    let mut warnings = Vec::new();
    let mut file = None;
    if role == Role::Service {
        file.clone_from(&settings.file);
        match settings.file.as_deref().map(RotatingFile::open).transpose() {
            Ok(Some(file)) => outputs.push(text(Line::dated(), file)),
            Ok(None) => {}
            Err(warning) => warnings.push(warning),
        }
    }
    let (filter, level) = reload::Layer::new(filter(settings.level));
    tracing_subscriber::registry()
        .with(filter)
        .with(Noise)
        .with(outputs)
        .try_init()
        .map_err(AlreadySet)?;
    let handle = LogHandle {
        level,
        file,
        _farewell: farewell,
    };
    Ok((handle, warnings))
}

impl LogHandle {
    /// Takes over changed settings: the level at once, the file never.
    pub fn reload(&self, settings: &Logging) -> Vec<LogWarning> {
        let mut warnings = Vec::new();
        if let Err(error) = self.level.reload(filter(settings.level)) {
            warnings.push(LogWarning::Level(error.to_string()));
        }
        if self.file != settings.file {
            warnings.push(LogWarning::Later);
        }
        warnings
    }
}

fn filter(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warning => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    };
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(line::OWN, level)
}

fn stream(place: Place) -> (Output, Option<Farewell>) {
    let output = match place {
        Place::Journal(journal, farewell) => return (Box::new(journal), Some(farewell)),
        Place::Prefixed => text(Line::prefixed(), std::io::stderr),
        Place::Plain => text(Line::dated(), std::io::stderr),
        Place::Split => text(
            Line::dated(),
            std::io::stderr
                .with_max_level(tracing::Level::WARN)
                .or_else(std::io::stdout),
        ),
    };
    (output, None)
}

fn text<W>(line: Line, writer: W) -> Output
where
    W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        // It would report a failed write by `eprintln!`, which panics when the
        // standard error is the very stream that is closed.
        .log_internal_errors(false)
        .event_format(line)
        .with_writer(writer);
    Box::new(Visible(layer))
}

#[cfg(test)]
mod tests;
