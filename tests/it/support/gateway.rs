//! NS8's rclone gateway on loopback: `rclone serve restic` behind an haproxy
//! that holds the gateway's rules: a node's account may do everything, a
//! module's only reach its own repository, everybody else gets 401.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::process::{Server, free_port, wait_for_port};

/// The one destination that it serves.
pub const DESTINATION: &str = "0b5e4b7e-9c4e-5c1e-8d11-5a7f3c6f0001";

/// The node's account, which may do everything.
pub const NODE: (&str, &str) = ("node/1", "n0de@p/w");

/// A running gateway.
pub struct Gateway {
    port: u16,
    rclone: Server,
    haproxy: Server,
    _folder: tempfile::TempDir,
}

impl Gateway {
    /// Serves the repositories below `root`. `modules` are (user, password,
    /// `<image>/<uuid>`).
    pub fn start(root: &Path, modules: &[(&str, &str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let served = folder.path().join("served");
        std::fs::create_dir(&served).expect("folder");
        std::os::unix::fs::symlink(root, served.join(DESTINATION)).expect("link");
        let (inner, port) = (free_port(), free_port());
        let rclone = Server::start(
            Command::new("rclone")
                .args(["serve", "restic", "--copy-links", "--addr"])
                .arg(format!("127.0.0.1:{inner}"))
                .arg(&served)
                .env("RCLONE_CONFIG", "/dev/null"),
            &folder.path().join("rclone.log"),
        );
        let rules = folder.path().join("haproxy.cfg");
        std::fs::write(&rules, configuration(port, inner, modules)).expect("configuration");
        let haproxy = Server::start(
            Command::new("/usr/sbin/haproxy")
                .args(["-db", "-f"])
                .arg(&rules),
            &folder.path().join("haproxy.log"),
        );
        for port in [inner, port] {
            wait_for_port(SocketAddr::from(([127, 0, 0, 1], port)));
        }
        Self {
            port,
            rclone,
            haproxy,
            _folder: folder,
        }
    }

    /// The destination as restic addresses it.
    pub fn url(&self) -> String {
        format!("rest:http://127.0.0.1:{}/{DESTINATION}", self.port)
    }

    /// rclone is gone: haproxy answers 503.
    pub fn kill_rclone(&mut self) {
        self.rclone.kill();
    }

    /// Nothing listens any more.
    pub fn kill(&mut self) {
        self.haproxy.kill();
        self.rclone.kill();
    }
}

fn configuration(port: u16, inner: u16, modules: &[(&str, &str, &str)]) -> String {
    let mut accounts = format!(
        "userlist cluster\n  user {} insecure-password {}\n",
        NODE.0, NODE.1
    );
    let mut rules = format!(
        "  http-request allow if {{ req.hdr(x-account) -m str {} }}\n",
        NODE.0
    );
    for (user, password, path) in modules {
        writeln!(accounts, "  user {user} insecure-password {password}").expect("text");
        let own =
            format!("{{ req.hdr(x-account) -m str {user} }} {{ path_beg /{DESTINATION}/{path}/ }}");
        writeln!(rules, "  http-request allow if {own} !{{ method DELETE }}").expect("text");
        writeln!(
            rules,
            "  http-request allow if {own} {{ path_beg /{DESTINATION}/{path}/locks/ }}"
        )
        .expect("text");
    }
    format!(
        "global\n  maxconn 200\n{accounts}\
         defaults\n  mode http\n  retries 0\n  timeout connect 2s\n  timeout client 5s\n  timeout server 30s\n\
         frontend gateway\n  bind 127.0.0.1:{port}\n\
         \x20 http-request auth realm gateway unless {{ http_auth(cluster) }}\n\
         \x20 http-request set-header x-account %[http_auth_user]\n\
         {rules}  http-request deny\n  default_backend restic\n\
         backend restic\n  server rclone 127.0.0.1:{inner}\n"
    )
}
