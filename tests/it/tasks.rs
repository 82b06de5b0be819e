//! Running tasks through NS8's task API, on a stand-in that answers as it does.

mod leader;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ns8_backup_monitor::cluster::{Pace, TaskApi, TaskError};
use ns8_backup_monitor::config::Redis;
use ns8_backup_monitor::model::Obstacle;
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use crate::support::api_server::{ApiServer, Call, Fault, Outcome};
use crate::support::process::DeadPort;

const USER: &str = "module/backup-monitor1";
const PASSWORD: &str = "task-s3cret";
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);

/// The real pace, a hundred times as fast.
fn quick() -> Pace {
    Pace {
        poll: Duration::from_millis(10),
        poll_slowest: Duration::from_millis(50),
        poll_given_up: Duration::from_millis(20),
        retry: Duration::from_millis(10),
        lifetime: Duration::from_mins(1),
    }
}

fn server() -> ApiServer {
    ApiServer::start(USER, PASSWORD)
}

fn api_at(url: &str, password: &str, max_tasks: usize) -> TaskApi {
    let password = SecretString::from(password);
    // Nobody is asked who leads: the address says where the server is.
    let nobody = Redis::Tcp {
        own: "127.0.0.1:1".into(),
        port: 1,
    };
    let api = TaskApi::new(url, &nobody, USER, password, max_tasks).unwrap();
    api.with_pace(quick())
}

fn api(server: &ApiServer, max_tasks: usize) -> TaskApi {
    api_at(&server.url(), PASSWORD, max_tasks)
}

async fn run(api: &TaskApi, limit: Duration) -> Result<Json, TaskError> {
    let data = json!({"repository": "d-1", "path": "mail/uuid-1"});
    api.run("cluster", "read-backup-snapshots", data, limit)
        .await
}

#[tokio::test]
async fn a_task_is_started_hidden_and_its_output_comes_back() {
    let server = server();
    let output = json!([{"id": "abc", "timestamp": 1_644_296_416}]);
    server.usual(Outcome::output(output.clone()).after(Duration::from_millis(60)));
    let api = api(&server, 4);
    assert_eq!(run(&api, LONG).await.unwrap(), output);
    assert_eq!(run(&api, LONG).await.unwrap(), output);
    assert_eq!(server.calls(Call::Login), 1, "the token is kept");
    assert!(server.calls(Call::Status) >= 4, "400 means that it runs");
    let started = &server.started()[0];
    assert_eq!(started["action"], "read-backup-snapshots");
    assert_eq!(started["data"]["path"], "mail/uuid-1");
    assert_eq!(started["parent"], "");
    assert_eq!(started["extra"]["isNotificationHidden"], true);
    assert_eq!(
        started["extra"]["title"],
        "backup monitor: read-backup-snapshots"
    );
}

#[tokio::test]
async fn a_failed_task_brings_restics_own_words() {
    let server = server();
    let words = "Fatal: x\n{\"message_type\":\"exit_error\",\"code\":12,\"message\":\"y\"}\n";
    server.usual(Outcome::failed(1, words));
    let error = run(&api(&server, 4), LONG).await.unwrap_err();
    let expected = TaskError::Failed {
        exit_code: 1,
        error: words.to_owned(),
    };
    assert_eq!(error, expected);
    assert!(
        !error.to_string().contains("Fatal"),
        "shown only by who asks"
    );
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_a_refusal_is_final() {
    let server = server();
    let api = api(&server, 4);
    run(&api, LONG).await.unwrap();
    server.expire_tokens();
    run(&api, LONG).await.unwrap();
    assert_eq!(server.calls(Call::Login), 2);
    for _ in 0..2 {
        server.fault(Call::Start, Fault::Answer(401, "{}".into()));
    }
    assert_eq!(
        run(&api, LONG).await.unwrap_err(),
        TaskError::Unavailable(Obstacle::ApiRefused)
    );
    assert_eq!(server.calls(Call::Login), 3, "not again and again");
    let wrong = api_at(&server.url(), "not-it", 4);
    let error = run(&wrong, LONG).await.unwrap_err();
    assert_eq!(error, TaskError::Unavailable(Obstacle::ApiRefused));
    assert_eq!(server.calls(Call::Login), 4);
}

#[tokio::test]
async fn tasks_that_find_the_token_expired_together_log_in_once() {
    let server = server();
    let api = Arc::new(api(&server, 8));
    run(&api, LONG).await.unwrap();
    server.expire_tokens();
    let runs = (0..8).map(|_| {
        let api = api.clone();
        tokio::spawn(async move { run(&api, LONG).await })
    });
    for task in runs.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    assert_eq!(server.calls(Call::Login), 2);
}

#[tokio::test]
async fn a_token_that_expires_while_a_task_runs_loses_nothing() {
    let server = server();
    server.usual(Outcome::output(json!([1])).after(Duration::from_millis(200)));
    let api = api(&server, 1);
    let (result, ()) = tokio::join!(run(&api, LONG), async {
        while server.live() == 0 {
            tokio::task::yield_now().await;
        }
        server.expire_tokens();
    });
    assert_eq!(result.unwrap(), json!([1]));
    assert_eq!(server.started().len(), 1);
}

#[tokio::test]
async fn what_cannot_work_is_said_at_once() {
    let server = server();
    let api = api(&server, 4);
    for (status, error) in [
        (403, TaskError::NotGranted),
        (
            404,
            TaskError::Unavailable(Obstacle::AgentIdle("cluster".into())),
        ),
        (400, TaskError::Unavailable(Obstacle::ApiAnswered(400))),
        (418, TaskError::Unavailable(Obstacle::ApiAnswered(418))),
    ] {
        server.fault(Call::Start, Fault::Answer(status, "{}".into()));
        let began = server.calls(Call::Start);
        assert_eq!(run(&api, LONG).await.unwrap_err(), error);
        assert_eq!(server.calls(Call::Start), began + 1);
    }
    assert_eq!(server.started().len(), 0);
}

#[tokio::test]
async fn a_worker_nodes_server_is_not_taken_for_a_missing_role() {
    let server = server();
    server.become_worker();
    let error = run(&api(&server, 4), LONG).await.unwrap_err();
    assert_eq!(
        error,
        TaskError::Unavailable(Obstacle::ApiOfWorker(server.url()))
    );
    assert_eq!(server.calls(Call::Start), 1);
    let server = self::server();
    server.withdraw_role();
    let error = run(&api(&server, 4), LONG).await.unwrap_err();
    assert_eq!(error, TaskError::NotGranted);
}

#[tokio::test]
async fn a_task_that_takes_long_is_asked_for_its_status_ever_more_seldom() {
    let server = server();
    server.usual(Outcome::never());
    let limit = Duration::from_secs(2);
    let error = run(&api(&server, 1), limit).await.unwrap_err();
    assert_eq!(error, TaskError::TimedOut);
    // 7 questions in the first 170 ms, then one every 50 ms; it would be 200
    // at an unchanging pace.
    let asked = server.calls(Call::Status);
    assert!((5..=48).contains(&asked), "{asked}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_within_the_limit() {
    let server = server();
    server.fault(Call::Login, Fault::Answer(503, String::new()));
    for status in [429, 500, 502, 503, 504] {
        server.fault(Call::Start, Fault::Answer(status, String::new()));
        server.fault(Call::Status, Fault::Answer(status, String::new()));
    }
    let queuing = r#"{"code":400,"message":"error queuing task","data":""}"#;
    server.fault(Call::Start, Fault::Answer(400, queuing.into()));
    server.next(Outcome::busy());
    server.usual(Outcome::output(json!(["at last"])));
    let api = api(&server, 1);
    assert_eq!(run(&api, LONG).await.unwrap(), json!(["at last"]));
    assert_eq!(server.started().len(), 2, "the busy one and the good one");
    assert_eq!(server.peak(), 1);
}

#[tokio::test]
async fn what_does_not_pass_ends_with_the_limit_and_says_why() {
    let server = server();
    server.usual(Outcome::busy());
    let api = api(&server, 1);
    let began = Instant::now();
    assert_eq!(run(&api, SHORT).await.unwrap_err(), TaskError::Busy);
    assert!(began.elapsed() < LONG);
    let dead = DeadPort::take();
    let nobody = format!("http://127.0.0.1:{}", dead.number());
    let error = run(&api_at(&nobody, PASSWORD, 1), SHORT).await.unwrap_err();
    let TaskError::Unavailable(Obstacle::ApiUnreachable { address, reason }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(address, nobody);
    assert!(reason.contains("refused"), "{reason}");
}

#[tokio::test]
async fn answers_that_make_no_sense_are_errors_and_not_believed() {
    let server = server();
    let api = api(&server, 9);
    for nonsense in ["", "[]", r#"{"data":{"id":"../../login"}}"#] {
        server.fault(Call::Start, Fault::Answer(201, nonsense.into()));
        let error = run(&api, LONG).await.unwrap_err();
        assert_eq!(error, TaskError::Unavailable(Obstacle::ApiSenseless));
    }
    server.fault(Call::Start, Fault::Answer(201, "x".repeat(9 * 1024 * 1024)));
    let error = run(&api, LONG).await.unwrap_err();
    assert_eq!(error, TaskError::Unavailable(Obstacle::ApiTooLong));
    server.fault(Call::Status, Fault::Answer(200, "{}".into()));
    run(&api, LONG).await.unwrap();
}

#[tokio::test]
async fn a_given_up_task_keeps_its_place_until_it_ends() {
    let server = server();
    server.next(Outcome::never());
    let api = api(&server, 1);
    assert_eq!(run(&api, SHORT).await.unwrap_err(), TaskError::TimedOut);
    assert_eq!(run(&api, SHORT).await.unwrap_err(), TaskError::Busy);
    assert_eq!((server.live(), server.started().len()), (1, 1));
    server.end_all();
    run(&api, LONG).await.unwrap();
    assert_eq!(server.peak(), 1);
}

#[tokio::test]
async fn a_task_that_never_shows_its_end_gives_its_place_back_after_its_lifetime() {
    let server = server();
    server.next(Outcome::never());
    let lifetime = Duration::from_millis(600);
    let api = api(&server, 1).with_pace(Pace {
        lifetime,
        ..quick()
    });
    assert_eq!(run(&api, SHORT).await.unwrap_err(), TaskError::TimedOut);
    run(&api, LONG).await.unwrap();
    assert_eq!(server.started().len(), 2);
}

#[tokio::test]
async fn a_caller_that_goes_away_frees_no_place_that_is_taken() {
    let server = server();
    server.next(Outcome::never());
    let api = api(&server, 1);
    tokio::select! {
        _ = run(&api, LONG) => panic!("it never ends"),
        () = async {
            while server.live() == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        } => {}
    }
    assert_eq!(run(&api, SHORT).await.unwrap_err(), TaskError::Busy);
    assert_eq!(server.peak(), 1);
}

#[tokio::test]
async fn a_task_that_may_have_been_started_without_an_answer_counts_as_living() {
    for fault in [Fault::Silence, Fault::Hangup] {
        let server = server();
        let api = api(&server, 1);
        run(&api, LONG).await.unwrap();
        server.next(Outcome::never());
        server.fault(Call::Start, fault);
        let error = run(&api, SHORT).await.unwrap_err();
        assert!(
            matches!(error, TaskError::TimedOut | TaskError::Unavailable(_)),
            "{error:?}"
        );
        assert_eq!(run(&api, SHORT).await.unwrap_err(), TaskError::Busy);
        assert_eq!((server.live(), server.peak()), (1, 1));
    }
}

#[tokio::test]
async fn never_more_than_the_allowed_number_of_tasks_live_with_a_dead_destination() {
    let server = server();
    server.usual(Outcome::output(json!([])).after(Duration::from_millis(30)));
    for dead in 0..8 {
        let outcome = Outcome::failed(1, "Fatal: dial tcp: i/o timeout");
        let path = format!("dead/{dead}");
        server.at_path(&path, outcome.after(Duration::from_millis(700)));
    }
    server.at_path("never", Outcome::never());
    let api = Arc::new(api(&server, 3));
    let ask = |path: String, limit| {
        let api = api.clone();
        tokio::spawn(async move {
            let data = json!({"repository": "d-1", "path": path});
            api.run("cluster", "read-backup-snapshots", data, limit)
                .await
        })
    };
    let mut asked = Vec::new();
    for number in 0..40 {
        let kind = if number % 2 == 0 { "dead" } else { "good" };
        let patience = if number % 3 == 0 { SHORT } else { LONG };
        asked.push(ask(format!("{kind}/{}", number % 8), patience));
    }
    asked.insert(1, ask("never".to_owned(), SHORT));
    let mut given_up = 0;
    for task in asked {
        match task.await.unwrap() {
            Err(TaskError::TimedOut | TaskError::Busy) => given_up += 1,
            Ok(_) | Err(TaskError::Failed { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(given_up > 0, "somebody lost patience");
    assert_eq!(server.peak(), 3);
}

#[tokio::test]
async fn the_workers_end_with_the_task_api() {
    let server = server();
    server.usual(Outcome::never());
    let api = api(&server, 2);
    assert_eq!(run(&api, SHORT).await.unwrap_err(), TaskError::TimedOut);
    drop(api);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let asked = server.calls(Call::Status);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.calls(Call::Status), asked);
}
