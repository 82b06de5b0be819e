use std::collections::BTreeMap;

use crate::model::{
    ClockMark, Identity, Layout, Module, ModuleMemory, NodeId, NodeZone, OpenRun, PartMember,
    PartState, RunPart, Status, StatusReading, Watched,
};
use crate::store::Batch;
use crate::store::tests::{at, beside, open, plan_watch};

use super::*;

async fn keep(store: &Store, plans: &[(&str, Option<PlanWatch>)]) {
    let batch = Batch {
        plans: plans
            .iter()
            .map(|(plan, watch)| (PlanId::from(*plan), watch.clone()))
            .collect(),
        ..Batch::default()
    };
    store.commit(batch, at(0)).await.unwrap();
}

/// Something in every map: their keys must find back out of JSON.
fn with_an_open_run() -> PlanWatch {
    let mut watch = plan_watch("Nightly");
    let status = StatusReading::Read(Status {
        start: at(1),
        end: at(9),
        errors: 0,
        size: Some(7),
        files: None,
        node: Some(NodeId(2)),
        layout: Layout::A,
        message: None,
    });
    let local = "2026-11-20T02:00:00".parse().unwrap();
    let member = PartMember {
        module: Module {
            name: None,
            node: Some(NodeId(2)),
            uuid: "u".into(),
            no_data: false,
        },
        reading: Some(status.clone()),
        ok_before: None,
        ok_size_before: None,
        joined: false,
        absence: None,
        busy_with: None,
    };
    let part = RunPart {
        at: at(0),
        state: PartState::Going,
        since: Watched(5),
        patience: 60,
        members: BTreeMap::from([("mail1".into(), member)]),
        skipped: Vec::new(),
        given_up: None,
        own_vpn_suspect: true,
    };
    watch.handled.insert(NodeId(2), local);
    watch.modules.insert(
        "mail1".into(),
        ModuleMemory {
            uuid: "u".into(),
            reading: Some(status),
            durations: [8, 9].into(),
            ok_at: Some(at(9)),
            ok_size: Some(7),
        },
    );
    watch.runs.push(OpenRun {
        id: "r".into(),
        local,
        at: at(0),
        plan: watch.plan.clone(),
        interval: Some(86_400),
        parts: BTreeMap::from([(NodeId(2), part)]),
        over: None,
    });
    watch
}

fn whole() -> WholeWatch {
    WholeWatch {
        identity: Some(Identity {
            cluster: Some("uuid".into()),
            module: None,
        }),
        clock: Some(ClockMark {
            wall: at(3),
            boot: 17,
            boot_id: "b".into(),
        }),
        watched: Watched(99),
        zones: BTreeMap::from([(NodeId(1), NodeZone::default())]),
        ..WholeWatch::default()
    }
}

#[tokio::test]
async fn before_the_first_look_nothing_is_remembered() {
    let (_dir, store) = open();
    assert_eq!(store.load_watch().await.unwrap(), Watch::default());
}

#[tokio::test]
async fn what_was_remembered_is_there_after_a_restart() {
    let (dir, store) = open();
    let batch = Batch {
        whole: Some(whole()),
        plans: BTreeMap::from([("1".into(), Some(with_an_open_run()))]),
        ..Batch::default()
    };
    store.commit(batch, at(0)).await.unwrap();
    drop(store);
    let store = Store::open(&dir.path().join("state")).unwrap();
    let watch = Watch {
        whole: whole(),
        plans: BTreeMap::from([("1".into(), with_an_open_run())]),
    };
    assert_eq!(store.load_watch().await.unwrap(), watch);
}

#[tokio::test]
async fn only_what_a_look_changed_is_written_and_a_plan_can_be_forgotten() {
    let (_dir, store) = open();
    let all = ["1", "2", "3"].map(|plan| (plan, Some(plan_watch("before"))));
    keep(&store, &all).await;
    keep(&store, &[("2", Some(plan_watch("after"))), ("3", None)]).await;
    let watch = store.load_watch().await.unwrap();
    let names: Vec<_> = watch
        .plans
        .iter()
        .map(|(plan, watch)| (plan.as_str(), watch.plan.name.as_str()))
        .collect();
    assert_eq!(names, [("1", "before"), ("2", "after")]);
    assert_eq!(watch.whole, WholeWatch::default());
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_takes_no_other_one_down() {
    let (dir, store) = open();
    keep(
        &store,
        &["1", "2"].map(|plan| (plan, Some(plan_watch(plan)))),
    )
    .await;
    let whole = whole();
    let batch = Batch {
        whole: Some(whole.clone()),
        ..Batch::default()
    };
    store.commit(batch, at(0)).await.unwrap();
    let other = beside(dir.path());
    for body in ["{", "", "null", "{\"plan\":7}"] {
        other
            .execute("UPDATE watch_plan SET body = ?1 WHERE plan = '1'", [body])
            .unwrap();
        let watch = store.load_watch().await.unwrap();
        let plans: Vec<_> = watch.plans.keys().map(PlanId::as_str).collect();
        assert_eq!(plans, ["2"], "{body}");
        assert_eq!(watch.whole, whole);
    }
    other
        .execute("UPDATE watch_whole SET body = '[]'", [])
        .unwrap();
    let watch = store.load_watch().await.unwrap();
    assert_eq!((watch.whole, watch.plans.len()), (WholeWatch::default(), 1));
    // The plan begins anew in the same place.
    keep(&store, &[("1", Some(plan_watch("anew")))]).await;
    assert_eq!(store.load_watch().await.unwrap().plans.len(), 2);
}
