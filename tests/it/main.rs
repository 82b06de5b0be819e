//! Black-box tests on real parts: Redis, restic, Alertmanager, a mail server.
//!
//! One binary, one module per subject. What they need is installed by
//! `tests/run`; every server is started by the test that uses it, on a free
//! loopback port and in a temporary folder, and ends with it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that panics has failed: that is what it is for"
)]

mod alertmanager;
mod calendar;
mod cluster;
mod commands;
mod config;
mod crash;
mod damage;
mod disk;
mod docs;
mod e2e;
mod house;
mod mail;
mod metrics;
mod probe;
mod probe_backends;
mod probe_child;
mod receiver;
mod refused_account;
mod restored;
mod scenarios;
mod secrets;
mod service;
mod simulator;
mod support;
mod tasks;
mod transports;
mod vpn;
mod watching;
