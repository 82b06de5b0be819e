use std::pin::{Pin, pin};
use std::task::Poll;

use futures_util::FutureExt as _;
use tokio::io::{DuplexStream, duplex, split};
use tokio::sync::mpsc::unbounded_channel;

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

/// Puts one question to Redis, on the other side of a way that holds so many bytes.
fn asked(commands: Vec<Command>, room: usize) -> (Asking, DuplexStream) {
    let (ours, redis) = duplex(room);
    let (ask, questions) = unbounded_channel();
    let (tell, answer) = oneshot::channel();
    ask.send((commands, tell)).unwrap();
    let asking = Asking {
        ours,
        questions,
        answer,
        _ask: ask,
    };
    (asking, redis)
}

struct Asking {
    ours: DuplexStream,
    questions: UnboundedReceiver<Question>,
    answer: oneshot::Receiver<Replies>,
    _ask: tokio::sync::mpsc::UnboundedSender<Question>,
}

impl Asking {
    /// How it ends, when the other side is `redis`.
    async fn beside(self, redis: impl Future<Output = ()>) -> (Result<Replies, ()>, String) {
        let connection = Connection::unconnected();
        let (reader, writer) = split(self.ours);
        let serving = Wire::new(&connection, reader, writer).serve(self.questions);
        let answer = async { self.answer.await.map_err(|_| ()) };
        let why = async {
            let ended = serving.await.map_err(|error| error.to_string());
            ended.err().unwrap_or_default()
        };
        tokio::select! {
            biased;
            why = why => (Err(()), why),
            answer = answer => (answer, String::new()),
            () = async { redis.await; std::future::pending().await } => unreachable!(),
        }
    }
}

#[tokio::test]
async fn a_question_may_be_larger_than_the_way_to_redis_holds() {
    let fields = ["a field"; 500];
    let (asking, mut redis) = asked(vec![Command::fields("a key", &fields)], 16);
    let answering = async move {
        let mut expected = BytesMut::new();
        Command::fields("a key", &fields).write(&mut expected);
        let mut question = vec![0; expected.len()];
        redis.read_exact(&mut question).await.unwrap();
        assert_eq!(question, expected);
        redis.write_all(b":5\r\n").await.unwrap();
    };
    let (answer, _) = asking.beside(answering).await;
    let value = answer.unwrap().next().value().unwrap();
    assert_eq!(value.count(), Some(5));
}

#[tokio::test]
async fn redis_is_heard_when_it_closes_before_it_has_the_whole_question() {
    let (asking, mut redis) = asked(vec![Command::fields("a key", &["a field"; 500])], 64);
    let closing = async move {
        redis
            .write_all(b"-ERR max number of clients reached\r\n")
            .await
            .unwrap();
        drop(redis);
    };
    let (answer, why) = asking.beside(closing).await;
    assert!(answer.is_err());
    assert!(why.contains("max number of clients"), "{why}");
}

#[tokio::test]
async fn an_answer_that_wants_all_memory_is_refused() {
    let (asking, mut redis) = asked(vec![Command::db_size()], ROOM);
    let endless = async move {
        redis.write_all(b"$1000000000\r\n").await.unwrap();
        let part = vec![b'x'; ROOM];
        let mut sent = 0;
        while redis.write_all(&part).await.is_ok() {
            sent += part.len();
            assert!(sent <= LONGEST_ANSWER + 4 * ROOM);
        }
    };
    let (answer, why) = asking.beside(endless).await;
    assert!(answer.is_err());
    assert!(why.contains("more than 67108864 bytes"), "{why}");
}
