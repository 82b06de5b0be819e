use crate::model::{AlertState, Outcome, RunId, StoredReport, Watch};
use crate::store::ReportFilter;
use crate::store::tests::{alert, at, beside, mail, open, plan_watch, report, unjudged, waiting};

use super::*;

fn save(plan: &str, run: &str) -> Save {
    Save {
        report: report(ReportKind::Run, plan, run),
        mails: vec![mail(run, &["x@example.org"])],
        answered: Vec::new(),
        replace: false,
    }
}

/// A look at the cluster that leads to everything a batch can hold.
async fn look(store: &Store) -> Batch {
    for plan in ["1", "2"] {
        let firing = alert(AlertState::Firing, plan);
        store.accept(vec![firing], at(1)).await.unwrap();
    }
    let entries = waiting(store).await;
    Batch {
        whole: Some(WholeWatch::default()),
        plans: BTreeMap::from([("1".into(), Some(plan_watch("Nightly")))]),
        saves: vec![
            Save {
                answered: vec![entries[0]],
                ..save("1", "a")
            },
            save("2", "b"),
        ],
        closes: vec![(vec![entries[1]], CloseReason::Repeat)],
        unjudged: vec![("1".into(), unjudged("u", -9))],
    }
}

async fn reports(store: &Store) -> usize {
    let filter = ReportFilter {
        limit: 99,
        ..ReportFilter::default()
    };
    store.reports(filter).await.unwrap().len()
}

async fn stored(store: &Store, run: &str) -> StoredReport {
    let (plan, run) = (PlanId::from("1"), RunId::from(run));
    let found = store.report_of(ReportKind::Run, Some(&plan), &run).await;
    found.unwrap().unwrap()
}

#[tokio::test]
async fn all_that_a_look_led_to_is_stored_together() {
    let (_dir, store) = open();
    let batch = look(&store).await;
    let saved = store.commit(batch, at(5)).await.unwrap();
    assert_eq!(
        saved,
        [Saved::New(ReportId(1)), Saved::New(ReportId(2))],
        "in the order of the batch"
    );
    assert_eq!(waiting(&store).await, []);
    assert_eq!(store.due(at(5), 9).await.unwrap().len(), 2);
    let watch = store.load_watch().await.unwrap();
    assert_eq!(watch.plans[&"1".into()].plan.name, "Nightly");
    let strips = store.strips(9).await.unwrap();
    assert_eq!(strips[&"1".into()].len(), 2);
}

#[tokio::test]
async fn a_look_that_cannot_be_stored_whole_leaves_nothing() {
    let (dir, store) = open();
    let batch = look(&store).await;
    // The watch is stored last: everything else was done before it fails.
    beside(dir.path())
        .execute_batch(
            "CREATE TRIGGER broken BEFORE INSERT ON watch_plan
             BEGIN SELECT raise(ABORT, 'on purpose'); END",
        )
        .unwrap();
    let before = store.counters(at(5)).await.unwrap();
    let refused = store.commit(batch.clone(), at(5)).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(waiting(&store).await.len(), 2, "the alerts wait");
    assert_eq!(reports(&store).await, 0);
    assert_eq!(store.due(at(9), 9).await.unwrap(), vec![]);
    assert_eq!(store.load_watch().await.unwrap(), Watch::default());
    assert_eq!(store.strips(9).await.unwrap(), BTreeMap::new());
    assert_eq!(store.counters(at(5)).await.unwrap(), before);

    beside(dir.path())
        .execute_batch("DROP TRIGGER broken")
        .unwrap();
    store.commit(batch, at(6)).await.unwrap();
    assert_eq!((waiting(&store).await.len(), reports(&store).await), (0, 2));
}

#[tokio::test]
async fn an_alert_that_came_in_again_meanwhile_goes_on_waiting() {
    let (_dir, store) = open();
    let batch = look(&store).await;
    for plan in ["1", "2"] {
        let again = alert(AlertState::Firing, plan);
        store.accept(vec![again], at(3)).await.unwrap();
    }
    store.commit(batch, at(5)).await.unwrap();
    assert_eq!(waiting(&store).await.len(), 2);
}

#[tokio::test]
async fn a_correction_takes_the_place_of_its_report_and_is_mailed_in_addition() {
    let (_dir, store) = open();
    store
        .save_report(
            save("1", "a").report,
            vec![mail("first", &["x@example.org"])],
            vec![],
            at(1),
        )
        .await
        .unwrap();
    let firing = alert(AlertState::Firing, "1");
    store.accept(vec![firing], at(2)).await.unwrap();
    let mut correction = save("1", "a");
    correction.replace = true;
    correction.answered = waiting(&store).await;
    correction.report.outcome = Outcome::Success;
    correction.report.made_at = at(60);
    correction.report.at = Some(at(-5));
    let batch = Batch {
        saves: vec![correction.clone()],
        ..Batch::default()
    };
    let saved = store.commit(batch, at(61)).await.unwrap();
    assert_eq!(saved, [Saved::New(ReportId(1))], "with the same number");
    let stored = stored(&store, "a").await;
    assert_eq!(
        (stored.id, &stored.report),
        (ReportId(1), &correction.report)
    );
    let deliveries = store.deliveries(ReportId(1)).await.unwrap();
    let subjects: Vec<_> = deliveries.iter().map(|line| &line.subject).collect();
    assert_eq!(subjects, ["Subject of first", "Subject of a"]);
    assert_eq!(waiting(&store).await, []);
    let filter = ReportFilter {
        limit: 9,
        ..ReportFilter::default()
    };
    let [line] = &store.reports(filter).await.unwrap()[..] else {
        panic!("still one report")
    };
    assert_eq!(
        (line.outcome, line.made_at, line.at),
        (Outcome::Success, at(60), Some(at(-5)))
    );
}

#[tokio::test]
async fn without_replacing_the_first_report_on_a_run_stays() {
    let (_dir, store) = open();
    let first = Batch {
        saves: vec![Save {
            replace: true,
            ..save("1", "a")
        }],
        ..Batch::default()
    };
    let saved = store.commit(first, at(1)).await.unwrap();
    assert_eq!(saved, [Saved::New(ReportId(1))], "nothing was there");
    let mut second = save("1", "a");
    second.report.outcome = Outcome::Success;
    let batch = Batch {
        saves: vec![second],
        ..Batch::default()
    };
    let saved = store.commit(batch, at(2)).await.unwrap();
    assert_eq!(saved, [Saved::Already(ReportId(1))]);
    assert_eq!(
        stored(&store, "a").await.report.outcome,
        Outcome::RepoFailure
    );
    assert_eq!(store.deliveries(ReportId(1)).await.unwrap().len(), 1);
}
