//! Every way out of a mail, against real counterparts.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ns8_backup_monitor::model::{
    Attempt, Encryption, Language, Mailbox, OutgoingMail, SmtpSettings,
};
use ns8_backup_monitor::notifier::{File, Sendmail, Smtp, Transport, html_of};

use crate::mail::send;
use crate::support::process::DeadPort;
use crate::support::reports;
use crate::support::smtp::{MailServer, PASSWORD, USER};

fn mail() -> OutgoingMail {
    send(&reports::one_of_seven(), Language::It)
}

fn to(address: &str) -> Mailbox {
    Mailbox::new(address)
}

fn logged_in(settings: SmtpSettings, password: &str) -> SmtpSettings {
    SmtpSettings {
        login: Some((USER.into(), password.to_owned().into())),
        ..settings
    }
}

async fn attempt(settings: SmtpSettings, address: &str) -> Attempt {
    let attempt = Smtp::new(settings).send(&mail(), &to(address)).await;
    let said = format!("{attempt:?}");
    assert!(!said.contains(PASSWORD), "{said}");
    attempt
}

async fn failure(settings: SmtpSettings, address: &str) -> String {
    match attempt(settings, address).await {
        Attempt::Failed(reason) => reason,
        other => panic!("expected a failure, got {other:?}"),
    }
}

#[tokio::test]
async fn a_mail_arrives_in_every_mode_with_and_without_login() {
    let server = MailServer::start();
    let expected = mail();
    for (mode, encryption, login) in [
        ("plain", Encryption::None, false),
        ("plain", Encryption::None, true),
        ("plain_auth", Encryption::None, true),
        ("starttls", Encryption::Starttls, false),
        ("starttls", Encryption::Starttls, true),
        ("starttls_auth", Encryption::Starttls, true),
        ("tls", Encryption::Tls, false),
        ("tls", Encryption::Tls, true),
        ("tls_auth", Encryption::Tls, true),
    ] {
        for (host, verify) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("localhost", false),
        ] {
            let mut settings = server.settings(mode, encryption);
            settings.host = host.into();
            settings.tls_verify = verify;
            if login {
                settings = logged_in(settings, PASSWORD);
            }
            let taken = attempt(settings, "admin@example.org").await;
            let case = format!("{mode}, login {login}, {host}, verify {verify}");
            assert_eq!(taken, Attempt::Sent("250 2.0.0 Queued".into()), "{case}");
            let received = server.received().pop().unwrap();
            assert_eq!(received.mode, mode, "{case}");
            assert_eq!(received.from, "backup@rig.example.org");
            assert_eq!(received.to, ["admin@example.org"]);
            assert_eq!(received.user.as_deref(), login.then_some(USER), "{case}");
            assert_eq!(received.tls, encryption == Encryption::Starttls, "{case}");
            assert!(received.raw == expected.raw, "{case}: changed on the way");
        }
    }
}

#[tokio::test]
async fn a_server_whose_name_is_not_ascii_is_found_and_its_certificate_checked() {
    let server = MailServer::start();
    for (mode, encryption) in [
        ("plain", Encryption::None),
        ("starttls", Encryption::Starttls),
        ("tls", Encryption::Tls),
    ] {
        let mut settings = server.settings(mode, encryption);
        // In wide letters, which international names count as the usual ones.
        settings.host = "ｌｏｃａｌｈｏｓｔ".into();
        let taken = attempt(settings, "admin@example.org").await;
        assert_eq!(taken, Attempt::Sent("250 2.0.0 Queued".into()), "{mode}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_right_is_told_with_what_to_do() {
    let server = MailServer::start();
    let unknown_ca = |mode, encryption| SmtpSettings {
        ca_file: None,
        ..server.settings(mode, encryption)
    };
    for (settings, said) in [
        (unknown_ca("tls", Encryption::Tls), "mail.smtp.ca_file"),
        (
            unknown_ca("starttls", Encryption::Starttls),
            "mail.smtp.ca_file",
        ),
        (
            server.settings("tls_other_name", Encryption::Tls),
            "not valid for the name localhost",
        ),
        (
            server.settings("tls_expired", Encryption::Tls),
            "has expired",
        ),
        (unknown_ca("tls_self_signed", Encryption::Tls), "tls_verify"),
    ] {
        let open = SmtpSettings {
            tls_verify: false,
            ..settings.clone()
        };
        let reason = failure(settings, "admin@example.org").await;
        assert!(reason.contains(said), "{reason}");
        let taken = attempt(open, "admin@example.org").await;
        assert!(matches!(taken, Attempt::Sent(_)), "{taken:?}");
    }
}

#[tokio::test]
async fn a_ca_certificate_as_the_servers_own_is_told_apart() {
    let server = MailServer::start();
    let mut settings = server.settings("tls_self_signed", Encryption::Tls);
    settings.ca_file = Some(server.ca().with_file_name("selfsigned.pem"));
    let reason = failure(settings, "admin@example.org").await;
    assert!(reason.contains("CA's certificate as its own"), "{reason}");
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_named() {
    let server = MailServer::start();
    for (name, said) in [
        ("missing.pem", "No such file"),
        ("good.key", "no PEM certificate"),
    ] {
        let mut settings = server.settings("tls", Encryption::Tls);
        settings.ca_file = Some(server.ca().with_file_name(name));
        let reason = failure(settings, "admin@example.org").await;
        assert!(reason.contains(said) && reason.contains(name), "{reason}");
    }
}

#[tokio::test]
async fn logins_that_fail_are_temporary_and_never_show_the_password() {
    let server = MailServer::start();
    let plain = |mode| server.settings(mode, Encryption::None);
    for (settings, said) in [
        (logged_in(plain("plain_auth"), "wrong"), "535 5.7.8"),
        (plain("plain_auth"), "530 5.7.0"),
        (logged_in(plain("plain_echo"), PASSWORD), "[password]"),
        (
            logged_in(
                server.settings("starttls_auth", Encryption::Starttls),
                "wrong",
            ),
            "check user and password",
        ),
        (
            server.settings("starttls_auth", Encryption::Starttls),
            "check user and password",
        ),
        (
            logged_in(server.settings("tls_auth", Encryption::Tls), "wrong"),
            "535 5.7.8",
        ),
        (
            logged_in(plain("starttls_auth"), PASSWORD),
            "only after STARTTLS",
        ),
        (
            logged_in(plain("plain_no_auth"), PASSWORD),
            "offers no login",
        ),
    ] {
        let reason = failure(settings, "admin@example.org").await;
        assert!(reason.contains(said), "{said}: {reason}");
        assert!(!reason.contains("wrong;"), "{reason}");
    }
    assert_eq!(server.received().len(), 0);
}

#[tokio::test]
async fn a_wrong_port_or_encryption_is_told_and_hangs_nowhere() {
    let server = MailServer::start();
    let dead = DeadPort::take();
    let nobody = |encryption| SmtpSettings {
        port: dead.number(),
        ..server.settings("plain", encryption)
    };
    let no_host = SmtpSettings {
        host: "nosuch.invalid".into(),
        ..server.settings("plain", Encryption::None)
    };
    for (settings, said) in [
        (
            server.settings("plain", Encryption::Starttls),
            "offers no STARTTLS",
        ),
        (
            server.settings("plain", Encryption::Tls),
            "does not speak TLS on this port",
        ),
        (nobody(Encryption::None), "refused"),
        (nobody(Encryption::Tls), "refused"),
        (no_host, "cannot be reached"),
    ] {
        let reason = failure(settings, "admin@example.org").await;
        assert!(reason.contains(said), "{said}: {reason}");
    }
    for (mode, encryption, said) in [
        ("tls", Encryption::None, "use encryption tls"),
        ("silent", Encryption::Starttls, "sent no greeting"),
        ("silent", Encryption::Tls, "TLS handshake"),
    ] {
        let short = Duration::from_secs(1);
        let smtp = Smtp::new(server.settings(mode, encryption)).with_limit(short);
        let start = Instant::now();
        let attempt = smtp.send(&mail(), &to("admin@example.org")).await;
        assert!(start.elapsed() < Duration::from_secs(20), "{attempt:?}");
        let Attempt::Failed(reason) = attempt else {
            panic!("{attempt:?}");
        };
        assert!(reason.contains(said), "{reason}");
    }
}

#[tokio::test]
async fn only_what_concerns_the_recipient_or_the_message_is_final() {
    let server = MailServer::start();
    let settings = server.settings("plain", Encryption::None);
    for (address, refused) in [
        ("5xx@example.org", "550 5.1.1 No such user here"),
        ("data5@example.org", "554 5.7.1 Message refused"),
    ] {
        let answer = attempt(settings.clone(), address).await;
        assert_eq!(answer, Attempt::Refused(refused.into()));
    }
    for (address, said) in [
        ("4xx@example.org", "451 4.7.1 Greylisted"),
        ("data4@example.org", "452 4.3.1"),
        ("relay@example.org", "check user and password"),
    ] {
        let reason = failure(settings.clone(), address).await;
        assert!(reason.contains(said), "{reason}");
    }
    let mut mail = mail();
    mail.from = Mailbox::new("nobody@example.org");
    let answer = Smtp::new(settings)
        .send(&mail, &to("admin@example.org"))
        .await;
    let Attempt::Failed(reason) = answer else {
        panic!("{answer:?}");
    };
    assert!(reason.contains("check mail.from"), "{reason}");
}

#[tokio::test]
async fn a_connection_lost_after_the_message_is_tried_again_under_the_same_id() {
    let server = MailServer::start();
    let settings = server.settings("plain", Encryption::None);
    for _ in 0..2 {
        let reason = failure(settings.clone(), "drop@example.org").await;
        assert!(reason.contains("the same Message-ID"), "{reason}");
    }
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].raw, received[1].raw);
}

#[tokio::test]
async fn a_slow_server_is_left_in_time() {
    let server = MailServer::start();
    let settings = server.settings("plain", Encryption::None);
    let smtp = Smtp::new(settings).with_limit(Duration::from_millis(1_500));
    let start = Instant::now();
    let attempt = smtp.send(&mail(), &to("slow@example.org")).await;
    assert!(start.elapsed() < Duration::from_secs(30));
    let Attempt::Failed(reason) = attempt else {
        panic!("{attempt:?}");
    };
    assert!(reason.contains("did not answer a command"), "{reason}");
}

/// A command in a folder of its own that keeps what it gets.
struct Script {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Script {
    fn new(name: &str, body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let dir = folder.path().display();
        let text = format!("#!/bin/sh\ncd '{dir}'\nprintf '%s\\n' \"$@\" > arguments\n{body}\n");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        Self { folder, path }
    }

    fn transport(&self, more: &[&str]) -> Sendmail {
        let mut words = vec![self.path.display().to_string()];
        words.extend(more.iter().map(|word| (*word).to_owned()));
        Sendmail::new(words)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

#[tokio::test]
async fn a_sendmail_gets_the_message_and_one_recipient() {
    let script = Script::new("sendmail", "cat > stdin; echo queued as 42");
    let mail = mail();
    let attempt = script
        .transport(&["-odi"])
        .send(&mail, &to("-x@example.org"))
        .await;
    assert_eq!(attempt, Attempt::Sent("queued as 42".into()));
    let arguments = script.read("arguments");
    assert_eq!(
        arguments.lines().collect::<Vec<_>>(),
        [
            "-odi",
            "-i",
            "-f",
            "backup@rig.example.org",
            "--",
            "-x@example.org"
        ]
    );
    let raw = String::from_utf8(mail.raw).unwrap();
    assert_eq!(script.read("stdin"), raw.replace("\r\n", "\n"));
}

#[tokio::test]
async fn ns8_sendmail_gets_the_html_and_the_subject() {
    let script = Script::new("ns8-sendmail", "cat > stdin");
    let mail = mail();
    let attempt = script
        .transport(&[])
        .send(&mail, &to("admin@example.org"))
        .await;
    assert!(matches!(attempt, Attempt::Sent(_)), "{attempt:?}");
    assert_eq!(script.read("stdin"), html_of(&mail.raw).unwrap());
    let arguments = script.read("arguments");
    let subject = format!("--subject={}", mail.subject);
    assert_eq!(
        arguments.lines().collect::<Vec<_>>(),
        [
            subject.as_str(),
            "--from=backup@rig.example.org",
            "--",
            "admin@example.org"
        ]
    );
}

#[tokio::test]
async fn ns8_sendmail_behind_runagent_is_called_as_itself() {
    let runagent = Script::new("runagent", "cat > stdin");
    let mail = mail();
    let attempt = runagent
        .transport(&["-m", "node", "ns8-sendmail"])
        .send(&mail, &to("admin@example.org"))
        .await;
    assert!(matches!(attempt, Attempt::Sent(_)), "{attempt:?}");
    assert_eq!(runagent.read("stdin"), html_of(&mail.raw).unwrap());
    let arguments = runagent.read("arguments");
    let subject = format!("--subject={}", mail.subject);
    assert_eq!(
        arguments.lines().collect::<Vec<_>>(),
        [
            "-m",
            "node",
            "ns8-sendmail",
            subject.as_str(),
            "--from=backup@rig.example.org",
            "--",
            "admin@example.org"
        ]
    );
}

#[tokio::test]
async fn a_sendmail_that_fails_is_tried_again_unless_it_knows_no_such_user() {
    let no_user = Script::new(
        "sendmail",
        "cat > /dev/null; echo 'User unknown' >&2; exit 67",
    );
    let attempt = no_user
        .transport(&[])
        .send(&mail(), &to("a@example.org"))
        .await;
    let Attempt::Refused(reason) = attempt else {
        panic!("{attempt:?}");
    };
    assert!(reason.contains("User unknown"), "{reason}");
    // It does not even read the message, and says far too much.
    let chatty = "yes '\x1b[31mno' | head -c 5000000 >&2; exit 75";
    let failing = Script::new("sendmail", chatty);
    let attempt = failing
        .transport(&[])
        .send(&mail(), &to("a@example.org"))
        .await;
    let Attempt::Failed(reason) = attempt else {
        panic!("{attempt:?}");
    };
    assert!(
        reason.contains("exit code 75") && reason.len() < 2_000,
        "{reason}"
    );
    assert!(!reason.contains('\x1b'));
    let missing = Sendmail::new(vec!["/nonexistent/sendmail".into()]);
    let attempt = missing.send(&mail(), &to("a@example.org")).await;
    let Attempt::Failed(reason) = attempt else {
        panic!("{attempt:?}");
    };
    assert!(reason.contains("check mail.sendmail"), "{reason}");
}

#[tokio::test]
async fn a_sendmail_that_hangs_ends_with_all_its_children() {
    let script = Script::new("sendmail", "sleep 300 & echo $! > child; wait");
    let transport = script.transport(&[]).with_limit(Duration::from_secs(2));
    let attempt = transport.send(&mail(), &to("a@example.org")).await;
    let Attempt::Failed(reason) = attempt else {
        panic!("{attempt:?}");
    };
    assert!(reason.contains("did not end within 2 s"), "{reason}");
    let child = PathBuf::from("/proc").join(script.read("child").trim());
    crate::support::process::wait_until("the grandchild to end", || !alive(&child));
}

fn alive(process: &Path) -> bool {
    std::fs::read_to_string(process.join("stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap().starts_with(" Z"))
}

#[tokio::test]
async fn a_sendmail_that_delivers_in_the_background_is_not_waited_for() {
    // It goes on until `stdin` is gone, at most 20 s.
    let body = "cat > stdin; \
                (for i in $(seq 200); do [ -e stdin ] || break; sleep 0.1; done; echo late) & \
                echo $! > child; echo taken";
    let script = Script::new("sendmail", body);
    let start = Instant::now();
    let attempt = script
        .transport(&[])
        .send(&mail(), &to("a@example.org"))
        .await;
    assert_eq!(attempt, Attempt::Sent("taken".into()));
    assert!(start.elapsed() < Duration::from_secs(15));
    let child = PathBuf::from("/proc").join(script.read("child").trim());
    assert!(alive(&child), "it delivers behind our back");
    drop(script);
    crate::support::process::wait_until("its end", || !alive(&child));
}

#[tokio::test]
async fn a_mail_becomes_one_file_however_often_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("new/mails");
    let file = File::new(directory.clone());
    let mail = mail();
    for address in ["admin@example.org", "team@example.net", "admin@example.org"] {
        let attempt = file.send(&mail, &to(address)).await;
        assert!(matches!(attempt, Attempt::Sent(_)), "{attempt:?}");
    }
    let names: Vec<_> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        names,
        ["20261121T041230Z-8218bac6a0ce0423928ae39ba9898428.eml"]
    );
    assert_eq!(std::fs::read(file.path(&mail)).unwrap(), mail.raw);
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "in the way").unwrap();
    let attempt = File::new(path).send(&mail(), &to("a@example.org")).await;
    let Attempt::Failed(reason) = attempt else {
        panic!("{attempt:?}");
    };
    assert!(reason.contains("check mail.directory"), "{reason}");
}
