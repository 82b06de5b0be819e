//! A real Redis, and a client that does nothing but write commands and read
//! replies: what any client must at least do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use super::process::{Server, free_port, wait_for_port};

/// Starts `redis-server` on a loopback port, without files.
pub fn start(folder: &Path) -> (Server, SocketAddr) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let mut command = Command::new("redis-server");
    command
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--port", &address.port().to_string()])
        .arg("--dir")
        .arg(folder);
    let server = Server::start(&mut command, &folder.join("redis.log"));
    wait_for_port(address);
    (server, address)
}

/// What Redis answered to one command.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    Text(String),
    Bytes(Option<Vec<u8>>),
    Number(i64),
    List(Vec<Reply>),
}

/// A plain connection (RESP2).
pub struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("Redis");
        stream.set_nodelay(true).expect("a socket option");
        Self {
            reader: BufReader::with_capacity(1 << 16, stream),
        }
    }

    /// All commands in one go, then all replies; an error reply ends the bench.
    pub fn pipeline(&mut self, commands: &[Vec<String>]) -> Vec<Reply> {
        let mut out = Vec::with_capacity(commands.len() * 64);
        for command in commands {
            let _ = write!(out, "*{}\r\n", command.len());
            for word in command {
                let _ = write!(out, "${}\r\n{word}\r\n", word.len());
            }
        }
        self.reader.get_mut().write_all(&out).expect("Redis");
        commands.iter().map(|_| self.reply()).collect()
    }

    fn reply(&mut self) -> Reply {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("Redis");
        let (kind, rest) = line.trim_end().split_at(1);
        let number = || rest.parse::<i64>().expect("a number");
        match kind {
            "+" => Reply::Text(rest.to_owned()),
            ":" => Reply::Number(number()),
            "$" => Reply::Bytes(usize::try_from(number()).ok().map(|length| {
                let mut bytes = vec![0; length + 2];
                self.reader.read_exact(&mut bytes).expect("Redis");
                bytes.truncate(length);
                bytes
            })),
            "*" => Reply::List((0..number()).map(|_| self.reply()).collect()),
            _ => panic!("Redis answered {line:?}"),
        }
    }
}

/// A command from its words.
pub fn command(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
