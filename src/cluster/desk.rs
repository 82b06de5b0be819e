//! A thread that understands, beside the loop that asks: answers are made sense
//! of while the next ones come in.

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{JoinError, spawn_blocking};

use super::ClusterError;
use super::command::{Command, Replies, Reply};
use super::connection::Connection;
use super::wire::{self, Question};

/// Where the thread that understands asks its questions.
pub(super) struct Desk {
    questions: UnboundedSender<Question>,
}

/// A question that was asked, and whose answer nobody has looked at yet.
pub(super) struct Asked(oneshot::Receiver<Replies>);

/// Why understanding ended early.
#[derive(Debug)]
pub(super) enum Halt {
    /// No answer will come: why is known to who asks.
    NoAnswer,
    /// The answer to this command makes no sense as a whole.
    Senseless(&'static str, &'static str),
}

impl Desk {
    /// Asks all `commands` at once. What is asked first is answered first, and more
    /// can be asked before any answer came.
    pub fn ask(&self, commands: Vec<Command>) -> Asked {
        let (tell, answer) = oneshot::channel();
        // Nobody listens only when no answer will come either.
        let _ = self.questions.send((commands, tell));
        Asked(answer)
    }
}

impl Asked {
    /// Waits for the answer.
    pub fn answer(self) -> Result<Replies, Halt> {
        self.0.blocking_recv().map_err(|_| Halt::NoAnswer)
    }

    /// The same for a question of one command.
    pub fn one_answer(self) -> Result<Reply, Halt> {
        Ok(self.answer()?.next())
    }
}

/// What `work` makes of the answers. It runs on a thread of its own, which ends
/// with the last answer or soon after the first that fails.
pub(super) async fn understand<T: Send + 'static>(
    redis: &Connection,
    work: impl FnOnce(&Desk) -> Result<T, Halt> + Send + 'static,
) -> Result<T, ClusterError> {
    let (questions, asked) = unbounded_channel();
    let mut working = spawn_blocking(move || work(&Desk { questions }));
    // Why no answer comes is known here, so this is looked at first.
    tokio::select! {
        biased;
        answered = wire::answer(redis, asked) => {
            answered?;
            understood(redis, working.await)
        }
        // It does not wait for what it asked and wants no more.
        worked = &mut working => understood(redis, worked),
    }
}

fn understood<T>(
    redis: &Connection,
    worked: Result<Result<T, Halt>, JoinError>,
) -> Result<T, ClusterError> {
    match worked {
        Ok(Ok(understood)) => Ok(understood),
        Ok(Err(Halt::Senseless(command, reason))) => Err(redis.senseless(command, reason)),
        Ok(Err(Halt::NoAnswer)) | Err(_) => Err(redis.senseless(
            "a full read",
            "it was not understood: a fault of this program, please report it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_an_answer_that_will_not_come() {
        let (questions, mut asked) = unbounded_channel();
        let desk = Desk { questions };
        let (first, second) = (desk.ask(vec![Command::db_size()]), desk.ask(Vec::new()));
        let (_, tell) = asked.try_recv().unwrap();
        tell.send(Replies::default()).unwrap();
        drop(asked);
        assert!(matches!(second.answer(), Err(Halt::NoAnswer)));
        assert!(first.answer().is_ok());
        assert!(matches!(desk.ask(Vec::new()).answer(), Err(Halt::NoAnswer)));
    }
}
