//! From a judged run and its probes to the report.
//!
//! Pure: outcome, causes, warnings and advice are functions of their inputs.
//! Must import nothing but `model`.

mod advice;
mod outcome;
mod report;
mod warnings;

pub use report::{
    Circumstances, alert_labels, all_well, digest, of_run, redis_unreachable, uncovered,
    unknown_plans,
};
