use std::path::Path;

use tempfile::TempDir;

use crate::model::{Outcome, ReportId, RunKind};
use crate::store::schema::V1;
use crate::store::tests::{at, beside, report};
use crate::store::{ReportFilter, Store};

use super::*;

/// A report as the first version wrote it: it knew nothing of a run's time.
const OLD_BODY: &str = r#"{"kind":"run","made_at":"2026-09-21T14:13:20Z","run":"old",
    "outcome":"PARTIAL","plan":{"id":"1","name":"Nightly","schedule":"daily","enabled":true}}"#;

/// What the first version left behind: reports (one of a plan that was deleted,
/// one damaged), an alert that waits, one that was answered, a mail.
fn first_version(bodies: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("state")).unwrap();
    let db = Connection::open(dir.path().join("state/state.db")).unwrap();
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))
        .unwrap();
    db.execute_batch(V1).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    db.execute("INSERT INTO meta VALUES ('instance', 'abcd')", [])
        .unwrap();
    for (run, body) in bodies {
        db.execute(
            "INSERT INTO report (kind, plan, run, plan_name, outcome, bad, counted, made_at, body)
             VALUES ('run', '1', ?1, 'Nightly', 'PARTIAL', 1, 7, ?2, ?3)",
            params![run, micros(at(0)), body],
        )
        .unwrap();
    }
    db.execute_batch(
        "INSERT INTO alert VALUES
             (1, x'01', 'BackupFailed', 'firing', '{}', NULL, 3, 1, 2, NULL, 5, NULL, 1),
             (2, x'02', 'BackupFailed', 'firing', '{}', NULL, 2, 1, 2, 1, NULL, NULL, NULL);
         INSERT INTO mail VALUES (1, 1, '<m>', 'a@example.org', 'Subject', 5, x'41');
         INSERT INTO recipient VALUES
             (1, 'a@example.org', 0, 'sent', 0, 6, NULL, '250'),
             (1, 'b@example.org', 1, 'refused', 1, 6, NULL, '550'),
             (1, 'c@example.org', 2, 'undeliverable', 9, 6, NULL, 'timeout'),
             (1, 'd@example.org', 3, 'queued', 1, 6, 7, 'later');",
    )
    .unwrap();
    dir
}

fn open(dir: &Path) -> Store {
    Store::open(&dir.join("state")).unwrap()
}

#[tokio::test]
async fn nothing_of_the_first_version_is_lost() {
    let dir = first_version(&[("old", OLD_BODY), ("broken", "{")]);
    let store = open(dir.path());
    assert_eq!(store.instance(), "abcd");
    let stored = store.report(ReportId(1)).await.unwrap().unwrap();
    assert_eq!(stored.report.outcome, Outcome::Partial);
    let filter = ReportFilter {
        limit: 9,
        ..ReportFilter::default()
    };
    let lines = store.reports(filter).await.unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.run.as_str(), line.bad, line.counted, line.mailed))
        .collect();
    assert_eq!(told, [("broken", 1, 7, false), ("old", 1, 7, true)]);
    assert_eq!((lines[1].at, lines[1].run_kind), (None, RunKind::AsFound));
    assert_eq!(store.deliveries(ReportId(1)).await.unwrap().len(), 4);
    assert_eq!(store.waiting().await.unwrap().len(), 1);
    let answered: i64 = beside(dir.path())
        .query_row("SELECT report FROM alert WHERE id = 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(answered, 1);
}

#[tokio::test]
async fn what_a_body_says_of_its_run_is_in_the_strip() {
    let mut known = report(crate::model::ReportKind::Run, "1", "known");
    known.at = Some(at(-90));
    known.took_s = Some(60);
    known.run_kind = RunKind::Scheduled;
    let body = serde_json::to_string(&known).unwrap();
    let dir = first_version(&[("old", OLD_BODY), ("known", &body)]);
    let strips = open(dir.path()).strips(9).await.unwrap();
    let told: Vec<_> = strips[&"1".into()]
        .iter()
        .map(|mark| (mark.run.as_str(), mark.kind, mark.at, mark.took_s))
        .collect();
    assert_eq!(
        told,
        [
            ("known", RunKind::Scheduled, at(-90), Some(60)),
            ("old", RunKind::AsFound, at(0), None),
        ]
    );
}

#[tokio::test]
async fn what_was_counted_before_is_not_forgotten() {
    let dir = first_version(&[("a", OLD_BODY), ("b", OLD_BODY)]);
    let counters = open(dir.path()).counters(at(0)).await.unwrap();
    assert_eq!(counters.alerts, 5);
    assert_eq!((counters.mails_sent, counters.mails_given_up), (1, 2));
    assert_eq!(counters.mails_queued, 1);
    assert_eq!(counters.reports[&Outcome::Partial], 2);
    assert_eq!(counters.reports[&Outcome::Success], 0);
}

#[test]
fn a_first_version_that_cannot_be_brought_up_to_date_stays_as_it_is() {
    let dir = first_version(&[("old", OLD_BODY)]);
    // Stands where the second version wants its own.
    beside(dir.path())
        .execute_batch("CREATE TABLE counter (x)")
        .unwrap();
    assert!(Store::open(&dir.path().join("state")).is_err());
    let db = beside(dir.path());
    let kept: String = db
        .query_row("SELECT body FROM report", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, OLD_BODY);
    db.execute_batch("DROP TABLE counter").unwrap();
    drop(open(dir.path()));
}
