use std::pin::{Pin, pin};
use std::task::Poll;

use futures_util::FutureExt as _;
use tokio::io::{DuplexStream, duplex, split};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::*;

const QUESTION: &str = "*1\r\n$6\r\nDBSIZE\r\n";

/// Lets it do all that it can do now.
async fn go_on(mut serving: Pin<&mut impl Future<Output = Result<(), ClusterError>>>) {
    std::future::poll_fn(|context| {
        assert!(serving.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

/// What came so far.
fn come(redis: &mut DuplexStream) -> String {
    let mut bytes = BytesMut::new();
    let _ = redis.read_buf(&mut bytes).now_or_never();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn redis_gets_the_next_question_when_it_begins_to_answer_the_one_before() {
    let connection = Connection::unconnected();
    let (ours, mut redis) = duplex(4096);
    let (reader, writer) = split(ours);
    let (ask, questions) = unbounded_channel();
    let mut answers = Vec::new();
    for _ in 0..3 {
        let (tell, answer) = oneshot::channel();
        ask.send((vec![Command::db_size()], tell)).unwrap();
        answers.push(answer);
    }
    let mut serving = pin!(Wire::new(&connection, reader, writer).serve(questions));
    let mut answered = || {
        let done = answers.iter_mut().map(|answer| answer.try_recv().is_ok());
        done.collect::<Vec<_>>()
    };

    go_on(serving.as_mut()).await;
    assert_eq!(come(&mut redis), QUESTION, "the first alone");
    redis.write_all(b":").await.unwrap();
    go_on(serving.as_mut()).await;
    assert_eq!(come(&mut redis), QUESTION, "the second");
    assert_eq!(answered(), [false; 3]);
    redis.write_all(b"1\r\n").await.unwrap();
    go_on(serving.as_mut()).await;
    assert_eq!(answered(), [true, false, false]);
    assert_eq!(come(&mut redis), "", "the second is not being answered yet");
    redis.write_all(b":2\r\n").await.unwrap();
    go_on(serving.as_mut()).await;
    assert_eq!(come(&mut redis), QUESTION, "the third");
}

/// A question, and the way on which it is asked.
struct Asking {
    ours: DuplexStream,
    questions: UnboundedReceiver<Question>,
    answer: oneshot::Receiver<Replies>,
    /// Who could ask more: without, it would end.
    _more: UnboundedSender<Question>,
}

/// One question, and Redis on the other side of a way that holds so many bytes.
fn asked(command: Command, room: usize) -> (Asking, DuplexStream) {
    let (ours, redis) = duplex(room);
    let (ask, questions) = unbounded_channel();
    let (tell, answer) = oneshot::channel();
    ask.send((vec![command], tell)).unwrap();
    let asking = Asking {
        ours,
        questions,
        answer,
        _more: ask,
    };
    (asking, redis)
}

impl Asking {
    /// The answer of `redis`, or why there is none.
    async fn beside(self, redis: impl Future<Output = ()>) -> Result<Replies, String> {
        let connection = Connection::unconnected();
        let (reader, writer) = split(self.ours);
        let mut answer = self.answer;
        let serving = Wire::new(&connection, reader, writer).serve(self.questions);
        let redis = async {
            redis.await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            ended = serving => {
                assert!(answer.try_recv().is_err(), "nobody waits for it any more");
                Err(ended.unwrap_err().to_string())
            }
            answer = &mut answer => Ok(answer.unwrap()),
            () = redis => unreachable!("it is pending"),
        }
    }
}

/// More than any way in these tests holds.
fn long_question() -> Command {
    Command::fields("a key", &vec!["a field"; 500])
}

#[tokio::test]
async fn a_question_may_be_larger_than_the_way_to_redis_holds() {
    let (asking, mut redis) = asked(long_question(), 16);
    let answering = async move {
        let mut expected = BytesMut::new();
        long_question().write(&mut expected);
        let mut question = vec![0; expected.len()];
        redis.read_exact(&mut question).await.unwrap();
        assert_eq!(question, expected);
        redis.write_all(b":5\r\n").await.unwrap();
    };
    let mut answer = asking.beside(answering).await.unwrap();
    assert_eq!(answer.next().value().unwrap().count(), Some(5));
}

#[tokio::test]
async fn redis_is_heard_when_it_closes_before_it_has_the_whole_question() {
    let (asking, mut redis) = asked(long_question(), 64);
    let closing = async move {
        let last_words = b"-ERR max number of clients reached\r\n";
        redis.write_all(last_words).await.unwrap();
    };
    let why = asking.beside(closing).await.unwrap_err();
    assert!(why.contains("max number of clients"), "{why}");
}

#[tokio::test]
async fn redis_may_also_close_before_it_has_the_whole_question_without_a_word() {
    let (asking, redis) = asked(long_question(), 64);
    let why = asking.beside(async move { drop(redis) }).await.unwrap_err();
    assert!(why.contains("BrokenPipe"), "{why}");
}

#[tokio::test]
async fn an_answer_that_wants_all_memory_is_refused() {
    let (asking, mut redis) = asked(Command::db_size(), ROOM);
    let endless = async move {
        redis.write_all(b"$1000000000\r\n").await.unwrap();
        let part = vec![b'x'; ROOM];
        let mut sent = 0;
        while redis.write_all(&part).await.is_ok() {
            sent += part.len();
            assert!(sent <= LONGEST_ANSWER + 4 * ROOM);
        }
    };
    let why = asking.beside(endless).await.unwrap_err();
    let expected = format!("more than {LONGEST_ANSWER} bytes");
    assert!(why.contains(&expected), "{why}");
}
