//! The servers that tests run against, each as a value that ends it on drop.

pub mod gateway;
pub mod process;
pub mod restic;
