use crate::correlator::plan::tests::{Bench, causes, day};
use crate::model::{ModuleCause, NodeId, NodeZone};

/// Nobody says in which zone node 2 lives; it runs an hour late.
fn unknown_zone() -> Bench {
    let mut bench = Bench::unseen();
    bench.rules.zone = None;
    for module in ["mail1", "samba1"] {
        bench.backed_up(module, day(19, 2, 0), 1, 0);
    }
    bench.backed_up("webtop1", day(19, 3, 0), 1, 0);
    bench.look(day(19, 12, 0));
    bench
}

fn shift(bench: &Bench) -> Option<i64> {
    bench.zones.get(&NodeId(2)).and_then(|zone| zone.shift)
}

/// A night in which node 2 begins at so many minutes after 02:00.
fn night(bench: &mut Bench, of: i8, minutes: i64) -> Vec<(NodeId, i64)> {
    bench.look(day(of, 2, 0));
    for module in ["mail1", "samba1"] {
        bench.backed_up(module, day(of, 2, 0), 1, 0);
    }
    bench.look(day(of, 2, 2));
    let start = day(of, 2, 0) + jiff::SignedDuration::from_mins(minutes);
    let seen = start + jiff::SignedDuration::from_mins(2);
    let mut learned = bench.look(start.max(day(of, 2, 3))).learned;
    bench.backed_up("webtop1", start, 1, 0);
    learned.extend(bench.look(seen.max(day(of, 2, 4))).learned);
    learned
}

/// R11.4, T9: two runs at the same distance, and one warning.
#[test]
fn two_runs_at_the_same_distance_tell_where_a_node_lives() {
    let mut bench = unknown_zone();
    assert_eq!(shift(&bench), None, "one may be chance");
    assert_eq!(night(&mut bench, 20, 60), [(NodeId(2), 60)]);
    assert_eq!(shift(&bench), Some(60));
    assert_eq!(night(&mut bench, 21, 60), [], "once");
}

/// R11.4: whole quarter hours, 3 minutes more or less.
#[test]
fn only_distances_that_zones_can_have_are_learned() {
    for (minutes, learned) in [(57, true), (63, true), (64, false), (56, false)] {
        let mut bench = unknown_zone();
        night(&mut bench, 20, minutes);
        assert_eq!(shift(&bench).is_some(), learned, "{minutes}");
    }
}

/// R11.4: until two runs agree nothing changes.
#[test]
fn two_runs_that_disagree_teach_nothing() {
    let mut bench = unknown_zone();
    night(&mut bench, 20, 120);
    assert_eq!(shift(&bench), None);
}

/// R11.4: 1 h more or less across a clock change is followed at once.
#[test]
fn a_clock_change_of_an_hour_is_followed_at_once() {
    let mut bench = unknown_zone();
    night(&mut bench, 20, 60);
    assert_eq!(night(&mut bench, 21, 120), [(NodeId(2), 120)]);
    assert_eq!(shift(&bench), Some(120));
}

/// R11.4: below half an interval.
#[test]
fn a_distance_of_half_an_interval_is_none() {
    let mut bench = Bench::unseen();
    bench.rules.zone = None;
    bench.plan().schedule = "*-*-* 00/2:00:00".into();
    for module in ["mail1", "samba1"] {
        bench.backed_up(module, day(19, 2, 0), 1, 0);
    }
    bench.backed_up("webtop1", day(19, 3, 0), 1, 0);
    bench.look(day(19, 3, 30));
    assert_eq!(
        bench.zones.get(&NodeId(2)).and_then(|zone| zone.sample),
        None
    );
}

/// R11.4: the own node and a configured one have nothing to learn.
#[test]
fn what_the_configuration_says_is_not_learned() {
    let mut bench = Bench::new();
    night(&mut bench, 20, 60);
    night(&mut bench, 21, 60);
    assert_eq!(bench.zones, std::collections::BTreeMap::new());
}

/// R11.4: half an interval before `missed`.
#[test]
fn a_node_whose_zone_is_not_known_has_half_an_interval() {
    let mut bench = unknown_zone();
    bench.zones.insert(NodeId(2), NodeZone::default());
    bench.look(day(20, 2, 0));
    for module in ["mail1", "samba1"] {
        bench.backed_up(module, day(20, 2, 0), 1, 0);
    }
    let (when, over) = bench.wait_for_a_verdict(day(21, 1, 0));
    assert_eq!(causes(&over[0].run)[2], ("webtop1", ModuleCause::Missed));
    assert_eq!(when, day(20, 14, 1));
}

/// Once it is known, the node is waited for by its own time.
#[test]
fn a_learned_zone_moves_the_elapses_of_its_node() {
    let mut bench = unknown_zone();
    night(&mut bench, 20, 60);
    bench.look(day(21, 2, 0));
    let part = &bench.known().runs.last().unwrap().parts[&NodeId(2)];
    assert_eq!(part.at, day(21, 3, 0));
}
