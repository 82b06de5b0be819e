//! The connection of one full read of a cluster: whatever is asked is written at
//! once, and each answer is handed on as soon as it is whole.
//!
//! fred takes all that has come before it hands anything on, so that nobody can
//! make sense of one part while the next is on its way, and its bookkeeping of
//! each command takes longer than all else in a read of thousands.
//!
//! It asks as the anonymous user `default`, as every read of the cluster does,
//! and lives as long as one read, whose caller says how long that may be.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use fred::bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::ClusterError;
use super::command::{Command, Replies, Reply};
use super::connection::{Connection, Endpoint, WRONG_TYPE};
use super::resp::{Answer, Decoder};

/// Room for what comes next, in bytes.
const ROOM: usize = 128 * 1024;
/// The longest of a cluster with 50,000 modules has 4 MiB. Whoever sends more than
/// this wants our memory.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// How long Redis is listened to when nothing more can be said to it.
const FAREWELL: Duration = Duration::from_secs(1);

/// Commands, and where the answer to all of them goes.
pub(super) type Question = (Vec<Command>, oneshot::Sender<Replies>);

/// Answers `questions` until nobody asks any more, or until one cannot be
/// answered.
pub(super) async fn answer(
    redis: &Connection,
    questions: UnboundedReceiver<Question>,
) -> Result<(), ClusterError> {
    match redis.endpoint() {
        Endpoint::Socket(path) => {
            let mut stream = connected(redis, UnixStream::connect(path)).await?;
            let (reader, writer) = stream.split();
            Wire::new(redis, reader, writer).serve(questions).await
        }
        Endpoint::Tcp { host, port } => {
            let to = (host.as_str(), *port);
            let mut stream = connected(redis, TcpStream::connect(to)).await?;
            // Slower without, and no less right.
            let _ = stream.set_nodelay(true);
            let (reader, writer) = stream.split();
            Wire::new(redis, reader, writer).serve(questions).await
        }
    }
}

async fn connected<T>(
    redis: &Connection,
    work: impl Future<Output = io::Result<T>>,
) -> Result<T, ClusterError> {
    let limit = redis.connect_limit();
    match timeout(limit, work).await {
        Ok(done) => done.map_err(|error| redis.lost(error)),
        Err(_) => Err(redis.too_slow(limit)),
    }
}

struct Wire<'a, R, W> {
    redis: &'a Connection,
    reader: R,
    writer: W,
    /// What is still to be written.
    out: BytesMut,
    /// What came, and is not understood yet.
    come: BytesMut,
    decoder: Decoder,
    open: VecDeque<Open>,
}

/// A question that is being answered.
struct Open {
    names: Vec<&'static str>,
    replies: Vec<Reply>,
    tell: oneshot::Sender<Replies>,
}

impl<'a, R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Wire<'a, R, W> {
    fn new(redis: &'a Connection, reader: R, writer: W) -> Self {
        Self {
            redis,
            reader,
            writer,
            out: BytesMut::new(),
            come: BytesMut::with_capacity(ROOM),
            decoder: Decoder::new(),
            open: VecDeque::new(),
        }
    }

    async fn serve(
        mut self,
        mut questions: UnboundedReceiver<Question>,
    ) -> Result<(), ClusterError> {
        loop {
            tokio::select! {
                biased;
                written = self.writer.write_buf(&mut self.out), if !self.out.is_empty() => {
                    if let Err(error) = written {
                        return Err(self.farewell(error).await);
                    }
                }
                question = questions.recv(), if self.has_time() => match question {
                    Some(question) => self.take(question)?,
                    None => return Ok(()),
                },
                read = self.reader.read_buf(&mut self.come), if !self.open.is_empty() => {
                    match read {
                        Ok(0) => return Err(self.redis.lost(closed())),
                        Ok(_) => self.understand()?,
                        Err(error) => return Err(self.redis.lost(error)),
                    }
                }
            }
        }
    }

    /// What is to be said of a question that could not be written. Redis may have
    /// said why before it closed: that tells more than a broken pipe.
    async fn farewell(&mut self, error: io::Error) -> ClusterError {
        let listening = async {
            while !self.open.is_empty()
                && let Ok(1..) = self.reader.read_buf(&mut self.come).await
            {
                self.understand()?;
            }
            Ok(())
        };
        match timeout(FAREWELL, listening).await {
            Ok(Err(told)) => told,
            Ok(Ok(())) | Err(_) => self.redis.lost(error),
        }
    }

    /// Whether Redis has nothing to do but to write one answer.
    ///
    /// It writes nothing before it has done all that it took from us till then. So
    /// it gets the next question when it begins to answer the one before: it is
    /// never idle for long, and there is always something to be understood.
    fn has_time(&self) -> bool {
        match (self.open.front(), self.open.len()) {
            (None, _) => true,
            (Some(first), 1) => !(self.come.is_empty() && first.replies.is_empty()),
            _ => false,
        }
    }

    fn take(&mut self, (commands, tell): Question) -> Result<(), ClusterError> {
        for command in &commands {
            command.write(&mut self.out);
        }
        self.open.push_back(Open {
            names: commands.iter().map(Command::name).collect(),
            replies: Vec::with_capacity(commands.len()),
            tell,
        });
        // One that asks for nothing is answered.
        self.understand()
    }

    /// Hands on every answer that is whole, and makes room for more.
    fn understand(&mut self) -> Result<(), ClusterError> {
        while let Some(first) = self.open.front_mut() {
            if let Some(&name) = first.names.get(first.replies.len()) {
                match self.decoder.take(&mut self.come) {
                    Ok(Some(answer)) => first.replies.push(reply(self.redis, name, answer)?),
                    Ok(None) => return self.make_room(name),
                    Err(error) => return Err(self.redis.senseless(name, &error.to_string())),
                }
            } else if let Some(whole) = self.open.pop_front() {
                // Whoever has left needs no answer.
                let _ = whole.tell.send(Replies::new(whole.replies));
            }
        }
        Ok(())
    }

    fn make_room(&mut self, name: &str) -> Result<(), ClusterError> {
        let length = self.come.len();
        if length > LONGEST_ANSWER {
            let reason = format!("more than {LONGEST_ANSWER} bytes");
            return Err(self.redis.senseless(name, &reason));
        }
        // Twice as much each time, so that a long answer is not copied for each
        // part of it.
        if self.come.capacity() - length < ROOM / 2 {
            self.come.reserve(ROOM.max(length));
        }
        Ok(())
    }
}

fn closed() -> io::Error {
    io::Error::other("the connection was closed")
}

fn reply(redis: &Connection, name: &str, answer: Answer) -> Result<Reply, ClusterError> {
    match answer {
        Answer::Value(value) => Ok(Reply::Value(value)),
        Answer::Error(text) if text.starts_with(WRONG_TYPE.as_bytes()) => Ok(Reply::WrongType),
        Answer::Error(text) => Err(redis.refused(name, &String::from_utf8_lossy(&text))),
    }
}

#[cfg(test)]
mod tests;
