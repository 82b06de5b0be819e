//! Settings of runs: which are told of, until when a plan is mute, by which
//! clocks a schedule is meant.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::tests::{good, told, with};
use super::*;
use crate::model::{NodeId, Occasion, PlanId};

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

#[test]
fn without_a_word_only_failures_are_told_and_again_after_twenty_hours() {
    let config = good(tests::MINIMAL).config;
    assert_eq!(config.notify.on, Occasion::Failures);
    assert_eq!(config.notify.reminder, Duration::from_hours(20));
    assert_eq!(config.correlator.max_wait, Duration::from_hours(2));
    assert_eq!(config.poll, Duration::from_mins(5));
    assert_eq!(config.missed_grace, Duration::from_hours(3));
    assert_eq!(config.history_days, 400);
    assert_eq!(config.digest, None);
    assert_eq!(config.alertmanager_url, None);
    assert!(config.plans.is_empty());
}

#[test]
fn everything_about_runs_can_be_set() {
    let config = good(&with(
        "notify: {on: always, reminder_hours: 24}
correlator: {max_wait_seconds: 60}
redis: {poll_seconds: 10}
missed: {grace_minutes: 5}
history: {days: 30}
digest: {enabled: true, weekday: Sunday, hour: 23}
alertmanager: {url: http://127.0.0.1:9093/prefix//}
",
    ))
    .config;
    assert_eq!(config.notify.on, Occasion::Always);
    assert_eq!(config.notify.reminder, Duration::from_hours(24));
    assert_eq!(config.correlator.max_wait, Duration::from_mins(1));
    assert_eq!(config.poll, Duration::from_secs(10));
    assert_eq!(config.missed_grace, Duration::from_mins(5));
    assert_eq!(config.history_days, 30);
    let sunday = Digest {
        weekday: Weekday::Sunday,
        hour: 23,
    };
    assert_eq!(config.digest, Some(sunday));
    assert_eq!(
        config.alertmanager_url.as_deref(),
        Some("http://127.0.0.1:9093/prefix")
    );
}

#[test]
fn a_weekly_summary_needs_only_to_be_switched_on() {
    let monday = Digest {
        weekday: Weekday::Monday,
        hour: 8,
    };
    let config = good(&with("digest: {enabled: true}\n")).config;
    assert_eq!(config.digest, Some(monday));
}

#[test]
fn a_pause_between_readings_does_not_move_redis() {
    let agent = tests::env(&[("REDIS_ADDRESS", "cluster-leader:6379")]);
    let text = with("redis: {poll_seconds: 60}\n");
    let config = load_str(&text, &agent).unwrap().config;
    assert!(matches!(config.redis, Redis::Tcp { port: 6379, .. }));
}

#[test]
fn a_plan_with_a_single_setting_of_its_own_keeps_the_rest() {
    let plans = good(&with(
        "plans:
  1: {to: [c@example.org]}
  2: {notify_on: always}
  3: {mute_until: 2030-12-24T08:00:00+01:00}
  4: {}
",
    ))
    .config
    .plans;
    let of = |id: &str| plans.get(&PlanId::from(id)).cloned().unwrap_or_default();
    assert_eq!(plans.len(), 3);
    assert_eq!(of("1").to.len(), 1);
    assert_eq!((of("1").notify_on, of("1").mute_until), (None, None));
    assert_eq!(of("2").notify_on, Some(Occasion::Always));
    assert!(of("2").to.is_empty());
    let until = of("3").mute_until.map(|until| until.to_string());
    assert_eq!(until.as_deref(), Some("2030-12-24T07:00:00Z"));
}

#[test]
fn a_date_is_its_beginning_by_the_clocks_of_the_mails() {
    let until = |zone: &str, until: &str| {
        let text = format!(
            "mail: {{from: a@b.c, to: [b@c.d], timezone: {zone}}}\nplans:\n  1:\n    mute_until: {until}\n"
        );
        let plans = good(&text).config.plans;
        plans
            .values()
            .next()
            .unwrap()
            .mute_until
            .unwrap()
            .to_string()
    };
    assert_eq!(until("Europe/Rome", "2030-12-24"), "2030-12-23T23:00:00Z");
    assert_eq!(until("UTC", "\"2030-12-24\""), "2030-12-24T00:00:00Z");
    // Clocks went from 00:00 to 01:00: that day began at 01:00.
    assert_eq!(until("Africa/Cairo", "2024-04-26"), "2024-04-25T22:00:00Z");
    for (written, meant) in [
        ("2030-12-24T08:00:00Z", "2030-12-24T08:00:00Z"),
        ("2030-12-24T08:00:00", "2030-12-24T07:00:00Z"),
        ("2030-12-24 08:00", "2030-12-24T07:00:00Z"),
        ("2030-12-24T08:00[America/New_York]", "2030-12-24T13:00:00Z"),
    ] {
        assert_eq!(until("Europe/Rome", written), meant, "{written}");
    }
    let never = until("Europe/Rome", "9999-12-31");
    assert!(never.starts_with("9999-"), "{never}");
    for bad in ["tomorrow", "2030-13-01", "5", "\"\"", "24.12.2030"] {
        let text = with(&format!("plans: {{1: {{mute_until: {bad}}}}}\n"));
        assert_eq!(told(&text).len(), 1, "{bad}");
    }
}

#[test]
fn a_zone_of_the_schedules_is_known_to_be_configured_or_only_assumed() {
    let zones = |extra: &str| good(&with(extra)).config.zones;
    let (rome, tokyo) = (zone("Europe/Rome"), zone("Asia/Tokyo"));
    let (one, two) = (Some(NodeId(1)), Some(NodeId(2)));

    let nothing = zones("");
    for node in [one, None] {
        assert_eq!(nothing.of(node), ZoneOf::Assumed(&nothing.own));
    }
    let all = zones("schedule: {timezone: Europe/Rome}\n");
    for node in [one, None] {
        assert_eq!(all.of(node), ZoneOf::Configured(&rome));
    }
    let some = zones("schedule: {timezone: {2: Asia/Tokyo, 1: }}\n");
    assert_eq!(some.of(two), ZoneOf::Configured(&tokyo));
    for node in [one, None] {
        assert_eq!(some.of(node), ZoneOf::Assumed(&some.own));
    }
    assert_eq!(some.of(two).zone(), &tokyo);
}

#[test]
fn zones_of_nodes_are_checked_one_by_one() {
    let told = told(&with(
        "schedule:
  timezone:
    1: Europe/Rom
    0: UTC
    01: UTC
    leader: UTC
    2: Asia/Tokyo
",
    ));
    let keys: Vec<_> = told
        .iter()
        .map(|line| line.split(": ").nth(1).unwrap())
        .collect();
    let expected = ["1", "0", "01", "leader"].map(|node| format!("schedule.timezone.{node}"));
    assert_eq!(keys, expected, "{told:?}");
    assert!(told[0].contains("\"Europe/Rom\" is not a known time zone"));
}

#[test]
fn plans_are_checked_beside_a_broken_mail_section() {
    let errors = load_str("plans: {1: {notify_on: never}}\n", &BTreeMap::new()).unwrap_err();
    assert_eq!(errors.mistakes.len(), 3, "{errors}");
}
