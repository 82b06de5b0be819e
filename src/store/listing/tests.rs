use crate::model::{Attempt, ModuleCause, Report};
use crate::store::tests::{at, mail, open, report};
use crate::store::{Batch, Save};

use super::*;

fn run(plan: &str, run: &str) -> Report {
    report(ReportKind::Run, plan, run)
}

/// With members of these causes; `mail1=Posta` has a label.
fn with_members(mut report: Report, members: &[(&str, ModuleCause)]) -> Report {
    for (member, cause) in members {
        let (module, name) = member.split_once('=').unzip();
        let module = module.unwrap_or(member);
        let json = serde_json::json!({ "module": module, "name": name, "cause": cause });
        report.members.push(serde_json::from_value(json).unwrap());
    }
    report
}

async fn save(store: &Store, report: Report) {
    store
        .save_report(report, vec![], vec![], at(1))
        .await
        .unwrap();
}

/// The runs that a text finds.
async fn found(store: &Store, text: &str) -> String {
    let filter = ReportFilter {
        text: text.to_owned(),
        limit: 99,
        ..ReportFilter::default()
    };
    let page = store.report_page(filter).await.unwrap();
    assert_eq!(page.total, page.reports.len());
    let runs = page.reports.iter().map(|line| line.run.as_str());
    runs.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn lists_are_newest_first_and_can_be_narrowed_and_paged() {
    let (_dir, store) = open();
    for (plan, name) in [("1", "a"), ("2", "b"), ("1", "c")] {
        let mut report = run(plan, name);
        if name == "c" {
            report.outcome = Outcome::Partial;
        }
        store
            .save_report(report, vec![], vec![], at(1))
            .await
            .unwrap();
    }
    let list = |filter: ReportFilter| {
        let store = store.clone();
        async move {
            let reports = store.reports(filter).await.unwrap();
            reports
                .iter()
                .map(|line| line.run.to_string())
                .collect::<String>()
        }
    };
    let all = ReportFilter {
        limit: 10,
        ..Default::default()
    };
    assert_eq!(list(all.clone()).await, "cba");
    assert_eq!(
        list(ReportFilter {
            limit: 2,
            ..all.clone()
        })
        .await,
        "cb"
    );
    assert_eq!(
        list(ReportFilter {
            plan: Some("1".into()),
            ..all.clone()
        })
        .await,
        "ca"
    );
    assert_eq!(
        list(ReportFilter {
            outcome: Some(Outcome::Partial),
            ..all.clone()
        })
        .await,
        "c"
    );
    let newest = store.reports(all.clone()).await.unwrap()[0].id;
    assert_eq!(
        list(ReportFilter {
            before: Some(newest),
            ..all
        })
        .await,
        "ba"
    );
}

#[tokio::test]
async fn a_line_of_the_list_tells_plan_and_counts() {
    let (_dir, store) = open();
    let mut report = run("1", "r");
    for cause in [
        ModuleCause::Ok,
        ModuleCause::BackupError,
        ModuleCause::NotDue,
    ] {
        let json = serde_json::json!({ "module": "mail1", "cause": cause });
        report.members.push(serde_json::from_value(json).unwrap());
    }
    store
        .save_report(report, vec![], vec![], at(1))
        .await
        .unwrap();
    let filter = ReportFilter {
        limit: 1,
        ..Default::default()
    };
    let line = store.reports(filter).await.unwrap().remove(0);
    assert_eq!((line.bad, line.counted), (1, 2));
    assert_eq!(line.plan_name.as_deref(), Some("Plan <1>"));
    assert_eq!((line.plan, line.made_at), (Some("1".into()), at(0)));
}

#[tokio::test]
async fn a_list_tells_when_the_run_was_and_whether_it_was_mailed() {
    let (_dir, store) = open();
    let mut mailed = run("1", "mailed");
    mailed.at = Some(at(-60));
    mailed.run_kind = RunKind::HandPart;
    let mails = vec![mail("a", &["x@example.org"])];
    store
        .save_report(mailed, mails, vec![], at(1))
        .await
        .unwrap();
    store
        .save_report(run("1", "kept"), vec![], vec![], at(1))
        .await
        .unwrap();
    let list = async |mailed| {
        let filter = ReportFilter {
            mailed,
            limit: 9,
            ..Default::default()
        };
        store.reports(filter).await.unwrap()
    };
    assert_eq!(list(None).await.len(), 2);
    let [with] = &list(Some(true)).await[..] else {
        panic!("one with a mail")
    };
    assert_eq!((with.run.as_str(), with.mailed), ("mailed", true));
    assert_eq!((with.at, with.run_kind), (Some(at(-60)), RunKind::HandPart));
    let [without] = &list(Some(false)).await[..] else {
        panic!("one without")
    };
    assert_eq!((without.run.as_str(), without.mailed), ("kept", false));
    assert_eq!(
        (without.at, without.run_kind),
        (None, RunKind::AsFound),
        "as far as is known"
    );
}

#[tokio::test]
async fn reports_are_found_by_mails_that_did_not_get_to_everybody() {
    let (_dir, store) = open();
    let attempts = [
        ("sent", Attempt::Sent("250".into())),
        ("refused", Attempt::Refused("550".into())),
        ("given_up", Attempt::Failed("timeout".into())),
    ];
    for (name, attempt) in attempts {
        let mails = vec![mail(name, &["x@example.org"])];
        let report = run("1", name);
        store
            .save_report(report, mails, vec![], at(1))
            .await
            .unwrap();
        let due = store.due(at(1), 1).await.unwrap().remove(0);
        store
            .record(due.mail, due.to, attempt, None, at(2))
            .await
            .unwrap();
    }
    let waiting = vec![mail("waiting", &["x@example.org", "y@example.org"])];
    store
        .save_report(run("1", "waiting"), waiting, vec![], at(1))
        .await
        .unwrap();
    save(&store, run("1", "no mail")).await;
    let list = async |trouble| {
        let filter = ReportFilter {
            trouble,
            limit: 9,
            ..ReportFilter::default()
        };
        let page = store.report_page(filter).await.unwrap();
        assert_eq!(page.total, page.reports.len());
        let runs = page.reports.iter().map(|line| line.run.to_string());
        runs.collect::<Vec<_>>()
    };
    assert_eq!(list(None).await.len(), 5);
    assert_eq!(list(Some(MailTrouble::Queued)).await, ["waiting"]);
    assert_eq!(
        list(Some(MailTrouble::Undelivered)).await,
        ["given_up", "refused"]
    );
}

#[tokio::test]
async fn a_page_knows_how_many_there_are_in_all() {
    let (_dir, store) = open();
    for n in 0..25 {
        let mut report = run(if n < 20 { "1" } else { "2" }, &format!("r{n:02}"));
        report.made_at = at(n);
        save(&store, report).await;
    }
    let page = async |offset, limit, since: Option<i64>, until: Option<i64>| {
        let filter = ReportFilter {
            plan: Some("1".into()),
            since: since.map(at),
            until: until.map(at),
            offset,
            limit,
            ..ReportFilter::default()
        };
        let page = store.report_page(filter).await.unwrap();
        let runs: Vec<_> = page
            .reports
            .iter()
            .map(|line| line.run.to_string())
            .collect();
        (page.total, runs.join(" "))
    };
    assert_eq!(page(0, 2, None, None).await, (20, "r19 r18".to_owned()));
    assert_eq!(page(18, 5, None, None).await, (20, "r01 r00".to_owned()));
    assert_eq!(page(20, 5, None, None).await, (20, String::new()));
    assert_eq!(page(0, 9, Some(18), None).await, (2, "r19 r18".to_owned()));
    assert_eq!(page(0, 9, None, Some(2)).await, (2, "r01 r00".to_owned()));
    assert_eq!(page(0, 9, Some(5), Some(5)).await, (0, String::new()));
}

#[tokio::test]
async fn text_finds_plans_and_the_applications_that_something_was_wrong_with() {
    let (_dir, store) = open();
    let bad = [
        ("mail1=Posta di Città", ModuleCause::BackupError),
        ("wiki1", ModuleCause::Ok),
    ];
    save(&store, with_members(run("1", "bad"), &bad)).await;
    let mut gone = with_members(run("12", "gone"), &[("wiki1", ModuleCause::Ok)]);
    gone.gone = vec!["samba7".into()];
    save(&store, gone).await;
    let mut unknown = report(ReportKind::UnknownPlan, "", "unknown");
    unknown.unknown_plans = vec!["seventeen".into()];
    save(&store, unknown).await;
    assert_eq!(found(&store, "").await, "unknown gone bad");
    assert_eq!(found(&store, "  \t ").await, "unknown gone bad");
    assert_eq!(found(&store, "mail1").await, "bad");
    assert_eq!(found(&store, "CITTÀ").await, "bad", "whatever the case");
    assert_eq!(found(&store, "plan <1").await, "gone bad", "every word");
    assert_eq!(found(&store, "posta plan").await, "bad");
    assert_eq!(found(&store, "posta samba7").await, "");
    assert_eq!(found(&store, "wiki1").await, "", "it was fine");
    assert_eq!(found(&store, "samba").await, "gone");
    assert_eq!(found(&store, "seventeen").await, "unknown");
    assert_eq!(found(&store, "1%").await, "", "no pattern");
    assert_eq!(found(&store, "m_il1").await, "");
    assert_eq!(found(&store, "\"]' OR 1 --").await, "");
}

#[tokio::test]
async fn a_corrected_report_is_found_by_what_it_says_now() {
    let (_dir, store) = open();
    let first = with_members(run("1", "r"), &[("mail1", ModuleCause::NotFinished)]);
    save(&store, first.clone()).await;
    assert_eq!(found(&store, "mail1").await, "r");
    let now = with_members(run("1", "r"), &[("samba1", ModuleCause::BackupError)]);
    let replacing = Save {
        report: now,
        mails: vec![],
        answered: vec![],
        replace: true,
    };
    let batch = Batch {
        saves: vec![replacing],
        ..Batch::default()
    };
    store.commit(batch, at(2)).await.unwrap();
    assert_eq!(found(&store, "mail1").await, "");
    assert_eq!(found(&store, "samba1").await, "r");
}
