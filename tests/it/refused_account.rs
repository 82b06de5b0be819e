//! The module's own account with a wrong password: said clearly, and never
//! replaced by the anonymous one, which could read the same credentials in an
//! older cluster.

use serde_json::Value;

use crate::crash::{alert, failed_plan, webhook};
use crate::support::process::wait_until;
use crate::support::redis::{Cluster, MODULE_PASSWORD, MODULE_USER};
use crate::support::resp::RespClient;
use crate::support::restic::{PASSWORD, PATH, Repository};
use crate::support::service::Service;

const WRONG: &str = "n0t-the-passw0rd";

/// As up to core 3.19: the restic password stands in the destination's hash.
fn older_cluster(repository: &Repository) -> Cluster {
    let cluster = Cluster::start();
    let (_, uuid) = PATH.split_once('/').unwrap();
    cluster.module("mail1", 1);
    cluster.hset("cluster/module_uuid", "mail1", uuid);
    cluster
        .destination("d-1")
        .url(&format!("local:{}", repository.root().display()))
        .field("password", PASSWORD);
    failed_plan(&cluster, "1", "d-1");
    cluster
}

fn start(cluster: &Cluster, mails: &tempfile::TempDir, password: &str) -> Service {
    let text = format!(
        "mail:\n  from: monitor@example.org\n  to: [admin@example.org]\n  transport: file\n\
         \x20 directory: {}\n\
         redis: {{address: \"{}\"}}\n\
         correlator: {{wait_seconds: 0}}\nrepo_check: {{method: restic}}\n",
        mails.path().display(),
        cluster.redis.address(),
    );
    let account = [("REDIS_USER", MODULE_USER), ("REDIS_PASSWORD", password)];
    Service::start(&text, &account)
}

fn destination(service: &Service) -> Value {
    let output = service.run(&["check", "--format", "json"]);
    let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
    checked["reports"][0]["destination"].clone()
}

#[test]
fn with_the_right_password_the_repository_is_asked() {
    let (repository, mails) = (Repository::new(), tempfile::tempdir().unwrap());
    let cluster = older_cluster(&repository);
    let service = start(&cluster, &mails, MODULE_PASSWORD);
    let found = destination(&service);
    assert_eq!(found["probes"][0]["cause"], "reachable", "{found}");
}

#[test]
fn a_refused_account_is_told_and_nothing_is_read_as_anybody() {
    let (repository, mails) = (Repository::new(), tempfile::tempdir().unwrap());
    let cluster = older_cluster(&repository);
    // Anybody can read it: only the program's own rule stands before it.
    let mut anybody = RespClient::connect(cluster.redis.address());
    let read = anybody.command(&["HGET", "cluster/backup_repository/d-1", "password"]);
    assert_eq!(read.text(), PASSWORD);

    let mut monitor = cluster.redis.admin();
    assert_eq!(monitor.command(&["MONITOR"]).text(), "OK");
    let service = start(&cluster, &mails, WRONG);

    let found = destination(&service);
    assert_eq!(found["probes"], Value::Array(Vec::new()), "{found}");
    assert_eq!(found["health"], "not_checked", "{found}");
    let why = found["skipped"].to_string();
    for part in ["refused", MODULE_USER, "WRONGPASS"] {
        assert!(why.contains(part), "{part} is missing in: {why}");
    }

    let text = service.run(&["check"]);
    let text = String::from_utf8_lossy(&text.stdout);
    assert!(text.contains("refused the account"), "{text}");

    let answer = service.post_alert(&webhook(&[alert("1")]));
    assert_eq!(answer.status(), 200);
    let mail = the_mail(&mails);
    assert!(mail.contains("refused the account"), "{mail}");
    for said in [service.log(), text.into_owned(), mail, found.to_string()] {
        assert!(!said.contains(WRONG) && !said.contains(PASSWORD), "{said}");
    }

    cluster.command(&["PING", "end-of-test"]);
    let mut commands = Vec::new();
    while !commands
        .last()
        .is_some_and(|line: &String| line.contains("end-of-test"))
    {
        commands.push(monitor.reply().text().to_lowercase());
    }
    let secret = commands.iter().find(|line| {
        line.contains("hgetall") && line.contains("backup_repository")
            || line.contains("backup_repository") && line.contains("\"password\"")
            || line.contains("restic_password")
    });
    assert_eq!(secret, None, "a secret was read all the same");
}

/// The text of the only mail, as a person reads it.
fn the_mail(mails: &tempfile::TempDir) -> String {
    let mut files = Vec::new();
    wait_until("the mail", || {
        files = std::fs::read_dir(mails.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .collect();
        !files.is_empty()
    });
    let raw = std::fs::read(&files[0]).unwrap();
    let message = mail_parser::MessageParser::default().parse(&raw).unwrap();
    message.body_text(0).unwrap().replace('\n', " ")
}
