//! Where the task API is: at the leader, whichever node that is.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::timeout;

use super::leader;
use crate::config::Redis;

/// The leader by a name of `/etc/hosts`, of which a container keeps the copy
/// that it was created with.
const LEADER: &str = "http://cluster-leader";
/// For finding out who leads, at the node's own Redis.
const LOOK_UP: Duration = Duration::from_secs(5);
/// After a change of leader the old one may go on answering.
const LEADER_LIFETIME: Duration = Duration::from_mins(5);

/// The address of the task API.
pub(super) struct TaskServer {
    url: String,
    redis: Redis,
}

impl TaskServer {
    /// `url` may name the leader; any other address is kept as it is.
    pub fn new(url: &str, redis: &Redis) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            redis: redis.clone(),
        }
    }

    /// Whether it moves with the leader.
    pub fn moves(&self) -> bool {
        self.behind_the_name().is_some()
    }

    /// Whether it is looked for again so long after it was found.
    pub fn may_have_moved(&self, after: Duration) -> bool {
        self.moves() && after >= LEADER_LIFETIME
    }

    /// Its address now. The name is used only where the leader cannot be found
    /// out.
    pub async fn find(&self) -> String {
        let Some(rest) = self.behind_the_name() else {
            return self.url.clone();
        };
        match timeout(LOOK_UP, leader::address(&self.redis, LOOK_UP)).await {
            Ok(Ok(Some(IpAddr::V6(ip)))) => format!("http://[{ip}]{rest}"),
            Ok(Ok(Some(ip))) => format!("http://{ip}{rest}"),
            _ => self.url.clone(),
        }
    }

    /// Port and path of an address that names the leader.
    fn behind_the_name(&self) -> Option<&str> {
        let rest = self.url.strip_prefix(LEADER)?;
        (rest.is_empty() || rest.starts_with([':', '/'])).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_name_is_the_last_resort_and_any_other_address_stays() {
        let nobody = Redis::Tcp {
            own: "127.0.0.1:1".into(),
            port: 1,
        };
        for (url, moves) in [
            ("http://cluster-leader:9311", true),
            ("http://cluster-leader/sub", true),
            ("http://cluster-leader.example.org:9311", false),
            ("https://cluster-leader:9311", false),
            ("http://10.5.4.1:9311", false),
        ] {
            let server = TaskServer::new(url, &nobody);
            assert_eq!((server.moves(), server.find().await), (moves, url.into()));
            assert_eq!(server.may_have_moved(Duration::from_mins(5)), moves);
            assert!(!server.may_have_moved(Duration::from_mins(4)));
        }
    }
}
