//! Mails through a command: anything that can be called as `sendmail`, and
//! NS8's own `ns8-sendmail`.
//!
//! A sendmail gets the whole message on its standard input, with `-i -f SENDER
//! -- RECIPIENT` behind the configured words. `ns8-sendmail` cannot take a
//! message: it makes one of its own out of `-s SUBJECT -f SENDER RECIPIENT` and
//! a body that is HTML or plain text, never both (`ns8-core`,
//! `agent/bin/ns8-sendmail`). It gets the HTML; the plain text and our headers
//! (`Message-ID`, `References`, `List-Id`) are lost on this way.

use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use super::Transport;
use super::compose::html_of;
use crate::model::{Attempt, Mailbox, OutgoingMail, sanitize, truncate};

/// For the whole command.
const LIMIT: Duration = Duration::from_mins(1);
/// How long output is still read when the command has ended: a background child
/// may hold the pipe.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// Output that is kept; the rest is read and dropped.
const KEPT: usize = 4096;
/// Characters of an answer that are shown.
const SHOWN: usize = 300;
/// `EX_NOUSER` of sysexits.h: the recipient does not exist.
const NO_USER: i32 = 67;

/// Feeds each mail to a command.
#[derive(Clone, Debug)]
pub struct Sendmail {
    words: Vec<String>,
    limit: Duration,
}

impl Sendmail {
    /// `words` are `mail.sendmail`: the program and its own arguments.
    pub fn new(words: Vec<String>) -> Self {
        Self {
            words,
            limit: LIMIT,
        }
    }

    /// With another limit of time than 60 s.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    fn program(&self) -> &str {
        self.words.first().map_or("sendmail", String::as_str)
    }

    /// Also behind `runagent`, the only way to it outside an agent: its Python
    /// package and its search path are the agent's.
    fn is_ns8(&self) -> bool {
        let named = |word: &String| {
            let name = Path::new(word).file_name();
            name.is_some_and(|name| name == "ns8-sendmail")
        };
        self.words.iter().any(named)
    }

    fn command(&self, mail: &OutgoingMail, to: &Mailbox) -> Command {
        let mut command = Command::new(self.program());
        command.args(self.words.iter().skip(1));
        if self.is_ns8() {
            command
                .arg(format!("--subject={}", mail.subject))
                .arg(format!("--from={}", mail.from));
        } else {
            command.args(["-i", "-f", mail.from.as_str()]);
            // ns8-sendmail needs the agent's own environment, nobody else does.
            command.env_remove("REDIS_PASSWORD");
        }
        command.args(["--", to.as_str()]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command
    }

    fn input(&self, mail: &OutgoingMail) -> Option<Vec<u8>> {
        if self.is_ns8() {
            return html_of(&mail.raw).map(String::into_bytes);
        }
        // A sendmail reads lines as Unix has them.
        let mut lines = mail.raw.clone();
        lines.retain(|byte| *byte != b'\r');
        Some(lines)
    }
}

#[async_trait]
impl Transport for Sendmail {
    async fn send(&self, mail: &OutgoingMail, to: &Mailbox) -> Attempt {
        let program = self.program();
        let Some(input) = self.input(mail) else {
            return Attempt::Failed("the mail has no HTML part for ns8-sendmail".into());
        };
        let child = match self.command(mail, to).spawn() {
            Ok(child) => child,
            Err(error) => {
                return Attempt::Failed(format!(
                    "{program} cannot be started: {error}; check mail.sendmail"
                ));
            }
        };
        match tokio::time::timeout(self.limit, run(child, &input)).await {
            Err(_) => Attempt::Failed(format!(
                "{program} did not end within {} s and was stopped",
                self.limit.as_secs()
            )),
            Ok(Err(error)) => Attempt::Failed(format!("{program} cannot be waited for: {error}")),
            Ok(Ok((Some(0), output))) => Attempt::Sent(if output.is_empty() {
                format!("taken by {program}")
            } else {
                output
            }),
            Ok(Ok((Some(NO_USER), output))) => {
                Attempt::Refused(format!("{program} does not know the recipient: {output}"))
            }
            Ok(Ok((Some(code), output))) => {
                Attempt::Failed(format!("{program} ended with exit code {code}: {output}"))
            }
            Ok(Ok((None, output))) => {
                Attempt::Failed(format!("{program} was ended by a signal: {output}"))
            }
        }
    }
}

/// Feeds, drains and reaps a child; gives its exit code and the beginning of
/// what it said, standard error first. Whoever drops this future ends the whole
/// process group.
async fn run(mut child: Child, input: &[u8]) -> std::io::Result<(Option<i32>, String)> {
    let group = Group::of(&child);
    let stdin = child.stdin.take();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (mut said, mut said_out) = (Vec::new(), Vec::new());
    let status = {
        let feed = async {
            if let Some(mut stdin) = stdin {
                // A command may end without reading; its exit code tells more.
                let _ = stdin.write_all(input).await;
                let _ = stdin.shutdown().await;
            }
        };
        let mut exit = pin!(async { tokio::join!(child.wait(), feed).0 });
        let mut drains =
            pin!(async { tokio::join!(drain(err, &mut said), drain(out, &mut said_out)) });
        tokio::select! {
            status = &mut exit => {
                let _ = tokio::time::timeout(AFTERWARDS, drains).await;
                status
            }
            _ = &mut drains => exit.await,
        }
    }?;
    group.leave();
    said.extend(said_out);
    let said = String::from_utf8_lossy(&said);
    let said = sanitize(&said.split_whitespace().collect::<Vec<_>>().join(" "));
    Ok((status.code(), truncate(&said, SHOWN)))
}

async fn drain(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else {
        return;
    };
    let mut block = [0; 4096];
    while let Ok(n @ 1..) = pipe.read(&mut block).await {
        let room = KEPT.saturating_sub(kept.len()).min(n);
        kept.extend(block.iter().take(room));
    }
}

/// A child's process group; whatever is left of it ends with this value.
struct Group(Option<rustix::process::Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(rustix::process::Pid::from_raw))
    }

    /// Ends nothing: a mailer that has taken the mail may go on delivering it
    /// in the background.
    fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Nobody may be left in it, which is what we want.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}
