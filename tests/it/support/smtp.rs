//! A mail server (aiosmtpd) in every mode, with certificates of a private CA.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use ns8_backup_monitor::model::{Encryption, SmtpSettings};
use serde::Deserialize;

use super::process::{Server, test_env, wait_until};

/// The account that the modes with authentication know.
pub const USER: &str = "rig@example.org";
/// Its password.
pub const PASSWORD: &str = "s3cret-Pa55";

/// A running mail server.
pub struct MailServer {
    _server: Server,
    ports: BTreeMap<String, u16>,
    folder: tempfile::TempDir,
}

/// A message that the server took.
#[derive(Debug, Deserialize)]
pub struct Received {
    /// In which mode.
    pub mode: String,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// Whether TLS was on. With TLS from the first byte the server does not
    /// know, and says no.
    pub tls: bool,
    /// Who had logged in.
    pub user: Option<String>,
    /// The message.
    #[serde(skip)]
    pub raw: Vec<u8>,
}

/// Where the server can be made to wait.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Before the answer to a recipient: nothing was taken yet.
    Recipient,
    /// Before the answer to a message: it is kept already.
    Answer,
}

impl MailServer {
    /// Starts one, with certificates of its own.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        certificates(folder.path());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/smtpd.py");
        let log = folder.path().join("log");
        let server = Server::start(
            Command::new(test_env("venv/bin/python"))
                .arg("-u")
                .arg(script)
                .arg(folder.path()),
            &log,
        );
        let mut ports = BTreeMap::new();
        wait_until("the mail server to listen", || {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let line = said.lines().find(|line| line.starts_with('{'));
            if let Some(read) = line.and_then(|line| serde_json::from_str(line).ok()) {
                ports = read;
            }
            !ports.is_empty()
        });
        Self {
            _server: server,
            ports,
            folder,
        }
    }

    /// The port of `mode` (see `smtpd.py`).
    pub fn port(&self, mode: &str) -> u16 {
        self.ports[mode]
    }

    /// The CA that signed its certificates.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Settings for `mode`: localhost, no login, certificates verified with
    /// the private CA.
    pub fn settings(&self, mode: &str, encryption: Encryption) -> SmtpSettings {
        SmtpSettings {
            host: "localhost".into(),
            port: self.port(mode),
            login: None,
            encryption,
            tls_verify: true,
            ca_file: Some(self.ca()),
        }
    }

    /// Answers every message with a temporary error from now on.
    pub fn be_busy(&self) {
        std::fs::write(self.folder.path().join("busy"), "").unwrap();
    }

    /// Takes messages again.
    pub fn be_ready(&self) {
        std::fs::remove_file(self.folder.path().join("busy")).unwrap();
    }

    /// The messages that it put off while it was busy, in order.
    pub fn put_off(&self) -> Vec<Vec<u8>> {
        let folder = self.folder.path().join("put_off");
        (1..)
            .map_while(|n| std::fs::read(folder.join(format!("{n}.eml"))).ok())
            .collect()
    }

    /// Makes every client wait at this step, until [`MailServer::release`].
    pub fn hold(&self, step: Step) {
        let word = match step {
            Step::Recipient => "recipient",
            Step::Answer => "answer",
        };
        let half = self.folder.path().join("hold.half");
        std::fs::write(&half, word).unwrap();
        std::fs::rename(half, self.folder.path().join("hold")).unwrap();
    }

    /// Lets everybody go on.
    pub fn release(&self) {
        std::fs::remove_file(self.folder.path().join("hold")).unwrap();
    }

    /// Everything it took so far, in order.
    pub fn received(&self) -> Vec<Received> {
        let mails = self.folder.path().join("mails");
        (1..)
            .map(|n| mails.join(format!("{n}.json")))
            .map_while(|about| {
                let read = std::fs::read(&about).ok()?;
                let mut received: Received = serde_json::from_slice(&read).unwrap();
                received.raw = std::fs::read(about.with_extension("eml")).unwrap();
                Some(received)
            })
            .collect()
    }
}

/// `ca`, and signed by it `good` (localhost), `other` (another name) and
/// `expired`; `selfsigned` is a CA's certificate used as a server's.
fn certificates(folder: &Path) {
    let openssl = |arguments: &str| {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(folder)
            .output()
            .expect("openssl; run tests/run first");
        assert!(output.status.success(), "openssl {arguments}: {output:?}");
    };
    let new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for name in ["ca", "selfsigned"] {
        openssl(&format!(
            "req -x509 {new_key} -keyout {name}.key -out {name}.pem -days 30 -subj /CN={name} -addext subjectAltName=DNS:localhost"
        ));
    }
    for (name, alternative, days) in [
        ("good", "DNS:localhost,IP:127.0.0.1", "30"),
        ("other", "DNS:mail.other.example", "30"),
        ("expired", "DNS:localhost", "-1"),
    ] {
        let extensions = format!("subjectAltName={alternative}\nbasicConstraints=CA:FALSE\n");
        std::fs::write(folder.join("extensions"), extensions).unwrap();
        openssl(&format!(
            "req -new {new_key} -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ));
        openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem -days {days} -extfile extensions"
        ));
    }
}
