use super::*;
use crate::correlator::plan::tests::{Bench, day, second};

fn plan(schedule: &str) -> Plan {
    Plan {
        schedule: schedule.into(),
        enabled: true,
        ..Plan::default()
    }
}

fn in_zone(zone: &str) -> Rules {
    Rules {
        zone: Some(TimeZone::get(zone).unwrap()),
        ..Bench::unseen().rules
    }
}

#[test]
fn an_elapse_is_met_at_its_very_second() {
    let rules = Bench::unseen().rules;
    let plan = plan("*-*-* 02:00:00");
    let firing = Firing::of(&plan, &rules);
    let newest = |now| firing.newest(None, 0, now).unwrap().at;
    assert_eq!(newest(second(20, 1, 59, 59)), day(19, 2, 0));
    assert_eq!(newest(day(20, 2, 0)), day(20, 2, 0));
    assert_eq!(
        firing.next(None, 0, day(20, 2, 0)).unwrap().at,
        day(21, 2, 0)
    );
}

#[test]
fn a_schedule_that_nobody_can_read_never_fires() {
    let rules = Bench::unseen().rules;
    let plan = plan("whenever");
    let firing = Firing::of(&plan, &rules);
    assert_eq!(firing.newest(None, 0, day(20, 2, 0)), None);
    assert_eq!(firing.next(None, 0, day(20, 2, 0)), None);
    assert_eq!(firing.slack(None, day(20, 2, 0)), SLACK);
}

/// R11.4: a learned distance moves the elapse and not its local time.
#[test]
fn a_shifted_node_fires_the_same_elapse_at_another_time() {
    let rules = Bench::unseen().rules;
    let plan = plan("*-*-* 02:00:00");
    let firing = Firing::of(&plan, &rules);
    let (own, there) = (
        firing.newest(None, 0, day(20, 12, 0)).unwrap(),
        firing.newest(Some(NodeId(2)), 90, day(20, 12, 0)).unwrap(),
    );
    assert_eq!(own.local, there.local);
    assert_eq!(there.at, day(20, 3, 30));
    let earlier = firing.next(Some(NodeId(2)), -120, day(19, 12, 0)).unwrap();
    assert_eq!((earlier.at, earlier.local), (day(20, 0, 0), own.local));
}

/// R11.1: in the zone of the node; that of the expression itself wins.
#[test]
fn the_zone_of_the_schedule_wins_over_the_configured_one() {
    let rules = in_zone("Europe/Rome");
    let (local, own) = (plan("*-*-* 02:00:00"), plan("*-*-* 02:00:00 UTC"));
    let newest = |plan| {
        Firing::of(plan, &rules)
            .newest(None, 0, day(20, 12, 0))
            .unwrap()
    };
    assert_eq!(newest(&local).at, day(20, 1, 0));
    assert_eq!(newest(&own).at, day(20, 2, 0));
    assert_eq!(newest(&local).local, newest(&own).local);
}

/// R4.3 (1): never more than a quarter of the interval.
#[test]
fn the_clocks_may_differ_by_five_minutes_and_a_quarter_of_the_interval_at_most() {
    let rules = Bench::unseen().rules;
    for (schedule, slack) in [
        ("daily", 300),
        ("hourly", 300),
        ("*:0/20", 300),
        ("*:0/10", 150),
        ("minutely", 15),
    ] {
        let plan = plan(schedule);
        let firing = Firing::of(&plan, &rules);
        assert_eq!(firing.slack(None, day(20, 0, 0)), slack, "{schedule}");
    }
}

fn known(plan: &Plan, rules: &Rules, node: NodeId, learned: Option<&NodeZone>) -> bool {
    Firing::of(plan, rules).is_known(node, Some(NodeId(1)), learned)
}

#[test]
fn what_is_known_of_a_nodes_zone() {
    let (own, other) = (NodeId(1), NodeId(2));
    let mut rules = Bench::unseen().rules;
    rules.zone = None;
    let (local, zoned) = (plan("02:00"), plan("02:00 Europe/Rome"));
    assert!(known(&local, &rules, own, None));
    assert!(!known(&local, &rules, other, None));
    assert!(known(&zoned, &rules, other, None));
    let once = NodeZone {
        sample: Some(60),
        ..NodeZone::default()
    };
    assert!(!known(&local, &rules, other, Some(&once)));
    let twice = NodeZone {
        shift: Some(60),
        ..once
    };
    assert!(known(&local, &rules, other, Some(&twice)));
    rules.zones.insert(other, TimeZone::UTC);
    assert!(known(&local, &rules, other, None));
}
