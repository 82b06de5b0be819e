use super::*;
use crate::correlator::plan::tests::{Bench, day};
use crate::model::Watch;

fn mark(bench: &mut Bench) -> Option<OpenMark> {
    let watched = bench.known().clone();
    let watch = Watch::default();
    let sight = Sight {
        watch: &watch,
        state: Some(&bench.state),
    };
    open(sight, &watched)
}

fn counts(bench: &mut Bench) -> Option<(usize, usize, usize)> {
    let mark = mark(bench)?;
    Some((mark.members, mark.reported, mark.failed))
}

#[test]
fn a_run_shows_how_many_of_its_applications_reported_and_failed() {
    let mut bench = Bench::new();
    assert_eq!(mark(&mut bench), None);
    bench.look(day(20, 2, 0));
    assert_eq!(counts(&mut bench), Some((3, 0, 0)));
    bench.backed_up("mail1", day(20, 2, 0), 1, 1);
    bench.look(day(20, 2, 2));
    bench.backed_up("webtop1", day(20, 2, 2), 1, 0);
    bench.look(day(20, 2, 4));
    assert_eq!(counts(&mut bench), Some((3, 2, 1)));
    assert_eq!(mark(&mut bench).unwrap().at, day(20, 2, 0));
}

/// R4.3 (2): who joined later need not report.
#[test]
fn who_joined_during_the_run_is_not_waited_for() {
    let mut bench = Bench::new();
    bench.look(day(20, 2, 0));
    bench.join("nextcloud1", 1);
    bench.look(day(20, 2, 5));
    assert_eq!(counts(&mut bench), Some((3, 0, 0)));
}

#[test]
fn a_run_by_hand_shows_who_reported() {
    let mut bench = Bench::new();
    bench.backed_up("mail1", day(19, 15, 0), 1, 1);
    bench.look(day(19, 15, 2));
    let shown = mark(&mut bench).unwrap();
    assert_eq!(shown.kind, RunKind::HandPart);
    assert_eq!((shown.members, shown.reported, shown.failed), (1, 1, 1));
    assert_eq!(shown.at, day(19, 15, 0));
}
