//! Where the data is read: at the leader, found through the node's own Redis.
//!
//! Every node holds a replica, so a read there would succeed, with old data,
//! while the leader is away. `/etc/hosts` is no better: a container keeps the
//! copy that it was created with.

use std::net::IpAddr;
use std::time::Duration;

use super::command::{Command, Reply};
use super::connection::{Account, Connection, Endpoint};
use super::parse::node_id;
use super::reader::Limits;
use super::value::{raw, shown};
use super::{ClusterError, keys};
use crate::config::Redis;

/// Finds the Redis to read from.
pub(super) async fn find(redis: &Redis, limits: Limits) -> Result<Endpoint, ClusterError> {
    let Redis::Tcp { port, .. } = redis else {
        return Ok(own(redis));
    };
    let leader = address(redis, limits.connect).await?;
    Ok(leader.map_or_else(
        || own(redis),
        |ip| Endpoint::Tcp {
            host: ip.to_string(),
            port: *port,
        },
    ))
}

/// The leader's address in the VPN, as the node's own Redis has it; `None` when
/// that Redis belongs to no cluster, as the oldest set-ups have it. Each step
/// ends within `limit`.
pub(super) async fn address(
    redis: &Redis,
    limit: Duration,
) -> Result<Option<IpAddr>, ClusterError> {
    let own = own(redis);
    let connection = Connection::open(&own, None, limit, limit).await?;
    let leader = connection
        .ask(Command::field(keys::CLUSTER_ENVIRONMENT, "NODE_ID"))
        .await?;
    let wrong = |command: &str, reason: String| ClusterError::Answer {
        address: own.to_string(),
        command: command.to_owned(),
        reason,
    };
    let leader = match leader {
        Reply::Value(value) if value.is_nil() => return Ok(None),
        Reply::Value(value) => node_id(&value),
        Reply::WrongType => None,
    };
    let Some(leader) = leader else {
        let reason = "NODE_ID is not the number of a node, so the leader is not known".to_owned();
        return Err(wrong("HGET cluster/environment", reason));
    };
    let vpn = keys::node_vpn(leader);
    let address = connection
        .ask(Command::field(vpn.as_str(), "ip_address"))
        .await?
        .value();
    let address = address.as_ref().and_then(raw).unwrap_or_default();
    match address.trim().parse::<IpAddr>() {
        Ok(ip) => Ok(Some(ip)),
        Err(_) => Err(wrong(
            &format!("HGET {vpn}"),
            format!("ip_address of the leader is \"{}\"", shown(&address)),
        )),
    }
}

/// The node's own Redis, which always follows the leader.
pub(super) fn own(redis: &Redis) -> Endpoint {
    match redis {
        Redis::Socket(path) => Endpoint::Socket(path.clone()),
        Redis::Tcp { own, port } => own_endpoint(own, *port),
    }
}

/// Finds the Redis to read from and connects to it.
pub(super) async fn connect(
    redis: &Redis,
    account: Option<&Account>,
    limits: Limits,
) -> Result<(Endpoint, Connection), ClusterError> {
    let endpoint = find(redis, limits).await?;
    let connection = Connection::open(&endpoint, account, limits.connect, limits.call).await?;
    Ok((endpoint, connection))
}

/// `host:port`, `[v6]:port`, or a host alone.
fn own_endpoint(address: &str, default_port: u16) -> Endpoint {
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, port.parse().unwrap_or(default_port))
        }
        _ => (address, default_port),
    };
    Endpoint::Tcp {
        host: host.trim_matches(['[', ']']).to_owned(),
        port,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_address_may_be_a_name_or_an_address_of_both_kinds() {
        for (given, shown) in [
            ("127.0.0.1:6380", "127.0.0.1:6380"),
            ("localhost", "localhost:6379"),
            ("[::1]:6380", "[::1]:6380"),
            ("::1", "[::1]:6379"),
        ] {
            assert_eq!(own_endpoint(given, 6379).to_string(), shown);
        }
    }
}
