use crate::correlator::plan::tests::{Bench, both, causes, day, only, second};
use crate::model::ModuleCause::{Missed, NotFinished, Ok as Fine};
use crate::model::{NodeId, PartState, RunKind};

/// R11.3: an elapse opens its run at once.
#[test]
fn the_run_is_open_before_anything_of_it_is_seen() {
    let mut bench = Bench::new();
    bench.look(second(20, 1, 59, 59));
    assert!(bench.known().runs.is_empty());
    bench.look(day(20, 2, 0));
    let run = &bench.known().runs[0];
    assert_eq!(run.at, day(20, 2, 0));
    assert_eq!(run.interval, Some(86_400));
    let states: Vec<_> = run.parts.values().map(|part| part.state).collect();
    assert_eq!(states, [PartState::Waiting; 2]);
}

#[test]
fn one_elapse_opens_one_run() {
    let mut bench = Bench::new();
    for minute in 0..10 {
        bench.look(day(20, 2, minute));
    }
    assert_eq!(bench.known().runs.len(), 1);
}

/// R2.6: a plan without a live member opens no run (T24).
#[test]
fn a_plan_without_live_applications_opens_no_run() {
    let mut bench = Bench::new();
    bench.plan().instances.clear();
    bench.look(day(19, 13, 0));
    bench.look(day(20, 2, 0));
    assert!(bench.known().runs.is_empty());
}

/// R11.1: each node at its own time; one run although they meet it apart.
#[test]
fn nodes_in_other_zones_meet_the_same_run_later() {
    let mut bench = Bench::new();
    let far = jiff::tz::TimeZone::get("America/New_York").unwrap();
    bench.rules.zones.insert(NodeId(2), far);
    bench.look(day(20, 1, 0));
    bench.look(day(20, 2, 0));
    for module in ["mail1", "samba1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    bench.look(day(20, 2, 2));
    let parts = &bench.known().runs[0].parts;
    assert_eq!(parts[&NodeId(2)].state, PartState::Upcoming);
    assert_eq!(parts[&NodeId(2)].at, day(20, 7, 0));
    assert_eq!(bench.look(day(20, 6, 0)).settled, [], "not before it fired");
    bench.look(day(20, 7, 0));
    bench.backed_up("webtop1", day(20, 7, 0), 1, 0);
    let first = bench.look(day(20, 7, 2));
    let observed = both(first, bench.look(day(20, 7, 3)));
    assert_eq!(only(&observed).members.len(), 3);
    assert_eq!(only(&observed).id, "2026-11-20T02:00:00".into());
}

/// R11.3, T7: an elapse during a run that is still open on that node is
/// skipped, not missed, and named in the long run's report.
#[test]
fn an_elapse_during_a_long_run_is_skipped_and_named() {
    let mut bench = Bench::new();
    bench.plan().schedule = "hourly".into();
    bench.usually_takes("samba1", 95);
    bench.look(day(20, 1, 30));
    bench.look(day(20, 2, 0));
    for module in ["mail1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    bench.look(day(20, 2, 2));
    bench.look(day(20, 3, 0));
    bench.backed_up("webtop1", day(20, 3, 0), 1, 0);
    bench.look(day(20, 3, 2));
    bench.backed_up("samba1", day(20, 2, 1), 94, 0);
    let first = bench.look(day(20, 3, 36));
    let observed = both(first, bench.look(day(20, 3, 37)));
    let long = &observed
        .settled
        .iter()
        .find(|over| over.run.at == Some(day(20, 2, 0)));
    let long = &long.expect("the long run").run;
    assert!(!long.is_bad());
    assert_eq!(long.skipped, [day(20, 3, 0)]);
    assert_eq!(long.took(), Some(95 * 60));
}

/// R11.3: one state, not a queue.
#[test]
fn a_plan_that_fires_more_often_than_it_can_be_judged_has_few_runs() {
    let mut bench = Bench::new();
    bench.plan().schedule = "*:0/15".into();
    bench.look(day(20, 1, 55));
    for quarter in 0..16 {
        let minute = quarter % 4 * 15;
        bench.look(day(20, 2 + quarter / 4, minute));
    }
    assert!(
        bench.known().runs.len() <= 2,
        "{}",
        bench.known().runs.len()
    );
}

/// After a node was given up, what fired meanwhile may have been met.
#[test]
fn an_elapse_that_seemed_to_be_skipped_is_waited_for_after_all() {
    let mut bench = Bench::new();
    bench.plan().schedule = "*-*-* 02,05:00:00".into();
    bench.usually_takes("samba1", 120);
    bench.look(day(20, 1, 0));
    bench.look(day(20, 2, 0));
    for module in ["mail1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    bench.look(day(20, 2, 2));
    bench.look(day(20, 5, 0));
    bench.backed_up("webtop1", day(20, 5, 0), 1, 0);
    let (_, elsewhere) = bench.wait_for_a_verdict(day(20, 12, 0));
    assert_eq!(causes(&elsewhere[0].run), [("webtop1", Fine)]);
    let (when, over) = bench.wait_for_a_verdict(day(20, 12, 0));
    assert_eq!(causes(&over[0].run)[1], ("samba1", NotFinished));
    assert!(when > day(20, 6, 0), "{when}");
    let (_, later) = bench.wait_for_a_verdict(day(21, 1, 0));
    let later = &later[0].run;
    assert_eq!(later.at, Some(day(20, 5, 0)));
    assert_eq!(causes(later), [("mail1", Missed), ("samba1", Missed)]);
}

/// By a clock that runs ahead the timer fires before the elapse, and what it
/// did began after it.
#[test]
fn a_backup_that_seemed_to_begin_by_hand_just_before_is_of_the_run() {
    let mut bench = Bench::new();
    bench.look(second(20, 1, 59, 0));
    bench.backed_up("mail1", second(20, 2, 0, 1), 1, 0);
    bench.look(second(20, 1, 59, 30));
    assert!(bench.known().hand.is_some());
    bench.look(day(20, 2, 0));
    assert!(bench.known().hand.is_none());
    for module in ["samba1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    let first = bench.look(day(20, 2, 2));
    let observed = both(first, bench.look(day(20, 2, 3)));
    assert_eq!(only(&observed).kind, RunKind::Scheduled);
    assert!(!only(&observed).is_bad());
}
