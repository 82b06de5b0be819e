//! Which run an alert speaks of, whether it is over, and what each member did.
//!
//! Pure: a function of the cluster as read, the alerts that wait, what is
//! remembered, and the time. Must import nothing but `model`.

mod answer;
mod judge;
mod waiting;

pub use answer::{Answer, Saying, answers};
pub use judge::judge;
pub use waiting::{Outlook, due, outage_is_over_the_limit};
