//! A thread that understands, beside the loop that asks: answers are made sense
//! of while the next ones come in.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::spawn_blocking;

use super::ClusterError;
use super::command::{Command, Replies, Reply};
use super::connection::Connection;

/// Where the thread that understands asks its questions.
pub(super) struct Desk {
    questions: UnboundedSender<Vec<Command>>,
    answers: UnboundedReceiver<Replies>,
}

/// Why understanding ended early.
#[derive(Debug)]
pub(super) enum Halt {
    /// No answer will come: why is known to who asks.
    NoAnswer,
    /// The answer to this command makes no sense as a whole.
    Senseless(&'static str, &'static str),
}

impl Desk {
    /// Asks all `commands` in one round trip. They are answered in the order in
    /// which they were asked, also where more is asked before the answer came.
    pub fn ask(&self, commands: Vec<Command>) {
        // Nobody listens only when no answer will come either.
        let _ = self.questions.send(commands);
    }

    /// Waits for the answer to the first question that has none yet.
    pub fn answer(&mut self) -> Result<Replies, Halt> {
        self.answers.blocking_recv().ok_or(Halt::NoAnswer)
    }

    /// The same for a question of one command.
    pub fn one_answer(&mut self) -> Result<Reply, Halt> {
        Ok(self.answer()?.next())
    }
}

/// What `work` makes of the answers. It runs on a thread of its own, which ends
/// with the last answer or soon after the first that fails.
pub(super) async fn understand<T: Send + 'static>(
    redis: &Connection,
    work: impl FnOnce(&mut Desk) -> Result<T, Halt> + Send + 'static,
) -> Result<T, ClusterError> {
    let (questions, mut asked) = unbounded_channel();
    let (tell, answers) = unbounded_channel();
    let working = spawn_blocking(move || work(&mut Desk { questions, answers }));
    let mut open = FuturesOrdered::new();
    loop {
        tokio::select! {
            biased;
            question = asked.recv() => match question {
                Some(commands) => open.push_back(redis.ask(commands)),
                None => break,
            },
            Some(answer) = open.next() => {
                // Whoever has left needs no answer.
                let _ = tell.send(answer?);
            }
        }
    }
    match working.await {
        Ok(Ok(understood)) => Ok(understood),
        Ok(Err(Halt::Senseless(command, reason))) => Err(redis.senseless(command, reason)),
        Ok(Err(Halt::NoAnswer)) | Err(_) => {
            Err(redis.senseless("a pipeline", "it was not understood"))
        }
    }
}
