//! `health`: does the running service live?

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::http::Answer;
use super::{http, output, setup};

/// As far as it matters here.
#[derive(Deserialize)]
struct Health {
    healthy: bool,
}

/// Asks `/healthz` of the service that this configuration would start.
pub fn run(path: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let (config, _) = setup::load(path)?;
    let port = config.receiver.port;
    if port == 0 {
        bail!("receiver.port is 0: nobody can know which port the service took");
    }
    let address = SocketAddr::new(reachable(config.receiver.host), port);
    let answer = setup::run(http::get(address, "/healthz"))
        .with_context(|| format!("the service at {address} does not answer: is it running?"))?;
    match health(&answer) {
        Some(true) => output::text(&format!("The service at {address} is well."))?,
        Some(false) => bail!(
            "the service at {address} is not well, restart it; it says: {}",
            answer.body
        ),
        None => bail!(
            "what answers at {address} is not ns8-backup-monitor; \
             does receiver.port name the right port?"
        ),
    }
    Ok(ExitCode::SUCCESS)
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
