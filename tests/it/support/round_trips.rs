//! A relay that counts how often its client had to wait for an answer.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Whoever says nothing for so long has said everything.
const QUIET: Duration = Duration::from_millis(60);

/// The relay; its threads end with their connections.
pub struct RoundTrips {
    address: SocketAddr,
    count: Arc<AtomicUsize>,
}

impl RoundTrips {
    /// Relays `connections` connections to `server`, then no more.
    pub fn to(server: SocketAddr, connections: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("its address");
        let count = Arc::new(AtomicUsize::new(0));
        let counter = count.clone();
        thread::spawn(move || {
            for client in listener.incoming().take(connections).flatten() {
                let counter = counter.clone();
                thread::spawn(move || relay(client, server, &counter));
            }
        });
        Self { address, count }
    }

    /// Where to connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many there were so far.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// Holds the answers back until the client has asked all it wants to.
fn relay(mut client: TcpStream, server: SocketAddr, count: &AtomicUsize) {
    let mut server = TcpStream::connect(server).expect("the server accepts");
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(QUIET)).expect("a limit");
        stream.set_nodelay(true).expect("no delay");
    }
    let mut asked = false;
    loop {
        match forward(&mut client, &mut server) {
            Moved::Nothing if asked => {
                count.fetch_add(1, Ordering::SeqCst);
                asked = false;
                while matches!(forward(&mut server, &mut client), Moved::Some) {}
            }
            Moved::Nothing => {}
            Moved::Some => asked = true,
            Moved::End => return,
        }
    }
}

enum Moved {
    Some,
    Nothing,
    End,
}

fn forward(from: &mut TcpStream, to: &mut TcpStream) -> Moved {
    let mut block = vec![0; 65_536];
    match from.read(&mut block) {
        Ok(0) => Moved::End,
        Ok(length) if to.write_all(&block[..length]).is_ok() => Moved::Some,
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Moved::Nothing
        }
        _ => Moved::End,
    }
}
