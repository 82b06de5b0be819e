//! Where settings come from: the environment, the file, files of secrets.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use super::tests::{MINIMAL, SEED, env, good, told, warned, with};
use super::*;
use crate::model::NodeId;

#[test]
fn redis_is_tcp_with_an_agent_and_the_socket_without() {
    let agent = env(&[
        ("REDIS_ADDRESS", "cluster-leader:6380"),
        ("REDIS_REPLICA_ADDRESS", "127.0.0.1:6379"),
    ]);
    let redis = |text: &str, env: &BTreeMap<_, _>| match load_str(text, env).unwrap().config.redis {
        Redis::Tcp { own, port } => format!("{own} {port}"),
        Redis::Socket(path) => path.display().to_string(),
    };
    let socket = "/var/lib/nethserver/cluster/state/redis.sock";
    assert_eq!(redis(MINIMAL, &env(&[])), socket);
    assert_eq!(redis(MINIMAL, &agent), "127.0.0.1:6379 6380");
    assert_eq!(redis(SEED, &agent), socket);
    let only_leader = env(&[("REDIS_ADDRESS", "[fd00::1]:6380")]);
    assert_eq!(redis(MINIMAL, &only_leader), "127.0.0.1:6380 6380");
    let file = with("redis: {address: \"10.0.0.1:7000\"}\n");
    assert_eq!(redis(&file, &agent), "127.0.0.1:7000 7000");
    let file = with("redis: {address: \"10.0.0.1:7000\", replica_address: \"[::1]:7001\"}\n");
    assert_eq!(redis(&file, &agent), "[::1]:7001 7000");
    let told = told(&with("redis: {socket: /x, address: \"h:1\"}\n"));
    assert_eq!(
        told,
        ["config.yml:2: redis.address: cannot be set beside redis.socket: choose one"]
    );
}

#[test]
fn the_file_wins_over_the_agent_and_the_agent_over_the_default() {
    let agent = env(&[
        ("TCP_PORT", "20001"),
        ("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"),
        ("MODULE_ID", "backup-monitor1"),
        ("NODE_ID", "2"),
        ("REDIS_USER", "module/backup-monitor1"),
        ("REDIS_PASSWORD", "s3cret"),
    ]);
    let config = load_str(MINIMAL, &agent).unwrap().config;
    assert_eq!(config.receiver.port, 20001);
    assert_eq!(config.state_dir, PathBuf::from("/var/lib/a"));
    assert_eq!(config.agent.node, Some(NodeId(2)));
    assert_eq!(config.agent.module, Some("backup-monitor1".into()));
    let (user, password) = config.agent.account.unwrap();
    assert_eq!(
        (user.as_str(), password.expose_secret()),
        ("module/backup-monitor1", "s3cret")
    );
    let text = with("receiver: {port: 5}\nstate: {dir: /x}\n");
    let config = load_str(&text, &agent).unwrap().config;
    assert_eq!(config.receiver.port, 5);
    assert_eq!(config.state_dir, PathBuf::from("/x"));
}

#[test]
fn mistakes_of_the_environment_are_told_too() {
    let env = env(&[
        ("TCP_PORT", "http"),
        ("NODE_ID", "0"),
        ("REDIS_ADDRESS", "leader"),
    ]);
    let errors = load_str("mail: {from: a@b.c}\n", &env)
        .unwrap_err()
        .to_string();
    let told: Vec<_> = errors.lines().collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.contains(&"environment: TCP_PORT: \"http\" is not a port; allowed: 0 to 65535"));
}

fn write(dir: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn sources(path: PathBuf) -> Sources {
    Sources {
        path: Some(path),
        env: env(&[]),
    }
}

#[test]
fn a_secret_in_a_file_is_read_without_its_last_line_end() {
    let dir = tempfile::tempdir().unwrap();
    let token = write(dir.path(), "token", "s3cret\r\n", 0o600);
    let text = with(&format!("receiver: {{token_file: {}}}\n", token.display()));
    let loaded = good(&text);
    assert_eq!(loaded.warnings, []);
    assert_eq!(
        loaded.config.receiver.token.unwrap().expose_secret(),
        "s3cret"
    );

    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
    let warned = warned(&good(&text));
    assert!(
        warned[0].contains("every user of this machine can read the secret"),
        "{warned:?}"
    );
}

#[test]
fn a_secret_file_that_cannot_be_used_is_a_mistake_that_shows_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| write(dir.path(), name, text, 0o600).display().to_string();
    for (file, expected) in [
        ("/nowhere/token".to_owned(), "cannot be read: No such file"),
        (dir.path().display().to_string(), "it is not a regular file"),
        (path("empty", "\n"), "cannot be sent as a bearer token"),
        (
            path("lines", "one\ntwo\n"),
            "cannot be sent as a bearer token",
        ),
        (path("large", &"x".repeat(20_000)), "larger than 16 KiB"),
    ] {
        let told = told(&with(&format!("receiver: {{token_file: \"{file}\"}}\n")));
        assert_eq!(told.len(), 1);
        assert!(
            told[0].starts_with("config.yml:2: receiver.token_file: "),
            "{told:?}"
        );
        assert!(
            told[0].contains(expected) && !told[0].contains("two"),
            "{told:?}"
        );
    }
}

#[test]
fn the_configuration_file_itself_can_be_missing_too_large_or_no_text() {
    let dir = tempfile::tempdir().unwrap();
    let text = |path: PathBuf| load(&sources(path)).unwrap_err().to_string();
    let missing = text(dir.path().join("none.yml"));
    assert!(
        missing.contains("none.yml: there is no such file; write one with"),
        "{missing}"
    );
    assert!(text(dir.path().to_owned()).contains("it is not a regular file"));
    let large = write(dir.path(), "large.yml", &"#".repeat(1024 * 1024 + 1), 0o600);
    assert!(text(large).contains("larger than 1024 KiB"));
    let binary = dir.path().join("binary.yml");
    std::fs::write(&binary, b"mail:\n\xff\xfe").unwrap();
    assert!(text(binary).contains("line 2 is not UTF-8 text"));
}

#[test]
fn secrets_in_a_file_that_everybody_reads_give_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let secret = with("receiver: {token: abc}\n");
    for (text, mode, warnings) in [
        (&secret, 0o644, 1),
        (&secret, 0o640, 0),
        (&MINIMAL.to_owned(), 0o644, 0),
    ] {
        let path = write(dir.path(), "config.yml", text, mode);
        assert_eq!(load(&sources(path)).unwrap().warnings.len(), warnings);
    }
}

#[test]
fn the_file_is_that_of_the_command_line_else_of_the_environment_else_the_usual_one() {
    let mut sources = sources("/a.yml".into());
    sources.env = env(&[("CONFIG_FILE", "/b.yml")]);
    assert_eq!(sources.file(), PathBuf::from("/a.yml"));
    sources.path = None;
    assert_eq!(sources.file(), PathBuf::from("/b.yml"));
    sources.env = env(&[("CONFIG_FILE", "")]);
    assert_eq!(sources.file(), PathBuf::from(DEFAULT_FILE));
}
