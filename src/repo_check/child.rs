//! Runs a program that may hang, chatter, or leave others behind, and always
//! comes back in time.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;
use tokio::time::{Instant, timeout, timeout_at};

use super::tree::{MARK, Tree};

/// Most that a program may write to one of its outputs: 20,000 snapshots.
const MAX_OUTPUT: usize = 16 << 20;

/// Of stderr, that much is kept of the beginning and of the end.
const KEPT_STDERR: usize = 64 << 10;

/// How long a program that was asked to end may take. restic needs it to end
/// its own helpers, podman to end its container.
const GRACE: Duration = Duration::from_secs(2);

/// How long an output may stay open after its program ended.
const LINGER: Duration = Duration::from_millis(500);

/// How long the kernel may take to hand over a killed child.
const REAP: Duration = Duration::from_secs(1);

/// What to run. Its environment is exactly `env`; arguments are visible to
/// every user of the machine, so secrets go there or to `input`.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) env: Environment,
    /// Written to its standard input; without it, that is empty.
    pub(super) input: Option<SecretString>,
}

/// An environment that does not show its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment(BTreeMap<String, SecretString>);

impl Environment {
    /// Only what every program needs: PATH, HOME and TZ.
    pub(super) fn bare() -> Self {
        const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let own = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let mut env = Self::default();
        env.set("PATH", own("PATH").unwrap_or_else(|| PATH.to_owned()));
        env.set("HOME", own("HOME").unwrap_or_else(|| "/".to_owned()));
        if let Some(zone) = own("TZ") {
            env.set("TZ", zone);
        }
        env
    }

    /// Sets a variable.
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0
            .insert(name.to_owned(), SecretString::from(value.into()));
    }

    /// Sets all of `other`.
    pub(super) fn extend(&mut self, other: &Self) {
        let entries = other.0.iter();
        self.0
            .extend(entries.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// A variable's value.
    #[cfg(test)]
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(ExposeSecret::expose_secret)
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// By itself, with this code.
    Exit(i32),
    /// By this signal, which was not ours.
    Signal(i32),
    /// By us: its time was over.
    CutOff,
    /// By us: it wrote too much.
    TooMuch,
}

/// What came out.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) ending: Ending,
    pub(super) stdout: Vec<u8>,
    /// The beginning and the end, in whole lines; of one that was cut off only
    /// what it wrote before, for its words on our signal explain nothing.
    pub(super) stderr: String,
}

/// It did not even start.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be started: {source}", program.display())]
pub(super) struct StartError {
    pub(super) program: PathBuf,
    pub(super) source: std::io::Error,
}

/// Runs `command` for at most `limit`: shortly before, it is asked to end, at
/// the limit it and everything it started is killed. The same happens at once
/// when this future is dropped.
pub(super) async fn run(command: Command, limit: Duration) -> Result<Output, StartError> {
    let deadline = Instant::now() + limit;
    let mark = Tree::new_mark();
    let mut child = start(&command, &mark)?;
    let mut tree = Tree::new(child.id(), &mark);
    let mut pipes = Pipes::of(&mut child, command.input);

    let ask_at = deadline - GRACE.min(limit / 4);
    let ending = timeout_at(ask_at, pipes.follow(&mut child)).await.ok();
    if ending.is_none() {
        pipes.stderr.deaf = true;
        tree.ask_to_end();
        let _ = timeout_at(deadline, pipes.follow(&mut child)).await;
    }
    let ending = ending.unwrap_or(Ending::CutOff);
    let ended_alone = matches!(ending, Ending::Exit(_) | Ending::Signal(_));
    if ended_alone {
        tree.leader_is_reaped();
    }
    if ended_alone && pipes.closed() {
        tree.leave();
    } else {
        tree.end();
        // One that the kernel cannot end now is reaped by the runtime later.
        let _ = timeout(REAP, child.wait()).await;
        tree.leave();
    }
    Ok(Output {
        ending,
        stdout: pipes.stdout.bytes,
        stderr: pipes.stderr.into_text(),
    })
}

fn start(command: &Command, mark: &str) -> Result<Child, StartError> {
    let env = command.env.0.iter();
    tokio::process::Command::new(&command.program)
        .args(&command.args)
        .env_clear()
        .envs(env.map(|(name, value)| (name, value.expose_secret())))
        .env(MARK, mark)
        .stdin(match command.input {
            Some(_) => Stdio::piped(),
            None => Stdio::null(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| StartError {
            program: command.program.clone(),
            source,
        })
}

/// The child's three pipes and what was read from them so far.
struct Pipes {
    input: Option<(tokio::process::ChildStdin, SecretString)>,
    out: Option<tokio::process::ChildStdout>,
    err: Option<tokio::process::ChildStderr>,
    stdout: Whole,
    stderr: Ends,
}

impl Pipes {
    fn of(child: &mut Child, input: Option<SecretString>) -> Self {
        Self {
            input: child.stdin.take().zip(input),
            out: child.stdout.take(),
            err: child.stderr.take(),
            stdout: Whole::default(),
            stderr: Ends::default(),
        }
    }

    /// Whether both outputs came to their end: nobody holds them any more.
    fn closed(&self) -> bool {
        self.out.is_none() && self.err.is_none()
    }

    /// Reads until the child ended. A descendant that keeps an output open is
    /// waited for no longer than [`LINGER`]. May be dropped and called again.
    async fn follow(&mut self, child: &mut Child) -> Ending {
        let all = async {
            tokio::try_join!(
                feed(&mut self.input),
                drain(&mut self.out, &mut self.stdout),
                drain(&mut self.err, &mut self.stderr),
            )
        };
        tokio::pin!(all);
        let status = tokio::select! {
            read = &mut all => match read {
                Ok(_) => child.wait().await,
                Err(TooMuch) => return Ending::TooMuch,
            },
            status = child.wait() => {
                if matches!(timeout(LINGER, all).await, Ok(Err(TooMuch))) {
                    return Ending::TooMuch;
                }
                status
            }
        };
        ending(&status)
    }
}

fn ending(status: &std::io::Result<std::process::ExitStatus>) -> Ending {
    use std::os::unix::process::ExitStatusExt as _;
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Exit(code),
            (None, signal) => Ending::Signal(signal.unwrap_or_default()),
        },
        // The child cannot be waited for: nothing is known of its end.
        Err(_) => Ending::CutOff,
    }
}

/// More came than is accepted.
struct TooMuch;

/// A child that does not read its input has ended, or will be cut off.
async fn feed(
    input: &mut Option<(tokio::process::ChildStdin, SecretString)>,
) -> Result<(), TooMuch> {
    if let Some((mut pipe, text)) = input.take() {
        let _ = pipe.write_all(text.expose_secret().as_bytes()).await;
    }
    Ok(())
}

/// Reads `pipe` to its end into `sink`, and closes it.
async fn drain<R: AsyncRead + Unpin>(
    pipe: &mut Option<R>,
    sink: &mut impl Sink,
) -> Result<(), TooMuch> {
    let mut buffer = vec![0; 64 << 10];
    while let Some(open) = pipe {
        // A pipe that cannot be read is as good as closed.
        let count = open.read(&mut buffer).await.unwrap_or(0);
        if count == 0 {
            *pipe = None;
        } else {
            sink.take(buffer.get(..count).unwrap_or_default())?;
        }
    }
    Ok(())
}

trait Sink {
    fn take(&mut self, bytes: &[u8]) -> Result<(), TooMuch>;
}

/// Keeps everything, up to [`MAX_OUTPUT`].
#[derive(Default)]
struct Whole {
    bytes: Vec<u8>,
}

impl Sink for Whole {
    fn take(&mut self, bytes: &[u8]) -> Result<(), TooMuch> {
        if self.bytes.len() + bytes.len() > MAX_OUTPUT {
            return Err(TooMuch);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

/// Keeps [`KEPT_STDERR`] of the beginning and of the end.
#[derive(Default)]
struct Ends {
    head: Vec<u8>,
    tail: Vec<u8>,
    total: usize,
    /// What comes now is passed over.
    deaf: bool,
}

impl Sink for Ends {
    fn take(&mut self, bytes: &[u8]) -> Result<(), TooMuch> {
        if self.deaf {
            return Ok(());
        }
        self.total += bytes.len();
        if self.total > MAX_OUTPUT {
            return Err(TooMuch);
        }
        let room = (KEPT_STDERR - self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        self.tail.extend_from_slice(rest);
        if self.tail.len() > 2 * KEPT_STDERR {
            self.tail.drain(..self.tail.len() - KEPT_STDERR);
        }
        Ok(())
    }
}

impl Ends {
    /// Where something is missing in between, the lines at both sides of the
    /// gap are left out: half a secret could not be recognised as one.
    fn into_text(self) -> String {
        let missing = self.total > self.head.len() + self.tail.len();
        let mut bytes = self.head;
        if missing {
            let end = bytes
                .iter()
                .rposition(|b| *b == b'\n')
                .map_or(0, |at| at + 1);
            bytes.truncate(end);
            let start = self.tail.iter().position(|b| *b == b'\n');
            bytes.extend_from_slice(start.and_then(|at| self.tail.get(at..)).unwrap_or_default());
        } else {
            bytes.extend_from_slice(&self.tail);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(pieces: &[&[u8]]) -> String {
        let mut ends = Ends::default();
        for piece in pieces {
            assert!(ends.take(piece).is_ok());
        }
        ends.into_text()
    }

    #[test]
    fn a_short_stderr_is_kept_whole() {
        assert_eq!(text_of(&[b"a\nb", b"c"]), "a\nbc");
        assert_eq!(text_of(&[]), "");
        let long = "x".repeat(KEPT_STDERR + 5);
        assert_eq!(text_of(&[long.as_bytes()]), long);
    }

    #[test]
    fn of_a_long_stderr_whole_lines_of_both_ends_are_kept() {
        let filler = "0123456789\n".repeat(40_000);
        let text = text_of(&[b"first\n", filler.as_bytes(), b"cut here", b"\nlast\n"]);
        assert!(text.starts_with("first\n0123456789\n"));
        assert!(text.ends_with("\nlast\n"));
        assert!(text.len() < 4 * KEPT_STDERR);
        assert!(
            text.lines()
                .all(|line| matches!(line.len(), 0 | 4 | 5 | 8 | 10)),
            "half a line was kept"
        );
    }

    #[test]
    fn half_a_secret_at_the_gap_is_left_out() {
        let filler = "y".repeat(10 * KEPT_STDERR);
        assert_eq!(
            text_of(&[b"begin SECRET", filler.as_bytes(), b"SECRET"]),
            ""
        );
    }

    #[test]
    fn an_output_without_end_is_refused() {
        let piece = vec![b'a'; 1 << 20];
        let mut whole = Whole::default();
        let taken = (0..100).take_while(|_| whole.take(&piece).is_ok()).count();
        assert_eq!(taken, 16);
    }

    #[test]
    fn an_environment_does_not_show_its_values() {
        let mut env = Environment::bare();
        env.set("RESTIC_PASSWORD", "geheim");
        assert!(!format!("{env:?}").contains("geheim"));
        assert_eq!(env.get("RESTIC_PASSWORD"), Some("geheim"));
    }
}
