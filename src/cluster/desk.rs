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
    /// Questions without an answer.
    open: usize,
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
    pub fn ask(&mut self, commands: Vec<Command>) {
        self.open += 1;
        // Nobody listens only when no answer will come either.
        let _ = self.questions.send(commands);
    }

    /// Waits for the answer to the first question that has none yet.
    pub fn answer(&mut self) -> Result<Replies, Halt> {
        // Nobody may wait for what was never asked.
        self.open = self.open.checked_sub(1).ok_or(Halt::NoAnswer)?;
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
    let working = spawn_blocking(move || {
        work(&mut Desk {
            questions,
            answers,
            open: 0,
        })
    });
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
        Ok(Err(Halt::NoAnswer)) | Err(_) => Err(redis.senseless(
            "a pipeline",
            "it was not understood: a fault of this program, please report it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_what_was_not_asked_or_will_not_come() {
        let (questions, mut asked) = unbounded_channel();
        let (tell, answers) = unbounded_channel();
        let mut desk = Desk {
            questions,
            answers,
            open: 0,
        };
        assert!(matches!(desk.answer(), Err(Halt::NoAnswer)));
        desk.ask(vec![Command::DbSize]);
        assert!(asked.try_recv().is_ok());
        tell.send(Replies::default()).unwrap();
        assert!(desk.answer().is_ok());
        assert!(matches!(desk.answer(), Err(Halt::NoAnswer)));
        desk.ask(Vec::new());
        drop(tell);
        assert!(matches!(desk.answer(), Err(Halt::NoAnswer)));
    }
}
