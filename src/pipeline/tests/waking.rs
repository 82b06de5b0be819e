//! What makes the watching loop look, and how often.

use tokio::sync::mpsc;

use super::super::{Events, Wake};
use super::*;

/// Events as they are handed in.
struct Told(mpsc::UnboundedReceiver<Wake>);

#[async_trait]
impl Events for Told {
    async fn next(&mut self) -> Wake {
        match self.0.recv().await {
            Some(wake) => wake,
            None => std::future::pending().await,
        }
    }
}

/// Sleeps as long as it is told to by the test, and notes what was wanted.
struct SteppedClock {
    wanted: Mutex<Vec<u64>>,
    /// Sleeps of at most so many seconds are over at once.
    at_once: u64,
}

#[async_trait]
impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        at(1_000)
    }

    async fn sleep(&self, pause: Duration) {
        self.wanted.lock().unwrap().push(pause.as_secs());
        if pause.as_secs() > self.at_once {
            std::future::pending::<()>().await;
        }
        // Whatever else is ready comes first.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    fn mark(&self, wall: Timestamp) -> ClockMark {
        mark(wall)
    }
}

/// The loop, running until dropped.
struct Loop {
    world: World,
    clock: Arc<SteppedClock>,
    tell: mpsc::UnboundedSender<Wake>,
    events: Option<Told>,
}

impl Loop {
    fn new() -> Self {
        let mut world = World::new("file");
        world.show(Some(cluster(100, &[("mail1", 0), ("samba1", 0)])));
        let clock = Arc::new(SteppedClock {
            wanted: Mutex::default(),
            at_once: 10,
        });
        world.watching.clock = Arc::clone(&clock) as _;
        let (tell, told) = mpsc::unbounded_channel();
        Self {
            world,
            clock,
            tell,
            events: Some(Told(told)),
        }
    }

    fn reads(&self) -> usize {
        *self.world.cluster.reads.lock().unwrap()
    }

    fn slept(&self) -> Vec<u64> {
        self.clock.wanted.lock().unwrap().clone()
    }

    /// The pauses between looks, without those in which events are gathered.
    fn pauses(&self) -> Vec<u64> {
        let gathers = super::super::watching::GATHER_LONGEST.as_secs();
        let slept = self.slept().into_iter();
        slept.filter(|pause| *pause > gathers).collect()
    }

    /// Runs the loop while `story` goes on.
    async fn during(&mut self, story: impl AsyncFnOnce(&Self)) {
        let events = self.events.take().unwrap();
        let (_keep, stop) = watch::channel(false);
        tokio::select! {
            () = self.world.watching.run(Box::new(events), stop) => panic!("it ended"),
            () = story(self) => {}
        }
    }
}

/// Waits until it is so, at most 20 s.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn while_nothing_is_open_the_cluster_is_read_every_five_minutes() {
    let mut run = Loop::new();
    run.during(async |run| until("a pause", || run.slept() == [300]).await)
        .await;
}

#[tokio::test]
async fn while_a_run_is_open_it_is_read_every_thirty_seconds() {
    let mut run = Loop::new();
    run.during(async |run| {
        until("the first look", || run.slept() == [300]).await;
        // One of two reports: no elapse explains it, and the other is waited for.
        run.world.show(Some(one_newer()));
        run.tell.send(Wake::Changed).unwrap();
        until("the pause after it", || run.slept().last() == Some(&30)).await;
        assert_eq!(run.pauses(), [300, 30]);
    })
    .await;
}

/// Mail reported again, samba did not.
fn one_newer() -> ClusterState {
    let mut state = cluster(100, &[("mail1", 0), ("samba1", 0)]);
    let newer = cluster(500, &[("mail1", 1)]);
    let (plan, statuses) = newer.statuses.into_iter().next().unwrap();
    let readings = state.statuses.get_mut(&plan).unwrap();
    for (module, reading) in &statuses {
        readings.insert(module.clone(), reading.clone());
    }
    state
}

#[tokio::test]
async fn many_events_are_one_look() {
    let mut run = Loop::new();
    run.during(async |run| {
        until("the first look", || run.slept() == [300]).await;
        for _ in 0..1_000 {
            run.tell.send(Wake::Changed).unwrap();
        }
        until("the look after them", || run.slept().len() == 3).await;
        assert_eq!(run.pauses(), [300, 300]);
        assert_eq!(run.reads(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_event_that_comes_during_a_look_brings_another() {
    let mut run = Loop::new();
    run.tell.send(Wake::Changed).unwrap();
    run.during(async |run| until("a second look", || run.reads() == 2).await)
        .await;
}

#[tokio::test]
async fn a_changed_smarthost_rings_the_delivery_and_is_no_reason_to_look() {
    let mut run = Loop::new();
    run.during(async |run| {
        until("the first look", || run.slept() == [300]).await;
        run.tell.send(Wake::Smarthost).unwrap();
        let rung = run.world.watching.mails.notified();
        let limit = Duration::from_secs(20);
        tokio::time::timeout(limit, rung).await.unwrap();
        assert_eq!(run.slept(), [300]);
        // Among others it is heard too.
        run.tell.send(Wake::Changed).unwrap();
        run.tell.send(Wake::Smarthost).unwrap();
        let rung = run.world.watching.mails.notified();
        tokio::time::timeout(limit, rung).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_look_that_is_asked_for_is_made_at_once_unless_one_is_under_way() {
    let mut run = Loop::new();
    run.during(async |run| {
        until("the first look", || run.slept() == [300]).await;
        assert!(run.world.watching.look.ask());
        until("the second look", || run.slept() == [300, 300]).await;
        assert_eq!(run.reads(), 2);
        run.world.cluster.hold(true);
        assert!(run.world.watching.look.ask());
        until("the third look", || run.reads() == 3).await;
        assert!(!run.world.watching.look.ask());
        run.world.cluster.hold(false);
        until("its end", || run.slept().len() == 3).await;
        assert_eq!(run.reads(), 3);
    })
    .await;
}
