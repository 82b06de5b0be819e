//! The whole way on real parts: an Alertmanager posts, the program reads a
//! Redis with NS8's users, asks restic repositories through the gateway, and a
//! mail arrives by STARTTLS through the cluster's smarthost. Each case ends with
//! the right mail, and with the proof that no other one comes.

mod alerts;
mod asked;
mod case;
mod delivery;
mod destinations;
mod letter;
mod names;
mod outages;
mod verdicts;
mod world;
