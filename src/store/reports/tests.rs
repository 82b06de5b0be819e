use jiff::Timestamp;

use crate::model::{Alert, AlertState, InboxId, RecipientState};
use crate::store::ReportFilter;
use crate::store::tests::{alert, at, beside, mail, open, report};

use super::*;

fn run(plan: &str, run: &str) -> Report {
    report(ReportKind::Run, plan, run)
}

fn firing(plan: &str) -> Alert {
    alert(AlertState::Firing, plan)
}

async fn seen(store: &Store) -> Vec<(InboxId, Timestamp)> {
    store
        .waiting()
        .await
        .unwrap()
        .into_iter()
        .map(|entry| (entry.id, entry.last_seen))
        .collect()
}

#[tokio::test]
async fn a_report_its_mails_and_the_answer_are_stored_as_one() {
    let (_dir, store) = open();
    store.accept(vec![firing("1")], at(1)).await.unwrap();
    let entries = seen(&store).await;
    let mails = [mail("a", &["x@example.org", "y@example.org"])];
    let saved = store
        .save_report(run("1", "r"), mails.to_vec(), entries, at(7))
        .await
        .unwrap();
    let Saved::New(id) = saved else {
        panic!("{saved:?}")
    };
    assert_eq!(store.waiting().await.unwrap(), vec![]);
    let stored = store.report(id).await.unwrap().unwrap();
    assert_eq!(
        stored,
        StoredReport {
            id,
            report: run("1", "r")
        }
    );
    let deliveries = store.deliveries(id).await.unwrap();
    assert_eq!(deliveries.len(), 2);
    assert_eq!(deliveries[1].to.as_str(), "y@example.org");
    assert_eq!(deliveries[1].state, RecipientState::Queued);
    assert_eq!(
        (deliveries[1].at, deliveries[1].next_attempt),
        (at(7), Some(at(7)))
    );
}

#[tokio::test]
async fn the_same_run_is_never_mailed_twice() {
    let (_dir, store) = open();
    let mails = [mail("a", &["x@example.org"])];
    let first = store
        .save_report(run("1", "r"), mails.to_vec(), vec![], at(1))
        .await
        .unwrap();
    let Saved::New(id) = first else {
        panic!("{first:?}")
    };
    store.accept(vec![firing("1")], at(2)).await.unwrap();
    let entries = seen(&store).await;
    let again = store
        .save_report(run("1", "r"), mails.to_vec(), entries, at(3))
        .await
        .unwrap();
    assert_eq!(again, Saved::Already(id));
    assert_eq!(store.waiting().await.unwrap(), vec![]);
    assert_eq!(store.deliveries(id).await.unwrap().len(), 1);
    assert_eq!(store.due(at(9), 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn another_plan_run_or_kind_is_another_report() {
    let (_dir, store) = open();
    for report in [
        run("1", "r"),
        run("2", "r"),
        run("1", "s"),
        report(ReportKind::UnknownPlan, "", "r"),
        report(ReportKind::AllWell, "", "r"),
    ] {
        let saved = store
            .save_report(report, vec![], vec![], at(1))
            .await
            .unwrap();
        assert!(matches!(saved, Saved::New(_)), "{saved:?}");
    }
}

#[tokio::test]
async fn a_report_whose_mails_cannot_be_stored_is_not_stored_either() {
    let (_dir, store) = open();
    store.accept(vec![firing("1")], at(1)).await.unwrap();
    let entries = seen(&store).await;
    store.fill_disk().await;
    let mut large = mail("a", &["x@example.org"]);
    large.raw = vec![b'x'; 1_000_000];
    let error = store
        .save_report(run("1", "r"), vec![large], entries, at(2))
        .await
        .unwrap_err();
    assert_eq!(error, StoreError::Full);
    assert_eq!(
        store
            .reports(ReportFilter {
                limit: 9,
                ..Default::default()
            })
            .await,
        Ok(vec![])
    );
    assert_eq!(store.waiting().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_number_that_was_never_given_is_no_report() {
    let (_dir, store) = open();
    assert_eq!(store.report(ReportId(7)).await, Ok(None));
    assert_eq!(store.deliveries(ReportId(7)).await, Ok(vec![]));
}

#[tokio::test]
async fn a_damaged_row_is_told_and_not_invented() {
    let (dir, store) = open();
    store
        .save_report(run("1", "r"), vec![], vec![], at(1))
        .await
        .unwrap();
    beside(dir.path())
        .execute("UPDATE report_body SET body = '{'", [])
        .unwrap();
    let error = store.report(ReportId(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
}

#[tokio::test]
async fn a_report_is_found_by_what_it_is_about() {
    let (_dir, store) = open();
    let saved = [
        run("1", "r"),
        run("2", "r"),
        report(ReportKind::UnknownPlan, "", "r"),
    ];
    for report in &saved {
        store
            .save_report(report.clone(), vec![], vec![], at(1))
            .await
            .unwrap();
    }
    let found = async |kind, plan: Option<&str>, run: &str| {
        let plan = plan.map(PlanId::from);
        store
            .report_of(kind, plan.as_ref(), &run.into())
            .await
            .unwrap()
            .map(|stored| stored.id.0)
    };
    assert_eq!(found(ReportKind::Run, Some("2"), "r").await, Some(2));
    assert_eq!(found(ReportKind::UnknownPlan, None, "r").await, Some(3));
    assert_eq!(found(ReportKind::Run, None, "r").await, None);
    assert_eq!(found(ReportKind::Run, Some("2"), "s").await, None);
    let id = "1".into();
    let stored = store
        .report_of(ReportKind::Run, Some(&id), &"r".into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.report, saved[0]);
}
