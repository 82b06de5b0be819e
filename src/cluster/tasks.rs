//! Tasks in NS8's agents, and how many of ours may live there at once.
//!
//! A task cannot be cancelled: when we stop waiting it goes on, and the agent
//! has room for 32 tasks of the whole cluster. So a task counts as living from
//! its request until its status was seen, or for 20 minutes, whether anybody
//! still waits for it or not. Each is followed by a worker that holds its
//! permit; [`TaskApi`] owns the workers and ends them on drop.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use secrecy::SecretString;
use serde_json::{Value as Json, json};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::task_http::{Finished, TaskHttp, Trouble};
use super::task_server::TaskServer;
use crate::config::Redis;
use crate::model::Obstacle;

/// The exit code with which the agent says that it runs too many tasks; of the
/// task, not to be confused with restic's in the error text.
const EXIT_BUSY: i64 = 11;

/// Why a task brought no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// It ran and failed.
    #[error("the task failed with exit code {exit_code}")]
    Failed {
        /// Its exit code.
        exit_code: i64,
        /// What it wrote to standard error: the last 16 KiB, line breaks and
        /// all. Outside text that was not made harmless.
        error: String,
    },
    /// 403: the module lacks the role.
    #[error("the task API does not allow it: the role cluster:reader is missing")]
    NotGranted,
    /// No end within the caller's limit. The task may still run.
    #[error("the task did not end within the time limit")]
    TimedOut,
    /// The agent or the server takes no more tasks, or our own share is used up.
    #[error("the cluster agent is busy")]
    Busy,
    /// The server cannot be used, or leads to nobody who works.
    #[error("{0}")]
    Unavailable(Obstacle),
}

/// How patient the workers are.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Before the first question for the status of a task, and the shortest
    /// pause between two. The server allows 25 requests a second to the whole
    /// node.
    pub poll: Duration,
    /// The longest such pause; each is a quarter longer than the one before.
    /// Every question that finds the task running leaves the server with two
    /// connections to the leader's Redis for five minutes, so a task that takes
    /// long is asked seldom: as seldom as ns8-core's own client asks.
    pub poll_slowest: Duration,
    /// The same once nobody waits any more.
    pub poll_given_up: Duration,
    /// The first pause before another attempt; later ones grow to eight times
    /// as much.
    pub retry: Duration,
    /// How long a task may live that never shows a status: a dead gateway holds
    /// restic for 15 minutes.
    pub lifetime: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            poll_slowest: Duration::from_secs(5),
            poll_given_up: Duration::from_secs(10),
            retry: Duration::from_secs(1),
            lifetime: Duration::from_mins(20),
        }
    }
}

/// Runs actions of NS8's agents as one user. Needs a tokio runtime.
pub struct TaskApi {
    http: Arc<TaskHttp>,
    permits: Arc<Semaphore>,
    max_tasks: usize,
    workers: Mutex<JoinSet<()>>,
    pace: Pace,
}

impl TaskApi {
    /// For the server at `base_url`; in `http://cluster-leader:9311` the name
    /// stands for the leader that the node's own Redis names. Never more than `max_tasks` of the tasks started here live in it.
    ///
    /// # Errors
    /// [`TaskError::Unavailable`] when no HTTP client can be made.
    pub fn new(
        base_url: &str,
        redis: &Redis,
        user: &str,
        password: SecretString,
        max_tasks: usize,
    ) -> Result<Self, TaskError> {
        let max_tasks = max_tasks.max(1);
        let server = TaskServer::new(base_url, redis);
        Ok(Self {
            http: Arc::new(TaskHttp::new(server, user, password)?),
            permits: Arc::new(Semaphore::new(max_tasks)),
            max_tasks,
            workers: Mutex::new(JoinSet::new()),
            pace: Pace::default(),
        })
    }

    /// How many of the tasks started here may live at once.
    pub fn max_tasks(&self) -> usize {
        self.max_tasks
    }

    /// The same with another pace.
    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Runs `action` with `data` in `agent` (`cluster`, `node/1`, ...) and gives
    /// its output. Returns within `limit`; the task may live on then, and keeps
    /// its share of `max_tasks`.
    pub async fn run(
        &self,
        agent: &str,
        action: &str,
        data: Json,
        limit: Duration,
    ) -> Result<Json, TaskError> {
        let deadline = Instant::now() + limit;
        let wait = timeout_at(deadline, self.permits.clone().acquire_owned());
        let Ok(Ok(permit)) = wait.await else {
            return Err(TaskError::Busy);
        };
        let (tell, told) = oneshot::channel();
        let (trouble, last_trouble) = watch::channel(None);
        let caller = Caller { tell, trouble };
        let worker = Worker {
            http: self.http.clone(),
            pace: self.pace,
            agent: agent.to_owned(),
            request: json!({
                "action": action,
                "data": data,
                "parent": "",
                "extra": {
                    "isNotificationHidden": true,
                    "title": format!("backup monitor: {action}"),
                },
            }),
            deadline,
        };
        let mut workers = self.workers.lock().await;
        while workers.try_join_next().is_some() {}
        workers.spawn(worker.follow(permit, caller));
        drop(workers);
        match timeout_at(deadline, told).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(TaskError::Unavailable("the task's worker ended".into())),
            // What kept it from starting says more than the time.
            Err(_) => Err(last_trouble.borrow().clone().unwrap_or(TaskError::TimedOut)),
        }
    }
}

/// The way back to whoever waits for the answer.
struct Caller {
    tell: oneshot::Sender<Result<Json, TaskError>>,
    /// Why no task of his runs just now.
    trouble: watch::Sender<Option<TaskError>>,
}

impl Caller {
    fn is_gone(&self) -> bool {
        self.tell.is_closed()
    }

    fn answer(self, result: Result<Json, TaskError>) {
        // He may be gone: then nobody wants to know.
        self.tell.send(result).ok();
    }
}

/// Follows one task from its request to its end.
struct Worker {
    http: Arc<TaskHttp>,
    pace: Pace,
    agent: String,
    request: Json,
    deadline: Instant,
}

impl Worker {
    /// Holds `permit` as long as a task may live.
    async fn follow(self, permit: OwnedSemaphorePermit, caller: Caller) {
        let mut pauses = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(self.pace.retry)
            .with_max_delay(self.pace.retry * 8)
            .without_max_times()
            .build();
        loop {
            // Nothing is started for somebody who is gone.
            if caller.is_gone() {
                return;
            }
            let error = match self.http.start(&self.agent, &self.request).await {
                Ok(task) => match self.wait_for_end(&task, &caller).await {
                    Ended::Busy => TaskError::Busy,
                    Ended::With(result) => return caller.answer(result),
                },
                Err(Trouble::Temporary(error)) => error,
                Err(Trouble::Final(error)) => return caller.answer(Err(error)),
                Err(Trouble::Unanswered(error)) => {
                    caller.answer(Err(error));
                    // A task that nobody knows the id of may live now.
                    sleep(self.pace.lifetime).await;
                    drop(permit);
                    return;
                }
            };
            let pause = pauses.next().unwrap_or(self.pace.retry);
            if Instant::now() + pause >= self.deadline {
                return caller.answer(Err(error));
            }
            caller.trouble.send_replace(Some(error));
            sleep(pause).await;
        }
    }

    /// Asks for the status until there is one, or the task's time is over.
    async fn wait_for_end(&self, task: &str, caller: &Caller) -> Ended {
        let end_of_life = Instant::now() + self.pace.lifetime;
        let mut patience = self.pace.poll;
        let mut next = Instant::now() + patience;
        loop {
            sleep_until(next).await;
            match self.http.finished(&self.agent, task).await {
                Ok(Some(finished)) => return Ended::from(finished),
                Ok(None) => {
                    caller.trouble.send_replace(None);
                }
                // It may pass; only the limits end this.
                Err(_) => {}
            }
            if Instant::now() >= end_of_life {
                return Ended::With(Err(TaskError::TimedOut));
            }
            patience = (patience + patience / 4).min(self.pace.poll_slowest);
            let pause = if caller.is_gone() {
                self.pace.poll_given_up
            } else {
                patience
            };
            next = Instant::now() + pause;
        }
    }
}

/// How a task ended.
enum Ended {
    /// It was turned away: another one may be started.
    Busy,
    /// For good.
    With(Result<Json, TaskError>),
}

impl From<Finished> for Ended {
    fn from(task: Finished) -> Self {
        match task.exit_code {
            0 => Self::With(Ok(task.output)),
            EXIT_BUSY => Self::Busy,
            exit_code => Self::With(Err(TaskError::Failed {
                exit_code,
                error: task.error,
            })),
        }
    }
}
