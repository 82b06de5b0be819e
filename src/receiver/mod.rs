//! The HTTP surface: the webhook, health, readiness, the status page.
//!
//! Parses what comes from outside, puts alerts into the store, and answers 200
//! only when they are on disk. Decides nothing about backups. actix-web is
//! used here and nowhere else. May import `store`, `model` and `config`.
