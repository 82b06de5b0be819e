//! HTTP/1.1 as far as tests need it: one request per connection, blocking,
//! with a limit. A client that is none of the program's own parts sees what
//! other programs see.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(10);

/// What a server answered, or a client sent.
#[derive(Debug)]
pub struct Message {
    /// The first line, such as `HTTP/1.1 200 OK` or `POST /alert HTTP/1.1`.
    pub start: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    /// The status of an answer.
    pub fn status(&self) -> u16 {
        let status = self.start.split(' ').nth(1).and_then(|s| s.parse().ok());
        status.unwrap_or_else(|| panic!("no answer: {}", self.start))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub fn get(address: SocketAddr, path: &str) -> io::Result<Message> {
    request(address, "GET", path, &[], b"")
}

pub fn post_json(address: SocketAddr, path: &str, body: &Value) -> io::Result<Message> {
    let headers = [("Content-Type", "application/json")];
    request(address, "POST", path, &headers, body.to_string().as_bytes())
}

/// Sends exactly this; `Host`, `Connection` and `Content-Length` are added.
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Message> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    set_limits(&stream)?;
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;
    read_message(&mut BufReader::new(stream))
}

fn set_limits(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))
}

fn read_message(reader: &mut BufReader<TcpStream>) -> io::Result<Message> {
    let start = read_line(reader)?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let mut message = Message {
        start,
        headers,
        body: Vec::new(),
    };
    if message.header("transfer-encoding") == Some("chunked") {
        message.body = read_chunks(reader)?;
    } else if let Some(length) = message.header("content-length") {
        let length = length.parse().map_err(io::Error::other)?;
        message.body = vec![0; length];
        reader.read_exact(&mut message.body)?;
    } else if message.start.starts_with("HTTP/") {
        reader.read_to_end(&mut message.body)?;
    }
    Ok(message)
}

fn read_line(reader: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn read_chunks(reader: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?;
        let length = usize::from_str_radix(&line, 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; length];
        reader.read_exact(&mut chunk)?;
        read_line(reader)?;
        if length == 0 {
            return Ok(body);
        }
        body.extend(chunk);
    }
}

/// A server that answers every request with one status and keeps the requests.
pub struct Recorder {
    address: SocketAddr,
    requests: Receiver<Message>,
}

impl Recorder {
    /// Answers until the test's process ends, with the next of `statuses` each
    /// time and the last of them for ever.
    pub fn start(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (sender, requests) = channel();
        std::thread::spawn(move || {
            let mut statuses = statuses.iter();
            let mut status = 200;
            for stream in listener.incoming() {
                status = *statuses.next().unwrap_or(&status);
                let request = stream.and_then(|stream| answer(stream, status));
                // A client that went away is no request; a test that ended
                // takes no more.
                if request.is_ok_and(|request| sender.send(request).is_err()) {
                    break;
                }
            }
        });
        Self { address, requests }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next request; waits for it, at most 30 s.
    pub fn next(&self) -> Message {
        self.requests
            .recv_timeout(Duration::from_secs(30))
            .expect("a request")
    }

    /// The next request within `limit`, if one comes.
    pub fn next_within(&self, limit: Duration) -> Option<Message> {
        match self.requests.recv_timeout(limit) {
            Ok(request) => Some(request),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the recorder ended"),
        }
    }
}

fn answer(stream: TcpStream, status: u16) -> io::Result<Message> {
    set_limits(&stream)?;
    let mut reader = BufReader::new(stream);
    let request = read_message(&mut reader)?;
    let answer = format!("HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    reader.get_mut().write_all(answer.as_bytes())?;
    Ok(request)
}
