//! The least that a receiver can do which loses nothing: it appends each post to
//! a file as it is, and answers after one `fdatasync` for all that waited for it.
//! It understands nothing and finds nothing again; how long that takes is the
//! disk's and the machine's own time.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::iter;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// Room that is made before; then it is written over. For a file that grows, a
/// disk has more to do.
const ROOM: usize = 32 * 1024 * 1024;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A post, and who waits until it is kept.
type Post = (Vec<u8>, oneshot::Sender<()>);

/// It listens on a free port of loopback, and ends when it is dropped.
pub struct Durable {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Durable {
    /// Keeps its posts in `folder`.
    pub fn start(folder: &Path) -> io::Result<Self> {
        let mut log = File::create(folder.join("posts"))?;
        log.write_all(&vec![7; ROOM])?;
        log.sync_all()?;
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let (posts, waiting) = channel();
        let (stop, stopped) = oneshot::channel();
        let keeping = thread::spawn(move || keep(log, &waiting).expect("a log"));
        let accepting = thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, posts) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self {
            address,
            stop: Some(stop),
            threads: vec![accepting, keeping],
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Durable {
    fn drop(&mut self) {
        self.stop.take();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, posts: Sender<Post>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, posts.clone()));
    }
}

fn keep(mut log: File, waiting: &Receiver<Post>) -> io::Result<()> {
    let mut written = ROOM;
    let mut together = Vec::new();
    while let Ok(first) = waiting.recv() {
        together.clear();
        let mut told = Vec::new();
        for (post, tell) in iter::once(first).chain(waiting.try_iter()) {
            together.extend_from_slice(&post);
            told.push(tell);
        }
        if written + together.len() > ROOM {
            log.rewind()?;
            written = 0;
        }
        log.write_all(&together)?;
        log.sync_data()?;
        written += together.len();
        for tell in told {
            let _ = tell.send(());
        }
    }
    Ok(())
}

/// Until the client leaves.
async fn serve(stream: TcpStream, posts: Sender<Post>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(length) = read_head(&mut stream).await? {
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let (tell, kept) = oneshot::channel();
        posts.send((body, tell)).map_err(io::Error::other)?;
        kept.await.map_err(io::Error::other)?;
        stream.get_mut().write_all(ANSWER).await?;
    }
    Ok(())
}

/// How long the body is that follows.
async fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<Option<usize>> {
    let mut line = String::new();
    let mut length = 0;
    while stream.read_line(&mut line).await? > 2 {
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        line.clear();
    }
    Ok((!line.is_empty()).then_some(length))
}
