//! What must not be lost: the inbox of alerts, the reports, the outbox.
//!
//! One SQLite database (WAL, synchronous FULL) in the state directory, on a
//! thread of its own; commands that wait together are committed together.
//! rusqlite is used here and nowhere else. Time comes in as a value. May
//! import `model` only.
