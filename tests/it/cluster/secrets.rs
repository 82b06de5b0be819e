//! What holds secrets: read by whom, and never shown.

use ns8_backup_monitor::cluster::{
    AccountReader, ClusterError, ClusterReader as _, RedisReader, SnapshotReader,
};
use ns8_backup_monitor::model::Encryption;
use secrecy::{ExposeSecret as _, SecretString};

use super::{now, read, usual};
use crate::support::redis::{Cluster, MODULE_PASSWORD, MODULE_USER};

#[tokio::test]
async fn the_smarthost_is_read_at_every_call() {
    let cluster = Cluster::start();
    let reader = RedisReader::new(&cluster.tcp());
    assert!(reader.smarthost().await.unwrap().is_none());
    let smarthost = cluster
        .smarthost("mail.example.org", 587)
        .encryption("starttls");
    smarthost.login("me", "smtp-s3cret").verified();
    let got = reader.smarthost().await.unwrap().unwrap();
    assert_eq!((got.host.as_str(), got.port), ("mail.example.org", 587));
    assert_eq!(
        (got.encryption, got.tls_verify),
        (Encryption::Starttls, true)
    );
    assert_eq!(got.login.as_ref().unwrap().1.expose_secret(), "smtp-s3cret");
    assert!(!format!("{got:?}").contains("s3cret"));
    cluster.hset("cluster/smarthost", "port", "70000");
    let error = reader.smarthost().await.unwrap_err().to_string();
    assert!(
        error.contains("port is \"70000\"") && !error.contains("s3cret"),
        "{error}"
    );
    cluster.hset("cluster/smarthost", "enabled", "0");
    assert!(reader.smarthost().await.unwrap().is_none());
}

fn account(cluster: &Cluster, password: &str) -> AccountReader {
    AccountReader::new(&cluster.tcp(), MODULE_USER, SecretString::from(password))
}

#[tokio::test]
async fn the_modules_account_reads_the_credentials_of_destinations() {
    let cluster = usual();
    let key = "private/agents/backup_destination/restic_password";
    cluster.hset(key, "d-1", "restic-s3cret");
    cluster
        .destination("d-1")
        .field("aws_secret_access_key", "storage-s3cret");
    let account = account(&cluster, MODULE_PASSWORD);
    let password = account
        .restic_password(&"d-1".into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(password.expose_secret(), "restic-s3cret");
    assert!(
        account
            .restic_password(&"d-9".into())
            .await
            .unwrap()
            .is_none()
    );
    let fields = account.destination_fields(&"d-1".into()).await.unwrap();
    assert_eq!(
        fields["aws_secret_access_key"].expose_secret(),
        "storage-s3cret"
    );
    assert_eq!(fields["provider"].expose_secret(), "generic-s3");
    assert!(!format!("{account:?} {fields:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_password_of_any_characters_logs_in() {
    let cluster = usual();
    for password in ["with space", "with\"quote", "'", "\\", "è", "PING\r\nX"] {
        let new = format!(">{password}");
        cluster.command(&["ACL", "SETUSER", MODULE_USER, "resetpass", &new]);
        let fields = account(&cluster, password)
            .destination_fields(&"d-1".into())
            .await;
        assert!(fields.is_ok(), "{password:?}: {fields:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_an_error_and_nothing_is_read_as_somebody_else() {
    let cluster = usual();
    let account = account(&cluster, "not-it-4242");
    let mut monitor = cluster.redis.admin();
    assert_eq!(monitor.command(&["MONITOR"]).text(), "OK");
    let error = account.destination_fields(&"d-1".into()).await.unwrap_err();
    assert!(
        matches!(&error, ClusterError::Refused { user, reason, .. }
            if user == MODULE_USER && reason.starts_with("WRONGPASS")),
        "{error:?}"
    );
    assert!(!format!("{error} {error:?}").contains("4242"));
    cluster.command(&["PING", "end-of-test"]);
    let mut seen = Vec::new();
    while !seen
        .last()
        .is_some_and(|line: &String| line.contains("end-of-test"))
    {
        seen.push(monitor.reply().text().to_owned());
    }
    let read: Vec<_> = seen
        .iter()
        .filter(|l| l.contains("backup_repository"))
        .collect();
    assert!(read.is_empty(), "{read:?}");
}

#[tokio::test]
async fn no_secret_of_any_hash_reaches_the_state_or_a_snapshot() {
    let cluster = usual();
    let secrets = [
        "password",
        "b2_account_id",
        "b2_account_key",
        "aws_access_key_id",
        "aws_secret_access_key",
        "rclone_config",
        "azure_account_key",
    ];
    for name in secrets {
        cluster.hset("cluster/backup_repository/d-1", name, "PLANTED");
        cluster.hset("cluster/backup/1", name, "PLANTED");
        cluster.hset("cluster/environment", name, "PLANTED");
        cluster.hset("node/1/vpn", name, "PLANTED");
        cluster.hset("module/mail1/backup_status/1", name, "PLANTED");
        cluster.hset("module/mail1/environment", name, "PLANTED");
    }
    cluster.smarthost("h", 25).login("u", "PLANTED");
    cluster.hset(
        "private/agents/backup_destination/restic_password",
        "d-1",
        "PLANTED",
    );
    let url = "rest:http://me:PLANTED@nas/x?sig=PLANTED";
    cluster.hset("cluster/backup_repository/d-1", "url", url);
    cluster.status_a_raw(1, "1", "mail1", r#"{"start": "PLANTED", "end": PLANTED}"#);
    let state = read(&cluster).await;
    assert!(!format!("{state:?}").contains("PLANTED"), "{state:?}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot.json");
    SnapshotReader::write(&path, &state).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("nextcloud12") && !text.contains("PLANTED"),
        "{text}"
    );
    let loaded = SnapshotReader::load(&path).unwrap();
    assert_eq!(loaded.read(now()).await.unwrap(), state);
    assert!(loaded.smarthost().await.unwrap().is_none());
}
