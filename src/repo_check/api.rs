//! Method `api`: the cluster action `read-backup-snapshots`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::Value;

use super::message::Masker;
use super::{ActionError, Clock, Prober, SnapshotAction, answer, cause, millis, snapshots};
use crate::model::{Obstacle, Probe, ProbeMethod, ProbeTarget, Remark, RepoCause, SkipReason};

/// Asks the cluster agent.
pub struct ApiProber {
    /// The action.
    pub action: Arc<dyn SnapshotAction>,
    /// For the age of locks.
    pub clock: Clock,
}

#[async_trait]
impl Prober for ApiProber {
    fn method(&self) -> ProbeMethod {
        ProbeMethod::Api
    }

    async fn probe(&self, target: &ProbeTarget, limit: Duration) -> Result<Probe, SkipReason> {
        let begun = Instant::now();
        let asked = self
            .action
            .read_backup_snapshots(&target.destination, &target.path, limit);
        let result = tokio::time::timeout(limit, asked)
            .await
            .unwrap_or(Err(ActionError::TimedOut));
        let mut probe = match result {
            Ok(output) => of_output(target, &output),
            Err(error) => of_error(target, error, self.clock)?,
        };
        probe.took_ms = millis(begun.elapsed());
        Ok(probe)
    }
}

fn of_output(target: &ProbeTarget, output: &Value) -> Probe {
    match snapshots::parse_action(output) {
        Some(found) => Probe {
            snapshots: Some(found.count),
            newest: found.newest,
            recent: found.recent,
            size: found.size,
            ..answer(target, RepoCause::Reachable)
        },
        None => Probe {
            message: Some(Remark::OutputSenseless),
            ..answer(target, RepoCause::Error)
        },
    }
}

fn of_error(target: &ProbeTarget, error: ActionError, clock: Clock) -> Result<Probe, SkipReason> {
    let masker = Masker::default();
    match error {
        ActionError::Failed { exit_code, error } => {
            let finding = cause::of_task(exit_code, &error, clock());
            Ok(Probe {
                message: finding.message.map(|said| masker.remark(said)),
                locks: finding.lock.into_iter().collect(),
                ..answer(target, finding.cause)
            })
        }
        ActionError::TimedOut => Ok(answer(target, RepoCause::Timeout)),
        ActionError::NotGranted => Err(SkipReason::NotGranted),
        ActionError::Busy => Err(SkipReason::Busy),
        ActionError::Unavailable(obstacle) => {
            let clean = masker.clean(&obstacle.to_string());
            Err(SkipReason::Unavailable(Obstacle::from(clean)))
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::DestinationId;

    struct Scripted(Option<Result<Value, ActionError>>);

    #[async_trait]
    impl SnapshotAction for Scripted {
        async fn read_backup_snapshots(
            &self,
            destination: &DestinationId,
            path: &str,
            _: Duration,
        ) -> Result<Value, ActionError> {
            assert_eq!((destination.as_str(), path), ("d1", "mail/uuid"));
            match &self.0 {
                Some(result) => result.clone(),
                None => std::future::pending().await,
            }
        }
    }

    fn ask(script: Option<Result<Value, ActionError>>) -> Result<Probe, SkipReason> {
        let prober = ApiProber {
            action: Arc::new(Scripted(script)),
            clock: || Timestamp::from_second(1_800_000_000).unwrap(),
        };
        let target = ProbeTarget {
            module: "mail1".into(),
            destination: "d1".into(),
            path: "mail/uuid".into(),
            failed: true,
        };
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(prober.probe(&target, Duration::from_millis(50)))
    }

    fn failed(exit_code: i64, error: &str) -> Probe {
        let error = error.to_owned();
        ask(Some(Err(ActionError::Failed { exit_code, error }))).unwrap()
    }

    #[test]
    fn the_newest_snapshot_is_told() {
        let probe = ask(Some(Ok(serde_json::json!([
            {"id": "a", "timestamp": 1_644_296_416, "total_bytes": 7}
        ]))))
        .unwrap();
        assert_eq!(probe.cause, RepoCause::Reachable);
        assert_eq!((probe.snapshots, probe.size), (Some(1), Some(7)));
        assert_eq!(probe.newest.unwrap().as_second(), 1_644_296_416);
    }

    #[test]
    fn a_tasks_error_becomes_restics_cause() {
        let locked = failed(
            1,
            r#"{"message_type":"exit_error","code":11,"message":"unable to create lock in backend: repository is already locked exclusively by PID 17700 on vm by root (UID 0, GID 0)\nlock was created at 2026-11-20 18:00:05 (30h1m0s ago)\nstorage ID 75b91ce0\nthe `unlock` command can be used to remove stale locks"}"#,
        );
        assert_eq!(locked.cause, RepoCause::Locked);
        assert_eq!(locked.locks[0].owner, "root@vm");
        assert_eq!(
            locked.locks[0].since.unwrap().as_second(),
            1_800_000_000 - 30 * 3600 - 60
        );
        assert_eq!(
            failed(1, "Fatal: wrong password or no key found").cause,
            RepoCause::WrongPassword
        );
    }

    #[test]
    fn the_exit_code_of_a_task_is_not_restics() {
        for code in [10, 11, 12] {
            let probe = failed(code, "Traceback (most recent call last):\nKeyError: 'x'");
            assert_eq!(probe.cause, RepoCause::Error);
            assert_eq!(probe.message, Some(Remark::Said("KeyError: 'x'".into())));
        }
        assert_eq!(failed(1, "").message, Some(Remark::TaskEndedSilently(1)));
    }

    #[test]
    fn what_ends_the_way_to_the_cluster_is_told_from_what_ends_a_repository() {
        assert_eq!(
            ask(Some(Err(ActionError::NotGranted))),
            Err(SkipReason::NotGranted)
        );
        assert_eq!(
            ask(Some(Err(ActionError::Unavailable(
                "http://a:b@h: no".into()
            )))),
            Err(SkipReason::Unavailable("http://a:***@h: no".into()))
        );
        assert_eq!(ask(Some(Err(ActionError::Busy))), Err(SkipReason::Busy));
        assert_eq!(
            ask(Some(Err(ActionError::TimedOut))).unwrap().cause,
            RepoCause::Timeout
        );
        assert_eq!(ask(None).unwrap().cause, RepoCause::Timeout);
        assert_eq!(
            ask(Some(Ok(serde_json::json!({})))).unwrap().cause,
            RepoCause::Error
        );
    }
}
