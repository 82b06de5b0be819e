//! The program's Redis library used as its manual shows, and nothing more: one
//! pipeline, all replies taken and thrown away.

use std::net::SocketAddr;

use fred::clients::{Client, Pipeline};
use fred::interfaces::ClientLike as _;
use fred::prelude::{Builder, Config, FredResult, ServerConfig};
use fred::types::{ClusterHash, CustomCommand, Value};

/// Connects.
pub async fn connect(address: SocketAddr) -> Client {
    let config = Config {
        server: ServerConfig::new_centralized(address.ip().to_string(), address.port()),
        ..Config::default()
    };
    let client = Builder::from_config(config).build().expect("a client");
    client.init().await.expect("Redis");
    client
}

/// Asks everything at once; how many replies came.
pub async fn pipeline(client: &Client, commands: &[Vec<String>]) -> usize {
    let pipeline = client.pipeline();
    for command in commands {
        queue(&pipeline, command).await;
    }
    let replies = pipeline.try_all::<Value>().await;
    assert!(replies.iter().all(Result::is_ok), "an error of Redis");
    replies.len()
}

async fn queue(pipeline: &Pipeline<Client>, command: &[String]) {
    let (name, words) = command.split_first().expect("a command");
    let name = CustomCommand::new(name.as_str(), ClusterHash::FirstKey, false);
    let queued: FredResult<()> = pipeline.custom(name, words.to_vec()).await;
    queued.expect("a queued command");
}
