//! One true mail for every failed `NethServer` 8 backup run.
//!
//! The rooms, from the ground up, and the way data takes through them, are
//! drawn in `docs/ARCHITECTURE.md`. Each room's `mod.rs` says what it is for,
//! what it may touch and what it must not.

pub mod cli;
pub mod cluster;
pub mod config;
pub mod correlator;
pub mod exporter;
pub mod logging;
pub mod model;
pub mod notifier;
pub mod pipeline;
pub mod receiver;
pub mod repo_check;
pub mod schedule;
pub mod store;
pub mod verdict;
