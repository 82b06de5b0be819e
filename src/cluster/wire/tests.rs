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
