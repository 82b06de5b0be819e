//! Settings: one YAML file, then the agent's environment, then defaults.
//!
//! Gives one checked [`Config`] or **all** mistakes at once. May read the
//! configuration file, the files it names for secrets, and the environment.
//! Must not connect to anything and must not import a room beside `model`.

mod settings;

pub use settings::{
    Agent, Config, Correlator, Listen, LogLevel, Logging, Mail, Method, PlanSettings, Plans, Redis,
    RepoCheck, Transport,
};
