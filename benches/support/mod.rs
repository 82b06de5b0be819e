//! What the benches share: servers that end with them, clients that are as
//! plain as they can be, and figures.
#![allow(dead_code, reason = "each bench uses its part of it")]

pub mod awake;
pub mod durable;
pub mod figures;
pub mod library;
pub mod load;
pub mod redis;
pub mod sample;

#[path = "../../tests/it/support/http.rs"]
pub mod http;
#[path = "../../tests/it/support/process.rs"]
pub mod process;
#[path = "../../tests/it/support/service.rs"]
pub mod service;
#[path = "../../tests/it/support/receiver.rs"]
pub mod surface;
