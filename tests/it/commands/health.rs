//! `health`: what a container's health check asks.

use std::net::TcpListener;

use rustix::process::Signal;

use super::{Program, Ran};
use crate::support::http::Recorder;
use crate::support::process::{DeadPort, free_port};
use crate::support::service::Service;

const CONFIGURATION: &str = "mail: {from: a@example.org, to: [b@example.org]}\n";

#[test]
fn a_service_that_runs_is_well() {
    let port = free_port().to_string();
    let service = Service::launch(CONFIGURATION, &[("TCP_PORT", &port)]);
    let ran = Ran::of(service.run(&["health"])).exits(0);
    assert!(ran.out.contains("is well"), "{ran:?}");

    service.signal(Signal::STOP);
    Ran::of(service.run(&["health"])).fails(1, &["does not answer", "within 5 s"]);
    service.signal(Signal::CONT);
    Ran::of(service.run(&["health"])).exits(0);
}

#[test]
fn nobody_there_is_told() {
    let dead = DeadPort::take();
    let port = dead.number().to_string();
    let program = Program::new(CONFIGURATION).with("TCP_PORT", &port);
    program
        .run(&["health"])
        .fails(1, &["is it running?", "because: no connection", &port]);
    let program = Program::new(CONFIGURATION).with("TCP_PORT", "0");
    program.run(&["health"]).fails(1, &["receiver.port is 0"]);
}

#[test]
fn nobody_has_written_where_it_listens() {
    let program = Program::new(CONFIGURATION);
    program
        .run(&["health", "--address-file", "/nowhere/at/all"])
        .fails(1, &["/nowhere/at/all cannot be read", "running?"]);
    program
        .run(&["health", "--address-file", "/proc/self/status"])
        .fails(1, &["holds no address"]);
}

#[test]
fn another_program_at_the_port_is_not_the_service() {
    let other = Recorder::start(&[200]);
    let port = other.address().port().to_string();
    let program = Program::new(CONFIGURATION).with("TCP_PORT", &port);
    program
        .run(&["health"])
        .fails(1, &["not ns8-backup-monitor", "receiver.port"]);

    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let program = Program::new(CONFIGURATION).with("TCP_PORT", &port);
    program.run(&["health"]).fails(1, &["within 5 s"]);
}
