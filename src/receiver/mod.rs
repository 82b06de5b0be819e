//! The HTTP surface: the webhook, health, readiness, the metrics, the status
//! page.
//!
//! Parses what comes from outside, puts alerts into the store, and answers 200
//! only when they are on disk. Decides nothing about backups. actix-web is
//! used here and nowhere else. May import `store`, `model` and `config`.

mod access;
mod active;
mod alert;
mod body;
mod connections;
mod health;
mod lenient;
mod metrics;
mod observe;
mod payload;
mod refusal;
mod rules;
mod server;
mod status_page;
mod throttle;
mod vitals;

pub use active::active_alerts;
pub use refusal::Refusal;
pub use rules::{Limits, Rules};
pub use server::{Door, Receiver, Serving, Surface};
pub use vitals::{RedisHealth, Reloads, Vitals};

#[cfg(test)]
mod tests;
