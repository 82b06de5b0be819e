//! The servers that tests run against, each as a value that ends it on drop.

pub mod alertmanager;
pub mod http;
pub mod process;
pub mod rust_source;
