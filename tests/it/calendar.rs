//! `OnCalendar` expressions: ours and systemd's answers side by side.

mod generator;
mod systemd;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ns8_backup_monitor::schedule::Calendar;

use generator::Generator;
use systemd::{Answer, Elapses, ask};

/// Changed by `NBM_CALENDAR_SEED`, to look further than this machine did.
const SEED: u64 = 252;

/// All kinds of changes of the clocks: by an hour, half an hour and at 02:45,
/// at midnight, backwards in the year, and none.
const ZONES: [&str; 10] = [
    "Europe/Rome",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "UTC",
    "America/Santiago",
    "Pacific/Chatham",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Europe/London",
];

const MOMENTS_PER_ZONE: usize = 10;
const EXPRESSIONS_PER_MOMENT: usize = 210;
const ITERATIONS: usize = 4;

fn seed() -> u64 {
    std::env::var("NBM_CALENDAR_SEED").map_or(SEED, |seed| seed.parse().expect("a number"))
}

#[test]
fn thousands_of_expressions_are_read_and_elapse_as_in_systemd() {
    let seed = seed();
    let mut generator = Generator::new(seed);
    let (mut cases, mut valid, mut elapses) = (0, 0, 0);
    let mut complaints = Vec::new();
    for name in ZONES {
        let zone = TimeZone::get(name).expect("a zone");
        for _ in 0..MOMENTS_PER_ZONE {
            let base = generator.moment(&zone);
            let expressions = generator.expressions(EXPRESSIONS_PER_MOMENT);
            let answers = ask(name, base, ITERATIONS, &expressions);
            for (expression, expected) in expressions.iter().zip(&answers) {
                cases += 1;
                if let Answer::Valid {
                    elapses: Elapses::All(list),
                    ..
                } = expected
                {
                    valid += 1;
                    elapses += list.len();
                }
                if let Err(what) = compare(expression, expected, base, &zone) {
                    complaints.push(format!("{expression:?} in {name} after {base}: {what}"));
                }
            }
        }
    }
    let count = complaints.len();
    complaints.truncate(20);
    let shown = complaints.join("\n  ");
    assert_eq!(
        count, 0,
        "NBM_CALENDAR_SEED={seed}, {count} of {cases}:\n  {shown}"
    );
    assert!(cases >= 20_000, "only {cases} cases");
    let invalid = cases - valid;
    assert!(
        valid > cases / 2 && invalid > cases / 20,
        "{valid} valid of {cases}"
    );
    assert!(
        elapses > 2 * valid,
        "{elapses} elapses of {valid} expressions"
    );
}

/// What differs between systemd's answer and ours.
fn compare(
    expression: &str,
    expected: &Answer,
    base: Timestamp,
    zone: &TimeZone,
) -> Result<(), String> {
    let calendar = expression.parse::<Calendar>();
    let (normal_form, expected) = match (&calendar, expected) {
        (Ok(calendar), Answer::Invalid) => return Err(format!("invalid, here {calendar}")),
        (Err(error), Answer::Valid { .. }) => return Err(format!("valid, here: {error}")),
        (Err(_), Answer::Invalid) => return Ok(()),
        (
            Ok(_),
            Answer::Valid {
                normal_form,
                elapses,
            },
        ) => (normal_form, elapses),
    };
    let calendar = calendar.expect("just seen");
    let text = calendar.to_string();
    match normal_form {
        Some(expected) if *expected != text => {
            return Err(format!("normal form {expected}, here {text}"));
        }
        _ => {}
    }
    let reread = text.parse::<Calendar>();
    if reread.as_ref() != Ok(&calendar) {
        return Err(format!("its normal form {text} is {reread:?}"));
    }
    let found = elapses_of(&calendar, base, zone);
    let seconds: Vec<i64> = found.iter().map(|at| at.as_second()).collect();
    match expected {
        Elapses::GaveUp if found.len() == ITERATIONS => {
            return Err(format!("systemd finds no end, here {found:?}"));
        }
        Elapses::All(expected) if *expected != seconds => {
            let expected: Vec<_> = expected
                .iter()
                .map(|at| Timestamp::from_second(*at))
                .collect();
            return Err(format!("elapses {expected:?}, here {found:?}"));
        }
        _ => {}
    }
    check_previous(&calendar, &found, base, zone)
}

fn elapses_of(calendar: &Calendar, base: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
    std::iter::successors(calendar.next(base, zone), |at| calendar.next(*at, zone))
        .take(ITERATIONS)
        .collect()
}

/// Going back from each elapse leads to the one before, and to nothing after
/// `base` from the first one; but for a timer that is started in the second
/// pass of a repeated hour, whose elapses have no sequence.
fn check_previous(
    calendar: &Calendar,
    found: &[Timestamp],
    base: Timestamp,
    zone: &TimeZone,
) -> Result<(), String> {
    if calendar.next_in_sequence(base, zone) != found.first().copied() {
        return Ok(());
    }
    for pair in found.windows(2) {
        let back = calendar.previous(pair[1], zone);
        if back != Some(pair[0]) {
            return Err(format!("{back:?} before {}, not {}", pair[1], pair[0]));
        }
    }
    let Some(first) = found.first() else {
        return Ok(());
    };
    match calendar.previous(*first, zone) {
        Some(back) if back > base => Err(format!("{back} before {first} and after {base}")),
        _ => Ok(()),
    }
}

/// The first elapses after each of the moments, as the clocks there show them.
fn shown(expression: &str, zone: &str, after: &str) -> Vec<String> {
    let base: Timestamp = after.parse().expect("a moment");
    let [answer] = ask(zone, base, 3, &[expression.to_owned()])
        .try_into()
        .expect("one answer");
    let Answer::Valid {
        elapses: Elapses::All(list),
        ..
    } = answer
    else {
        panic!("{expression}: {answer:?}");
    };
    let zone = TimeZone::get(zone).expect("a zone");
    let calendar: Calendar = expression.parse().expect("valid");
    let ours = elapses_of(&calendar, base, &zone);
    let seconds: Vec<i64> = ours.iter().take(3).map(|at| at.as_second()).collect();
    assert_eq!(seconds, list, "{expression}");
    ours.iter()
        .take(3)
        .map(|at| {
            at.to_zoned(zone.clone())
                .strftime("%d %H:%M %Z")
                .to_string()
        })
        .collect()
}

#[test]
fn a_time_that_the_clocks_leave_out_does_not_elapse_on_that_day() {
    assert_eq!(
        shown("02:30", "Europe/Rome", "2026-03-27T23:00:00Z"),
        ["28 02:30 CET", "30 02:30 CEST", "31 02:30 CEST"]
    );
    assert_eq!(
        shown("02,03:30", "Europe/Rome", "2026-03-28T12:00:00Z"),
        ["29 03:30 CEST", "30 02:30 CEST", "30 03:30 CEST"]
    );
    assert_eq!(
        shown("daily", "America/Santiago", "2026-09-05T12:00:00Z"),
        ["07 00:00 -03", "08 00:00 -03", "09 00:00 -03"]
    );
}

#[test]
fn a_time_that_the_clocks_show_twice_elapses_the_first_time() {
    assert_eq!(
        shown("02:30", "Europe/Rome", "2026-10-24T12:00:00Z"),
        ["25 02:30 CEST", "26 02:30 CET", "27 02:30 CET"]
    );
    assert_eq!(
        shown("hourly", "America/New_York", "2026-11-01T04:30:00Z"),
        ["01 01:00 EDT", "01 02:00 EST", "01 03:00 EST"]
    );
}

#[test]
fn a_timer_that_is_started_in_the_repeated_hour_elapses_in_it() {
    let after = "2026-10-25T01:15:00Z";
    assert_eq!(
        shown("02:30", "Europe/Rome", after),
        ["25 02:30 CET", "26 02:30 CET", "27 02:30 CET"]
    );
    let zone = TimeZone::get("Europe/Rome").expect("a zone");
    let calendar: Calendar = "02:30".parse().expect("valid");
    let after = after.parse().expect("a moment");
    let in_sequence = calendar.next_in_sequence(after, &zone).expect("an elapse");
    assert_eq!(in_sequence.to_string(), "2026-10-26T01:30:00Z");
}

#[test]
fn a_list_may_be_as_long_as_in_systemd() {
    let lists: Vec<String> = (239..=243)
        .map(|length| format!("{}:00", vec!["7"; length].join(",")))
        .collect();
    let base = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000);
    let answers = ask("UTC", base, 1, &lists);
    let allowed: Vec<bool> = answers
        .iter()
        .map(|answer| *answer != Answer::Invalid)
        .collect();
    assert_eq!(allowed, [true, true, true, false, false]);
    let ours: Vec<bool> = lists
        .iter()
        .map(|list| list.parse::<Calendar>().is_ok())
        .collect();
    assert_eq!(ours, allowed);
}
