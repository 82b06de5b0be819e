//! The flow, as one readable story: what woke us, what we read, what was
//! decided, what was written and sent.
//!
//! Wires the rooms below and decides nothing of its own: decisions are the
//! pure rooms' (`correlator`, `verdict`), I/O is the edges'. May import every
//! room but `cli`.

mod adapters;
mod answering;
mod asking;
mod clock;
mod delivery;
mod digest;
mod events;
mod gathering;
mod housekeeping;
mod look_now;
mod metrics;
mod observing;
mod outage;
mod outgoing;
mod parts;
mod peers;
mod picture;
mod probing;
mod publishing;
mod reporting;
mod service;
mod setback;
#[cfg(test)]
mod tests;
mod vpn;
mod watching;

pub use clock::{Clock, SystemClock};
pub use delivery::{Delivering, Round, Unrecorded};
pub use events::{ClusterEvents, Events, NoEvents, Wake};
pub use look_now::LookNow;
pub use outgoing::{Opened, Outgoing};
pub use parts::{MailError, Parts, PartsError};
pub use peers::{NodePeers, Peers};
pub use picture::{History, Picture};
pub use probing::probes_of;
pub use service::{Service, ServiceError};
pub use watching::{Session, Watching, WatchingError};
