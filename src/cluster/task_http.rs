//! The three calls of NS8's api-server that a task needs, one HTTP exchange
//! each: what its answers mean, and nothing about patience.
//!
//! Source: ns8-core's `core/api-server`. Bodies are never logged: an action's
//! output may hold what the cluster's administrator alone should see.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::http::{self, bounded, causes};
use super::task_server::TaskServer;
use super::tasks::TaskError;
use super::value::is_id;
use crate::model::Obstacle;

/// A list of snapshots has about 100 bytes for each.
const BODY_MAX: usize = 8 * 1024 * 1024;
/// For one exchange, connecting included.
const EXCHANGE: Duration = Duration::from_secs(15);
/// Of an action's error text; restic's last words are at its end.
const ERROR_MAX: usize = 16 * 1024;

/// Why one exchange brought nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Another attempt may work; nothing was started.
    Temporary(TaskError),
    /// The request went out and no answer came back: it may have been obeyed.
    Unanswered(TaskError),
    /// No attempt will work.
    Final(TaskError),
}

/// A finished task.
#[derive(Debug)]
pub(super) struct Finished {
    pub exit_code: i64,
    pub output: Json,
    pub error: String,
}

/// Talks to the leader's api-server as one user.
pub(super) struct TaskHttp {
    client: Client,
    server: TaskServer,
    user: String,
    password: SecretString,
    token: Mutex<Option<Arc<Token>>>,
}

/// What a login brought, and where: a token is of one server.
struct Token {
    server: String,
    text: SecretString,
    since: Instant,
}

impl TaskHttp {
    pub fn new(server: TaskServer, user: &str, password: SecretString) -> Result<Self, TaskError> {
        let client = http::client(EXCHANGE)
            .map_err(|reason| TaskError::Unavailable(Obstacle::Other(reason)))?;
        Ok(Self {
            client,
            server,
            user: user.to_owned(),
            password,
            token: Mutex::new(None),
        })
    }

    /// Starts a task; its id.
    pub async fn start(&self, agent: &str, body: &Json) -> Result<String, Trouble> {
        #[derive(Deserialize)]
        struct Answer {
            data: Task,
        }
        #[derive(Deserialize)]
        struct Task {
            id: String,
        }
        let path = format!("/api/{agent}/tasks");
        let (status, body) = self.authorized(&Method::POST, &path, Some(body)).await?;
        match status {
            StatusCode::CREATED | StatusCode::OK => match serde_json::from_slice::<Answer>(&body) {
                Ok(answer) if is_id(&answer.data.id) => Ok(answer.data.id),
                _ => Err(Trouble::Unanswered(TaskError::Unavailable(
                    Obstacle::ApiSenseless,
                ))),
            },
            StatusCode::FORBIDDEN => Err(Trouble::Final(TaskError::NotGranted)),
            StatusCode::NOT_FOUND => Err(Trouble::Final(TaskError::Unavailable(
                Obstacle::AgentIdle(agent.to_owned()),
            ))),
            StatusCode::BAD_REQUEST if contains(&body, b"error queuing") => {
                Err(Trouble::Temporary(TaskError::Busy))
            }
            status => Err(unexpected(status)),
        }
    }

    /// The end of a task, or `None` while it runs. The server says the same of
    /// a task that it does not know.
    pub async fn finished(&self, agent: &str, task: &str) -> Result<Option<Finished>, Trouble> {
        #[derive(Deserialize)]
        struct Answer {
            data: Status,
        }
        #[derive(Deserialize)]
        struct Status {
            exit_code: i64,
            #[serde(default)]
            output: Json,
            #[serde(default)]
            error: Json,
        }
        let path = format!("/api/{agent}/task/{task}/status");
        let (status, body) = self.authorized(&Method::GET, &path, None).await?;
        match status {
            StatusCode::BAD_REQUEST => Ok(None),
            StatusCode::OK => match serde_json::from_slice::<Answer>(&body) {
                Ok(Answer { data }) => Ok(Some(Finished {
                    exit_code: data.exit_code,
                    output: data.output,
                    error: ending(data.error.as_str().unwrap_or_default()),
                })),
                Err(_) => Err(Trouble::Temporary(TaskError::Unavailable(
                    Obstacle::ApiSenseless,
                ))),
            },
            status => Err(unexpected(status)),
        }
    }

    /// One exchange with a token; where it has expired, one more with another.
    /// After trouble the next one begins with a login, at whoever leads then.
    async fn authorized(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Json>,
    ) -> Result<(StatusCode, Vec<u8>), Trouble> {
        let mut renewed = false;
        loop {
            let token = self.token().await?;
            let mut request = self.request(method, &token.server, path);
            request = request.bearer_auth(token.text.expose_secret());
            if let Some(body) = body {
                request = request.json(body);
            }
            let trouble = match self.exchange(&token.server, request).await {
                Ok((StatusCode::UNAUTHORIZED, _)) if renewed => {
                    Trouble::Final(TaskError::Unavailable(Obstacle::ApiRefused))
                }
                Ok((StatusCode::UNAUTHORIZED, _)) => {
                    self.forget(&token).await;
                    renewed = true;
                    continue;
                }
                // The same status for two reasons; api-server's `createTask`
                // names this one.
                Ok((StatusCode::FORBIDDEN, answer)) if contains(&answer, b"worker node") => {
                    self.of_worker(&token.server)
                }
                Ok(answered) => return Ok(answered),
                Err(trouble) => trouble,
            };
            self.forget(&token).await;
            return Err(trouble);
        }
    }

    /// Another node leads now. Where the leader is looked up, that passes.
    fn of_worker(&self, server: &str) -> Trouble {
        let error = TaskError::Unavailable(Obstacle::ApiOfWorker(server.to_owned()));
        if self.server.moves() {
            Trouble::Temporary(error)
        } else {
            Trouble::Final(error)
        }
    }

    /// Several tasks may find the same token useless: the first one's login
    /// serves them all.
    async fn forget(&self, token: &Arc<Token>) {
        let mut held = self.token.lock().await;
        held.take_if(|held| Arc::ptr_eq(held, token));
    }

    /// The token in use, or a new one.
    async fn token(&self) -> Result<Arc<Token>, Trouble> {
        #[derive(Deserialize)]
        struct Answer {
            token: String,
        }
        let mut held = self.token.lock().await;
        held.take_if(|held| self.server.may_have_moved(held.since.elapsed()));
        if let Some(token) = &*held {
            return Ok(token.clone());
        }
        let server = self.server.find().await;
        let login = self
            .request(&Method::POST, &server, "/api/login")
            .json(&json!({
                "username": self.user,
                "password": self.password.expose_secret(),
            }));
        // A login that was obeyed without an answer has done no harm.
        let answer = self.exchange(&server, login).await;
        let (status, body) = answer.map_err(Trouble::harmless)?;
        match status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(Trouble::Final(TaskError::Unavailable(Obstacle::ApiRefused)));
            }
            status => return Err(unexpected(status)),
        }
        let Ok(answer) = serde_json::from_slice::<Answer>(&body) else {
            return Err(Trouble::Temporary(TaskError::Unavailable(
                Obstacle::ApiSenseless,
            )));
        };
        let token = Token {
            server,
            text: SecretString::from(answer.token),
            since: Instant::now(),
        };
        Ok(held.insert(Arc::new(token)).clone())
    }

    fn request(&self, method: &Method, server: &str, path: &str) -> RequestBuilder {
        self.client
            .request(method.clone(), format!("{server}{path}"))
    }

    async fn exchange(
        &self,
        server: &str,
        request: RequestBuilder,
    ) -> Result<(StatusCode, Vec<u8>), Trouble> {
        let unavailable = |error: reqwest::Error| {
            TaskError::Unavailable(Obstacle::ApiUnreachable {
                address: server.to_owned(),
                reason: causes(error),
            })
        };
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() || error.is_builder() => {
                return Err(Trouble::Temporary(unavailable(error)));
            }
            Err(error) => return Err(Trouble::Unanswered(unavailable(error))),
        };
        let status = response.status();
        let body = bounded(response, BODY_MAX)
            .await
            .map_err(|error| Trouble::Unanswered(error.map_or_else(too_long, unavailable)))?;
        Ok((status, body))
    }
}

impl Trouble {
    /// For requests that may be obeyed twice.
    fn harmless(self) -> Self {
        match self {
            Self::Unanswered(error) => Self::Temporary(error),
            other => other,
        }
    }
}

fn too_long() -> TaskError {
    TaskError::Unavailable(Obstacle::ApiTooLong)
}

fn unexpected(status: StatusCode) -> Trouble {
    let said = TaskError::Unavailable(Obstacle::ApiAnswered(status.as_u16()));
    match status.as_u16() {
        429 => Trouble::Temporary(TaskError::Busy),
        500 | 502 | 503 | 504 => Trouble::Temporary(said),
        _ => Trouble::Final(said),
    }
}

fn contains(body: &[u8], words: &[u8]) -> bool {
    body.windows(words.len()).any(|part| part == words)
}

/// The last [`ERROR_MAX`] bytes, from a whole character on.
fn ending(text: &str) -> String {
    let start = text.len().saturating_sub(ERROR_MAX);
    let start = (start..=text.len()).find(|at| text.is_char_boundary(*at));
    start
        .and_then(|at| text.get(at..))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_error_text_the_end_is_kept() {
        let text = format!("{}è!", "è".repeat(ERROR_MAX));
        let kept = ending(&text);
        assert!(kept.len() <= ERROR_MAX && kept.ends_with("è!"));
        assert_eq!(ending("short"), "short");
    }
}
