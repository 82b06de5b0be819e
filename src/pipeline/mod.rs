//! The flow, as one readable story: what woke us, what we read, what was
//! decided, what was written and sent.
//!
//! Wires the rooms below and decides nothing of its own: decisions are the
//! pure rooms' (`correlator`, `verdict`), I/O is the edges'. May import every
//! room but `cli`.

mod adapters;
mod answering;
mod clock;
mod delivery;
mod housekeeping;
mod outage;
mod outgoing;
mod parts;
mod probing;
mod service;
mod setback;
#[cfg(test)]
mod tests;

pub use answering::{Answering, AnsweringError};
pub use clock::{Clock, SystemClock};
pub use delivery::{Delivering, Round, Unrecorded};
pub use outgoing::{Opened, Outgoing};
pub use parts::{MailError, Parts, PartsError};
pub use probing::probes_of;
pub use service::{Service, ServiceError};
