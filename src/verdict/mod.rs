//! From a judged run and its probes to the report.
//!
//! Pure: outcome, causes, warnings and advice are functions of their inputs.
//! Must import nothing but `model`.
