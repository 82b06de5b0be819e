//! The checked settings, as the rest of the program sees them. Every value has
//! been validated; nothing here is optional that must be set.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use secrecy::SecretString;

use crate::model::{
    DestinationId, Language, Mailbox, ModuleId, NodeId, Occasion, PlanId, SmtpSettings,
};

/// All settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Section `mail`.
    pub mail: Mail,
    /// Section `receiver`.
    pub receiver: Listen,
    /// Section `correlator`.
    pub correlator: Correlator,
    /// Section `redis`: where it is.
    pub redis: Redis,
    /// `redis.poll_seconds`: the pause between two full reads while nothing
    /// happens.
    pub poll: Duration,
    /// Section `repo_check`.
    pub repo_check: RepoCheck,
    /// Section `destinations`: credentials for method `restic`, by destination.
    /// The inner names are those of the Redis hash (`url`, `password`,
    /// `aws_access_key_id`, ...).
    pub destinations: BTreeMap<DestinationId, BTreeMap<String, SecretString>>,
    /// Section `notify`.
    pub notify: Notify,
    /// Section `plans`.
    pub plans: Plans,
    /// Section `digest`; `None` unless `digest.enabled`.
    pub digest: Option<Digest>,
    /// `missed.grace_minutes`: how late a run may be before it is missed.
    pub missed_grace: Duration,
    /// `schedule.timezone`: by which clocks the plans' schedules are meant.
    pub zones: Zones,
    /// `history.days`: how long reports are kept.
    pub history_days: u32,
    /// `alertmanager.url`, without a slash at its end; `None` if none is to be
    /// asked.
    pub alertmanager_url: Option<String>,
    /// Section `logging`.
    pub logging: Logging,
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
    /// The shortest silence after which a node is given up.
    pub max_wait: Duration,
}

/// Where Redis is.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// default, where the name stands for whichever node leads.
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

/// Section `notify`.
#[derive(Clone, Copy, Debug)]
pub struct Notify {
    /// `notify.on`: which runs get a report mail.
    pub on: Occasion,
    /// `notify.reminder_hours`: after how long an unchanged failure is told
    /// again.
    pub reminder: Duration,
}

/// Section `plans`.
pub type Plans = BTreeMap<PlanId, PlanSettings>;

/// What one plan has of its own.
#[derive(Clone, Debug, Default)]
pub struct PlanSettings {
    /// `plans."<id>".to`: instead of `mail.to`; empty is `mail.to`.
    pub to: Vec<Mailbox>,
    /// `plans."<id>".notify_on`: instead of `notify.on`.
    pub notify_on: Option<Occasion>,
    /// `plans."<id>".mute_until`: no mails before that moment. A date alone
    /// is its first instant in the zone of the mails.
    pub mute_until: Option<Timestamp>,
}

/// When the weekly digest is sent, in the zone of the mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    /// `digest.weekday`.
    pub weekday: Weekday,
    /// `digest.hour`, 0 to 23.
    pub hour: i8,
}

/// By which clocks the plans' schedules are meant.
#[derive(Clone, Debug)]
pub struct Zones {
    /// That of the machine this program runs on; UTC where it has none.
    pub own: TimeZone,
    /// `schedule.timezone` as one zone for all nodes.
    pub everywhere: Option<TimeZone>,
    /// `schedule.timezone` as a section: the zones of single nodes.
    pub nodes: BTreeMap<NodeId, TimeZone>,
}

/// The zone of a node, and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneOf<'a> {
    /// `schedule.timezone` says it.
    Configured(&'a TimeZone),
    /// Nothing says it: it is that of this machine.
    Assumed(&'a TimeZone),
}

impl Zones {
    /// The zone of `node`; of a node that is not known, that of all nodes.
    pub fn of(&self, node: Option<NodeId>) -> ZoneOf<'_> {
        let named = node.and_then(|node| self.nodes.get(&node));
        named
            .or(self.everywhere.as_ref())
            .map_or(ZoneOf::Assumed(&self.own), ZoneOf::Configured)
    }
}

impl<'a> ZoneOf<'a> {
    /// The zone, however it is known.
    pub fn zone(self) -> &'a TimeZone {
        match self {
            Self::Configured(zone) | Self::Assumed(zone) => zone,
        }
    }
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
