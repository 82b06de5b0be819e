//! The program itself: the real binary, run as an administrator would run it.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::http::{self, Message};
use super::process::{Server, wait_until};

/// `serve` on a free loopback port, with a state directory of its own that
/// survives a restart. Ends with its children when dropped.
pub struct Service {
    folder: TempDir,
    environment: Vec<(String, String)>,
    /// What it is started by, if not directly.
    wrapper: &'static [&'static str],
    address: SocketAddr,
    /// Also the number of the newest log file.
    starts: u32,
    server: Server,
}

impl Service {
    /// Starts it with this configuration file and waits for `/readyz`.
    ///
    /// The file needs no `receiver.port` and no `state.dir`; what the shell of
    /// the test has in its environment does not reach the program, `environment`
    /// does.
    pub fn start(configuration: &str, environment: &[(&str, &str)]) -> Self {
        let service = Self::launch(configuration, environment);
        service.wait_until_ready();
        service
    }

    /// As [`Service::start`], but returns as soon as it listens.
    pub fn launch(configuration: &str, environment: &[(&str, &str)]) -> Self {
        Self::launch_by(&[], configuration, environment)
    }

    /// As [`Service::launch`], started by a command that gets the program and
    /// its arguments as its last ones and must become it (`exec`).
    pub fn launch_by(
        wrapper: &'static [&'static str],
        configuration: &str,
        environment: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("state")).expect("a state directory");
        let file = folder.path().join("config.yml");
        std::fs::write(&file, configuration).expect("a configuration");
        // As the README has it: there may be secrets in it.
        std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("a mode");
        let environment: Vec<(String, String)> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let (server, address) = serve(folder.path(), &environment, wrapper, 1);
        Self {
            folder,
            environment,
            wrapper,
            address,
            starts: 1,
            server,
        }
    }

    /// Where it listens; another port after every start.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The webhook's address for an Alertmanager.
    pub fn webhook(&self) -> String {
        format!("http://{}/alert", self.address)
    }

    pub fn state_dir(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("config.yml")
    }

    /// Where it says where it listens.
    pub fn address_file(&self) -> PathBuf {
        self.folder.path().join("address")
    }

    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    pub fn get(&self, path: &str) -> Message {
        http::get(self.address, path)
            .unwrap_or_else(|error| panic!("GET {path}: {error}: {}", self.log()))
    }

    /// Posts a webhook and returns the answer, whatever it is.
    pub fn post_alert(&self, webhook: &Value) -> Message {
        http::post_json(self.address, "/alert", webhook)
            .unwrap_or_else(|error| panic!("POST /alert: {error}: {}", self.log()))
    }

    /// Ends it as a crash or a power cut would.
    pub fn kill9(&mut self) {
        self.server.kill();
    }

    /// Ends it as systemd would.
    pub fn term(&mut self) -> ExitStatus {
        self.server.terminate()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.server.signal(signal);
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        self.server.wait()
    }

    /// Starts it again on the same state, after ending it if it still runs, and
    /// waits for `/readyz`.
    pub fn restart(&mut self) {
        self.relaunch();
        self.wait_until_ready();
    }

    /// As [`Service::restart`], but returns as soon as it listens.
    pub fn relaunch(&mut self) {
        self.server.kill();
        self.starts += 1;
        (self.server, self.address) = serve(
            self.folder.path(),
            &self.environment,
            self.wrapper,
            self.starts,
        );
    }

    pub fn wait_until_ready(&self) {
        wait_until("/readyz to say yes", || {
            http::get(self.address, "/readyz").is_ok_and(|answer| answer.status() == 200)
        });
    }

    /// Everything that it wrote to its standard streams, over all its starts.
    pub fn log(&self) -> String {
        (1..=self.starts)
            .map(|start| log_text(self.folder.path(), start))
            .collect()
    }

    /// What it wrote since its last start.
    pub fn latest_log(&self) -> String {
        log_text(self.folder.path(), self.starts)
    }

    /// Runs another command of the program on the same configuration and state,
    /// such as `report list`, to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.run_by(&[], arguments)
    }

    /// As [`Service::run`], started by a command as in [`Service::launch_by`].
    pub fn run_by(&self, wrapper: &[&str], arguments: &[&str]) -> Output {
        program(self.folder.path(), &self.environment, wrapper)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("the program")
    }
}

impl Drop for Service {
    /// A test that failed is explained by what the service said.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of the service\n{}", self.log());
        }
    }
}

fn program(folder: &Path, environment: &[(String, String)], wrapper: &[&str]) -> Command {
    let mut words = wrapper
        .iter()
        .chain(&[env!("CARGO_BIN_EXE_ns8-backup-monitor")]);
    let mut command = Command::new(words.next().expect("the program"));
    command
        .args(words)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("STATE_DIRECTORY", folder.join("state"))
        .env("TCP_PORT", "0")
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .arg("--config")
        .arg(folder.join("config.yml"))
        .current_dir(folder);
    command
}

fn serve(
    folder: &Path,
    environment: &[(String, String)],
    wrapper: &[&str],
    start: u32,
) -> (Server, SocketAddr) {
    let address_file = folder.join("address");
    // The one of the start before would name a port that is somebody else's.
    let _ = std::fs::remove_file(&address_file);
    let mut command = program(folder, environment, wrapper);
    command
        .arg("serve")
        .arg("--address-file")
        .arg(&address_file);
    let mut server = Server::start(&mut command, &log_file(folder, start));
    let mut address = None;
    wait_until("the service to listen or to end", || {
        let text = std::fs::read_to_string(&address_file).unwrap_or_default();
        address = text.trim().parse().ok();
        address.is_some() || !server.running()
    });
    let Some(address) = address else {
        panic!("the service ended: {}", log_text(folder, start));
    };
    (server, address)
}

fn log_file(folder: &Path, start: u32) -> PathBuf {
    folder.join(format!("service-{start}.log"))
}

fn log_text(folder: &Path, start: u32) -> String {
    let bytes = std::fs::read(log_file(folder, start)).expect("its log");
    String::from_utf8_lossy(&bytes).into_owned()
}
