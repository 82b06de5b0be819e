//! A clone, and crashes while it looks for the first time.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;

use super::*;

/// Ends everything when it is asked for the time once too often.
struct CrashingClock(AtomicUsize);

#[async_trait]
impl Clock for CrashingClock {
    fn now(&self) -> Timestamp {
        let left = self.0.fetch_sub(1, Ordering::Relaxed);
        assert!(left > 0, "crashed");
        at(5_000)
    }

    async fn sleep(&self, _pause: Duration) {
        std::future::pending::<()>().await;
    }

    fn mark(&self, wall: Timestamp) -> ClockMark {
        mark(wall)
    }
}

/// Plans 1 and 2, both bad, in the cluster with this UUID.
fn two_plans(uuid: &str) -> ClusterState {
    let mut state = cluster(100, &[("mail1", 1)]);
    state.cluster_uuid = Some(uuid.into());
    let (plan, readings) = (
        state.plans[&"1".into()].clone(),
        state.statuses[&"1".into()].clone(),
    );
    state.plans.insert("2".into(), plan);
    state.statuses.insert("2".into(), readings);
    state
}

impl World {
    /// The mails of all reports that wait, and those that were withdrawn.
    async fn waiting_and_withdrawn(&self) -> (usize, usize) {
        let mut states = Vec::new();
        for report in self.reports().await {
            let mails = self.watching.store.deliveries(report.id).await.unwrap();
            states.extend(mails.into_iter().map(|mail| mail.state));
        }
        let count = |state| states.iter().filter(|found| **found == state).count();
        (
            count(RecipientState::Queued),
            count(RecipientState::NotSent),
        )
    }
}

#[tokio::test]
async fn what_a_clone_reports_at_first_survives_a_crash_at_any_moment() {
    let mut crashed = 0;
    loop {
        let mut world = World::new("file");
        let mut good = two_plans("a");
        for readings in good.statuses.values_mut() {
            *readings = crate::model::Readings::default();
        }
        world.show(Some(good));
        world.pass(200).await;
        world.show(Some(two_plans("b")));

        let set = std::mem::replace(
            &mut world.watching.clock,
            Arc::new(CrashingClock(AtomicUsize::new(crashed))) as _,
        );
        let mut session = Session::default();
        let pass = AssertUnwindSafe(world.watching.pass(&mut session));
        let ended = pass.catch_unwind().await;
        world.watching.clock = set;
        world.session = Session::default();
        world.pass(5_030).await;
        assert_eq!(
            world.waiting_and_withdrawn().await,
            (2, 0),
            "crashed at {crashed}"
        );
        if ended.is_ok() {
            break;
        }
        crashed += 1;
    }
    assert!(crashed > 3, "{crashed}");
}
