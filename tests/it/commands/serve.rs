//! `serve`: what keeps it from starting.

use std::net::TcpListener;

use super::{Program, Ran};
use crate::support::service::Service;

const CONFIGURATION: &str = "mail: {from: a@example.org, to: [b@example.org]}\n";

#[test]
fn a_second_one_on_the_same_state_is_turned_away() {
    let service = Service::launch(CONFIGURATION, &[]);
    let second = Ran::of(service.run(&["serve"]));
    let state = service.state_dir();
    second.fails(
        1,
        &[
            "another ns8-backup-monitor is running",
            state.to_str().unwrap(),
            "state.dir",
        ],
    );
    assert_eq!(
        service.get("/healthz").status(),
        200,
        "the first one goes on"
    );
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let port = address.rsplit(':').next().unwrap();
    let program = Program::new(CONFIGURATION).with("TCP_PORT", port);
    let ran = program.run(&["serve"]);
    ran.fails(
        1,
        &["cannot listen on", &address, "in use", "receiver.port"],
    );
    assert_eq!(
        ran.err.matches("in use").count(),
        1,
        "told once: {}",
        ran.err
    );
}

#[test]
fn a_state_directory_that_cannot_be_made_is_told() {
    let program = Program::new(CONFIGURATION).with("TCP_PORT", "0");
    std::fs::write(program.state(), "a file is in the way").unwrap();
    program.run(&["serve"]).fails(
        1,
        &["the state directory", program.state().to_str().unwrap()],
    );
}

#[test]
fn an_address_file_that_cannot_be_written_is_told() {
    let program = Program::new(CONFIGURATION).with("TCP_PORT", "0");
    let ran = program.run(&["serve", "--address-file", "/nonexistent/address"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("/nonexistent/address cannot be written"),
        "{ran:?}"
    );
}
