//! The checked settings, as the rest of the program sees them. Every value has
//! been validated; nothing here is optional that must be set.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::SecretString;

use crate::model::{DestinationId, Language, Mailbox, ModuleId, NodeId, PlanId, SmtpSettings};

/// All settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Section `mail`.
    pub mail: Mail,
    /// Section `receiver`.
    pub receiver: Listen,
    /// Section `correlator`.
    pub correlator: Correlator,
    /// Section `redis`, and the agent's account.
    pub redis: Redis,
    /// Section `repo_check`.
    pub repo_check: RepoCheck,
    /// Section `destinations`: credentials for method `restic`, by destination.
    /// The inner names are those of the Redis hash (`url`, `password`,
    /// `aws_access_key_id`, ...).
    pub destinations: BTreeMap<DestinationId, BTreeMap<String, SecretString>>,
    /// Section `logging`.
    pub logging: Logging,
    /// Section `plans`.
    pub plans: Plans,
    /// `state.dir`, else `$STATE_DIRECTORY`, else `/var/lib/ns8-backup-monitor`.
    pub state_dir: PathBuf,
    /// Who we are in the cluster.
    pub agent: Agent,
}

/// Section `mail`.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `mail.from`.
    pub from: Mailbox,
    /// `mail.to`, at least one, without repetitions, in the file's order.
    pub to: Vec<Mailbox>,
    /// `mail.subject_prefix`.
    pub subject_prefix: String,
    /// `mail.language`.
    pub language: Language,
    /// `mail.timezone`, else the machine's own zone.
    pub timezone: TimeZone,
    /// `mail.admin_url`: the cluster-admin's address, for the link in the mail.
    pub admin_url: Option<String>,
    /// `mail.templates`: where an administrator's own templates lie.
    pub templates: Option<PathBuf>,
    /// `mail.transport` with its own settings.
    pub transport: Transport,
}

/// How mails leave.
#[derive(Clone, Debug)]
pub enum Transport {
    /// By the cluster's smarthost, read from Redis at every sending.
    Smarthost,
    /// By `mail.smtp`.
    Smtp(SmtpSettings),
    /// By a command that takes a message on its standard input; the words of
    /// `mail.sendmail`.
    Sendmail(Vec<String>),
    /// One `.eml` per mail into `mail.directory`.
    File(PathBuf),
}

/// Section `receiver`.
#[derive(Clone, Debug)]
pub struct Listen {
    /// `receiver.host`.
    pub host: IpAddr,
    /// `receiver.port`, else `TCP_PORT`, else 9099. 0 takes a free one.
    pub port: u16,
    /// `receiver.token` or the content of `receiver.token_file`.
    pub token: Option<SecretString>,
    /// `receiver.alert_names`.
    pub alert_names: Vec<String>,
}

/// Section `correlator`.
#[derive(Clone, Copy, Debug)]
pub struct Correlator {
    /// From the alert to the reading.
    pub wait: Duration,
    /// How long ago a status may have changed to be meant by an alert that
    /// names no plan.
    pub recent_window: Duration,
}

/// Where Redis is.
#[derive(Clone, Debug)]
pub enum Redis {
    /// The socket of the older seeds; data is read there.
    Socket(PathBuf),
    /// The node's own Redis, by which the leader is found; `port` is the
    /// leader's.
    Tcp {
        /// `REDIS_REPLICA_ADDRESS`, else 127.0.0.1 with the port of `REDIS_ADDRESS`.
        own: String,
        /// The leader's port: that of `REDIS_ADDRESS`.
        port: u16,
    },
}

/// How repositories are asked (`repo_check.method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The best of what is there.
    Auto,
    /// The cluster action `read-backup-snapshots`.
    Api,
    /// An own restic process.
    Restic,
    /// `runagent ... restic-wrapper`.
    Runagent,
    /// Not at all.
    Off,
}

/// Section `repo_check`.
#[derive(Clone, Debug)]
pub struct RepoCheck {
    /// `repo_check.method`.
    pub method: Method,
    /// `repo_check.timeout`: for one repository.
    pub timeout: Duration,
    /// `repo_check.concurrency`.
    pub concurrency: usize,
    /// `repo_check.max_per_report`.
    pub max_per_report: usize,
    /// `repo_check.restic_flags`, split as a shell would.
    pub restic_flags: Vec<String>,
    /// `repo_check.restic`: the program, `restic` on the PATH by default.
    pub restic: PathBuf,
    /// `repo_check.api_url`: NS8's api-server, `http://cluster-leader:9311` by
    /// default.
    pub api_url: String,
}

/// Python's names, as the first tool had them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What happens.
    Info,
    /// What should not happen.
    Warning,
    /// What broke.
    Error,
}

/// Section `logging`.
#[derive(Clone, Debug)]
pub struct Logging {
    /// `logging.level`.
    pub level: LogLevel,
    /// `logging.file`: rotating, 5 MB x 3.
    pub file: Option<PathBuf>,
}

/// Section `plans`.
pub type Plans = BTreeMap<PlanId, PlanSettings>;

/// What one plan has of its own.
#[derive(Clone, Debug, Default)]
pub struct PlanSettings {
    /// `plans."<id>".to`: instead of `mail.to`; empty is `mail.to`.
    pub to: Vec<Mailbox>,
}

/// The agent's environment.
#[derive(Clone, Debug, Default)]
pub struct Agent {
    /// `MODULE_ID`: set when installed as an NS8 module.
    pub module: Option<ModuleId>,
    /// `NODE_ID`.
    pub node: Option<NodeId>,
    /// `REDIS_USER` and `REDIS_PASSWORD`.
    pub account: Option<(String, SecretString)>,
}
