//! The flow with a clock that is set and a cluster that is made up; the
//! database is a real one.

mod nights;
mod restored;
mod waking;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use super::{Clock, Delivering, LookNow, NoEvents, Parts, Peers, Session, Unrecorded, Watching};
use crate::cluster::{ClusterError, ClusterReader};
use crate::config;
use crate::model::{
    Alert, AlertState, Attempt, ClockMark, ClusterState, Encryption, Layout, Module, ModuleId,
    NodeId, Outcome, Plan, PlanId, Reachability, RecipientState, ReportKind, SmtpSettings, Status,
    StatusReading,
};
use crate::receiver::Vitals;
use crate::store::{ReportFilter, ReportSummary, Store};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

struct SetClock(Mutex<i64>);

#[async_trait]
impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        at(*self.0.lock().unwrap())
    }

    async fn sleep(&self, _pause: Duration) {
        std::future::pending::<()>().await;
    }

    fn mark(&self, wall: Timestamp) -> ClockMark {
        mark(wall)
    }
}

/// A boot-time clock that nothing ever moves.
fn mark(wall: Timestamp) -> ClockMark {
    ClockMark {
        wall,
        boot: wall.as_second(),
        boot_id: "b".into(),
    }
}

/// Nodes that all answer.
struct AllAnswer;

#[async_trait]
impl Peers for AllAnswer {
    async fn reachability(&self, _: &ClusterState, _: Option<NodeId>) -> Reachability {
        Reachability::default()
    }
}

/// A cluster with plan 1 and the errors given for its modules; without a state
/// it cannot be read.
#[derive(Default)]
struct MadeUp {
    state: Mutex<Option<ClusterState>>,
    smarthost: Mutex<Option<SmtpSettings>>,
    /// How often it was read.
    reads: Mutex<usize>,
    /// Whether a read takes for ever.
    held: Mutex<bool>,
}

impl MadeUp {
    fn hold(&self, is: bool) {
        *self.held.lock().unwrap() = is;
    }
}

fn away() -> ClusterError {
    ClusterError::Unreachable {
        address: "127.0.0.1:6379".into(),
        reason: "connection refused".into(),
    }
}

#[async_trait]
impl ClusterReader for MadeUp {
    async fn read(&self, _now: Timestamp) -> Result<ClusterState, ClusterError> {
        *self.reads.lock().unwrap() += 1;
        while *self.held.lock().unwrap() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.state.lock().unwrap().clone().ok_or_else(away)
    }

    async fn smarthost(&self) -> Result<Option<SmtpSettings>, ClusterError> {
        if self.state.lock().unwrap().is_none() {
            return Err(away());
        }
        Ok(self.smarthost.lock().unwrap().clone())
    }

    async fn ping(&self) -> Result<(), ClusterError> {
        Ok(())
    }
}

fn cluster(started: i64, modules: &[(&str, u32)]) -> ClusterState {
    let plan = PlanId::from("1");
    let ids = || modules.iter().map(|(id, _)| ModuleId::from(*id));
    let status = |errors| {
        StatusReading::Read(Status {
            start: at(started),
            end: at(started + 10),
            errors,
            size: None,
            files: None,
            node: None,
            layout: Layout::A,
            message: None,
        })
    };
    let module = Module {
        name: None,
        node: None,
        uuid: "u".into(),
        no_data: false,
    };
    ClusterState {
        read_at: at(started),
        cluster_uuid: None,
        voice: None,
        cluster_name: Some("rl1".into()),
        leader: None,
        nodes: BTreeMap::new(),
        modules: ids().map(|id| (id, module.clone())).collect(),
        destinations: BTreeMap::new(),
        plans: BTreeMap::from([(
            plan.clone(),
            Plan {
                name: "Nightly".into(),
                enabled: true,
                instances: ids().collect(),
                ..Plan::default()
            },
        )]),
        statuses: BTreeMap::from([(
            plan,
            modules
                .iter()
                .map(|(id, errors)| (ModuleId::from(*id), status(*errors)))
                .collect(),
        )]),
        unreadable: Vec::new(),
    }
}

struct World {
    folder: TempDir,
    cluster: Arc<MadeUp>,
    clock: Arc<SetClock>,
    watching: Watching,
    delivering: Delivering,
    session: Session,
}

impl World {
    fn new(transport: &str) -> Self {
        Self::with(transport, "", &[])
    }

    /// The same with more lines of the configuration, and as an instance with
    /// this environment.
    fn with(transport: &str, more: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mails = folder.path().join("mails");
        let text = format!(
            "mail: {{from: a@example.org, to: [b@example.org], transport: {transport}, \
             directory: {}}}\nrepo_check: {{method: \"off\"}}\n{more}",
            mails.display()
        );
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let loaded = config::load_str(&text, &environment.collect());
        let mut config = loaded.unwrap().config;
        // Wherever the tests run.
        config.zones.own = TimeZone::UTC;
        let cluster = Arc::new(MadeUp::default());
        let clock = Arc::new(SetClock(Mutex::new(0)));
        let parts = Parts::with_reader(config, Arc::clone(&cluster) as _).unwrap();
        let parts = watch::channel(Arc::new(parts)).1;
        let store = Store::open(folder.path()).unwrap();
        let mails = Arc::new(Notify::new());
        Self {
            folder,
            cluster,
            clock: Arc::clone(&clock),
            watching: Watching {
                store: store.clone(),
                parts: parts.clone(),
                clock: Arc::clone(&clock) as _,
                peers: Arc::new(AllAnswer),
                metrics: watch::channel(Arc::from("")).0,
                vpn: watch::channel(None).0,
                alerts: Arc::new(Notify::new()),
                mails: Arc::clone(&mails),
                look: Arc::new(LookNow::default()),
                vitals: Arc::new(Vitals::new(Instant::now(), Duration::MAX)),
            },
            delivering: Delivering {
                store,
                parts,
                clock,
                mails,
                unrecorded: Unrecorded::default(),
            },
            session: Session::default(),
        }
    }

    fn set(&self, second: i64) {
        *self.clock.0.lock().unwrap() = second;
    }

    fn show(&self, state: Option<ClusterState>) {
        *self.cluster.state.lock().unwrap() = state;
    }

    async fn alert(&self, labels: &[(&str, &str)]) {
        let alert = Alert {
            name: "BackupFailed".into(),
            state: AlertState::Firing,
            labels: labels
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
            starts_at: None,
        };
        let now = self.clock.now();
        self.watching.store.accept(vec![alert], now).await.unwrap();
    }

    async fn pass(&mut self, second: i64) -> Duration {
        self.set(second);
        self.watching.pass(&mut self.session).await
    }

    /// Looks at `from`, every minute from then on, and at `to`.
    async fn passes(&mut self, from: i64, to: i64) {
        for second in (from..to).step_by(60).chain([to]) {
            self.pass(second).await;
        }
    }

    async fn reports(&self) -> Vec<ReportSummary> {
        let filter = ReportFilter {
            limit: 10,
            ..ReportFilter::default()
        };
        self.watching.store.reports(filter).await.unwrap()
    }

    async fn waiting(&self) -> usize {
        self.watching.store.waiting().await.unwrap().len()
    }
}

#[tokio::test]
async fn an_alert_is_answered_after_its_wait_with_one_report() {
    let mut world = World::new("file");
    world.show(Some(cluster(100, &[("mail1", 0), ("samba1", 0)])));
    world.pass(150).await;
    world.show(Some(cluster(190, &[("mail1", 0), ("samba1", 1)])));
    world.set(200);
    world.alert(&[("id", "1")]).await;
    assert_eq!(world.pass(200).await, Duration::from_secs(30));
    assert!(world.reports().await.is_empty());
    world.pass(230).await;
    let reports = world.reports().await;
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].outcome, Outcome::Partial);
    assert_eq!(world.waiting().await, 0);
}

/// Notes how long it was asked to sleep, and never wakes.
#[derive(Default)]
struct SleeplessClock(Mutex<Vec<Duration>>);

#[async_trait]
impl Clock for SleeplessClock {
    fn now(&self) -> Timestamp {
        at(1_000)
    }

    async fn sleep(&self, pause: Duration) {
        self.0.lock().unwrap().push(pause);
        std::future::pending::<()>().await;
    }

    fn mark(&self, wall: Timestamp) -> ClockMark {
        mark(wall)
    }
}

#[tokio::test]
async fn a_flood_of_alerts_is_looked_at_once_when_its_wait_is_over() {
    let mut world = World::new("file");
    world.show(Some(cluster(100, &[("mail1", 0)])));
    let clock = Arc::new(SleeplessClock::default());
    world.watching.clock = Arc::clone(&clock) as _;
    let alerts = Arc::clone(&world.watching.alerts);
    let (_keep, stop) = watch::channel(false);
    let flood = async {
        while clock.0.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for _ in 0..100 {
            alerts.notify_one();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = world.watching.run(Box::new(NoEvents), stop) => {}
        () = flood => {}
    }
    let sleeps: Vec<u64> = clock
        .0
        .lock()
        .unwrap()
        .iter()
        .map(Duration::as_secs)
        .collect();
    assert_eq!(sleeps, [300, 30]);
}

#[tokio::test]
async fn more_alerts_than_one_look_shows_are_answered_without_a_pause() {
    let mut world = World::new("file");
    world.show(Some(cluster(100, &[("samba1", 1)])));
    for number in 0..2_001 {
        world
            .alert(&[("id", "1"), ("n", &number.to_string())])
            .await;
    }
    let mut pauses = Vec::new();
    while world.waiting().await > 0 && pauses.len() < 3 {
        pauses.push(world.pass(230).await);
    }
    assert_eq!(world.waiting().await, 0);
    assert_eq!(pauses.first(), Some(&Duration::ZERO));
    assert_eq!(world.pass(230).await, Duration::from_mins(5));
}

#[tokio::test]
async fn a_repeat_gives_no_second_mail_and_the_next_run_does() {
    let mut world = World::new("file");
    world.show(Some(cluster(100, &[("samba1", 1)])));
    for second in [200, 10_000, 20_000] {
        world.set(second);
        world.alert(&[("id", "1")]).await;
        world.pass(second + 30).await;
        assert_eq!(world.reports().await.len(), 1);
        assert_eq!(world.waiting().await, 0);
    }
    world.show(Some(cluster(90_000, &[("samba1", 1)])));
    world.set(90_100);
    world.alert(&[("id", "1")]).await;
    world.pass(90_130).await;
    world.pass(90_160).await;
    assert_eq!(world.reports().await.len(), 2);
}

#[tokio::test]
async fn while_redis_is_away_alerts_wait_and_half_an_hour_later_one_report_says_so() {
    let mut world = World::new("file");
    world.alert(&[("id", "1")]).await;
    world.passes(30, 1829).await;
    assert!(world.reports().await.is_empty());
    let pause = world.pass(1830).await;
    assert!(pause <= Duration::from_mins(1), "tries again soon");
    world.pass(1845).await;
    let reports = world.reports().await;
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].kind, ReportKind::RedisUnreachable);
    assert_eq!(reports[0].outcome, Outcome::RepoFailure);
    assert_eq!(world.waiting().await, 1, "the alert is not answered by it");

    world.show(Some(cluster(100, &[("mail1", 0), ("samba1", 1)])));
    world.pass(1900).await;
    let reports = world.reports().await;
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[0].kind, ReportKind::Run);
    assert_eq!(reports[0].outcome, Outcome::Partial);
    assert_eq!(world.waiting().await, 0);
}

#[tokio::test]
async fn a_night_without_power_is_no_outage_of_redis() {
    let mut world = World::new("file");
    world.alert(&[("id", "1")]).await;
    world.passes(30, 90).await;
    world.pass(20_000).await;
    assert!(world.reports().await.is_empty());
}

#[tokio::test]
async fn while_the_database_fails_the_pauses_grow_and_stay_below_a_minute() {
    let mut world = World::new("file");
    world.watching.store.shut_down().await;
    let mut pauses = Vec::new();
    for second in 0..5 {
        pauses.push(world.pass(second).await.as_secs());
    }
    assert_eq!(pauses, [15, 30, 45, 45, 45]);
}

#[tokio::test]
async fn a_second_outage_is_told_again() {
    let mut world = World::new("file");
    world.alert(&[("id", "1")]).await;
    world.passes(30, 1830).await;
    world.show(Some(cluster(100, &[("samba1", 1)])));
    world.pass(2000).await;
    world.show(None);
    world.set(5000);
    world.alert(&[("id", "1")]).await;
    world.passes(5030, 5040 + 1800).await;
    let outages = world.reports().await;
    let outages = outages
        .iter()
        .filter(|report| report.kind == ReportKind::RedisUnreachable);
    assert_eq!(outages.count(), 2);
}

#[tokio::test]
async fn a_plan_that_was_deleted_is_not_an_unknown_plan() {
    let mut world = World::new("file");
    world.show(Some(cluster(100, &[("samba1", 1)])));
    world.alert(&[("id", "1")]).await;
    world.pass(200).await;
    let mut without = cluster(100, &[("samba1", 1)]);
    without.plans.clear();
    world.show(Some(without));
    world.set(300);
    world.alert(&[("id", "1")]).await;
    world.alert(&[("id", "77")]).await;
    world.pass(400).await;
    let reports = world.reports().await;
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[0].kind, ReportKind::UnknownPlan);
    world.set(500);
    world.alert(&[("id", "78")]).await;
    world.pass(600).await;
    assert_eq!(world.reports().await.len(), 2, "at most one a day");
    assert_eq!(world.waiting().await, 0);
}

#[tokio::test]
async fn a_report_is_one_mail_to_every_recipient() {
    let mut world = World::new("file");
    world.show(Some(cluster(100, &[("samba1", 1)])));
    world.alert(&[("id", "1")]).await;
    world.pass(200).await;
    let round = world.delivering.round().await.unwrap();
    assert_eq!(round.sent, 1);
    let folder = world.folder.path().join("mails");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
    assert_eq!(world.delivering.round().await.unwrap().sent, 0);
}

#[tokio::test]
async fn a_mail_that_went_out_but_could_not_be_recorded_is_not_sent_again() {
    let mut world = World::new("file");
    world.show(Some(cluster(100, &[("samba1", 1)])));
    world.alert(&[("id", "1")]).await;
    world.pass(200).await;
    let due = world.watching.store.due(at(200), 1).await.unwrap();
    let unrecorded = &world.delivering.unrecorded;
    unrecorded.keep(
        due[0].mail,
        due[0].to.clone(),
        Attempt::Sent("250 ok".into()),
    );
    assert_eq!(world.delivering.round().await.unwrap().sent, 1);
    assert_eq!(first_delivery(&world).await.state, RecipientState::Sent);
    assert!(
        !world.folder.path().join("mails").exists(),
        "nothing was sent"
    );
}

#[tokio::test]
async fn without_a_smarthost_mails_wait_and_a_new_one_is_tried_at_once() {
    let mut world = World::new("smarthost");
    world.show(Some(cluster(100, &[("samba1", 1)])));
    world.alert(&[("id", "1")]).await;
    world.pass(200).await;
    assert_eq!(world.delivering.round().await.unwrap().waiting, 1);
    let delivery = first_delivery(&world).await;
    assert_eq!(delivery.state, RecipientState::Queued);
    assert!(delivery.answer.unwrap().contains("no smarthost"));
    assert_eq!(
        world.delivering.round().await.unwrap().waiting,
        0,
        "not due"
    );

    *world.cluster.smarthost.lock().unwrap() = Some(dead_server());
    assert_eq!(world.delivering.round().await.unwrap().waiting, 1);
    assert_eq!(first_delivery(&world).await.attempts, 2);
}

#[tokio::test]
async fn what_fails_while_another_way_out_is_configured_goes_that_way_at_once() {
    let mut world = World::new("smarthost");
    world.show(Some(cluster(100, &[("samba1", 1)])));
    world.alert(&[("id", "1")]).await;
    world.pass(200).await;
    let server = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    *world.cluster.smarthost.lock().unwrap() = Some(SmtpSettings {
        port: server.local_addr().unwrap().port(),
        ..dead_server()
    });
    let other = World::new("file");
    let (sender, parts) = watch::channel(Arc::clone(&world.delivering.parts.borrow()));
    world.delivering.parts = parts;
    let reload_and_hang_up = async {
        server.accept().await.unwrap();
        sender.send_replace(Arc::clone(&other.delivering.parts.borrow()));
    };
    let (round, ()) = tokio::join!(world.delivering.round(), reload_and_hang_up);
    let round = round.unwrap();
    assert_eq!((round.waiting, round.sent), (1, 1));
    assert_eq!(first_delivery(&world).await.state, RecipientState::Sent);
}

#[tokio::test]
async fn a_clock_set_back_does_not_keep_a_mail_in_the_outbox() {
    let mut world = World::new("smarthost");
    world.show(Some(cluster(100, &[("samba1", 1)])));
    world.set(1_000_000);
    world.alert(&[("id", "1")]).await;
    world.pass(1_000_030).await;
    assert_eq!(world.delivering.round().await.unwrap().waiting, 1);
    world.set(2_000);
    assert_eq!(world.delivering.round().await.unwrap().waiting, 1);
    assert_eq!(
        world.delivering.round().await.unwrap().waiting,
        0,
        "its pauses are kept again"
    );
}

async fn first_delivery(world: &World) -> crate::model::DeliveryRecord {
    let id = world.reports().await[0].id;
    let mut deliveries = world.watching.store.deliveries(id).await.unwrap();
    deliveries.remove(0)
}

/// A server where nothing listens: port 1 of an address of our own.
fn dead_server() -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".into(),
        port: 1,
        login: None,
        encryption: Encryption::None,
        tls_verify: true,
        ca_file: None,
    }
}
