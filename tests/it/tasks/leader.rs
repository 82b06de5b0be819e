//! Another node leads: the task API is asked there, and nothing is restarted.

use std::net::Ipv4Addr;

use ns8_backup_monitor::cluster::{TaskApi, TaskError};
use ns8_backup_monitor::model::Obstacle;
use secrecy::SecretString;

use super::{LONG, PASSWORD, SHORT, USER, quick, run};
use crate::support::api_server::{ApiServer, Call};
use crate::support::redis::{Cluster, RedisServer};

const FIRST: Ipv4Addr = Ipv4Addr::LOCALHOST;
const SECOND: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// The task API of both nodes, at one port as in a real cluster; the own Redis
/// of node 1, which says that node 2 leads; and a client that has run a task
/// there. `cluster-leader` is in no hosts file here.
async fn led_by_the_second() -> (ApiServer, ApiServer, Cluster, TaskApi) {
    let first = ApiServer::start_at(FIRST, 0, USER, PASSWORD);
    let second = ApiServer::start_at(SECOND, first.port(), USER, PASSWORD);
    let own = Cluster::empty(RedisServer::start())
        .node(1, &FIRST.to_string(), "First")
        .node(2, &SECOND.to_string(), "Second")
        .leader(2);
    let url = format!("http://cluster-leader:{}", second.port());
    let password = SecretString::from(PASSWORD);
    let api = TaskApi::new(&url, &own.tcp(), USER, password, 1).unwrap();
    let api = api.with_pace(quick());
    first.become_worker();
    run(&api, LONG).await.unwrap();
    assert_eq!((first.started().len(), second.started().len()), (0, 1));
    (first, second, own, api)
}

#[tokio::test]
async fn after_a_change_of_leader_tasks_are_run_at_the_new_one() {
    let (first, second, own, api) = led_by_the_second().await;
    let own = own.leader(1);
    first.become_leader();
    second.become_worker();
    run(&api, LONG).await.unwrap();
    assert_eq!((first.started().len(), second.started().len()), (1, 1));
    assert_eq!(second.calls(Call::Login), 1);
    drop(own);
}

#[tokio::test]
async fn a_leader_that_died_is_left_once_there_is_another() {
    let (first, second, own, api) = led_by_the_second().await;
    let dead = second.url();
    drop(second);
    let error = run(&api, SHORT).await.unwrap_err();
    assert!(
        matches!(
            &error,
            TaskError::Unavailable(Obstacle::ApiUnreachable { address, .. }) if *address == dead
        ),
        "{error:?}"
    );
    let own = own.leader(1);
    first.become_leader();
    run(&api, LONG).await.unwrap();
    assert_eq!((first.calls(Call::Login), first.started().len()), (1, 1));
    drop(own);
}
