use std::io::Read as _;
use std::net::TcpListener;

use super::*;

/// A connection: what the server keeps, and the client's end.
fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_nonblocking(true).unwrap();
    (listener.accept().unwrap().0, client)
}

fn is_closed(client: &mut TcpStream) -> bool {
    matches!(client.read(&mut [0; 1]), Ok(0))
}

const PATIENCE: Duration = Duration::from_secs(6);

#[test]
fn a_connection_that_is_idle_for_too_long_is_closed() {
    let connections = Connections::default();
    let start = Instant::now();
    let (stream, mut client) = connection();
    let _place = connections.enter(stream, start);
    connections.sweep(start + PATIENCE / 2, PATIENCE);
    assert!(!is_closed(&mut client));
    connections.sweep(start + PATIENCE, PATIENCE);
    assert!(is_closed(&mut client));
}

#[test]
fn a_connection_whose_request_is_being_answered_is_left_alone() {
    let connections = Connections::default();
    let start = Instant::now();
    let (stream, mut client) = connection();
    let place = connections.enter(stream, start);
    connections.set_idle(place.0.number, None);
    let busy = Busy { place };
    connections.sweep(start + PATIENCE * 10, PATIENCE);
    connections.make_room(0);
    assert!(!is_closed(&mut client));
    drop(busy);
}

#[test]
fn the_one_that_is_idle_for_longest_makes_room() {
    let connections = Connections::default();
    let start = Instant::now();
    let mut clients = Vec::new();
    let mut places = Vec::new();
    for entered in [4, 1, 3] {
        let (stream, client) = connection();
        clients.push(client);
        places.push(connections.enter(stream, start + Duration::from_secs(entered)));
    }
    connections.make_room(3);
    assert!(!clients.iter_mut().any(is_closed));
    connections.make_room(2);
    let closed: Vec<_> = clients.iter_mut().map(is_closed).collect();
    assert_eq!(closed, [false, true, false]);
}

#[test]
fn a_connection_that_ended_is_forgotten() {
    let connections = Connections::default();
    let (stream, _client) = connection();
    drop(connections.enter(stream, Instant::now()));
    assert!(connections.lock().open.is_empty());
}
