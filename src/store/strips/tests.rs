use crate::model::{Report, ReportKind};
use crate::store::Batch;
use crate::store::tests::{at, open, report, unjudged};

use super::*;

fn run(plan: &str, run: &str, second: i64) -> Report {
    let mut report = report(ReportKind::Run, plan, run);
    report.at = Some(at(second));
    report
}

async fn save(store: &Store, report: Report) {
    store
        .save_report(report, vec![], vec![], at(0))
        .await
        .unwrap();
}

async fn lost(store: &Store, plan: &str, mark: RunMark) {
    let batch = Batch {
        unjudged: vec![(plan.into(), mark)],
        ..Batch::default()
    };
    store.commit(batch, at(0)).await.unwrap();
}

async fn runs(store: &Store, length: usize) -> BTreeMap<String, String> {
    let strips = store.strips(length).await.unwrap();
    let names = |marks: &Vec<RunMark>| marks.iter().map(|mark| mark.run.as_str()).collect();
    strips
        .iter()
        .map(|(plan, marks)| (plan.to_string(), names(marks)))
        .collect()
}

fn of<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs
        .map(|(plan, runs)| (plan.to_owned(), runs.to_owned()))
        .into()
}

#[tokio::test]
async fn a_strip_shows_the_last_runs_by_their_own_time() {
    let (_dir, store) = open();
    // Reports come in any order, and an unjudged run has none.
    for (name, second) in [("c", 30), ("a", 10), ("e", 50)] {
        save(&store, run("1", name, second)).await;
    }
    save(&store, run("2", "x", 5)).await;
    for (name, second) in [("b", 20), ("d", 40)] {
        lost(&store, "1", unjudged(name, second)).await;
    }
    lost(&store, "3", unjudged("y", 1)).await;
    let all = [("1", "abcde"), ("2", "x"), ("3", "y")];
    assert_eq!(runs(&store, 9).await, of(all));
    assert_eq!(
        runs(&store, 3).await,
        of([("1", "cde"), ("2", "x"), ("3", "y")])
    );
    assert_eq!(runs(&store, 0).await, of([("1", ""), ("2", ""), ("3", "")]));
}

#[tokio::test]
async fn only_runs_are_in_a_strip() {
    let (_dir, store) = open();
    save(&store, report(ReportKind::AllWell, "", "r")).await;
    save(&store, report(ReportKind::Uncovered, "1", "r")).await;
    assert_eq!(runs(&store, 9).await, of([]));
}

#[tokio::test]
async fn a_mark_tells_what_the_report_says() {
    let (_dir, store) = open();
    let mut report = run("1", "a", 10);
    report.run_kind = RunKind::HandWhole;
    report.took_s = Some(77);
    report.outcome = Outcome::Partial;
    save(&store, report).await;
    lost(&store, "1", unjudged("b", 20)).await;
    let strips = store.strips(9).await.unwrap();
    let judged = RunMark {
        report: Some(ReportId(1)),
        run: "a".into(),
        kind: RunKind::HandWhole,
        at: at(10),
        took_s: Some(77),
        outcome: Some(Outcome::Partial),
        bad: 0,
        counted: 0,
    };
    assert_eq!(strips[&"1".into()], [judged, unjudged("b", 20)]);
}

#[tokio::test]
async fn a_run_without_a_time_stands_where_its_report_was_made() {
    let (_dir, store) = open();
    let mut old = report(ReportKind::Run, "1", "old");
    old.made_at = at(15);
    save(&store, old).await;
    save(&store, run("1", "a", 10)).await;
    save(&store, run("1", "b", 20)).await;
    assert_eq!(runs(&store, 9).await, of([("1", "aoldb")]));
}

#[tokio::test]
async fn a_run_that_was_judged_after_all_is_one_run() {
    let (_dir, store) = open();
    lost(&store, "1", unjudged("a", 10)).await;
    lost(&store, "1", unjudged("a", 11)).await;
    assert_eq!(runs(&store, 9).await, of([("1", "a")]));
    save(&store, run("1", "a", 10)).await;
    let strips = store.strips(9).await.unwrap();
    let [mark] = &strips[&"1".into()][..] else {
        panic!("{strips:?}")
    };
    assert_eq!(mark.outcome, Some(Outcome::RepoFailure));
}

#[tokio::test]
async fn strips_are_read_from_their_indexes() {
    let (_dir, store) = open();
    let plan = store
        .read(|db| {
            db.prepare(
                "EXPLAIN QUERY PLAN
                 SELECT id FROM report WHERE kind = 'run' AND plan = '1'
                 ORDER BY coalesce(at, made_at) DESC, id DESC LIMIT 9",
            )?
            .query_and_then([], |row| Ok(row.get::<_, String>("detail")?))?
            .collect::<Result<Vec<_>, StoreError>>()
        })
        .await
        .unwrap();
    let plan = plan.join("; ");
    assert!(plan.contains("report_strip"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}
