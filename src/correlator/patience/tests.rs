use jiff::SignedDuration;

use crate::correlator::plan::tests::{Bench, Meanwhile, causes, day, second};
use crate::model::ModuleCause::{Missed, NeverRan, NodeUnreachable, NotFinished, Ok as Fine};
use crate::model::{NodeId, PlanCause};

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// Node 2 is through, and of node 1 `mail1`, which ended at 02:02.
fn one_is_pending(change: impl FnOnce(&mut Bench)) -> Bench {
    let mut bench = Bench::new();
    change(&mut bench);
    bench.look(second(20, 2, 0, 0));
    for module in ["mail1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 1), 1, 0);
    }
    bench.look(day(20, 2, 2));
    bench
}

/// After which time since the newest status the run was judged, less the look
/// that follows the giving up.
fn given_up_after(bench: &mut Bench) -> SignedDuration {
    let (when, over) = bench.wait_for_a_verdict(day(22, 0, 0));
    assert_eq!(causes(&over[0].run)[1].1, NotFinished);
    when.duration_since(day(20, 2, 2)) - minutes(1)
}

/// R4.3 (4): 7200 s at least, twice the longest of the pending members else.
#[test]
fn a_node_is_given_up_after_twice_the_longest_of_who_is_pending() {
    for (usual, expected) in [(1, 120), (60, 120), (61, 122), (180, 360)] {
        let mut bench = one_is_pending(|bench| bench.usually_takes("samba1", usual));
        assert_eq!(given_up_after(&mut bench), minutes(expected), "{usual}");
    }
}

#[test]
fn how_long_those_take_that_are_in_does_not_matter() {
    let mut bench = one_is_pending(|bench| bench.usually_takes("mail1", 600));
    assert_eq!(given_up_after(&mut bench), minutes(120));
}

/// R4.3 (4): never measured: the time to the next elapse, at most 24 h, at
/// least 7200 s.
#[test]
fn one_that_was_never_measured_has_until_the_next_elapse() {
    let mut bench = one_is_pending(|bench| bench.never_measured("samba1"));
    let part = &bench.known().runs[0].parts[&NodeId(1)];
    assert_eq!(part.patience, 24 * 3600 - 2 * 60);
    let mut weekly = one_is_pending(|bench| {
        bench.never_measured("samba1");
        bench.plan().schedule = "Fri *-*-* 02:00:00".into();
        bench.look(day(19, 13, 0));
    });
    let part = &weekly.known().runs[0].parts[&NodeId(1)];
    assert_eq!(part.patience, 24 * 3600);
    let mut hourly = one_is_pending(|bench| {
        bench.never_measured("samba1");
        bench.plan().schedule = "hourly".into();
        bench.look(day(20, 1, 30));
    });
    let part = &hourly.known().runs[0].parts[&NodeId(1)];
    assert_eq!(part.patience, 7200);
}

/// R4.3 (4): the clock of giving up stops while Redis cannot be read (T28).
#[test]
fn nobody_is_given_up_for_a_time_in_which_nobody_could_look() {
    let mut bench = one_is_pending(|_| {});
    bench.look(day(20, 3, 0));
    let outage = Meanwhile {
        outage: true,
        ..Meanwhile::default()
    };
    assert_eq!(bench.look_after(day(20, 8, 0), outage).settled, []);
    assert_eq!(given_up_after(&mut bench), minutes(120 + 300));
}

/// R4.3 (4): every new status gives the rest of its node new time.
#[test]
fn a_node_that_goes_on_is_not_given_up() {
    let mut bench = one_is_pending(|bench| {
        bench.join("nextcloud1", 1);
        bench.look(day(19, 13, 0));
    });
    bench.look(day(20, 3, 59));
    bench.backed_up("samba1", day(20, 2, 2), 118, 0);
    bench.look(day(20, 4, 0));
    let (when, over) = bench.wait_for_a_verdict(day(22, 0, 0));
    assert!(when > day(20, 6, 0), "{when}");
    assert_eq!(causes(&over[0].run)[3].1, NeverRan);
}

/// R11.2: the grace, and twice the longest of the node's members.
#[test]
fn a_node_that_shows_nothing_has_missed_the_elapse_after_its_grace() {
    for (usual, expected) in [(1, 182), (90, 360)] {
        let mut bench = Bench::new();
        bench.usually_takes("webtop1", usual);
        bench.look(day(20, 2, 0));
        for module in ["mail1", "samba1"] {
            bench.backed_up(module, day(20, 2, 0), 1, 0);
        }
        let (when, over) = bench.wait_for_a_verdict(day(22, 0, 0));
        let run = &over[0].run;
        let seen = [("mail1", Fine), ("samba1", Fine), ("webtop1", Missed)];
        assert_eq!(causes(run), seen);
        assert!(run.causes.is_empty(), "not the whole plan");
        let after = when.duration_since(day(20, 2, 0)) - minutes(1);
        assert_eq!(after, minutes(expected), "{usual}");
    }
}

/// R11.2: cause `missed` for the plan when no node ran.
#[test]
fn a_run_that_happened_nowhere_is_missed_as_a_whole() {
    let mut bench = Bench::new();
    bench.look(day(20, 2, 0));
    let (_, over) = bench.wait_for_a_verdict(day(20, 12, 0));
    let run = &over[0].run;
    assert_eq!(run.causes, [PlanCause::Missed]);
    assert!(causes(run).iter().all(|(_, cause)| *cause == Missed));
}

/// R11.2, T20: `node_unreachable` if the node does not answer.
#[test]
fn a_silent_node_that_does_not_answer_is_named_so() {
    let mut bench = Bench::new();
    bench.reach.unreachable = [NodeId(2)].into();
    bench.look(day(20, 2, 0));
    for module in ["mail1", "samba1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    let (_, over) = bench.wait_for_a_verdict(day(20, 12, 0));
    assert_eq!(causes(&over[0].run)[2], ("webtop1", NodeUnreachable));
}

/// R4.7: the own VPN is named where it is the suspect.
#[test]
fn no_node_is_blamed_when_the_own_vpn_is_the_suspect() {
    let mut bench = Bench::new();
    bench.reach.own_vpn_suspect = true;
    bench.look(day(20, 2, 0));
    for module in ["mail1", "samba1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    let (_, over) = bench.wait_for_a_verdict(day(20, 12, 0));
    assert!(over[0].run.own_vpn_suspect);
    assert_eq!(causes(&over[0].run)[2], ("webtop1", Missed));
}

/// R4.4: `never_ran` where no status ever existed.
#[test]
fn who_never_had_a_status_never_ran() {
    let mut bench = Bench::new();
    bench.join("nextcloud1", 2);
    bench.look(day(19, 13, 0));
    bench.look(day(20, 2, 0));
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    let (_, over) = bench.wait_for_a_verdict(day(22, 0, 0));
    assert_eq!(causes(&over[0].run)[3], ("nextcloud1", NeverRan));
}

/// A node without a clock of its own begins at the epoch, and its clock is set
/// while it backs up.
#[test]
fn a_clock_that_was_set_during_a_backup_measures_nothing() {
    let mut bench = Bench::new();
    bench.look(day(20, 1, 59));
    bench.look(day(20, 2, 0));
    for module in ["mail1", "samba1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    let years = day(20, 2, 1).as_second() / 60;
    bench.backed_up("webtop1", jiff::Timestamp::UNIX_EPOCH, years, 0);
    bench.wait_for_a_verdict(day(20, 3, 0));
    bench.look(day(21, 1, 59));
    let (_, over) = bench.wait_for_a_verdict(day(22, 1, 0));
    assert_eq!(causes(&over[0].run)[2], ("webtop1", Missed));
}
