//! The servers that tests run against, each as a value that ends it on drop.

pub mod alertmanager;
pub mod api_server;
pub mod gateway;
pub mod http;
pub mod leaks;
pub mod process;
pub mod prometheus;
pub mod receiver;
pub mod redis;
pub mod reports;
pub mod resp;
pub mod restic;
pub mod round_trips;
pub mod rust_source;
pub mod service;
pub mod smtp;
