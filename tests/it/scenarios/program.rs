//! One instance of the program, with its own database; driven look by look.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail_parser::MessageParser;
use ns8_backup_monitor::config;
use ns8_backup_monitor::model::{
    Alert, AlertState, Attempt, ModuleId, PartState, PlanId, Report, ReportId, RunMark, Watch,
};
use ns8_backup_monitor::pipeline::{Parts, Session, Watching};
use ns8_backup_monitor::receiver::Vitals;
use ns8_backup_monitor::schedule::Calendar;
use ns8_backup_monitor::store::{ReportFilter, Store};
use tempfile::TempDir;
use tokio::sync::{Notify, watch};

use super::language::NewAlert;
use super::world::{World, later};

/// As the service does, it looks so often while a run is open, in seconds ...
const OPEN_POLL: i64 = 30;
/// ... but only for so long after something happened, in seconds: then it looks
/// every five minutes until something of that run is due.
const BUSY: i64 = 5 * 60;
/// So long before something is due it is back at its pace, in seconds.
const EARLY: i64 = 90;
/// For how long a run by hand and late statuses are waited for, in seconds.
const SILENCE: i64 = 7200;
/// For how long the events of the cluster are gathered before a look.
const GATHER: i64 = 1;
/// More looks than this at one moment are an endless loop.
const MOST_LOOKS: usize = 50;
/// As the service does, it looks so often when nothing is due, in seconds ...
const POLL: i64 = 300;
/// ... but only for so long after something happened, in seconds: then it looks
/// when something is due, and else every hour. Days on which nothing happens
/// would take most of the time otherwise.
const ATTENTIVE: i64 = 2 * 3600;

/// An instance.
pub struct Program {
    /// `MODULE_ID`.
    pub id: Option<ModuleId>,
    config: Vec<String>,
    probes: bool,
    zone: TimeZone,
    folder: TempDir,
    world: Arc<World>,
    running: Option<Running>,
    /// When it looks next.
    pub next: Option<Timestamp>,
    /// Until when it looks as often as the service.
    attentive: Timestamp,
    /// Until when it looks as often as the service while a run is open.
    busy: Timestamp,
    /// How often it looked since it was started.
    pub looks: i64,
    pub started: Timestamp,
}

struct Running {
    watching: Watching,
    session: Session,
    parts: watch::Sender<Arc<Parts>>,
    looked: Timestamp,
}

/// A mail that left.
#[derive(Debug)]
pub struct SeenMail {
    pub at: Timestamp,
    /// Which instance sent it.
    pub by: Option<ModuleId>,
    pub report: Report,
    pub text: String,
    pub to: Vec<String>,
    /// What mail programs group it by.
    pub thread: String,
}

impl Program {
    pub fn new(
        world: &Arc<World>,
        zone: &TimeZone,
        config: Vec<String>,
        probes: bool,
        id: Option<ModuleId>,
    ) -> Self {
        Self {
            id,
            config,
            probes,
            zone: zone.clone(),
            folder: quick_folder(),
            world: Arc::clone(world),
            running: None,
            next: None,
            attentive: Timestamp::MIN,
            busy: Timestamp::MIN,
            looks: 0,
            started: Timestamp::MIN,
        }
    }

    /// Whether the scenario says how often the cluster is read.
    fn says_how_often(&self) -> bool {
        self.config.iter().any(|line| line.starts_with("redis:"))
    }

    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    fn parts(&self) -> Result<Parts, String> {
        let mut text = format!(
            "mail: {{from: monitor@example.org, to: [admin@example.org], transport: file, \
             directory: {}}}\nrepo_check: {{method: \"off\"}}\n",
            self.folder.path().display()
        );
        if !self.says_how_often() {
            text.push_str("redis: {poll_seconds: 3600}\n");
        }
        for line in &self.config {
            text.push_str(line);
            text.push('\n');
        }
        let mut env = BTreeMap::from([("NODE_ID".to_owned(), "1".to_owned())]);
        if let Some(id) = &self.id {
            env.insert("MODULE_ID".into(), id.to_string());
        }
        let mut config = config::load_str(&text, &env)
            .map_err(|mistakes| mistakes.to_string())?
            .config;
        config.zones.own = self.zone.clone();
        config.mail.timezone = self.zone.clone();
        let mut parts = Parts::with_reader(config, Arc::clone(&self.world) as _)
            .map_err(|problem| problem.to_string())?;
        if self.probes {
            parts.prober = Ok(Arc::clone(&self.world) as _);
        }
        Ok(parts)
    }

    pub fn start(&mut self, now: Timestamp) -> Result<(), String> {
        if self.is_running() {
            return Err("the program runs already".into());
        }
        let (sender, parts) = watch::channel(Arc::new(self.parts()?));
        let store = Store::open(self.folder.path()).map_err(|problem| problem.to_string())?;
        self.running = Some(Running {
            watching: Watching {
                store,
                parts,
                clock: Arc::clone(&self.world) as _,
                peers: Arc::clone(&self.world) as _,
                alerts: Arc::new(Notify::new()),
                mails: Arc::new(Notify::new()),
                look: Arc::default(),
                vitals: Arc::new(Vitals::new(Instant::now(), Duration::MAX)),
                metrics: watch::channel(Arc::from("")).0,
                vpn: watch::channel(None).0,
            },
            session: Session::default(),
            parts: sender,
            looked: now,
        });
        self.next = Some(now);
        self.looks = 0;
        self.started = now;
        self.attend(now);
        Ok(())
    }

    /// Something happens now.
    pub fn attend(&mut self, now: Timestamp) {
        self.attentive = later(now, ATTENTIVE);
        self.busy = later(now, BUSY);
    }

    pub async fn stop(&mut self) -> Result<(), String> {
        let running = self.running.take().ok_or("the program does not run")?;
        running.watching.store.shut_down().await;
        self.next = None;
        Ok(())
    }

    /// As HUP does: a line with the same first key is replaced.
    pub fn reload(&mut self, line: &str) -> Result<(), String> {
        let key = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
        self.config.retain(|known| key(known) != key(line));
        self.config.push(line.to_owned());
        let parts = Arc::new(self.parts()?);
        if let Some(running) = &self.running {
            running.parts.send_replace(parts);
        }
        Ok(())
    }

    /// Another identity and the state that was saved in `from`.
    pub fn restore(&mut self, from: &Path, id: Option<ModuleId>) -> Result<(), String> {
        if self.is_running() {
            return Err("the program must be stopped first".into());
        }
        self.folder = quick_folder();
        copy(from, self.folder.path()).map_err(|problem| problem.to_string())?;
        if id.is_some() {
            self.id = id;
        }
        Ok(())
    }

    /// A copy of the state; it must not run meanwhile.
    pub fn save(&self) -> Result<TempDir, String> {
        let folder = quick_folder();
        copy(self.folder.path(), folder.path()).map_err(|problem| problem.to_string())?;
        Ok(folder)
    }

    /// Something happened in the cluster.
    pub fn wake(&mut self, now: Timestamp) {
        self.look_at(later(now, GATHER));
    }

    fn look_at(&mut self, at: Timestamp) {
        if let Some(next) = &mut self.next {
            *next = at.min(*next);
        }
    }

    /// Alertmanager posts. While nobody listens it is lost, and will be posted
    /// again as the scenario says.
    pub async fn alert(&mut self, new: &NewAlert, now: Timestamp) -> Result<(), String> {
        let Some(running) = &self.running else {
            return Ok(());
        };
        let watching = &running.watching;
        let mut labels = BTreeMap::from([
            ("alertname".to_owned(), "BackupFailed".to_owned()),
            ("node".to_owned(), new.node.to_string()),
            ("severity".to_owned(), "critical".to_owned()),
        ]);
        if let Some(plan) = &new.plan {
            labels.insert("id".into(), plan.to_string());
        }
        let alert = Alert {
            name: "BackupFailed".into(),
            state: if new.resolved {
                AlertState::Resolved
            } else {
                AlertState::Firing
            },
            labels,
            starts_at: new.since,
        };
        let accepted = watching.store.accept(vec![alert], self.world.wall()).await;
        accepted.map_err(|problem| problem.to_string())?;
        // As the service: no alert is due before its wait is over.
        let wait = watching.parts.borrow().config.correlator.wait.as_secs();
        let soonest = later(running.looked, i64::try_from(wait).unwrap());
        self.look_at(soonest.max(now));
        Ok(())
    }

    /// Looks until there is a pause. Returns whether it died of it.
    pub async fn look(&mut self, now: Timestamp) -> Result<bool, String> {
        for _ in 0..MOST_LOOKS {
            let Some(running) = &mut self.running else {
                return Ok(false);
            };
            running.looked = now;
            self.looks += 1;
            let pause = tokio::select! {
                pause = running.watching.pass(&mut running.session) => pause,
                () = self.world.died.notified() => {
                    self.stop().await?;
                    return Ok(true);
                }
            };
            if !pause.is_zero() {
                let seconds = i64::try_from(pause.as_secs()).unwrap().max(1);
                let most = if now < self.attentive { POLL } else { i64::MAX };
                let mut next = seconds.min(most);
                if next == OPEN_POLL && now > self.busy && !self.says_how_often() {
                    next = quiet(&self.watch().await?, self.world.wall(), &self.zone)
                        .clamp(OPEN_POLL, POLL);
                }
                self.next = Some(later(now, next));
                return Ok(false);
            }
        }
        Err("the program looks again and again without a pause".into())
    }

    /// Takes what waits to be sent, as a mail server that is there does.
    pub async fn send(&mut self, now: Timestamp) -> Result<Vec<SeenMail>, String> {
        let Some(running) = &self.running else {
            return Ok(Vec::new());
        };
        let store = &running.watching.store;
        let wall = self.world.wall();
        let due = store.due(wall, 100).await.map_err(|e| e.to_string())?;
        let mut sent: Vec<(ReportId, String, SeenMail)> = Vec::new();
        for delivery in due {
            let taken = Attempt::Sent("250 taken".into());
            let recorded = store.record(delivery.mail, delivery.to.clone(), taken, None, wall);
            recorded.await.map_err(|e| e.to_string())?;
            let id = &delivery.message.message_id;
            if let Some((_, _, mail)) = sent.iter_mut().find(|(_, known, _)| known == id) {
                mail.to.push(delivery.to.to_string());
                continue;
            }
            let (number, report) = report_of(store, id).await?;
            let message = MessageParser::default()
                .parse(&delivery.message.raw)
                .ok_or("a mail cannot be parsed")?;
            let text = message.body_text(0).unwrap_or_default().into_owned();
            let raw = String::from_utf8_lossy(&delivery.message.raw);
            let references = raw.split("References: ").nth(1).unwrap_or_default();
            sent.push((
                number,
                id.clone(),
                SeenMail {
                    at: now,
                    by: self.id.clone(),
                    report,
                    text: text.split_whitespace().collect::<Vec<_>>().join(" "),
                    to: vec![delivery.to.to_string()],
                    thread: references.lines().next().unwrap_or_default().to_owned(),
                },
            ));
        }
        sent.sort_by_key(|(number, _, _)| *number);
        Ok(sent.into_iter().map(|(_, _, mail)| mail).collect())
    }

    /// What it remembers.
    pub async fn watch(&self) -> Result<Watch, String> {
        let running = self.running.as_ref().ok_or("the program does not run")?;
        let watch = running.watching.store.load_watch().await;
        watch.map_err(|problem| problem.to_string())
    }

    pub async fn history(&self) -> Result<BTreeMap<PlanId, Vec<RunMark>>, String> {
        let running = self.running.as_ref().ok_or("the program does not run")?;
        let strips = running.watching.store.strips(1000).await;
        strips.map_err(|problem| problem.to_string())
    }

    /// The report on the run of then.
    pub async fn report(&self, plan: &PlanId, at: Timestamp) -> Result<Option<Report>, String> {
        let running = self.running.as_ref().ok_or("the program does not run")?;
        let store = &running.watching.store;
        let filter = ReportFilter {
            plan: Some(plan.clone()),
            limit: 1000,
            ..ReportFilter::default()
        };
        let all = store.reports(filter).await.map_err(|e| e.to_string())?;
        let Some(found) = all.iter().find(|summary| summary.at == Some(at)) else {
            return Ok(None);
        };
        let stored = store.report(found.id).await.map_err(|e| e.to_string())?;
        Ok(stored.map(|stored| stored.report))
    }

    pub async fn waiting(&self) -> Result<usize, String> {
        let Some(running) = &self.running else {
            return Ok(0);
        };
        let waiting = running.watching.store.waiting().await;
        Ok(waiting.map_err(|problem| problem.to_string())?.len())
    }
}

/// For how long nothing is due, in seconds, as far as runs that are open say.
fn quiet(watch: &Watch, now: Timestamp, zone: &TimeZone) -> i64 {
    let watched = watch.whole.watched;
    let mut quiet = POLL + EARLY;
    for plan in watch.plans.values() {
        let over = plan.runs.iter().any(|run| run.over.is_some());
        let hand = plan.hand.iter().map(|hand| hand.since.after(SILENCE));
        let late = plan.late.iter().filter_map(|late| late.since);
        if over || late.count() > 0 || plan.hand.iter().any(|hand| hand.over.is_some()) {
            return 0;
        }
        let parts = || plan.runs.iter().flat_map(|run| run.parts.values());
        let waiting = parts()
            .filter(|part| !part.state.is_over() && part.state != PartState::Upcoming)
            .map(|part| part.since.after(part.patience));
        for due in hand.chain(waiting) {
            quiet = quiet.min(due.since(watched));
        }
        let upcoming = parts().filter(|part| part.state == PartState::Upcoming);
        let next = plan.plan.schedule.parse::<Calendar>().ok();
        let next = next.and_then(|calendar| calendar.next(now, zone));
        for at in upcoming.map(|part| part.at).chain(next) {
            quiet = quiet.min(at.duration_since(now).as_secs());
        }
    }
    quiet - EARLY
}

/// The report that a mail is of.
async fn report_of(store: &Store, message: &str) -> Result<(ReportId, Report), String> {
    let filter = ReportFilter {
        limit: 100,
        ..ReportFilter::default()
    };
    for summary in store.reports(filter).await.map_err(|e| e.to_string())? {
        let records = store
            .deliveries(summary.id)
            .await
            .map_err(|e| e.to_string())?;
        if records.iter().any(|record| record.message_id == message) {
            let stored = store.report(summary.id).await.map_err(|e| e.to_string())?;
            return stored
                .map(|stored| (stored.id, stored.report))
                .ok_or("a report is gone".into());
        }
    }
    Err(format!("no report has the mail {message}"))
}

/// In memory where that is possible: a database is synced at every look.
fn quick_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = tempfile::Builder::new()
        .prefix("scenario-")
        .tempdir_in(memory);
    made.or_else(|_| tempfile::tempdir()).unwrap()
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for file in std::fs::read_dir(from)? {
        let file = file?;
        if file.file_type()?.is_file() {
            std::fs::copy(file.path(), to.join(file.file_name()))?;
        }
    }
    Ok(())
}
