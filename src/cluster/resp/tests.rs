use proptest::collection::vec as list_of;
use proptest::prelude::*;
use redis_protocol::resp2::encode::extend_encode;
use redis_protocol::resp2::types::BytesFrame;

use super::*;

/// All answers in `wire`, of which so much comes at a time.
fn answers(wire: &[u8], at_a_time: usize) -> Result<Vec<Answer>, Senseless> {
    let (mut decoder, mut come, mut all) = (Decoder::new(), BytesMut::new(), Vec::new());
    for part in wire.chunks(at_a_time) {
        come.extend_from_slice(part);
        while let Some(answer) = decoder.take(&mut come)? {
            all.push(answer);
        }
    }
    Ok(all)
}

fn text(text: &str) -> Value {
    Value::from(text)
}

#[test]
fn each_kind_of_answer_is_understood_however_it_comes() {
    let wire = b"$5\r\nmail1\r\n:-7\r\n+OK\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n\
        *2\r\n$1\r\n0\r\n*2\r\n$3\r\na\r\n\r\n$-1\r\n-WRONGTYPE Operation\r\n:42\r\n";
    let scan = Value::List(vec![
        text("0"),
        Value::List(vec![text("a\r\n"), Value::Nil]),
    ]);
    let mut expected: Vec<_> = [
        text("mail1"),
        Value::Number(-7),
        text("OK"),
        Value::Nil,
        Value::Nil,
        Value::List(Vec::new()),
        text(""),
        scan,
    ]
    .map(Answer::Value)
    .into();
    expected.push(Answer::Error("WRONGTYPE Operation".into()));
    expected.push(Answer::Value(Value::Number(42)));
    for at_a_time in [1, 2, 3, 5, 7, 1000] {
        assert_eq!(answers(wire, at_a_time).as_ref(), Ok(&expected));
    }
}

#[test]
fn what_is_not_whole_waits_for_the_rest() {
    for part in [
        "",
        "$",
        "$5",
        "$5\r",
        "$5\r\nmail",
        "$5\r\nmail1\r",
        "*2\r\n:1\r\n",
    ] {
        assert_eq!(answers(part.as_bytes(), 1000), Ok(Vec::new()), "{part:?}");
    }
}

#[test]
fn a_number_is_all_that_fits_and_nothing_else() {
    for number in [0, 7, -7, i64::MAX, i64::MIN] {
        let wire = format!(":{number}\r\n");
        let whole = Ok(vec![Answer::Value(Value::Number(number))]);
        assert_eq!(answers(wire.as_bytes(), 1000), whole);
    }
    let plus = answers(b":+7\r\n", 1000);
    assert_eq!(plus, Ok(vec![Answer::Value(Value::Number(7))]));
    let too_large = "9223372036854775808";
    let too_small = "-9223372036854775809";
    for none in [
        "", "-", "+", "--1", "1-", "1 ", "0x1", "è", too_large, too_small,
    ] {
        let wire = format!(":{none}\r\n");
        assert!(answers(wire.as_bytes(), 1000).is_err(), "{none:?}");
    }
}

#[test]
fn what_is_no_answer_of_redis_is_refused() {
    let deep = "*1\r\n".repeat(100_000) + ":1\r\n";
    let endless = "-".to_owned() + &"x".repeat(LONGEST_LINE + 1);
    for wire in [
        "HTTP/1.1 400 Bad Request\r\n",
        "$x\r\n",
        "$-2\r\n",
        "$99999999999\r\n",
        "*99999999999999999999\r\n",
        ":\r\n",
        "$1\r\nab\r\n",
        "+OK\rx\r\n",
        deep.as_str(),
        endless.as_str(),
    ] {
        let head: String = wire.chars().take(40).collect();
        assert!(answers(wire.as_bytes(), 10_000).is_err(), "{head:?}");
    }
}

#[test]
fn lists_in_lists_are_read_to_their_limit() {
    let lists = |depth| "*1\r\n".repeat(depth) + ":1\r\n";
    let deepest = answers(lists(DEEPEST).as_bytes(), 1000).unwrap();
    assert_eq!(deepest.len(), 1);
    let deeper = answers(lists(DEEPEST + 1).as_bytes(), 1000).unwrap_err();
    assert_eq!(deeper, Senseless("lists in lists without an end"));
}

#[test]
fn a_list_that_claims_to_be_long_costs_nothing_until_it_comes() {
    let mut come = BytesMut::from(format!("*{}\r\n:1\r\n", MOST - 1).as_bytes());
    let mut decoder = Decoder::new();
    assert_eq!(decoder.take(&mut come), Ok(None));
    assert!(decoder.tokens.capacity() < 100);
}

#[test]
fn more_values_than_a_cluster_can_have_are_refused_before_they_come() {
    let half = MOST / 2;
    for wire in [
        format!("*{MOST}\r\n"),
        format!("*2\r\n*{half}\r\n") + &"+\r\n".repeat(half) + &format!("*{half}\r\n"),
    ] {
        assert!(answers(wire.as_bytes(), wire.len()).is_err());
    }
}

fn frames() -> impl Strategy<Value = BytesFrame> {
    let bytes = || list_of(any::<u8>(), 0..40).prop_map(Bytes::from);
    let leaf = prop_oneof![
        bytes().prop_map(BytesFrame::BulkString),
        any::<i64>().prop_map(BytesFrame::Integer),
        "[ -~]{0,30}".prop_map(|text| BytesFrame::SimpleString(text.into())),
        "[ -~]{0,30}".prop_map(|text| BytesFrame::Error(text.into())),
        Just(BytesFrame::Null),
    ];
    leaf.prop_recursive(4, 60, 12, |inner| {
        list_of(inner, 0..12).prop_map(BytesFrame::Array)
    })
}

fn expected(frame: &BytesFrame) -> Value {
    match frame {
        BytesFrame::SimpleString(text) | BytesFrame::BulkString(text) => Value::Text(text.clone()),
        BytesFrame::Error(text) => Value::Text(text.clone().into_inner()),
        BytesFrame::Integer(number) => Value::Number(*number),
        BytesFrame::Array(frames) => Value::List(frames.iter().map(expected).collect()),
        BytesFrame::Null => Value::Nil,
    }
}

/// An error within a list is no error of the whole.
fn whole(frame: &BytesFrame) -> Answer {
    match frame {
        BytesFrame::Error(text) => Answer::Error(text.clone().into_inner()),
        frame => Answer::Value(expected(frame)),
    }
}

proptest! {
    #[test]
    fn it_reads_what_another_library_writes(frames in list_of(frames(), 1..5), at_a_time in 1_usize..50) {
        let mut wire = BytesMut::new();
        for frame in &frames {
            extend_encode(&mut wire, frame, false).unwrap();
        }
        let all = answers(&wire, at_a_time).unwrap();
        let expected: Vec<_> = frames.iter().map(whole).collect();
        prop_assert_eq!(all, expected);
    }

    #[test]
    fn nothing_that_comes_makes_it_panic(wire in list_of(prop_oneof![
        Just(b'*'), Just(b'$'), Just(b':'), Just(b'\r'), Just(b'\n'), Just(b'-'), b'0'..=b'9', any::<u8>(),
    ], 0..200), at_a_time in 1_usize..50) {
        let _ = answers(&wire, at_a_time);
    }

    #[test]
    fn another_library_reads_what_it_writes(words in list_of(".{0,30}", 1..20)) {
        let mut wire = BytesMut::new();
        write(&mut wire, words.len(), words.iter().map(String::as_str));
        let (frame, length) = redis_protocol::resp2::decode::decode_bytes(&wire.freeze()).unwrap().unwrap();
        let words = words.into_iter().map(|word| BytesFrame::BulkString(word.into()));
        let expected = BytesFrame::Array(words.collect());
        prop_assert_eq!(length, redis_protocol::resp2::types::Resp2Frame::encode_len(&expected, false));
        prop_assert_eq!(frame, expected);
    }
}
