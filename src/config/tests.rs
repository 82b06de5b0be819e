//! Loading whole configurations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::*;
use crate::model::{Encryption, Language};

pub(super) const MINIMAL: &str = "mail: {from: a@example.org, to: [b@example.org]}\n";

/// Keys and values of the file that the second README documents.
pub(super) const SEED: &str = r#"mail:
  from: "ns8-backup-monitor@yourdomain.com"   # sender
  to:
    - "admin@yourdomain.com"
  subject_prefix: "[NS8 Backup]"
receiver:
  host: "127.0.0.1"
  port: 9099
correlator:
  wait_seconds: 30
  recent_window: 3600
redis:
  socket: "/var/lib/nethserver/cluster/state/redis.sock"
repo_check:
  timeout: 60
  restic_flags: ""
logging:
  level: INFO
  file: "/var/log/ns8-backup-monitor.log"
"#;

pub(super) fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

pub(super) fn good(text: &str) -> Loaded {
    load_str(text, &env(&[])).unwrap_or_else(|errors| panic!("{errors}"))
}

pub(super) fn with(extra: &str) -> String {
    format!("{MINIMAL}{extra}")
}

/// The lines that are shown for `text`.
pub(super) fn told(text: &str) -> Vec<String> {
    let errors = load_str(text, &env(&[])).expect_err(text);
    errors.to_string().lines().map(str::to_owned).collect()
}

pub(super) fn warned(loaded: &Loaded) -> Vec<String> {
    loaded
        .warnings
        .iter()
        .map(|w| w.describe("config.yml"))
        .collect()
}

#[test]
fn the_file_of_the_first_tool_loads_unchanged() {
    let loaded = good(SEED);
    assert_eq!(loaded.warnings, []);
    let config = loaded.config;
    assert_eq!(
        config.mail.from.as_str(),
        "ns8-backup-monitor@yourdomain.com"
    );
    assert_eq!(config.receiver.port, 9099);
    assert_eq!(config.correlator.wait, Duration::from_secs(30));
    assert_eq!(config.correlator.recent_window, Duration::from_hours(1));
    assert_eq!(config.repo_check.restic_flags, Vec::<String>::new());
    assert_eq!(
        config.logging.file.as_deref(),
        Some(Path::new("/var/log/ns8-backup-monitor.log"))
    );
    assert!(matches!(config.redis, Redis::Socket(_)));
}

#[test]
fn the_first_tools_file_open_to_the_network_loads_with_a_warning() {
    let loaded = good(&SEED.replace("127.0.0.1", "0.0.0.0"));
    let [warning] = &warned(&loaded)[..] else {
        panic!("{:?}", loaded.warnings)
    };
    assert!(
        warning.starts_with("config.yml:7: receiver.host: listens beyond this machine"),
        "{warning}"
    );
    let loaded = good(&with("receiver: {host: 0.0.0.0, token: abc}"));
    assert_eq!(loaded.warnings, []);
}

#[test]
fn two_addresses_are_enough_and_the_rest_are_defaults() {
    let config = good(MINIMAL).config;
    assert_eq!(config.mail.subject_prefix, "[NS8 Backup]");
    assert_eq!(config.mail.language, Language::En);
    assert!(matches!(config.mail.transport, Transport::Smarthost));
    assert_eq!(config.receiver.host.to_string(), "127.0.0.1");
    assert_eq!(config.receiver.alert_names.len(), 6);
    assert_eq!(config.repo_check.method, Method::Auto);
    assert_eq!(config.logging.level, LogLevel::Info);
    assert_eq!(config.logging.file, None);
    assert_eq!(
        config.state_dir,
        PathBuf::from("/var/lib/ns8-backup-monitor")
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_the_files_order() {
    let text = "mail:
  from: me
  subjekt_prefix: x
  timezone: Mars/Olympus
  admin_url: javascript:alert(1)
receiver:
  port: 70000
  host: example.org
correlator:
  wait_seconds: -1
  recent_window: \"60\"
repo_check:
  restic_flags: \"--cacert '/x\"
logging:
  level: LOUD
plans:
  1:
    to: [a@b@c]
";
    let expected = [
        "config.yml:2: mail.from: \"me\" has no @; allowed: a bare address such as backup@example.org",
        "config.yml:3: mail.subjekt_prefix: there is no such key; did you mean `subject_prefix`?",
        "config.yml:4: mail.timezone: \"Mars/Olympus\" is not a known time zone; allowed: an IANA name such as Europe/Rome or UTC",
        "config.yml:5: mail.admin_url: the value (not shown) does not begin with http:// or https://; allowed: an address such as https://leader.example.org/cluster-admin/",
        "config.yml:7: receiver.port: 70000 is not a port; allowed: 0 to 65535",
        "config.yml:8: receiver.host: \"example.org\" is not one; allowed: an IP address such as 127.0.0.1, or localhost",
        "config.yml:10: correlator.wait_seconds: -1 is out of range; allowed: 0 to 3600 seconds",
        "config.yml:11: correlator.recent_window: \"60\" is not a whole number; allowed: 1 to 604800 seconds",
        "config.yml:13: repo_check.restic_flags: the value (not shown) has an open quote; allowed: words as for a shell, with every quote closed",
        "config.yml:15: logging.level: \"LOUD\" is none of them; allowed: DEBUG, INFO, WARNING, ERROR, CRITICAL",
        "config.yml:18: plans.\"1\".to[0]: \"a@b@c\" has more than one @; allowed: a bare address such as backup@example.org",
        "config.yml: mail.to: must be set; allowed: a list (`- ...`), at least one, each a bare address such as backup@example.org",
    ];
    assert_eq!(told(text), expected);
}

#[test]
fn wrong_structures_are_told_with_what_belongs_there() {
    for (text, expected) in [
        (
            "- a\n",
            "config.yml:1: a list cannot stand here; allowed: a section with the keys alertmanager, ",
        ),
        (
            "mail: x\n",
            "config.yml:1: mail: a single value cannot stand here; allowed: a section with the keys admin_url, ",
        ),
        (
            "mail: {from: a@b.c, to: b@c.d}\n",
            "config.yml:1: mail.to: \"b@c.d\" is not a list; ",
        ),
        (
            "mail: {from: a@b.c, to: []}\n",
            "config.yml:1: mail.to: an empty list is not enough; ",
        ),
        (
            "mail: {from: [a@b.c], to: [b@c.d]}\n",
            "config.yml:1: mail.from: a list cannot stand here; ",
        ),
        (
            "mail: {from: a@b.c, to: [{a: b}]}\n",
            "config.yml:1: mail.to[0]: a section cannot stand here; ",
        ),
        (
            &with("plans: [1]\n"),
            "config.yml:2: plans: a list cannot stand here; allowed: a section with one key per id",
        ),
        (
            &with("logging: {level: [x]}\n"),
            "config.yml:2: logging.level: a list cannot stand here; ",
        ),
        (
            &with("repo_check: {concurrency: 2.5}\n"),
            "config.yml:2: repo_check.concurrency: 2.5 is not a whole number; ",
        ),
    ] {
        let told = told(text);
        assert!(told[0].starts_with(expected), "{told:?}");
    }
}

#[test]
fn an_unknown_key_names_its_nearest_or_the_section_it_belongs_to() {
    for (text, expected) in [
        ("reciever: {}\n", "did you mean `receiver`?"),
        ("smtp: {host: x}\n", "did you mean `mail.smtp`?"),
        ("port: 1\n", "did you mean `receiver.port`?"),
        ("qqq: 1\n", "allowed: alertmanager, correlator, "),
        ("receiver: {tokenfile: x}\n", "did you mean `token_file`?"),
        (
            "destinations: {u: {aws_access_key: x}}\n",
            "did you mean `aws_access_key_id`?",
        ),
    ] {
        let told = told(&with(text));
        assert!(told[0].contains(expected), "{told:?}");
    }
}

#[test]
fn hostile_keys_and_values_cannot_forge_a_line() {
    let text = "\"mail\\nx: 1\\e[31m\": 1\nmail: {from: \"a\\nb\", to: [\"\\u202e@x\"]}\n";
    let told = told(text);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(!told.concat().chars().any(char::is_control));
}

#[test]
fn a_syntax_error_names_its_line() {
    let told = told("mail:\n  from: a@b.c\n to: [\n");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("config.yml:3: this is not valid YAML: ")
            || told[0].starts_with("config.yml:4: this is not valid YAML: "),
        "{told:?}"
    );
}

#[test]
fn no_secret_is_ever_told() {
    const SECRET: &str = "hunter2-S3cret";
    let text = format!(
        "mail:
  transport: smtp
  smtp: {{host: x, username: u, password: [{SECRET}], pasword: {SECRET}}}
  sendmail: \"x '{SECRET}\"
  admin_url: https://u:{SECRET}@example.org/
receiver: {{token: \"{SECRET} {SECRET}\"}}
redis: {{address: \"u:{SECRET}@h:1\"}}
destinations: {{u: {{password: {{a: {SECRET}}}, key: {SECRET}}}}}
repo_check: {{restic_flags: \"'{SECRET}\"}}
"
    );
    let env = env(&[("REDIS_PASSWORD", "hunter2-S3cret\n"), ("REDIS_USER", "u")]);
    let errors = load_str(&text, &env).unwrap_err();
    assert!(errors.mistakes.len() >= 10, "{errors}");
    let shown = format!("{errors} {errors:?} {:?}", Sources { path: None, env });
    assert!(!shown.contains("hunter2"), "{shown}");

    let text = with(&format!(
        "receiver: {{token: {SECRET}}}\ndestinations: {{u: {{password: {SECRET}}}}}\n"
    ));
    let loaded = good(&text);
    assert!(!format!("{loaded:?}").contains("hunter2"));
    let token = loaded.config.receiver.token.unwrap();
    assert_eq!(token.expose_secret(), SECRET);
}

#[test]
fn an_own_mail_server_has_its_usual_port_and_needs_a_whole_login() {
    let load = |own: &str| {
        let text = format!(
            "mail: {{from: a@b.c, to: [b@c.d], transport: smtp, smtp: {{host: mx.example.org{own}}}}}\n"
        );
        load_str(&text, &env(&[]))
    };
    for (own, encryption, port) in [
        ("", Encryption::Starttls, 587),
        (", encryption: none", Encryption::None, 25),
        (", encryption: tls", Encryption::Tls, 465),
        (", encryption: tls, port: 2465", Encryption::Tls, 2465),
    ] {
        let Transport::Smtp(smtp) = load(own).unwrap().config.mail.transport else {
            panic!("{own}");
        };
        assert_eq!((smtp.encryption, smtp.port), (encryption, port));
        assert!(smtp.login.is_none() && smtp.tls_verify);
    }
    let errors = load(", username: u").unwrap_err().to_string();
    assert_eq!(
        errors,
        "config.yml:1: mail.smtp.username: also needs mail.smtp.password or mail.smtp.password_file"
    );
}

#[test]
fn settings_that_are_not_used_are_checked_and_named() {
    let loaded = good("mail: {from: a@b.c, to: [b@c.d], smtp: {host: x}, directory: /x}\n");
    assert_eq!(
        warned(&loaded),
        [
            "config.yml:1: mail.smtp.host: is not used: mail.transport is not smtp",
            "config.yml:1: mail.directory: is not used: mail.transport is not file",
        ]
    );
    let loaded = good(&with("digest: {enabled: false, weekday: friday}\n"));
    assert_eq!(
        warned(&loaded),
        ["config.yml:2: digest.weekday: is not used: digest.enabled is not true"]
    );
    assert_eq!(told(&with("digest: {weekday: someday}\n")).len(), 1);
}

#[test]
fn recipients_are_told_once_each() {
    let text = "mail: {from: a@b.c, to: [x@b.c, y@b.c, X@B.c, x@b.c]}\n";
    let to = good(text).config.mail.to;
    let to: Vec<_> = to.iter().map(ToString::to_string).collect();
    assert_eq!(to, ["x@b.c", "y@b.c"]);
}

#[test]
fn empty_values_are_as_if_they_were_not_there() {
    let loaded = good(&with(
        "receiver:\nlogging:\n  level:\n  file:\nplans: {1: }\n",
    ));
    assert_eq!(loaded.config.logging.level, LogLevel::Info);
    assert_eq!(loaded.config.logging.file, None);
    assert_eq!(told("").len(), 2);
}
