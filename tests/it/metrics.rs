//! The metrics as Prometheus takes them.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use ns8_backup_monitor::exporter::render;
use ns8_backup_monitor::model::{
    Facts, ModuleFacts, NodeId, Outcome, Overview, PlanOverview, PlanSummary, RepositoryFacts,
    RunKind, RunMark, Standing,
};
use serde_json::json;

use crate::support::prometheus::{Prometheus, complaints};
use crate::support::receiver::Surface;

/// A name as hostile as it can be made.
const NAME: &str = "a\"} 1\nbackup_monitor_voice 7\n# EOF\n\\ è 🚀 {b=\"c\"}\r\t";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// One plan, one application, one repository, all that is known of each.
fn facts() -> Facts {
    let run = RunMark {
        report: None,
        run: "r".into(),
        kind: RunKind::Scheduled,
        at: at(1_795_000_000),
        took_s: Some(600),
        outcome: Some(Outcome::Partial),
        bad: 1,
        counted: 2,
    };
    let plan = PlanOverview {
        plan: PlanSummary {
            id: "1".into(),
            name: NAME.into(),
            schedule: "daily".into(),
            enabled: true,
        },
        destination: None,
        destination_name: None,
        standing: Standing::Bad,
        bad_since: Some(run.at),
        applications: 2,
        last: Some(run),
        open: None,
        next: Some(at(1_795_086_400)),
        muted_until: None,
        attention: Vec::new(),
        strip: Vec::new(),
    };
    let mut facts = Facts::unknown(Overview::unknown(at(1_795_001_000)));
    facts.overview.plans.push(plan);
    facts.modules.push(ModuleFacts {
        plan: "1".into(),
        module: "mail1".into(),
        node: Some(NodeId(1)),
        ok_at: Some(at(1_795_000_300)),
        size: Some(48_318_382_080),
        duration_s: Some(300),
        ok: true,
    });
    facts.repositories.push(RepositoryFacts {
        plan: "1".into(),
        module: "samba1".into(),
        destination: "d-1".into(),
        reachable: false,
        took_ms: 340,
        at: at(1_795_000_900),
    });
    facts
}

/// The tool reads the classic format, in which the family of a counter has
/// `_total` in its name.
fn classic(text: &str) -> String {
    let counters: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let line = |line: &str| {
        let mut words = line.splitn(4, ' ').collect::<Vec<_>>();
        let total = words.get(2).map(|name| format!("{name}_total"));
        if line.starts_with("# ") && words.get(2).is_some_and(|name| counters.contains(name)) {
            words[2] = total.as_deref().unwrap();
        }
        words.join(" ") + "\n"
    };
    text.lines().map(line).collect()
}

#[test]
fn the_tool_of_prometheus_finds_nothing_to_complain_about() {
    let text = render(facts()).unwrap();
    assert_eq!(complaints(&classic(&text)), Vec::<String>::new(), "{text}");
    // It does find something where there is something.
    let wrong = complaints("# TYPE a_total gauge\na_total 1\n");
    assert!(
        wrong.iter().any(|line| line.contains("_total")),
        "{wrong:?}"
    );
}

#[test]
fn a_real_prometheus_takes_every_series() {
    let surface = Surface::start(ns8_backup_monitor::receiver::Limits::default());
    let text = render(facts()).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#')).count();
    surface.metrics.send_replace(text.into());
    let prometheus = Prometheus::scraping(surface.address);
    let next = prometheus.series("backup_monitor_plan_next_run_timestamp_seconds");
    assert_eq!(next.len(), 1);
    let (labels, value) = &next[0];
    assert_eq!(
        (&labels["name"], &labels["plan"]),
        (&json!(NAME), &json!("1"))
    );
    assert_eq!(value, "1795086400");
    let taken = prometheus.series("scrape_samples_scraped");
    assert_eq!(taken[0].1, lines.to_string());
    let voice = prometheus.series("backup_monitor_voice");
    assert_eq!((voice.len(), voice[0].1.as_str()), (1, "0"), "a forged one");
    let alerts = prometheus.series("backup_monitor_alerts_received_total");
    assert_eq!(alerts.len(), 1);
    for rule in examples() {
        prometheus.understands(&rule);
    }
}

/// The rules that the page shows.
fn examples() -> Vec<String> {
    let page = page();
    let (_, examples) = page.split_once("\n## Examples\n").unwrap();
    let blocks = examples.split("```\n").skip(1).step_by(2);
    let rules: Vec<String> = blocks.map(str::to_owned).collect();
    assert!(!rules.is_empty());
    rules
}

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/METRICS.md");
    std::fs::read_to_string(page).unwrap()
}

/// Names, types and help of what is written, and what the page says.
#[test]
fn every_metric_is_documented() {
    let page = page();
    let documented: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| `backup_monitor_")?
                .split(['`', '{'])
                .next()
        })
        .collect();
    let text = render(facts()).unwrap();
    let written: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            line.strip_prefix("backup_monitor_")?
                .split([' ', '{'])
                .next()
        })
        .collect();
    assert_eq!(documented, written);
}
