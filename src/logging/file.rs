//! The rotating log file: 5 MB, and three older ones as `.1` to `.3`.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use file_rotate::compression::Compression;
use file_rotate::suffix::AppendCount;
use file_rotate::{ContentLimit, FileRotate};
use tracing_subscriber::fmt::MakeWriter;

use super::LogWarning;
use crate::model::sanitize;

const MAX_BYTES: usize = 5 * 1024 * 1024;
const OLDER_FILES: usize = 3;

/// The file; gone for good when rotating it failed badly.
pub(super) struct RotatingFile(Mutex<Option<FileRotate<AppendCount>>>);

impl RotatingFile {
    /// Opens or makes the file, which its group may read.
    pub(super) fn open(path: &Path) -> Result<Self, LogWarning> {
        let mut options = OpenOptions::new();
        options.read(true).create(true).append(true).mode(0o640);
        // file-rotate itself would go on in silence without a file.
        check(path, &options).map_err(|error| LogWarning::File {
            path: sanitize(&path.display().to_string()),
            reason: error.to_string(),
        })?;
        Ok(Self(Mutex::new(Some(FileRotate::new(
            path,
            AppendCount::new(OLDER_FILES),
            // Unlike `Bytes` it never cuts a line in two.
            ContentLimit::BytesSurpassed(MAX_BYTES),
            Compression::None,
            Some(options),
        )))))
    }

    fn lock(&self) -> MutexGuard<'_, Option<FileRotate<AppendCount>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check(path: &Path, options: &OpenOptions) -> io::Result<()> {
    if path.exists() && !path.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    options.open(path).map(drop)
}

impl Write for &RotatingFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut file = self.lock();
        let Some(open) = file.as_mut() else {
            return Ok(line.len());
        };
        // file-rotate asserts that its files are as it left them; somebody who
        // tidies up there must not end the service.
        let written = catch_unwind(AssertUnwindSafe(|| open.write(line)));
        written.unwrap_or_else(|_| {
            *file = None;
            Err(io::Error::other("the log file could not be rotated"))
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().as_mut().map_or(Ok(()), Write::flush)
    }
}

impl<'a> MakeWriter<'a> for RotatingFile {
    type Writer = &'a RotatingFile;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_file_rotates_between_lines_and_three_older_ones_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("monitor.log");
        let file = RotatingFile::open(&path).unwrap();
        let line = format!("{}\n", "x".repeat(1_000_000));
        for _ in 0..40 {
            (&file).write_all(line.as_bytes()).unwrap();
        }
        let mut names: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "monitor.log",
                "monitor.log.1",
                "monitor.log.2",
                "monitor.log.3"
            ]
        );
        let older = std::fs::metadata(dir.path().join("monitor.log.1")).unwrap();
        assert_eq!(older.len(), 6 * 1_000_001, "whole lines only");
        assert_eq!(older.permissions().mode() & 0o137, 0);
    }

    #[test]
    fn somebody_who_tidies_up_there_does_not_end_the_service() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("monitor.log");
        let file = RotatingFile::open(&path).unwrap();
        std::fs::create_dir(dir.path().join("monitor.log.1")).unwrap();
        let line = format!("{}\n", "x".repeat(1_000_000));
        for _ in 0..20 {
            let _ = (&file).write_all(line.as_bytes());
        }
        assert!((&file).write_all(b"still there\n").is_ok());
    }

    #[test]
    fn a_path_that_cannot_be_written_is_a_warning() {
        for path in ["/nowhere/at/all/x.log", "/proc/x.log", "/", "/dev/null"] {
            let warning = RotatingFile::open(Path::new(path)).err();
            assert!(
                matches!(warning, Some(LogWarning::File { .. })),
                "{path}: {warning:?}"
            );
        }
    }
}
