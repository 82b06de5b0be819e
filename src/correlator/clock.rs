//! Two clocks at every look: the wall clock, which people set, and the
//! machine's boot-time clock, by which everything waits.

use jiff::Timestamp;

use crate::model::{ClockMark, Identity, Watched, WholeWatch};

/// A wall clock that moved further than this against the boot-time clock was
/// set; elapses between here and there never were.
const MOVED: i64 = 5 * 60;

/// One look at the cluster, in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The wall clock.
    pub now: Timestamp,
    /// The clock of waiting.
    pub watched: Watched,
    /// How much of it passed since the last look.
    pub passed: i64,
    /// When the cluster was last looked at; `None`: never before.
    pub last: Option<Timestamp>,
    /// Whether the program was not running meanwhile.
    pub was_down: bool,
    /// Whether everything begins anew.
    pub fresh: bool,
    /// By how many seconds the wall clock was moved, if it was.
    pub moved: Option<i64>,
}

/// What the caller knows of the time between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// The program ran and could read all the time.
    Watching,
    /// The program ran and Redis could not be read.
    Outage,
    /// This is its first look since it was started.
    Started,
}

/// Takes note of a look. `whole` begins anew when the identity is another one:
/// after a clone or a restore nothing that was remembered holds.
pub fn tick(
    whole: &mut WholeWatch,
    identity: Identity,
    clock: ClockMark,
    between: Between,
) -> Tick {
    let known = whole.identity.as_ref();
    let other = known.is_some_and(|known| known.is_another(&identity));
    // A key that is away for a while makes no other cluster.
    let identity = Identity {
        cluster: identity.cluster.or_else(|| {
            let known = known.filter(|_| !other);
            known.and_then(|known| known.cluster.clone())
        }),
        ..identity
    };
    if other {
        *whole = WholeWatch {
            digest_at: whole.digest_at,
            ..WholeWatch::default()
        };
    }
    let last = whole.clock.take();
    let moved = last.as_ref().and_then(|last| moved(last, &clock));
    let passed = match (&last, between) {
        (None, _) | (_, Between::Outage) => 0,
        (Some(last), _) => elapsed(last, &clock, moved.is_some()),
    };
    let tick = Tick {
        now: clock.wall,
        watched: whole.watched.after(passed),
        passed,
        last: last.map(|last| last.wall),
        was_down: between == Between::Started,
        fresh: whole.identity.is_none(),
        moved,
    };
    whole.watched = tick.watched;
    whole.clock = Some(clock);
    whole.identity = Some(identity);
    tick
}

/// How far the wall clock went its own way; nobody can tell across a start of
/// the machine.
fn moved(last: &ClockMark, now: &ClockMark) -> Option<i64> {
    let by = now.wall.duration_since(last.wall).as_secs() - (now.boot - last.boot);
    (now.boot_id == last.boot_id && by.abs() > MOVED).then_some(by)
}

fn elapsed(last: &ClockMark, now: &ClockMark, moved: bool) -> i64 {
    let by_wall = now.wall.duration_since(last.wall).as_secs();
    let by_boot = now.boot - last.boot;
    let seconds = if now.boot_id == last.boot_id || moved {
        by_boot
    } else {
        by_wall
    };
    seconds.max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(wall: i64, boot: i64, boot_id: &str) -> ClockMark {
        ClockMark {
            wall: Timestamp::from_second(wall).unwrap(),
            boot,
            boot_id: boot_id.into(),
        }
    }

    fn us(module: &str) -> Identity {
        Identity {
            cluster: Some("c".into()),
            module: Some(module.into()),
        }
    }

    #[test]
    fn waiting_goes_by_the_boot_time_clock_and_stands_still_while_redis_is_away() {
        let mut whole = WholeWatch::default();
        let first = tick(&mut whole, us("m1"), mark(1000, 50, "a"), Between::Started);
        assert!(first.fresh);
        assert_eq!(first.passed, 0);
        let mut next = |clock, between| tick(&mut whole, us("m1"), clock, between);
        assert_eq!(next(mark(1031, 80, "a"), Between::Watching).passed, 30);
        assert_eq!(next(mark(9031, 8080, "a"), Between::Outage).passed, 0);
        let tick = next(mark(9041, 8090, "a"), Between::Watching);
        assert_eq!((tick.passed, tick.watched), (10, Watched(40)));
        assert!(!tick.fresh);
    }

    #[test]
    fn a_wall_clock_that_jumps_is_noticed_and_does_not_wait_for_us() {
        let mut whole = WholeWatch::default();
        tick(&mut whole, us("m1"), mark(1000, 50, "a"), Between::Started);
        let jump = tick(
            &mut whole,
            us("m1"),
            mark(87_430, 80, "a"),
            Between::Watching,
        );
        assert_eq!((jump.moved, jump.passed), (Some(86_400), 30));
        let small = tick(
            &mut whole,
            us("m1"),
            mark(87_430 + 329, 110, "a"),
            Between::Watching,
        );
        assert_eq!((small.moved, small.passed), (None, 30));
    }

    #[test]
    fn across_a_start_of_the_machine_the_wall_clock_is_all_there_is() {
        let mut whole = WholeWatch::default();
        tick(
            &mut whole,
            us("m1"),
            mark(1000, 5000, "a"),
            Between::Started,
        );
        let back = tick(&mut whole, us("m1"), mark(4600, 20, "b"), Between::Started);
        assert_eq!((back.moved, back.passed), (None, 3600));
        assert!(back.was_down);
    }

    #[test]
    fn a_cluster_that_does_not_say_its_uuid_for_a_while_is_the_same() {
        let mut whole = WholeWatch::default();
        let named = |cluster: Option<&str>| Identity {
            cluster: cluster.map(str::to_owned),
            ..us("m1")
        };
        let clock = |second| mark(1000 + second, 50 + second, "a");
        let mut look = |cluster, second: i64| {
            let clock = clock(second);
            tick(&mut whole, named(cluster), clock, Between::Watching).fresh
        };
        assert!(look(Some("c"), 0));
        assert!(!look(None, 30));
        assert!(!look(Some("c"), 60));
        assert!(!look(None, 90));
        assert!(look(Some("d"), 120));
    }

    #[test]
    fn a_clone_and_a_restored_instance_begin_anew() {
        let mut whole = WholeWatch::default();
        tick(&mut whole, us("m1"), mark(1000, 50, "a"), Between::Started);
        let clone = tick(
            &mut whole,
            us("m2"),
            mark(2000, 1050, "a"),
            Between::Started,
        );
        assert!(clone.fresh);
        assert_eq!(clone.last, None);
    }
}
