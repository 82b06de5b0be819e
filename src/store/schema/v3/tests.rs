use crate::model::{ModuleCause, ReportKind};
use crate::store::tests::{at, beside, open, report};
use crate::store::{ReportFilter, Store};

#[tokio::test]
async fn reports_of_the_second_version_are_found_by_words() {
    let (dir, store) = open();
    for (run, module) in [("a", "mail1"), ("b", "samba1"), ("broken", "wiki1")] {
        let mut report = report(ReportKind::Run, "1", run);
        let member = serde_json::json!({ "module": module, "cause": ModuleCause::BackupError });
        report.members = vec![serde_json::from_value(member).unwrap()];
        store
            .save_report(report, vec![], vec![], at(1))
            .await
            .unwrap();
    }
    drop(store);
    let db = beside(dir.path());
    db.execute_batch(
        "DROP TABLE report_words;
         UPDATE report_body SET body = '{' WHERE report = 3;
         PRAGMA user_version = 2;",
    )
    .unwrap();
    drop(db);
    let store = Store::open(&dir.path().join("state")).unwrap();
    let found = async |text: &str| {
        let filter = ReportFilter {
            text: text.to_owned(),
            limit: 9,
            ..ReportFilter::default()
        };
        let page = store.report_page(filter).await.unwrap();
        let runs = page.reports.iter().map(|line| line.run.to_string());
        runs.collect::<Vec<_>>()
    };
    assert_eq!(found("mail1").await, ["a"]);
    assert_eq!(found("plan").await, ["b", "a"]);
    assert_eq!(found("").await, ["broken", "b", "a"], "in lists it stays");
}
