//! Nodes as addresses of this machine's loopback.

use std::net::Ipv4Addr;
use std::time::Instant;

use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::model::{Modules, Node};

/// Long enough for whoever answers at all.
const LONG: Duration = Duration::from_secs(20);
/// For those who never do.
const SHORT: Duration = Duration::from_millis(300);

fn cluster(nodes: impl IntoIterator<Item = (u32, String)>) -> ClusterState {
    let nodes = nodes.into_iter().map(|(id, address)| {
        let node = Node {
            name: None,
            vpn_address: Some(address),
        };
        (NodeId(id), node)
    });
    ClusterState {
        read_at: Timestamp::UNIX_EPOCH,
        cluster_uuid: None,
        cluster_name: None,
        leader: None,
        nodes: nodes.collect(),
        modules: Modules::default(),
        destinations: BTreeMap::new(),
        plans: BTreeMap::new(),
        statuses: BTreeMap::new(),
        voice: None,
        unreadable: Vec::new(),
    }
}

/// A port that is free at all of `127.0.0.<last>`, and its listeners.
async fn listeners(lasts: &[u8]) -> (u16, Vec<TcpListener>) {
    loop {
        let mut all: Vec<TcpListener> = Vec::new();
        for last in lasts {
            let port = all.first().map_or(0, |l| l.local_addr().unwrap().port());
            match TcpListener::bind((Ipv4Addr::new(127, 0, 0, *last), port)).await {
                Ok(listener) => all.push(listener),
                Err(_) => break,
            }
        }
        if all.len() == lasts.len() {
            return (all[0].local_addr().unwrap().port(), all);
        }
    }
}

/// Reads a request and answers it with `parts`, the last of them for ever.
fn answers(listener: TcpListener, parts: &'static [&'static str]) {
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, parts));
        }
    });
}

async fn answer(mut stream: TcpStream, parts: &'static [&'static str]) -> std::io::Result<()> {
    let mut request = [0; 1024];
    let length = stream.read(&mut request).await?;
    assert!(request[..length].starts_with(b"GET /_probe_rest_404 HTTP/1.1\r\n"));
    let (last, first) = parts.split_last().unwrap();
    for part in first {
        stream.write_all(part.as_bytes()).await?;
    }
    loop {
        stream.write_all(last.as_bytes()).await?;
    }
}

async fn asked(port: u16, patience: Duration, state: &ClusterState, own: u32) -> Vec<(u32, bool)> {
    let probe = NodeProbe { port, patience };
    let answers = probe.answers(state, Some(NodeId(own))).await.unwrap();
    answers.into_iter().map(|(id, yes)| (id.0, yes)).collect()
}

fn at(node: u32) -> (u32, String) {
    (node, format!("127.0.0.{node}"))
}

#[tokio::test]
async fn whoever_answers_with_any_status_is_there_and_who_refuses_is_not() {
    let (port, all) = listeners(&[2, 3, 4, 5, 6]).await;
    let statuses: [&[&str]; 4] = [
        &["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"],
        &["HTTP/1.1 503 Service Unavailable\r\n\r\n"],
        &["HTTP/1.0 200 OK\r\n\r\nok"],
        &["SSH-2.0-OpenSSH_9.2p1\r\n"],
    ];
    let mut all = all.into_iter();
    for parts in statuses {
        answers(all.next().unwrap(), parts);
    }
    drop(all);
    let state = cluster([1, 2, 3, 4, 5, 6].map(at));
    assert_eq!(
        asked(port, LONG, &state, 1).await,
        [(2, true), (3, true), (4, true), (5, false), (6, false)]
    );
}

#[tokio::test]
async fn an_address_may_be_of_both_kinds_and_what_is_none_is_not_asked() {
    let (port, mut all) = listeners(&[2]).await;
    answers(all.remove(0), &["HTTP/1.1 404 Not Found\r\n\r\n"]);
    let mut state = cluster([
        (2, "::ffff:127.0.0.2".to_owned()),
        (3, " 127.0.0.2 ".to_owned()),
        (4, "localhost".to_owned()),
        (5, "127.0.0.2/x".to_owned()),
        (6, String::new()),
        (7, "127.0.0.2".to_owned()),
    ]);
    state.nodes.insert(NodeId(8), Node::default());
    assert_eq!(asked(port, LONG, &state, 7).await, [(2, true), (3, true)]);
}

#[tokio::test]
async fn a_redirection_is_an_answer_and_leads_nowhere() {
    let (port, all) = listeners(&[2, 3]).await;
    let [two, three] = <[TcpListener; 2]>::try_from(all).unwrap();
    let elsewhere = format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.3:{port}/\r\n\r\n");
    answers(two, Box::leak(Box::new([&*elsewhere.leak()])));
    let state = cluster([at(2)]);
    assert_eq!(asked(port, LONG, &state, 1).await, [(2, true)]);
    let visited = timeout(Duration::ZERO, three.accept()).await;
    assert!(visited.is_err(), "nobody came to node 3");
}

#[tokio::test]
async fn an_answer_without_end_holds_nobody_up() {
    let (port, mut all) = listeners(&[2, 3]).await;
    answers(all.remove(0), &["HTTP/1.1 200 OK\r\n\r\n", "more "]);
    answers(all.remove(0), &["HTTP/1.1 200 OK\r\n", "X-More: more\r\n"]);
    let state = cluster([at(2), at(3)]);
    let began = Instant::now();
    assert_eq!(asked(port, LONG, &state, 1).await[0], (2, true));
    assert!(
        began.elapsed() < LONG,
        "the second is cut off by its length"
    );
}

/// A listener that accepts nothing: the system takes the connection, and no
/// word comes back.
#[tokio::test]
async fn a_crowd_of_nodes_that_say_nothing_costs_the_patience_for_one() {
    let lasts: Vec<u8> = (2..=60).collect();
    let (port, all) = listeners(&lasts).await;
    let state = cluster(lasts.iter().map(|last| at(u32::from(*last))));
    let began = Instant::now();
    let silent = asked(port, SHORT, &state, 1).await;
    assert!(began.elapsed() < SHORT * 20, "{:?}", began.elapsed());
    assert_eq!(silent.len(), all.len());
    assert!(silent.iter().all(|(_, answered)| !answered));
}
