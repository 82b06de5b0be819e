//! Posts webhooks over many connections and measures each from the first byte
//! sent to the last byte read. A connection is used again for as long as the
//! server lets it, as Alertmanager's client does. All clients share one thread:
//! fifty of them would wait for a processor, and not for the server.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::figures::percentile;

/// A request that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(10);

/// When a client posts its next alert.
#[derive(Clone, Copy)]
pub enum Pace {
    /// As soon as the last one was answered.
    NoPause,
    /// So many posts a second by all clients together, each at its own time,
    /// however long the ones before it take.
    PerSecond(u32),
}

/// What a load brought.
pub struct Load {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub p999: Duration,
    /// Requests that got no 200.
    pub failed: usize,
}

/// Posts to `/alert` from `connections` clients for `time`; what was sent in
/// the first fifth warms up and is not counted. A request that failed counts
/// with the time that its client lost by it: a server that leaves clients
/// waiting must not look quick. At a [`Pace::PerSecond`] a request that could not
/// be sent when it was due counts from then on.
pub fn post_alerts(address: SocketAddr, connections: u32, time: Duration, pace: Pace) -> Load {
    let begin = Instant::now();
    let (counted_from, end) = (begin + time / 5, begin + time);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let results = runtime.block_on(async {
        let clients = (0..connections).map(|client| {
            let due = Due::of_client(client, connections, pace, begin);
            post_until(address, due, counted_from, end)
        });
        clients.collect::<JoinSet<Sent>>().join_all().await
    });
    let failed = results.iter().map(|sent| sent.failed).sum();
    let in_time: usize = results.iter().map(|sent| sent.in_time).sum();
    let mut times: Vec<Duration> = results.into_iter().flat_map(|sent| sent.times).collect();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let count = in_time as f64;
    Load {
        per_second: count / (end - counted_from).as_secs_f64(),
        p50: percentile(&mut times, 0.5),
        p99: percentile(&mut times, 0.99),
        p999: percentile(&mut times, 0.999),
        failed,
    }
}

/// When one client's requests are due.
struct Due {
    next: Instant,
    /// From one to the next; none without a pace.
    every: Option<Duration>,
}

impl Due {
    fn of_client(client: u32, clients: u32, pace: Pace, begin: Instant) -> Self {
        match pace {
            Pace::NoPause => Self {
                next: begin,
                every: None,
            },
            Pace::PerSecond(rate) => {
                let every = Duration::from_secs(1) * clients / rate;
                Self {
                    next: begin + every * client / clients,
                    every: Some(every),
                }
            }
        }
    }

    /// Waits until the next one is due; the moment from which it counts. The
    /// timer's own lateness is not the server's.
    async fn wait(&mut self) -> Instant {
        let Some(every) = self.every else {
            return Instant::now();
        };
        let due = self.next;
        self.next += every;
        if due <= Instant::now() {
            return due;
        }
        tokio::time::sleep_until(due.into()).await;
        Instant::now()
    }
}

/// What one client did.
#[derive(Default)]
struct Sent {
    /// Of every request that was begun in time.
    times: Vec<Duration>,
    /// How many were also answered in time.
    in_time: usize,
    failed: usize,
}

async fn post_until(
    address: SocketAddr,
    mut due: Due,
    counted_from: Instant,
    end: Instant,
) -> Sent {
    let mut connection = None;
    let mut sent = Sent::default();
    while Instant::now() < end {
        let request = request(address);
        let begin = due.wait().await;
        let posted = post(address, &mut connection, &request);
        let posted = timeout(LIMIT, posted)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let done = Instant::now();
        if posted.is_err() {
            connection = None;
            sent.failed += 1;
        }
        if begin >= counted_from {
            sent.times.push(done - begin);
            sent.in_time += usize::from(posted.is_ok() && done <= end);
        }
    }
    sent
}

async fn post(
    address: SocketAddr,
    connection: &mut Option<BufReader<TcpStream>>,
    request: &[u8],
) -> io::Result<()> {
    let mut reader = match connection.take() {
        Some(open) => open,
        None => BufReader::new(connect(address).await?),
    };
    reader.get_mut().write_all(request).await?;
    if read_answer(&mut reader).await? {
        *connection = Some(reader);
    }
    Ok(())
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads a 200 to its end; whether the connection can be used again.
async fn read_answer(reader: &mut BufReader<TcpStream>) -> io::Result<bool> {
    let mut line = String::new();
    reader.read_line(&mut line).await?;
    if line.split(' ').nth(1) != Some("200") {
        return Err(io::Error::other(format!("answered {line:?}")));
    }
    let mut keep = line.starts_with("HTTP/1.1");
    let mut length = None;
    loop {
        line.clear();
        reader.read_line(&mut line).await?;
        let header = line.trim_end().to_ascii_lowercase();
        match header.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse::<usize>().ok(),
            Some(("connection", value)) if value.trim() == "close" => keep = false,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length.unwrap_or_default()];
    match length {
        Some(_) => reader.read_exact(&mut body).await?,
        None => reader.read_to_end(&mut body).await?,
    };
    Ok(keep && length.is_some())
}

/// A webhook as Alertmanager 0.25 posts it. Each is an alert of its own, which is
/// told by its plan and by its start to the millisecond: a repeat would be less work
/// to store. It takes 3,600,000 of them to come to the first one again.
fn request(address: SocketAddr) -> Vec<u8> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let plan = number % 200;
    let (minute, second, milli) = (number / 60_000 % 60, number / 1000 % 60, number % 1000);
    let labels = format!(
        r#"{{"alertname":"BackupFailed","id":"{plan}","instance":"10.5.4.1:9100","job":"providers","name":"Nightly {plan}","node":"1","service":"backup","severity":"critical","target_type":"node"}}"#
    );
    let annotations = format!(
        r#"{{"description_en":"Backup job Nightly {plan} (ID: {plan}) has failed and requires attention.","summary_en":"Backup job Nightly {plan} (ID: {plan}) has failed."}}"#
    );
    let body = format!(
        r#"{{"receiver":"backup-monitor","status":"firing","alerts":[{{"status":"firing","labels":{labels},"annotations":{annotations},"startsAt":"2026-11-20T18:{minute:02}:{second:02}.{milli:03}Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"/prom/graph?g0.expr=node_backup_status+%3D%3D+0&g0.tab=1","fingerprint":"{number:016x}"}}],"groupLabels":{{"alertname":"BackupFailed","node":"1"}},"commonLabels":{labels},"commonAnnotations":{annotations},"externalURL":"http://localhost:9093","version":"4","groupKey":"{{}}:{{alertname=\"BackupFailed\", node=\"1\"}}","truncatedAlerts":0}}"#
    );
    format!(
        "POST /alert HTTP/1.1\r\nHost: {address}\r\nUser-Agent: Alertmanager/0.25.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
