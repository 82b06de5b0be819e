//! The one table of all keys: path, shape, default. Checking, reading, unknown
//! keys and the annotated example all go by it.

use jiff::civil::Weekday;
use serde_json::Value;

use super::address::{Address, Host, HostPort, Ip, Url};
use super::concealed::{CommandLine, Credential, Secret, Token};
use super::errors::{Mistake, Place};
use super::form::{Form, Limits, Notes};
use super::settings::{LogLevel, Method};
use super::shapes::{List, Section, ZonePerNode};
use super::tree::Node;
use super::words::{FilePath, Line, MaybePath, Moment, OneOf, Port, Seconds, Whole, YesNo, Zone};
use crate::model::{Encryption, Language, Occasion};

/// Stands in a path for a name that the administrator chooses.
pub(super) const ANY: &str = "*";

/// One key.
pub(super) struct Key<F> {
    pub path: &'static str,
    pub form: F,
    /// As it would be written in the file.
    pub default: Option<&'static str>,
    /// Whether only who writes the file may set it: it names a program, a file
    /// or a place to listen, or is a secret.
    pub file_only: bool,
}

/// What can be done with a key without knowing what it is read into.
pub(super) trait AnyKey: Sync {
    fn path(&self) -> &'static str;
    /// What may stand there; the example's comments are compared with it.
    #[cfg(test)]
    fn allowed(&self) -> String;
    /// The default, as it would be written in the file.
    fn default(&self) -> Option<&'static str>;
    /// Whether only who writes the file may set it.
    fn file_only(&self) -> bool;
    /// Whether its value must never be shown.
    fn secret(&self) -> bool;
    /// What may stand there, for programs.
    fn limits(&self) -> Limits;
    /// A value as programs see it; `None` if it has another structure.
    fn json(&self, node: &Node) -> Option<Value>;
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

    fn default(&self) -> Option<&'static str> {
        self.default
    }

    fn file_only(&self) -> bool {
        self.file_only
    }

    fn secret(&self) -> bool {
        self.form.secret()
    }

    fn limits(&self) -> Limits {
        self.form.limits()
    }

    fn json(&self, node: &Node) -> Option<Value> {
        self.form.json(node)
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

macro_rules! file_only {
    () => {
        false
    };
    (only) => {
        true
    };
}

macro_rules! table {
    ($(
        $name:ident: $form:ty = $path:literal, $shape:expr
            $(, default $default:literal)? $(, file $only:tt)?;
    )+) => {
        $(pub(super) static $name: Key<$form> = Key {
            path: $path,
            form: $shape,
            default: default!($($default)?),
            file_only: file_only!($($only)?),
        };)+

        static ALL: &[&dyn AnyKey] = &[$(&$name),+];
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
    MAIL_TEMPLATES: FilePath = "mail.templates", FilePath, file only;
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
    SMTP_PASSWORD: Secret = "mail.smtp.password", Secret, file only;
    SMTP_PASSWORD_FILE: FilePath = "mail.smtp.password_file", FilePath, file only;
    SMTP_TLS_VERIFY: YesNo = "mail.smtp.tls_verify", YesNo, default "true";
    SMTP_CA_FILE: FilePath = "mail.smtp.ca_file", FilePath, file only;
    MAIL_SENDMAIL: CommandLine = "mail.sendmail", CommandLine { empty: false },
        default "/usr/sbin/sendmail", file only;
    MAIL_DIRECTORY: FilePath = "mail.directory", FilePath, file only;
    RECEIVER_HOST: Ip = "receiver.host", Ip, default "127.0.0.1", file only;
    RECEIVER_PORT: Port = "receiver.port", Port { min: 0 }, default "9099", file only;
    RECEIVER_TOKEN: Token = "receiver.token", Token, file only;
    RECEIVER_TOKEN_FILE: FilePath = "receiver.token_file", FilePath, file only;
    RECEIVER_ALERT_NAMES: List<Line> = "receiver.alert_names", List(Line { min: 1, max: 200 }),
        default "[BackupFailed, backup_failed, NsBackupFailed, NsBackupMissing, backup_missing, NethServerBackupFailed]";
    CORRELATOR_WAIT: Seconds = "correlator.wait_seconds", Seconds { min: 0, max: 3600 },
        default "30";
    CORRELATOR_WINDOW: Seconds = "correlator.recent_window", Seconds { min: 1, max: 604_800 },
        default "3600";
    CORRELATOR_MAX_WAIT: Seconds = "correlator.max_wait_seconds",
        Seconds { min: 60, max: 86_400 }, default "7200";
    REDIS_SOCKET: FilePath = "redis.socket", FilePath,
        default "/var/lib/nethserver/cluster/state/redis.sock", file only;
    REDIS_ADDRESS: HostPort = "redis.address", HostPort, file only;
    REDIS_REPLICA: HostPort = "redis.replica_address", HostPort, file only;
    REDIS_POLL: Seconds = "redis.poll_seconds", Seconds { min: 10, max: 86_400 }, default "300";
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
        default "\"\"", file only;
    CHECK_RESTIC: FilePath = "repo_check.restic", FilePath, default "restic", file only;
    CHECK_API_URL: Url = "repo_check.api_url", Url, default "http://cluster-leader:9311", file only;
    DESTINATION: Section<Credential> = "destinations.*", Section(CREDENTIALS, Credential),
        file only;
    NOTIFY_ON: OneOf<Occasion> = "notify.on", OneOf(OCCASIONS), default "failures";
    NOTIFY_REMINDER: Whole = "notify.reminder_hours",
        Whole { min: 1, max: 8760, unit: "hours" }, default "20";
    PLAN_TO: List<Address> = "plans.*.to", List(Address);
    PLAN_NOTIFY_ON: OneOf<Occasion> = "plans.*.notify_on", OneOf(OCCASIONS);
    PLAN_MUTE_UNTIL: Moment = "plans.*.mute_until", Moment;
    DIGEST_ENABLED: YesNo = "digest.enabled", YesNo, default "false";
    DIGEST_WEEKDAY: OneOf<Weekday> = "digest.weekday", OneOf(WEEKDAYS), default "monday";
    DIGEST_HOUR: Whole = "digest.hour", Whole { min: 0, max: 23, unit: "o'clock" }, default "8";
    MISSED_GRACE: Whole = "missed.grace_minutes",
        Whole { min: 1, max: 10_080, unit: "minutes" }, default "180";
    SCHEDULE_TIMEZONE: ZonePerNode = "schedule.timezone", ZonePerNode;
    HISTORY_DAYS: Whole = "history.days", Whole { min: 1, max: 36_500, unit: "days" },
        default "400";
    ALERTMANAGER_URL: Url = "alertmanager.url", Url;
    LOGGING_LEVEL: OneOf<LogLevel> = "logging.level", OneOf(&[
        ("DEBUG", LogLevel::Debug), ("INFO", LogLevel::Info), ("WARNING", LogLevel::Warning),
        ("ERROR", LogLevel::Error), ("CRITICAL", LogLevel::Error),
    ]), default "INFO";
    LOGGING_FILE: MaybePath = "logging.file", MaybePath, default "\"\"", file only;
    STATE_DIR: FilePath = "state.dir", FilePath, default "/var/lib/ns8-backup-monitor", file only;
}

const OCCASIONS: &[(&str, Occasion)] = &[
    ("failures", Occasion::Failures),
    ("always", Occasion::Always),
];

const WEEKDAYS: &[(&str, Weekday)] = &[
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
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

/// Every key.
pub(super) fn all() -> impl Iterator<Item = &'static dyn AnyKey> {
    ALL.iter().copied()
}

/// The values of `mail.transport`, before their own settings are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Smarthost,
    Smtp,
    Sendmail,
    File,
}
