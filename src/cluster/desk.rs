//! A thread that understands, beside the loop that asks: answers are made sense
//! of while the next ones come in.

use std::thread;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::task::{JoinError, spawn_blocking};

use super::ClusterError;
use super::command::{Command, Replies, Reply};
use super::connection::Connection;
use super::wire::{self, Question};

/// How often others are let go first before the thread sleeps: most answers come
/// sooner than one who sleeps is woken, on a virtual machine above all. A third of a
/// millisecond where nobody else wants the processor; with more of it, a read takes
/// longer where somebody does.
const YIELDS: u32 = 300;

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
        let (tell, mut answer) = oneshot::channel();
        // Nobody listens only when no answer will come either.
        let _ = self.questions.send((commands, tell));
        // Who gives up the queue empties it, but not of a question that is being put
        // into it meanwhile.
        if self.questions.is_closed() {
            answer.close();
        }
        Asked(answer)
    }
}

impl Asked {
    /// Waits for the answer.
    pub fn answer(mut self) -> Result<Replies, Halt> {
        for _ in 0..YIELDS {
            match self.0.try_recv() {
                Err(TryRecvError::Empty) => thread::yield_now(),
                answer => return answer.map_err(|_| Halt::NoAnswer),
            }
        }
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
    let answered = tokio::select! {
        // What it made of the answers, or why it wants no more of them: also while
        // one is missing.
        biased;
        worked = &mut working => return understood(redis, worked, Ok(())),
        answered = wire::answer(redis, asked) => answered,
    };
    // No answer will come any more, so it ends soon. What it makes of those that
    // came tells more than that the connection was closed.
    understood(redis, working.await, answered)
}

fn understood<T>(
    redis: &Connection,
    worked: Result<Result<T, Halt>, JoinError>,
    answered: Result<(), ClusterError>,
) -> Result<T, ClusterError> {
    match (worked, answered) {
        (Ok(Ok(understood)), _) => Ok(understood),
        (Ok(Err(Halt::Senseless(command, reason))), _) => Err(redis.senseless(command, reason)),
        (Ok(Err(Halt::NoAnswer)), Err(why)) => Err(why),
        (Ok(Err(Halt::NoAnswer)) | Err(_), _) => Err(redis.senseless(
            "a full read",
            "it was not understood: a fault of this program, please report it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

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

    /// Without the care that `ask` takes, some of thousands wait for ever.
    #[test]
    fn nobody_waits_who_asks_in_the_moment_in_which_the_queue_is_given_up() {
        for _ in 0..20_000 {
            let (questions, queue) = unbounded_channel();
            let desk = Desk { questions };
            let here = &Barrier::new(2);
            let asked = thread::scope(|scope| {
                scope.spawn(move || {
                    here.wait();
                    drop(queue);
                });
                here.wait();
                [(); 8].map(|()| desk.ask(vec![Command::db_size()]))
            });
            for mut asked in asked {
                assert_eq!(asked.0.try_recv().unwrap_err(), TryRecvError::Closed);
            }
        }
    }
}
