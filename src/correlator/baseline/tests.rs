use crate::correlator::plan::tests::{Bench, DOWN, Meanwhile, both, causes, day, only};
use crate::model::ModuleCause::{BackupError, Missed, NotDue, Ok as Fine};
use crate::model::PlanCause;

/// R2.6: at the first start only later elapses count.
#[test]
fn what_fired_before_the_first_look_is_no_run() {
    let mut bench = Bench::unseen();
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(19, 2, 0), 1, 0);
    }
    assert_eq!(bench.look(day(19, 2, 10)).settled, []);
    assert!(bench.known().runs.is_empty());
    bench.look(day(20, 1, 59));
    assert!(bench.known().runs.is_empty());
    bench.look(day(20, 2, 0));
    assert_eq!(bench.known().runs.len(), 1);
}

/// R2.6, T30: a member's newest status has errors.
#[test]
fn a_plan_that_is_bad_at_the_first_start_is_found_so_once() {
    let mut bench = Bench::unseen();
    bench.backed_up("mail1", day(19, 2, 0), 1, 1);
    bench.backed_up("samba1", day(19, 2, 0), 1, 0);
    let observed = bench.look(day(19, 12, 0));
    assert!(observed.settled[0].at_start);
    // R2.6: a member without any status is not due until its first elapse.
    let seen = [
        ("mail1", BackupError),
        ("samba1", Fine),
        ("webtop1", NotDue),
    ];
    assert_eq!(causes(only(&observed)), seen);
    assert_eq!(bench.look(day(19, 12, 1)).settled, []);
}

/// R2.6: all members' newest statuses are older than the last two elapses.
#[test]
fn a_plan_that_has_not_run_for_two_elapses_is_found_missed() {
    for (last, missed) in [(16, true), (17, false)] {
        let mut bench = Bench::unseen();
        for module in ["mail1", "samba1", "webtop1"] {
            bench.backed_up(module, day(15, 2, 0), 1, 0);
        }
        bench.backed_up("mail1", day(last, 2, 0), 1, 0);
        let observed = bench.look(day(18, 12, 0));
        assert_eq!(observed.settled.len(), usize::from(missed), "{last}");
        if missed {
            let run = only(&observed);
            assert_eq!(run.causes, [PlanCause::Missed]);
            assert!(causes(run).iter().all(|(_, cause)| *cause == Missed));
            assert_eq!(run.members[0].ok_before, Some(day(last, 2, 0)));
        }
    }
}

#[test]
fn a_plan_without_any_status_is_not_bad_at_the_first_start() {
    let mut bench = Bench::unseen();
    assert_eq!(bench.look(day(19, 12, 0)).settled, []);
}

/// R2.6: a plan first seen later tells nothing of what was.
#[test]
fn a_plan_that_appears_later_is_not_found_at_start() {
    let mut bench = Bench::unseen();
    let plans = std::mem::take(&mut bench.state.plans);
    bench.look(day(19, 12, 0));
    bench.state.plans = plans;
    bench.backed_up("mail1", day(19, 2, 0), 1, 1);
    assert_eq!(bench.look(day(19, 13, 0)).settled, []);
}

/// R2.6, T16.
#[test]
fn a_plan_that_is_enabled_again_owes_no_earlier_elapse() {
    let mut bench = Bench::new();
    bench.plan().enabled = false;
    bench.look(day(19, 13, 0));
    bench.look(day(20, 2, 5));
    assert!(
        bench.known().runs.is_empty(),
        "a disabled plan opens no run"
    );
    bench.plan().enabled = true;
    bench.look(day(20, 10, 0));
    assert!(bench.known().runs.is_empty());
    bench.look(day(21, 2, 0));
    assert_eq!(bench.known().runs.len(), 1);
}

/// R2.6: an elapse of a changed schedule that lies behind never was.
#[test]
fn a_changed_schedule_begins_anew_and_keeps_the_plans_state() {
    let mut bench = Bench::new();
    let trouble = crate::model::Trouble {
        since: day(18, 2, 0),
        first: "x".into(),
        bad: std::collections::BTreeMap::new(),
        told: None,
    };
    bench.known().condition.trouble = Some(trouble);
    bench.look(day(19, 13, 0));
    bench.plan().schedule = "*-*-* 13:01:00".into();
    bench.look(day(19, 13, 5));
    assert!(bench.known().runs.is_empty());
    assert!(bench.known().condition.trouble.is_some());
    bench.look(day(20, 13, 1));
    assert_eq!(bench.known().runs.len(), 1);
}

/// R2.6, T15: an open run is finished under the plan as it was.
#[test]
fn a_run_that_is_open_is_finished_though_the_plan_is_edited() {
    let mut bench = Bench::new();
    bench.look(day(20, 2, 0));
    bench.plan().enabled = false;
    bench.plan().name = "Another".into();
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 1);
    }
    let first = bench.look(day(20, 2, 2));
    let observed = both(first, bench.look(day(20, 2, 3)));
    let run = only(&observed);
    assert!(run.is_bad());
    assert_eq!(run.plan.name, "");
    assert!(run.plan.enabled);
}

/// R2.6, T26: only the newest elapse is judged, older ones are `unknown`.
#[test]
fn after_a_downtime_only_the_newest_elapse_is_judged() {
    let mut bench = Bench::new();
    for module in ["mail1", "samba1", "webtop1"] {
        bench.backed_up(module, day(23, 2, 0), 1, 0);
    }
    let observed = bench.look_after(day(23, 8, 0), DOWN);
    let unknown: Vec<_> = observed.unjudged.iter().map(|mark| mark.at).collect();
    assert_eq!(unknown, [20, 21, 22].map(|of| day(of, 2, 0)));
    let observed = both(observed, bench.look(day(23, 8, 1)));
    assert_eq!(only(&observed).id, "2026-11-23T02:00:00".into());
}

/// R11.3, T27: a clock that was moved starts a new baseline.
#[test]
fn no_elapse_is_missed_that_a_clock_jumped_over() {
    let mut bench = Bench::new();
    let ahead = Meanwhile {
        moved: Some(86_400),
        ..Meanwhile::default()
    };
    bench.look_after(day(20, 12, 5), ahead);
    assert!(bench.known().runs.is_empty());
    let back = Meanwhile {
        moved: Some(-86_400),
        ..Meanwhile::default()
    };
    bench.look_after(day(19, 12, 10), back);
    bench.look(day(20, 2, 0));
    assert_eq!(bench.known().runs.len(), 1, "and the true one counts");
}
