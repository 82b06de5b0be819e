//! The least that a receiver can do before it promises to keep a post: it writes
//! it to a file as it is, and answers after one `fdatasync` for all that waited for
//! it. It understands nothing, finds nothing again, and writes over what it has
//! after 32 MiB: no rival, but a measure of what this machine takes.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::iter;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

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

/// Is it until it is killed, and keeps its posts in `folder`; prints the port that
/// it listens on.
pub fn serve_in(folder: &Path) -> io::Result<()> {
    let mut log = File::create(folder.join("posts"))?;
    log.write_all(&vec![7; ROOM])?;
    log.sync_all()?;
    let (posts, waiting) = channel();
    thread::spawn(move || keep(log, &waiting).expect("a log that can be written"));
    let runtime = Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?.port());
        accept(listener, posts).await;
        Ok(())
    })
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
