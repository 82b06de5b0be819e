//! The one table of all keys: path, shape, default. Checking, reading, unknown
//! keys and the annotated example all go by it.

use super::address::{Address, Host, HostPort, Ip, Url};
use super::errors::{Mistake, Place};
use super::form::{Form, Notes};
use super::settings::{LogLevel, Method};
use super::shapes::{List, Section, ZonePerNode};
use super::tree::Node;
use super::words::{
    CommandLine, Credential, FilePath, Line, MaybePath, Moment, OneOf, Port, Seconds, Secret,
    Token, Whole, YesNo, Zone,
};
use crate::model::{Encryption, Language};

/// Stands in a path for a name that the administrator chooses.
pub(super) const ANY: &str = "*";

/// One key.
pub(super) struct Key<F> {
    pub path: &'static str,
    pub form: F,
    /// As it would be written in the file.
    pub default: Option<&'static str>,
    pub effect: Effect,
}

/// Whether this version does anything with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Now,
    Later,
}

/// What can be done with a key without knowing what it is read into.
pub(super) trait AnyKey: Sync {
    fn path(&self) -> &'static str;
    /// What may stand there; the example's comments are compared with it.
    #[cfg(test)]
    fn allowed(&self) -> String;
    /// The default; the example's values are compared with it.
    #[cfg(test)]
    fn default(&self) -> Option<&'static str>;
    fn effect(&self) -> Effect;
    /// Notes what is wrong with a value.
    fn check(&self, node: &Node, place: Place, shown: &str, mistakes: &mut Vec<Mistake>);
}

impl<F: Form> AnyKey for Key<F> {
    fn path(&self) -> &'static str {
        self.path
    }

    #[cfg(test)]
    fn allowed(&self) -> String {
        self.form.allowed()
    }

    #[cfg(test)]
    fn default(&self) -> Option<&'static str> {
        self.default
    }

    fn effect(&self) -> Effect {
        self.effect
    }

    fn check(&self, node: &Node, place: Place, shown: &str, mistakes: &mut Vec<Mistake>) {
        self.form
            .read(node, &mut Notes::new(place, shown, mistakes));
    }
}

macro_rules! default {
    () => {
        None
    };
    ($text:literal) => {
        Some($text)
    };
}

macro_rules! table {
    ($($name:ident: $form:ty = $path:literal, $shape:expr $(, default $default:literal)?;)+) => {
        $(pub(super) static $name: Key<$form> = Key {
            path: $path,
            form: $shape,
            default: default!($($default)?),
            effect: Effect::Now,
        };)+

        static IN_USE: &[&dyn AnyKey] = &[$(&$name),+];
    };
}

table! {
    MAIL_FROM: Address = "mail.from", Address;
    MAIL_TO: List<Address> = "mail.to", List(Address);
    MAIL_SUBJECT_PREFIX: Line = "mail.subject_prefix", Line { min: 0, max: 100 },
        default "\"[NS8 Backup]\"";
    MAIL_LANGUAGE: OneOf<Language> = "mail.language",
        OneOf(&[("en", Language::En), ("it", Language::It)]), default "en";
    MAIL_TIMEZONE: Zone = "mail.timezone", Zone;
    MAIL_ADMIN_URL: Url = "mail.admin_url", Url;
    MAIL_TEMPLATES: FilePath = "mail.templates", FilePath;
    MAIL_TRANSPORT: OneOf<Way> = "mail.transport", OneOf(&[
        ("smarthost", Way::Smarthost), ("smtp", Way::Smtp),
        ("sendmail", Way::Sendmail), ("file", Way::File),
    ]), default "smarthost";
    SMTP_HOST: Host = "mail.smtp.host", Host;
    SMTP_PORT: Port = "mail.smtp.port", Port { min: 1 };
    SMTP_ENCRYPTION: OneOf<Encryption> = "mail.smtp.encryption", OneOf(&[
        ("none", Encryption::None), ("starttls", Encryption::Starttls), ("tls", Encryption::Tls),
    ]), default "starttls";
    SMTP_USERNAME: Line = "mail.smtp.username", Line { min: 1, max: 300 };
    SMTP_PASSWORD: Secret = "mail.smtp.password", Secret;
    SMTP_PASSWORD_FILE: FilePath = "mail.smtp.password_file", FilePath;
    SMTP_TLS_VERIFY: YesNo = "mail.smtp.tls_verify", YesNo, default "true";
    SMTP_CA_FILE: FilePath = "mail.smtp.ca_file", FilePath;
    MAIL_SENDMAIL: CommandLine = "mail.sendmail", CommandLine { empty: false },
        default "/usr/sbin/sendmail";
    MAIL_DIRECTORY: FilePath = "mail.directory", FilePath;
    RECEIVER_HOST: Ip = "receiver.host", Ip, default "127.0.0.1";
    RECEIVER_PORT: Port = "receiver.port", Port { min: 0 }, default "9099";
    RECEIVER_TOKEN: Token = "receiver.token", Token;
    RECEIVER_TOKEN_FILE: FilePath = "receiver.token_file", FilePath;
    RECEIVER_ALERT_NAMES: List<Line> = "receiver.alert_names", List(Line { min: 1, max: 200 }),
        default "[BackupFailed, backup_failed, NsBackupFailed, NsBackupMissing, backup_missing, NethServerBackupFailed]";
    CORRELATOR_WAIT: Seconds = "correlator.wait_seconds", Seconds { min: 0, max: 3600 },
        default "30";
    CORRELATOR_WINDOW: Seconds = "correlator.recent_window", Seconds { min: 1, max: 604_800 },
        default "3600";
    REDIS_SOCKET: FilePath = "redis.socket", FilePath,
        default "/var/lib/nethserver/cluster/state/redis.sock";
    REDIS_ADDRESS: HostPort = "redis.address", HostPort;
    REDIS_REPLICA: HostPort = "redis.replica_address", HostPort;
    CHECK_METHOD: OneOf<Method> = "repo_check.method", OneOf(&[
        ("auto", Method::Auto), ("api", Method::Api), ("restic", Method::Restic),
        ("runagent", Method::Runagent), ("off", Method::Off),
    ]), default "auto";
    CHECK_TIMEOUT: Seconds = "repo_check.timeout", Seconds { min: 1, max: 3600 }, default "60";
    CHECK_CONCURRENCY: Whole = "repo_check.concurrency",
        Whole { min: 1, max: 8, unit: "at once" }, default "4";
    CHECK_MAX: Whole = "repo_check.max_per_report",
        Whole { min: 1, max: 1000, unit: "repositories" }, default "20";
    CHECK_FLAGS: CommandLine = "repo_check.restic_flags", CommandLine { empty: true },
        default "\"\"";
    CHECK_RESTIC: FilePath = "repo_check.restic", FilePath, default "restic";
    CHECK_API_URL: Url = "repo_check.api_url", Url, default "http://cluster-leader:9311";
    DESTINATION: Section<Credential> = "destinations.*", Section(CREDENTIALS, Credential);
    LOGGING_LEVEL: OneOf<LogLevel> = "logging.level", OneOf(&[
        ("DEBUG", LogLevel::Debug), ("INFO", LogLevel::Info), ("WARNING", LogLevel::Warning),
        ("ERROR", LogLevel::Error), ("CRITICAL", LogLevel::Error),
    ]), default "INFO";
    LOGGING_FILE: MaybePath = "logging.file", MaybePath, default "\"\"";
    PLAN_TO: List<Address> = "plans.*.to", List(Address);
    STATE_DIR: FilePath = "state.dir", FilePath, default "/var/lib/ns8-backup-monitor";
}

/// Keys of versions to come: checked, so that a file can already hold them.
static LATER: &[&dyn AnyKey] = &[
    &later(
        "correlator.max_wait_seconds",
        Seconds {
            min: 60,
            max: 86_400,
        },
        Some("7200"),
    ),
    &later(
        "redis.poll_seconds",
        Seconds {
            min: 10,
            max: 86_400,
        },
        Some("300"),
    ),
    &later("plans.*.notify_on", OneOf(OCCASIONS), None),
    &later("plans.*.mute_until", Moment, None),
    &later("notify.on", OneOf(OCCASIONS), Some("failures")),
    &later(
        "notify.reminder_hours",
        Whole {
            min: 1,
            max: 8760,
            unit: "hours",
        },
        Some("20"),
    ),
    &later("digest.enabled", YesNo, Some("false")),
    &later("digest.weekday", OneOf(WEEKDAYS), Some("monday")),
    &later(
        "digest.hour",
        Whole {
            min: 0,
            max: 23,
            unit: "o'clock",
        },
        Some("8"),
    ),
    &later(
        "missed.grace_minutes",
        Whole {
            min: 1,
            max: 10_080,
            unit: "minutes",
        },
        Some("180"),
    ),
    &later("schedule.timezone", ZonePerNode, None),
    &later(
        "history.days",
        Whole {
            min: 1,
            max: 36_500,
            unit: "days",
        },
        Some("400"),
    ),
    &later("alertmanager.url", Url, None),
];

const OCCASIONS: &[(&str, ())] = &[("failures", ()), ("always", ())];

const WEEKDAYS: &[(&str, ())] = &[
    ("monday", ()),
    ("tuesday", ()),
    ("wednesday", ()),
    ("thursday", ()),
    ("friday", ()),
    ("saturday", ()),
    ("sunday", ()),
];

/// The fields of `cluster/backup_repository/<uuid>` on cores before 3.20, those
/// that the table of the first README reads, and the logins for `webdav:` and
/// `rest:` (NS8's gateway).
pub(super) const CREDENTIALS: &[&str] = &[
    "provider",
    "url",
    "path",
    "password",
    "aws_default_region",
    "aws_access_key_id",
    "aws_secret_access_key",
    "b2_account_id",
    "b2_account_key",
    "azure_account_name",
    "azure_account_key",
    "smb_host",
    "smb_user",
    "smb_pass",
    "smb_domain",
    "webdav_user",
    "webdav_pass",
    "rest_username",
    "rest_password",
    "rclone_config",
];

const fn later<F: Form>(path: &'static str, form: F, default: Option<&'static str>) -> Key<F> {
    Key {
        path,
        form,
        default,
        effect: Effect::Later,
    }
}

/// Every key.
pub(super) fn all() -> impl Iterator<Item = &'static dyn AnyKey> {
    IN_USE.iter().chain(LATER).copied()
}

/// The values of `mail.transport`, before their own settings are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Smarthost,
    Smtp,
    Sendmail,
    File,
}
