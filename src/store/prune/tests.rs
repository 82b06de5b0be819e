use std::collections::BTreeMap;
use std::path::Path;

use crate::model::{
    AlertState, Attempt, CloseReason, MemberResult, ModuleCause, NodeId, Outcome, Report,
    ReportKind, RunKind,
};
use crate::store::tests::{alert, at, beside, mail, open, plan_watch, report, unjudged, waiting};
use crate::store::{Batch, ReportFilter, Save};

use super::*;

const DAY: i64 = 86_400;

/// A month of alerts and a year of reports.
const AGES: Ages = Ages {
    alerts_days: 30,
    history_days: 400,
};

/// A run of `day`, at two in the night.
fn run(plan: &str, day: i64) -> Report {
    let mut report = report(ReportKind::Run, plan, &format!("{plan}-{day}"));
    report.outcome = Outcome::Success;
    report.run_kind = RunKind::Scheduled;
    report.made_at = at(day * DAY + 3600);
    report.at = Some(at(day * DAY));
    report.took_s = Some(3000);
    report
}

fn save(report: Report, mails: &[&str]) -> Save {
    let key = report.run.to_string();
    Save {
        report,
        mails: mails.iter().map(|to| mail(&key, &[to])).collect(),
        answered: Vec::new(),
        replace: false,
    }
}

async fn keep(store: &Store, saves: Vec<Save>, day: i64) {
    let batch = Batch {
        saves,
        ..Batch::default()
    };
    store.commit(batch, at(day * DAY)).await.unwrap();
}

/// Everything that is due goes out.
async fn deliver(store: &Store, day: i64) {
    for due in store.due(at(day * DAY), 99).await.unwrap() {
        let sent = Attempt::Sent("250".into());
        store
            .record(due.mail, due.to, sent, None, at(day * DAY))
            .await
            .unwrap();
    }
}

async fn runs(store: &Store) -> Vec<String> {
    let filter = ReportFilter {
        limit: 10_000,
        ..ReportFilter::default()
    };
    let reports = store.reports(filter).await.unwrap();
    reports.iter().map(|line| line.run.to_string()).collect()
}

fn number(dir: &Path, query: &str) -> i64 {
    beside(dir).query_row(query, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn old_answered_alerts_are_forgotten_and_waiting_ones_never() {
    let (_dir, store) = open();
    let firing = |plan| alert(AlertState::Firing, plan);
    store.accept(vec![firing("answered")], at(0)).await.unwrap();
    let entries = waiting(&store).await;
    store
        .close(entries, CloseReason::Repeat, at(0))
        .await
        .unwrap();
    store
        .accept(
            vec![firing("waits"), alert(AlertState::Resolved, "3")],
            at(0),
        )
        .await
        .unwrap();
    assert_eq!(store.prune(at(30 * DAY), AGES).await, Ok(0));
    assert_eq!(store.prune(at(30 * DAY + 1), AGES).await, Ok(2));
    assert_eq!(store.waiting().await.unwrap().len(), 1);
    let forever = Ages {
        alerts_days: u32::MAX,
        history_days: u32::MAX,
    };
    assert_eq!(store.prune(at(999 * DAY), forever).await, Ok(0));
}

#[tokio::test]
async fn many_old_alerts_are_forgotten_in_small_steps() {
    let (dir, store) = open();
    let many = usize::try_from(3 * ROWS + 7).unwrap();
    let alerts = (0..many)
        .map(|plan| alert(AlertState::Resolved, &plan.to_string()))
        .collect();
    store.accept(alerts, at(0)).await.unwrap();
    let step = store
        .write(|db| forget_alerts(db, micros(at(1))))
        .await
        .unwrap();
    assert_eq!(step, usize::try_from(ROWS).unwrap());
    assert_eq!(store.prune(at(31 * DAY), AGES).await, Ok(many - step));
    assert_eq!(number(dir.path(), "SELECT count(*) FROM alert"), 0);
    let counters = store.counters(at(0)).await.unwrap();
    assert_eq!(usize::try_from(counters.alerts).unwrap(), many);
}

#[tokio::test]
async fn mails_that_are_done_with_are_emptied_and_queued_ones_are_not() {
    let (dir, store) = open();
    keep(&store, vec![save(run("1", 0), &["x@example.org"])], 0).await;
    deliver(&store, 0).await;
    keep(&store, vec![save(run("2", 0), &["x@example.org"])], 0).await;
    store.prune(at(31 * DAY), AGES).await.unwrap();
    let left: String = beside(dir.path())
        .query_row(
            "SELECT group_concat(message_id) FROM mail WHERE length(raw) > 0",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, "<2-0@example.org>");
}

#[tokio::test]
async fn old_reports_go_with_their_mails_and_what_was_counted_stays() {
    let (dir, store) = open();
    let old = vec![
        save(run("1", 0), &["x@example.org"]),
        save(run("2", 0), &[]),
    ];
    keep(&store, old, 0).await;
    deliver(&store, 0).await;
    let new = vec![save(run("1", 1), &["x@example.org"])];
    let batch = Batch {
        saves: new,
        unjudged: vec![
            ("1".into(), unjudged("gone", 0)),
            ("1".into(), unjudged("there", DAY)),
        ],
        ..Batch::default()
    };
    store.commit(batch, at(DAY)).await.unwrap();
    deliver(&store, 1).await;
    let before = store.counters(at(DAY)).await.unwrap();

    assert_eq!(store.prune(at(400 * DAY), AGES).await, Ok(0));
    assert_eq!(store.prune(at(401 * DAY), AGES).await, Ok(3));
    assert_eq!(runs(&store).await, ["1-1"]);
    for (table, rows) in [
        ("report_body", 1),
        ("report_short", 0),
        ("mail", 1),
        ("recipient", 1),
        ("unjudged", 1),
    ] {
        let count = number(dir.path(), &format!("SELECT count(*) FROM {table}"));
        assert_eq!(count, rows, "{table}");
    }
    let after = store.counters(at(DAY)).await.unwrap();
    assert_eq!(after, before);
}

#[tokio::test]
async fn how_a_watched_plan_stands_is_known_however_long_ago_it_ran() {
    let (_dir, store) = open();
    let batch = Batch {
        plans: BTreeMap::from([("1".into(), Some(plan_watch("switched off")))]),
        saves: [("1", 0), ("1", 1), ("deleted", 0), ("deleted", 1)]
            .map(|(plan, day)| save(run(plan, day), &[]))
            .into(),
        ..Batch::default()
    };
    store.commit(batch, at(DAY)).await.unwrap();
    assert_eq!(store.prune(at(900 * DAY), AGES).await, Ok(3));
    assert_eq!(runs(&store).await, ["1-1"]);
}

#[tokio::test]
async fn a_report_whose_mail_still_waits_is_not_forgotten() {
    let (_dir, store) = open();
    keep(&store, vec![save(run("1", 0), &["x@example.org"])], 0).await;
    store.prune(at(500 * DAY), AGES).await.unwrap();
    assert_eq!(runs(&store).await, ["1-0"]);
    deliver(&store, 500).await;
    store.prune(at(500 * DAY), AGES).await.unwrap();
    assert_eq!(runs(&store).await, [""; 0]);
}

#[tokio::test]
async fn only_good_runs_that_nobody_was_told_of_lose_details() {
    let (dir, store) = open();
    let mut bad = run("bad", 0);
    bad.outcome = Outcome::Partial;
    let mut other = report(ReportKind::AllWell, "", "all");
    other.outcome = Outcome::Success;
    let mut all = Vec::new();
    for (mut report, mails) in [
        (run("good", 0), &[][..]),
        (run("young", 1), &[]),
        (run("mailed", 0), &["x@example.org"]),
        (bad, &[]),
        (other, &[]),
    ] {
        report.members = members(2);
        all.push(save(report, mails));
    }
    let whole: Vec<_> = all.iter().map(|save| save.report.clone()).collect();
    keep(&store, all, 0).await;
    deliver(&store, 0).await;
    store.prune(at(31 * DAY), AGES).await.unwrap();
    for (id, whole) in (1..).map(ReportId).zip(&whole) {
        let stored = store.report(id).await.unwrap().unwrap();
        if id == ReportId(1) {
            assert_eq!(stored.report.members[1].module.as_str(), "samba2");
            assert_eq!(stored.report.members[1].size, None);
            assert_eq!(
                (stored.report.counted(), stored.report.took_s),
                (2, Some(3000))
            );
        } else {
            assert_eq!(&stored.report, whole);
        }
    }
    let shortened = "SELECT count(*) FROM report_short";
    assert_eq!(number(dir.path(), shortened), 1);
    store.prune(at(33 * DAY), AGES).await.unwrap();
    assert_eq!(number(dir.path(), shortened), 2);
}

#[tokio::test]
async fn a_shortened_report_can_be_corrected() {
    let (_dir, store) = open();
    keep(&store, vec![save(run("1", 0), &[])], 0).await;
    store.prune(at(31 * DAY), AGES).await.unwrap();
    let mut correction = save(run("1", 0), &[]);
    correction.replace = true;
    correction.report.members = members(1);
    let report = correction.report.clone();
    keep(&store, vec![correction], 32).await;
    let stored = store.report(ReportId(1)).await.unwrap().unwrap();
    assert_eq!(stored.report, report);
}

/// So many members, as a real cluster has them.
fn members(number: usize) -> Vec<MemberResult> {
    const NAMES: [&str; 5] = ["mail", "nextcloud", "samba", "mattermost", "webserver"];
    (1..=number)
        .map(|n| MemberResult {
            module: format!("{}{n}", NAMES[n % NAMES.len()]).as_str().into(),
            name: Some(format!("Office of team {n}")),
            node: Some(NodeId(1)),
            node_name: Some("rl1.example.org".into()),
            cause: ModuleCause::Ok,
            started: Some(at(0)),
            duration_s: Some(120),
            size: Some(123_456_789_012),
            files: Some(1_234_567),
            at_risk_since: None,
            never_saved: false,
            ok_before: Some(at(-DAY)),
            busy_with: None,
            detail: None,
            unreadable: None,
        })
        .collect()
}

/// A history of so many plans and days, tidied now and then. Returns how many
/// bytes are in use at the end.
async fn history(store: &Store, plans: i64, days: i64) -> i64 {
    for day in 0..days {
        let saves = (0..plans).map(|plan| {
            let mut report = run(&format!("plan-{plan}"), day);
            report.run = format!("{:032x}", day * 1000 + plan).as_str().into();
            report.members = members(25);
            save(report, &[])
        });
        keep(store, saves.collect(), day).await;
        if day % 10 == 9 {
            store.prune(at(day * DAY), AGES).await.unwrap();
        }
    }
    let (pages, free) = pages(store).await;
    (pages - free) * 4096
}

/// How many pages the database has, and how many of them are free.
async fn pages(store: &Store) -> (i64, i64) {
    store
        .read(|db| {
            let number = |name| db.pragma_query_value(None, name, |row| row.get(0));
            Ok((number("page_count")?, number("freelist_count")?))
        })
        .await
        .unwrap()
}

/// 200 plans with 25 modules each that run daily for 400 days are to stay below
/// 150 MB; a fortieth of the plans is tried.
#[tokio::test]
async fn a_long_history_stays_small() {
    let (_dir, store) = open();
    let used = history(&store, 5, 400).await;
    assert_eq!(runs(&store).await.len(), 5 * 400);
    assert!(used * 40 < 150_000_000, "{used} bytes in use");
}

#[tokio::test]
async fn room_that_is_free_is_given_back_but_for_a_little() {
    let (_dir, store) = open();
    let large = (0..3000)
        .map(|plan| {
            alert(
                AlertState::Resolved,
                &format!("{plan:05}{}", "x".repeat(3000)),
            )
        })
        .collect();
    store.accept(large, at(0)).await.unwrap();
    let (before, free) = pages(&store).await;
    assert!(before > 2 * SPARE_PAGES && free == 0, "{before} {free}");
    store.prune(at(31 * DAY), AGES).await.unwrap();
    let (after, free) = pages(&store).await;
    assert_eq!(free, SPARE_PAGES);
    assert!(after < SPARE_PAGES + 100, "{after} pages");
    // All of it is still a database that can be opened.
    assert_eq!(runs(&store).await, [""; 0]);
}
