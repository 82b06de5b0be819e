//! A stand-in for NS8's api-server with its cluster agent: login, tasks and
//! their status, as ns8-core's `core/api-server` answers them.
//!
//! By itself it runs nothing. A task ends after the time that the test gave it,
//! or never, and until then it lives: [`ApiServer::peak`] says how many of them
//! lived at once. [`ApiServer::act`] lets tasks really do something.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

/// What becomes of a task.
#[derive(Clone, Debug)]
pub struct Outcome {
    after: Option<Duration>,
    exit_code: i64,
    output: Json,
    error: String,
}

impl Outcome {
    /// It ends well, with this output.
    pub fn output(output: Json) -> Self {
        Self {
            after: Some(Duration::ZERO),
            exit_code: 0,
            output,
            error: String::new(),
        }
    }

    /// It fails; `error` is what the action wrote to standard error.
    pub fn failed(exit_code: i64, error: &str) -> Self {
        Self {
            exit_code,
            error: error.to_owned(),
            ..Self::output(Json::Null)
        }
    }

    /// The agent runs too many tasks already.
    pub fn busy() -> Self {
        Self::failed(11, "Agent is busy. Action x rejected!\n")
    }

    /// It never ends by itself.
    pub fn never() -> Self {
        Self {
            after: None,
            ..Self::output(Json::Null)
        }
    }

    /// It takes so long.
    pub fn after(self, time: Duration) -> Self {
        Self {
            after: Some(time),
            ..self
        }
    }
}

/// The three calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// `POST /api/login`.
    Login,
    /// `POST /api/<agent>/tasks`.
    Start,
    /// `GET /api/<agent>/task/<id>/status`.
    Status,
}

/// What one exchange gets instead of the usual answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This HTTP status with this body.
    Answer(u16, String),
    /// Silence, for as long as the server lives; the call is obeyed.
    Silence,
    /// The connection is closed without an answer; the call is obeyed.
    Hangup,
}

struct Task {
    ends: Option<Instant>,
    outcome: Outcome,
}

/// What tasks do, given their `data`.
type Action = Arc<dyn Fn(&Json) -> Outcome + Send + Sync>;

#[derive(Default)]
struct State {
    tokens: HashSet<String>,
    tasks: HashMap<String, Task>,
    by_path: HashMap<String, Outcome>,
    usual: Option<Outcome>,
    action: Option<Action>,
    workers: Vec<JoinHandle<()>>,
    once: VecDeque<Outcome>,
    faults: HashMap<Call, VecDeque<Fault>>,
    calls: HashMap<Call, usize>,
    started: Vec<Json>,
    peak: usize,
    given_tokens: usize,
    /// The message of the 403 that answers every task.
    forbidden: Option<&'static str>,
}

impl State {
    fn live(&self) -> usize {
        let now = Instant::now();
        let lives = |task: &&Task| task.ends.is_none_or(|end| end > now);
        self.tasks.values().filter(lives).count()
    }
}

/// The server; ends on drop.
pub struct ApiServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the acceptor.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        let workers = std::mem::take(&mut self.lock().workers);
        for worker in workers {
            let _ = worker.join();
        }
    }
}

impl ApiServer {
    /// On a free loopback port; lets `user` in with `password`. Tasks end at
    /// once with an empty list until something else is said.
    pub fn start(user: &str, password: &str) -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST, 0, user, password)
    }

    /// The same at an address of loopback; port 0 is any free one.
    pub fn start_at(ip: Ipv4Addr, port: u16, user: &str, password: &str) -> Self {
        let listener = TcpListener::bind((ip, port)).expect("a port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(Mutex::new(State::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let account = json!({"username": user, "password": password});
        let (shared, stopped) = (state.clone(), stop.clone());
        let acceptor = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (state, stop) = (shared.clone(), stopped.clone());
                let account = account.clone();
                thread::spawn(move || serve(&stream, &state, &stop, &account));
            }
        });
        Self {
            address,
            state,
            stop,
            acceptor: Some(acceptor),
        }
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What becomes of every task that nothing else is said of.
    pub fn usual(&self, outcome: Outcome) {
        self.lock().usual = Some(outcome);
    }

    /// Every task that nothing else is said of does this, in a thread of its
    /// own, and ends with it. It must end by itself.
    pub fn act(&self, action: impl Fn(&Json) -> Outcome + Send + Sync + 'static) {
        self.lock().action = Some(Arc::new(action));
    }

    /// What becomes of tasks whose `data.path` is `path`.
    pub fn at_path(&self, path: &str, outcome: Outcome) {
        self.lock().by_path.insert(path.to_owned(), outcome);
    }

    /// What becomes of the next task, once.
    pub fn next(&self, outcome: Outcome) {
        self.lock().once.push_back(outcome);
    }

    /// The next such call fails so; may be said several times.
    pub fn fault(&self, call: Call, fault: Fault) {
        self.lock().faults.entry(call).or_default().push_back(fault);
    }

    /// No token is worth anything any more.
    pub fn expire_tokens(&self) {
        self.lock().tokens.clear();
    }

    /// It runs on a worker node now.
    pub fn become_worker(&self) {
        self.lock().forbidden = Some("task submission is forbidden in a worker node");
    }

    /// It runs on the leader, as it does at first.
    pub fn become_leader(&self) {
        self.lock().forbidden = None;
    }

    /// The user may start no task.
    pub fn withdraw_role(&self) {
        self.lock().forbidden = Some("you don't have permission to access this resource");
    }

    /// Every living task ends now.
    pub fn end_all(&self) {
        let mut state = self.lock();
        for task in state.tasks.values_mut() {
            task.ends.get_or_insert(Instant::now());
        }
    }

    /// How many tasks live now.
    pub fn live(&self) -> usize {
        self.lock().live()
    }

    /// How many lived at once, at most.
    pub fn peak(&self) -> usize {
        self.lock().peak
    }

    /// How often this was called.
    pub fn calls(&self, call: Call) -> usize {
        self.lock().calls.get(&call).copied().unwrap_or(0)
    }

    /// The bodies of the tasks that were started.
    pub fn started(&self) -> Vec<Json> {
        self.lock().started.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }
}

struct Request {
    method: String,
    path: String,
    token: String,
    body: Json,
}

fn serve(stream: &TcpStream, state: &Arc<Mutex<State>>, stop: &AtomicBool, account: &Json) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream) {
        let (status, body) = match handle(&request, state, account) {
            Fault::Answer(status, body) => (status, body),
            Fault::Hangup => return,
            Fault::Silence => {
                while !stop.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(20));
                }
                return;
            }
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut out: &TcpStream = stream.get_ref();
        if out.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

fn read_request(stream: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let (mut token, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        stream
            .read_line(&mut header)
            .ok()
            .filter(|read| *read > 0)?;
        if header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => token.push_str(value.trim().trim_start_matches("Bearer ")),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        path,
        token,
        body: serde_json::from_slice(&body).unwrap_or(Json::Null),
    })
}

/// Obeys, and says what becomes of the exchange.
fn handle(request: &Request, shared: &Arc<Mutex<State>>, account: &Json) -> Fault {
    let parts: Vec<&str> = request
        .path
        .trim_start_matches("/api/")
        .split('/')
        .collect();
    let call = match (request.method.as_str(), parts.as_slice()) {
        ("POST", ["login"]) => Call::Login,
        ("POST", [.., "tasks"]) => Call::Start,
        ("GET", [.., "task", _, "status"]) => Call::Status,
        _ => return Fault::Answer(404, "{}".into()),
    };
    let mut state = shared.lock().expect("the state");
    *state.calls.entry(call).or_default() += 1;
    let fault = state.faults.get_mut(&call).and_then(VecDeque::pop_front);
    if let Some(Fault::Answer(status, body)) = fault {
        return Fault::Answer(status, body);
    }
    let answer = match call {
        Call::Login => login(&mut state, &request.body, account),
        _ if !state.tokens.contains(&request.token) => {
            (401, json!({"code": 401, "message": "Token is expired"}))
        }
        Call::Start => start(&mut state, shared, &request.body),
        Call::Status => status(&state, parts[parts.len() - 2]),
    };
    fault.unwrap_or_else(|| Fault::Answer(answer.0, answer.1.to_string()))
}

fn login(state: &mut State, body: &Json, account: &Json) -> (u16, Json) {
    if body != account {
        return (
            401,
            json!({"code": 401, "message": "incorrect Username or Password"}),
        );
    }
    state.given_tokens += 1;
    let token = format!("jwt-s3cret-{}", state.given_tokens);
    state.tokens.insert(token.clone());
    (
        200,
        json!({"code": 200, "expire": "2099-01-01T00:00:00Z", "token": token}),
    )
}

fn start(state: &mut State, shared: &Arc<Mutex<State>>, body: &Json) -> (u16, Json) {
    if let Some(message) = state.forbidden {
        return (403, json!({"code": 403, "message": message, "data": null}));
    }
    let id = format!("0b5e4b7e-task-{}", state.started.len() + 1);
    let path = body["data"]["path"].as_str().unwrap_or_default();
    let outcome = state.once.pop_front();
    let outcome = outcome.or_else(|| state.by_path.get(path).cloned());
    let outcome = outcome.or_else(|| {
        let action = state.action.clone()?;
        let (shared, id, data) = (shared.clone(), id.clone(), body["data"].clone());
        let work = move || end(&shared, &id, action(&data));
        state.workers.push(thread::spawn(work));
        Some(Outcome::never())
    });
    let outcome = outcome.or_else(|| state.usual.clone());
    let outcome = outcome.unwrap_or_else(|| Outcome::output(json!([])));
    let ends = outcome.after.map(|after| Instant::now() + after);
    state.started.push(body.clone());
    state.peak = state.peak.max(state.live() + 1);
    state.tasks.insert(id.clone(), Task { ends, outcome });
    (
        201,
        json!({
            "code": 201,
            "message": "task queued successfully",
            "data": {"id": id, "action": body["action"], "queue": "cluster/tasks"},
        }),
    )
}

/// The worker waits for the lock that `start` holds, so the task is there.
fn end(shared: &Mutex<State>, id: &str, outcome: Outcome) {
    let mut state = shared.lock().expect("the state");
    if let Some(task) = state.tasks.get_mut(id) {
        *task = Task {
            ends: Some(Instant::now()),
            outcome,
        };
    }
}

fn status(state: &State, id: &str) -> (u16, Json) {
    let ended = |task: &&Task| task.ends.is_some_and(|end| end <= Instant::now());
    match state.tasks.get(id).filter(ended) {
        Some(Task { outcome, .. }) => {
            let data = json!({
                "error": outcome.error,
                "output": outcome.output,
                "exit_code": outcome.exit_code,
                "file": "task/cluster/x",
            });
            (
                200,
                json!({"code": 200, "message": "success", "data": data}),
            )
        }
        None => (
            400,
            json!({
                "code": 400,
                "message": "error getting error status from redis",
                "data": "redis: nil",
            }),
        ),
    }
}
