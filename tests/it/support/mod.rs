//! The servers that tests run against, each as a value that ends it on drop.

pub mod process;
pub mod reports;
pub mod smtp;
