//! `health`: does the running service live?

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::http::Answer;
use super::output::Format;
use super::{http, output, setup};

#[derive(Debug, Args)]
pub struct HealthArguments {
    /// Ask the service that wrote this file, whatever the configuration says
    /// now; without it the one that the configuration would start
    #[arg(long, value_name = "FILE")]
    address_file: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// As far as it matters here.
#[derive(Deserialize)]
struct Health {
    healthy: bool,
}

/// What programs are told of a service that is well.
#[derive(Serialize)]
struct Told {
    format: &'static str,
    healthy: bool,
    /// As `/reloads` says; null where the service does not show that.
    reloads: Value,
}

/// Asks `/healthz` of the service.
pub fn run(path: Option<PathBuf>, arguments: &HealthArguments) -> anyhow::Result<ExitCode> {
    let address = match &arguments.address_file {
        Some(file) => written(file)?,
        None => configured(path)?,
    };
    let address = SocketAddr::new(reachable(address.ip()), address.port());
    let answer = setup::run(http::get(address, "/healthz"))
        .with_context(|| format!("the service at {address} does not answer: is it running?"))?;
    match health(&answer) {
        Some(true) => {}
        Some(false) => bail!(
            "the service at {address} is not well, restart it; it says: {}",
            answer.body
        ),
        None => bail!(
            "what answers at {address} is not ns8-backup-monitor; \
             does receiver.port name the right port?"
        ),
    }
    match arguments.format {
        Format::Text => output::text(&format!("The service at {address} is well."))?,
        Format::Json => output::json(&Told {
            format: "ns8-backup-monitor/health/1",
            healthy: true,
            reloads: reloads(&setup::run(http::get(address, "/reloads"))?),
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the service listens that this configuration would start.
fn configured(path: Option<PathBuf>) -> anyhow::Result<SocketAddr> {
    let (config, _) = setup::load(path)?;
    let port = config.receiver.port;
    if port == 0 {
        bail!("receiver.port is 0: nobody can know which port the service took");
    }
    Ok(SocketAddr::new(config.receiver.host, port))
}

/// Where the service listens that wrote this file.
fn written(file: &Path) -> anyhow::Result<SocketAddr> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{name} cannot be read: is the service running?"))?;
    let address = text.trim().parse();
    address.with_context(|| format!("{name} holds no address"))
}

fn reloads(answer: &Answer) -> Value {
    if answer.status != 200 {
        return Value::Null;
    }
    serde_json::from_str(&answer.body).unwrap_or_default()
}

fn health(answer: &Answer) -> Option<bool> {
    let health: Health = serde_json::from_str(&answer.body).ok()?;
    Some(answer.status == 200 && health.healthy)
}

/// A service that listens everywhere is asked on loopback.
fn reachable(host: IpAddr) -> IpAddr {
    match host {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_answer_counts() {
        let health = |status, body: &str| {
            health(&Answer {
                status,
                body: body.to_owned(),
            })
        };
        assert_eq!(health(200, r#"{"healthy":true}"#), Some(true));
        assert_eq!(health(503, r#"{"healthy":false,"error":"x"}"#), Some(false));
        assert_eq!(health(200, "<html>It works!</html>"), None);
    }

    #[test]
    fn reloads_that_are_not_shown_are_null() {
        let told = |status, body: &str| {
            reloads(&Answer {
                status,
                body: body.to_owned(),
            })
        };
        assert_eq!(told(200, r#"{"done":1}"#), serde_json::json!({"done": 1}));
        assert_eq!(told(401, r#"{"error":"no token"}"#), Value::Null);
        assert_eq!(told(404, "<html>"), Value::Null);
    }

    #[test]
    fn a_service_that_listens_everywhere_is_asked_here() {
        for (host, asked) in [
            ("0.0.0.0", "127.0.0.1"),
            ("::", "::1"),
            ("10.5.4.1", "10.5.4.1"),
        ] {
            let asked: IpAddr = asked.parse().unwrap();
            assert_eq!(reachable(host.parse().unwrap()), asked);
        }
    }
}
