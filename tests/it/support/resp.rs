//! The little of Redis's protocol that a fixture needs: commands out, replies
//! back, and nothing that could do more than it was told.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resp {
    /// `+OK`, or a string.
    Text(String),
    /// `:1`.
    Number(i64),
    /// `*2 ...`.
    List(Vec<Resp>),
    /// No such key.
    Nil,
    /// `-ERR ...`.
    Error(String),
}

impl Resp {
    /// The text, or nothing.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Error(text) => text,
            _ => "",
        }
    }
}

/// A connection.
pub struct RespClient {
    stream: BufReader<TcpStream>,
}

impl RespClient {
    /// Connects, without a login.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("redis accepts");
        let limit = Some(Duration::from_secs(20));
        stream.set_read_timeout(limit).expect("a read limit");
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// One command, whatever its reply.
    pub fn command(&mut self, words: &[&str]) -> Resp {
        self.send(words.iter().map(|word| word.as_bytes()));
        self.reply()
    }

    /// Many commands at once; none may fail.
    pub fn pipeline(&mut self, commands: &[Vec<String>]) {
        for block in commands.chunks(500) {
            for command in block {
                self.send(command.iter().map(String::as_bytes));
            }
            for command in block {
                let reply = self.reply();
                assert!(!matches!(reply, Resp::Error(_)), "{command:?}: {reply:?}");
            }
        }
    }

    fn send<'a>(&mut self, words: impl ExactSizeIterator<Item = &'a [u8]>) {
        let mut out = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            out.extend(format!("${}\r\n", word.len()).bytes());
            out.extend(word);
            out.extend(b"\r\n");
        }
        self.stream.get_mut().write_all(&out).expect("redis reads");
    }

    /// The next reply (or, after `MONITOR`, the next line).
    pub fn reply(&mut self) -> Resp {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("redis answers");
        let line = line.trim_end();
        let (kind, rest) = line.split_at_checked(1).expect("a reply");
        let length = || rest.parse::<i64>().expect("a length");
        match kind {
            "+" => Resp::Text(rest.into()),
            "-" => Resp::Error(rest.into()),
            ":" => Resp::Number(length()),
            "$" | "*" if length() < 0 => Resp::Nil,
            "*" => Resp::List((0..length()).map(|_| self.reply()).collect()),
            "$" => {
                let mut text = vec![0; usize::try_from(length()).expect("a length") + 2];
                self.stream.read_exact(&mut text).expect("redis answers");
                text.truncate(text.len() - 2);
                Resp::Text(String::from_utf8_lossy(&text).into_owned())
            }
            _ => panic!("no reply: {line}"),
        }
    }
}
