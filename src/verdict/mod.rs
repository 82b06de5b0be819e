//! From a judged run and its probes to the report.
//!
//! Pure: outcome, causes, warnings and advice are functions of their inputs.
//! Must import nothing but `model`.

mod advice;
mod outcome;
mod report;
mod warnings;

pub use report::{Circumstances, all_well, of_run, redis_unreachable, unknown_plans};
