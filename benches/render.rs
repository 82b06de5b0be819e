//! How long a report becomes a mail, beside writing the same report as JSON.
//!
//! `cargo bench --bench render`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot measure ends"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ns8_backup_monitor::config::{Mail, Transport};
use ns8_backup_monitor::correlator::judge;
use ns8_backup_monitor::model::{
    ClusterState, Language, Layout, Mailbox, Module, ModuleId, NodeId, Plan, PlanId, ProbeMethod,
    ProbeSet, Readings, Report, SkipReason, Status, StatusReading,
};
use ns8_backup_monitor::notifier::Templates;
use ns8_backup_monitor::verdict::{Circumstances, of_run};
use support::figures::{figure, median, ms, ratio, timed};
use support::sample::START;

const ROUNDS: usize = 30;

fn main() {
    let (templates, _) = Templates::load(None).expect("the built-in templates");
    let mail = mail();
    println!("HTML, text and subject; medians of {ROUNDS} rounds\n");
    let times = [200, 2_000, 20_000].map(|modules| {
        let report = report(modules);
        let (mut rendered, mut json) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            json.push(timed(|| serde_json::to_vec(&report)).0);
            let (time, result) = timed(|| templates.render(&report, &mail));
            let body = result.expect("a mail").body;
            assert!(body.html.contains(&module(0)) && body.text.contains(&module(0)));
            rendered.push(time);
        }
        (modules, median(&mut rendered), median(&mut json))
    });
    for (modules, rendered, json) in times {
        let target = if modules == 2_000 { "<= 50 ms" } else { "" };
        figure(
            &format!("{modules} modules: rendered"),
            &ms(rendered),
            target,
        );
        let ratio = format!("{:.1}", ratio(rendered, json));
        figure(
            &format!("{modules} modules: rendered / as JSON"),
            &ratio,
            "",
        );
    }
}

fn mail() -> Mail {
    Mail {
        from: Mailbox::new("monitor@example.org"),
        to: vec![Mailbox::new("admin@example.org")],
        subject_prefix: "[NS8 Backup]".to_owned(),
        language: Language::En,
        timezone: TimeZone::get("Europe/Rome").expect("a zone"),
        admin_url: None,
        templates: None,
        transport: Transport::Smarthost,
    }
}

fn module(index: usize) -> String {
    format!("nextcloud{}", index + 1)
}

/// One plan; every fifth of its modules failed, every seventh has no status.
fn report(count: usize) -> Report {
    let id = PlanId::from("1");
    let ids: Vec<ModuleId> = (0..count)
        .map(|index| ModuleId::new(module(index)))
        .collect();
    let plan = Plan {
        name: "Nightly".to_owned(),
        enabled: true,
        schedule: "daily".to_owned(),
        instances: ids.clone(),
        ..Plan::default()
    };
    let now = time(Duration::from_hours(1));
    let live = |(index, id): (usize, &ModuleId)| {
        let module = Module {
            name: Some(format!("Cloud of department {index}").into()),
            node: Some(NodeId(1)),
            uuid: format!("{index:08x}-0000-4000-8000-000000000000").into(),
            no_data: false,
        };
        (id.clone(), module)
    };
    let state = ClusterState {
        read_at: now,
        cluster_uuid: None,
        cluster_name: Some("A cluster".to_owned()),
        leader: Some(NodeId(1)),
        nodes: BTreeMap::new(),
        modules: ids.iter().enumerate().map(live).collect(),
        destinations: BTreeMap::new(),
        plans: BTreeMap::from([(id.clone(), plan)]),
        statuses: BTreeMap::from([(id.clone(), statuses(&ids))]),
        voice: None,
        unreadable: Vec::new(),
    };
    let run = judge(&state, &id).expect("the plan");
    let probes = ProbeSet::skipped(ProbeMethod::Off, SkipReason::Off);
    let around = Circumstances {
        state: Some(&state),
        alerts: &[],
        notes: &[],
        now,
    };
    of_run(&run, probes, around)
}

fn statuses(ids: &[ModuleId]) -> Readings {
    let with_status = ids.iter().enumerate().filter(|(index, _)| index % 7 != 6);
    with_status
        .map(|(index, id)| {
            let status = Status {
                start: time(Duration::ZERO),
                end: time(Duration::from_mins(5)),
                errors: u32::from(index % 5 == 0),
                size: Some(1_000_000_000),
                files: Some(4_500),
                node: Some(NodeId(1)),
                layout: Layout::A,
                message: None,
            };
            (id.clone(), StatusReading::Read(status))
        })
        .collect()
}

fn time(after_start: Duration) -> Timestamp {
    Timestamp::from_second(START).expect("a time") + after_start
}
