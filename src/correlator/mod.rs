//! Which runs there are, which status belongs to which, when a run is over, what
//! each member did, and which alerts are answered by what.
//!
//! Pure: a function of the cluster as read, the alerts that wait, what is
//! remembered, and the time. Must import nothing but `model` and `schedule`.

mod answer;
mod baseline;
mod clock;
mod coverage;
mod elapse;
mod facts;
mod intake;
mod judge;
mod judging;
mod late;
mod opening;
mod overview;
mod patience;
mod plan;
mod progress;
mod rules;
mod sight;
mod waiting;
mod zones;

pub use answer::{Answer, Known, Saying, answers};
pub use clock::{Between, Tick, tick};
pub use coverage::{Left, covered, uncovered};
pub use facts::{module_facts, unreadable};
pub use judge::judge;
pub use overview::{Beside, overview};
pub use plan::{Observed, PlanLook, Settled, next_run, observe, something_is_due, speaks};
pub use rules::Rules;
pub use waiting::{Outlook, due, outage_is_over_the_limit};
