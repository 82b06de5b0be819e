use super::*;
use crate::correlator::plan::tests::{Bench, DOWN, both, causes, day, only, second};
use crate::model::ModuleCause::{
    BackupError, Busy, Missed, NotFinished, Ok as Fine, Unreadable as NotUnderstood,
};
use crate::model::{Reason, RunKind, Unreadable};

/// The run of the 20th, open, with nothing seen yet.
fn fired() -> Bench {
    let mut bench = Bench::new();
    bench.look(second(20, 2, 0, 5));
    bench
}

/// R4.3 (1): start, end and errors make a status new, and nothing else.
#[test]
fn statistics_that_change_are_no_new_status() {
    let mut bench = fired();
    let known = bench.state.statuses[&"1".into()][&ModuleId::from("mail1")].clone();
    let StatusReading::Read(mut status) = known else {
        panic!("a status");
    };
    status.size = Some(5);
    bench.reading("mail1", StatusReading::Read(status.clone()));
    bench.look(day(20, 2, 1));
    let read = |bench: &mut Bench| {
        let parts = bench.known().runs[0].parts.values();
        let members = parts.flat_map(|part| part.members.values());
        members.filter(|member| member.reading.is_some()).count()
    };
    assert_eq!(read(&mut bench), 0);
    status.errors = 1;
    bench.reading("mail1", StatusReading::Read(status));
    bench.look(day(20, 2, 2));
    assert_eq!(read(&mut bench), 1);
}

/// R4.3 (1): while the program watches, no clock is asked (T10).
#[test]
fn what_is_seen_to_come_is_of_the_run_whatever_its_nodes_clock_says() {
    let mut bench = fired();
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(20, 0, 30), 1, 0);
    }
    let first = bench.look(day(20, 2, 5));
    let observed = both(first, bench.look(day(20, 2, 6)));
    assert_eq!(only(&observed).kind, RunKind::Scheduled);
}

/// R4.3 (1): `start` >= elapse - 300 s, for what changed while it was down.
#[test]
fn what_came_while_it_was_down_is_told_apart_by_the_clocks() {
    for (early, kind) in [(299, RunKind::Scheduled), (301, RunKind::HandWhole)] {
        let mut bench = Bench::new();
        bench.look(day(20, 1, 0));
        let start = day(20, 2, 0) - jiff::SignedDuration::from_secs(early);
        for module in ["mail1", "samba1", "webtop1"] {
            bench.backed_up(module, start, 1, 0);
        }
        let first = bench.look_after(day(20, 2, 30), DOWN);
        let observed = both(first, bench.look(day(20, 2, 31)));
        assert_eq!(only(&observed).kind, kind, "{early} s before the elapse");
    }
}

/// R4.3 (1): never more than a quarter of the interval.
#[test]
fn of_a_plan_that_fires_often_the_clocks_may_differ_less() {
    for (early, kind) in [(150, RunKind::Scheduled), (160, RunKind::HandWhole)] {
        let mut bench = Bench::unseen();
        bench.plan().schedule = "*:0/10".into();
        bench.look(day(20, 2, 1));
        let start = day(20, 2, 10) - jiff::SignedDuration::from_secs(early);
        for module in ["mail1", "samba1", "webtop1"] {
            bench.backed_up(module, start, 0, 0);
        }
        let first = bench.look_after(day(20, 2, 12), DOWN);
        let observed = both(first, bench.look(day(20, 2, 13)));
        assert_eq!(only(&observed).kind, kind, "{early} s before the elapse");
    }
}

/// R4.3 (2), T11: added since is `not_due`.
#[test]
fn who_joins_after_the_elapse_is_not_due() {
    let mut bench = fired();
    bench.join("nextcloud1", 1);
    bench.look(day(20, 2, 2));
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 3), 1, 0);
    }
    let first = bench.look(day(20, 2, 5));
    let observed = both(first, bench.look(day(20, 2, 6)));
    let seen = causes(only(&observed));
    assert_eq!(seen[3], ("nextcloud1", crate::model::ModuleCause::NotDue));
    assert_eq!(seen.len(), 4);
}

/// R4.3 (2), T12: a removed one is named and left out.
#[test]
fn who_leaves_during_the_run_is_named_and_not_waited_for() {
    let mut bench = fired();
    for module in ["mail1", "samba1"] {
        bench.backed_up(module, day(20, 2, 1), 1, 0);
    }
    bench.look(day(20, 2, 3));
    bench.leave("webtop1");
    let first = bench.look(day(20, 2, 20));
    let observed = both(first, bench.look(day(20, 2, 21)));
    let run = only(&observed);
    assert_eq!(causes(run), [("mail1", Fine), ("samba1", Fine)]);
    assert_eq!(run.gone, ["webtop1".into()]);
}

/// R4.3 (3): when every member has a new status, and the wait after it.
#[test]
fn a_run_is_over_so_long_after_its_last_status() {
    let mut bench = fired();
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 1), 1, 0);
    }
    assert_eq!(bench.look(second(20, 2, 2, 20)).settled, []);
    assert_eq!(bench.look(second(20, 2, 2, 29)).settled, []);
    let observed = bench.look(second(20, 2, 2, 30));
    assert!(!only(&observed).is_bad());
}

/// R4.3 (3): late writes count still.
#[test]
fn a_status_that_changes_while_the_run_settles_is_the_one_that_counts() {
    let mut bench = fired();
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 1), 1, 0);
    }
    bench.look(second(20, 2, 2, 10));
    bench.backed_up("mail1", day(20, 2, 1), 1, 1);
    let first = bench.look(second(20, 2, 2, 20));
    let observed = both(first, bench.look(day(20, 2, 3)));
    assert_eq!(causes(only(&observed))[0], ("mail1", BackupError));
}

/// The run of the 20th, given up on node 1 after `mail1`; it was reported.
fn given_up() -> Bench {
    let mut bench = fired();
    for module in ["mail1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 1), 1, 0);
    }
    bench.look(second(20, 2, 2, 5));
    let (when, over) = bench.wait_for_a_verdict(day(20, 8, 0));
    assert_eq!(when, second(20, 4, 3, 5));
    assert_eq!(causes(&over[0].run)[1], ("samba1", NotFinished));
    bench
}

/// R4.3 (5): started before the giving up.
#[test]
fn a_late_status_corrects_the_run_that_was_given_up() {
    let mut bench = given_up();
    bench.backed_up("samba1", day(20, 2, 3), 240, 0);
    let first = bench.look(day(20, 6, 4));
    let observed = both(first, bench.look(day(20, 6, 5)));
    let run = only(&observed);
    assert!(run.corrected);
    assert_eq!(run.id, "2026-11-20T02:00:00".into());
    assert!(!run.is_bad());
}

/// R4.3 (5): those that follow it closely on that node are of the run too; all
/// others are not.
#[test]
fn late_statuses_follow_one_another_by_less_than_half_an_hour() {
    for (pause, kind) in [(29, None), (30, Some(RunKind::HandPart))] {
        let mut bench = given_up();
        // A late one of another module, which began in time.
        bench.backed_up("mail1", day(20, 4, 0), 60, 0);
        bench.look(day(20, 5, 1));
        let start = day(20, 5, 0) + jiff::SignedDuration::from_mins(pause);
        bench.backed_up("samba1", start, 1, 0);
        bench.look(day(20, 5, 40));
        let hand = bench.known().hand.is_some().then_some(RunKind::HandPart);
        assert_eq!(hand, kind, "{pause} minutes later");
    }
}

#[test]
fn what_began_after_the_giving_up_is_a_hand_run() {
    let mut bench = given_up();
    bench.backed_up("samba1", day(20, 9, 0), 1, 0);
    bench.look(day(20, 9, 2));
    assert!(bench.known().hand.is_some());
}

/// R4.3 (6): it closes when the plan's members are all in.
#[test]
fn a_run_by_hand_is_over_when_all_reported() {
    let mut bench = Bench::new();
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(19, 15, 0), 1, 0);
    }
    let first = bench.look(day(19, 15, 2));
    let observed = both(first, bench.look(day(19, 15, 3)));
    let run = only(&observed);
    assert_eq!(run.kind, RunKind::HandWhole);
    let id = format!("hand-{}", day(19, 15, 0).as_second());
    assert_eq!(run.id, RunId::new(id));
}

/// R4.3 (6): or after 7200 s of silence; it judges only those that reported.
#[test]
fn a_run_by_hand_of_some_is_over_after_two_hours_and_judges_only_them() {
    let mut bench = Bench::new();
    bench.backed_up("samba1", day(19, 15, 0), 1, 1);
    bench.look(day(19, 15, 2));
    assert_eq!(bench.look(day(19, 17, 1)).settled, []);
    let observed = bench.look(day(19, 17, 2));
    let run = only(&observed);
    assert_eq!(run.kind, RunKind::HandPart);
    assert_eq!(causes(run), [("samba1", BackupError)]);
}

#[test]
fn a_second_try_by_hand_replaces_the_first() {
    let mut bench = Bench::new();
    bench.backed_up("samba1", day(19, 15, 0), 1, 1);
    bench.look(day(19, 15, 2));
    bench.backed_up("samba1", day(19, 15, 30), 1, 0);
    let first = bench.look(day(19, 15, 32));
    let observed = both(first, bench.look(day(19, 17, 32)));
    assert_eq!(causes(only(&observed)), [("samba1", Fine)]);
}

/// R4.3 (6): judged before the run that follows it.
#[test]
fn a_run_by_hand_ends_when_the_schedule_fires() {
    let mut bench = Bench::new();
    bench.backed_up("samba1", day(20, 1, 0), 1, 1);
    let first = bench.look(day(20, 1, 2));
    let observed = both(first, bench.look(second(20, 2, 0, 5)));
    assert_eq!(only(&observed).kind, RunKind::HandPart);
    assert_eq!(bench.known().runs.len(), 1);
}

/// R4.3 (7), T5: a hand run during it belongs to it.
#[test]
fn a_repair_by_hand_during_the_run_replaces_what_failed() {
    let mut bench = fired();
    bench.backed_up("mail1", day(20, 2, 0), 5, 1);
    bench.look(day(20, 2, 6));
    bench.backed_up("mail1", day(20, 2, 30), 10, 0);
    bench.look(day(20, 2, 41));
    assert_eq!(bench.known().hand, None);
    for module in ["samba1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 6), 90, 0);
    }
    let first = bench.look(day(20, 3, 37));
    let observed = both(first, bench.look(day(20, 3, 38)));
    assert!(!only(&observed).is_bad());
}

/// An hourly plan whose node is still at work at the next elapse.
fn hourly() -> Bench {
    let mut bench = Bench::new();
    bench.plan().schedule = "hourly".into();
    bench.usually_takes("mail1", 90);
    bench.look(day(20, 1, 30));
    bench.look(second(20, 2, 0, 5));
    bench.backed_up("mail1", day(20, 2, 0), 10, 0);
    bench.backed_up("webtop1", day(20, 2, 0), 10, 0);
    bench.look(day(20, 2, 11));
    bench.look(second(20, 3, 0, 5));
    bench
}

/// R4.3 (7): a module already in reports again, at or after the later elapse.
#[test]
fn a_status_of_the_next_elapse_ends_the_earlier_run() {
    let mut bench = hourly();
    bench.backed_up("mail1", day(20, 3, 0), 10, 0);
    let first = bench.look(day(20, 3, 11));
    let observed = both(first, bench.look(day(20, 3, 12)));
    let run = only(&observed);
    assert_eq!(run.id, "2026-11-20T02:00:00".into());
    assert_eq!(causes(run)[0], ("mail1", Fine));
    assert_eq!(causes(run)[1], ("samba1", NotFinished));
    let status = run.members[0].status.as_ref().unwrap();
    assert_eq!(status.start, day(20, 2, 0), "not today's for yesterday's");
    assert_eq!(bench.known().runs.len(), 1, "the later one goes on");
}

/// R4.3 (7): less 300 s; what began before that is of the earlier run.
#[test]
fn a_second_try_before_the_next_elapse_is_still_of_the_run() {
    let mut bench = hourly();
    bench.backed_up("mail1", day(20, 2, 54), 10, 1);
    bench.look(day(20, 3, 5));
    let open = &bench.known().runs[0];
    assert_eq!(open.id, "2026-11-20T02:00:00".into());
    let mail = &open.parts[&NodeId(1)].members[&"mail1".into()];
    let errors = mail.reading.as_ref().unwrap().status().unwrap().errors;
    assert_eq!(errors, 1);
}

/// R4.3 (7): a node's first status with `start` after a later elapse.
#[test]
fn a_first_status_of_the_next_day_leaves_the_night_before_missed() {
    let mut bench = fired();
    bench.plan().schedule = "*-*-* 02:00:00".into();
    // So that node 2 is still waited for at the next elapse.
    bench.usually_takes("webtop1", 15 * 60);
    bench.known().runs.clear();
    bench.known().handled.clear();
    bench.known().baseline = day(20, 1, 0);
    bench.last = Some(day(20, 1, 59));
    bench.look(second(20, 2, 0, 5));
    for module in ["mail1", "samba1"] {
        bench.backed_up(module, day(20, 2, 1), 1, 0);
    }
    bench.look(day(20, 2, 3));
    bench.look(second(21, 2, 0, 5));
    bench.backed_up("webtop1", day(21, 2, 0), 1, 0);
    let first = bench.look(day(21, 2, 2));
    let observed = both(first, bench.look(day(21, 2, 3)));
    let run = only(&observed);
    assert_eq!(run.id, "2026-11-20T02:00:00".into());
    assert_eq!(causes(run)[2], ("webtop1", Missed));
}

/// R4.1.
#[test]
fn a_status_that_cannot_be_understood_stops_nothing() {
    let mut bench = fired();
    let broken = StatusReading::Unreadable(Unreadable::new(
        "node/1/backup_status/1 mail1",
        Reason::NotAStatus,
    ));
    bench.reading("mail1", broken);
    for module in ["samba1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 1), 1, 0);
    }
    let first = bench.look(day(20, 2, 3));
    let observed = both(first, bench.look(day(20, 2, 4)));
    let seen = [
        ("mail1", NotUnderstood),
        ("samba1", Fine),
        ("webtop1", Fine),
    ];
    assert_eq!(causes(only(&observed)), seen);
}

/// R4.4, T22: what another plan's status covers part of the time of.
#[test]
fn what_another_plan_held_was_busy() {
    let mut bench = fired();
    for module in ["mail1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 1), 1, 0);
    }
    bench.look(day(20, 2, 3));
    let samba = ModuleId::from("samba1");
    let mut other = bench.state.statuses[&"1".into()][&samba].clone();
    if let StatusReading::Read(status) = &mut other {
        (status.start, status.end) = (day(20, 1, 30), day(20, 3, 30));
    }
    let other = [(samba, other)].into_iter().collect();
    bench.state.statuses.insert("2".into(), other);
    let (_, over) = bench.wait_for_a_verdict(day(20, 5, 0));
    let samba = &over[0].run.members[1];
    assert_eq!(samba.cause, Busy);
    assert_eq!(samba.busy_with, Some("2".into()));
}
