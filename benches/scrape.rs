//! How long Prometheus waits for `/metrics`, beside a bare socket that sends
//! the same text, and how long that text takes to write.
//!
//! `cargo bench --bench scrape`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot measure ends"
)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use jiff::Timestamp;
use ns8_backup_monitor::exporter::render;
use ns8_backup_monitor::model::{
    Facts, ModuleFacts, NodeId, Outcome, Overview, PlanId, PlanOverview, PlanSummary, RunKind,
    RunMark, Standing,
};
use ns8_backup_monitor::receiver::Limits;
use support::figures::{figure, median, ms, percentile, ratio, timed};
use support::http;
use support::sample::START;
use support::surface::Surface;

const PLANS: usize = 200;
const ROUNDS: usize = 200;

fn main() {
    println!("medians of {ROUNDS} rounds over loopback, each a new connection\n");
    for modules in [500, 5_000, 50_000] {
        measure(modules);
    }
}

fn measure(modules: usize) {
    let facts = facts(modules);
    let (mut written, mut ours, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    let mut text = String::new();
    for _ in 0..20 {
        let facts = facts.clone();
        let (time, result) = timed(|| render(facts));
        text = result.expect("the metrics");
        written.push(time);
    }
    let surface = Surface::start(Limits::default());
    surface.metrics.send_replace(text.as_str().into());
    let plain = serve_plainly(text.clone());
    for _ in 0..ROUNDS {
        ours.push(scrape(surface.address, &text));
        bare.push(scrape(plain, &text));
    }
    let kib = format!("{} KiB", text.len() / 1024);
    figure(&format!("{modules} modules, {PLANS} plans: text"), &kib, "");
    let target = if modules == 5_000 { "<= 10 ms" } else { "" };
    let (ours_median, bare) = (median(&mut ours), median(&mut bare));
    figure("  scraped, median", &ms(ours_median), target);
    figure("  scraped, p99", &ms(percentile(&mut ours, 0.99)), target);
    let times = format!("{:.1}", ratio(ours_median, bare));
    figure("  scraped / a bare socket", &times, "");
    figure(
        "  written, when something changed",
        &ms(median(&mut written)),
        "",
    );
}

fn scrape(address: SocketAddr, text: &str) -> Duration {
    let (time, answer) = timed(|| http::get(address, "/metrics").expect("an answer"));
    assert_eq!((answer.status(), answer.body.len()), (200, text.len()));
    time
}

/// Answers every connection with `text`, for as long as the bench runs.
fn serve_plainly(text: String) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let length = text.len();
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(text.as_bytes());
        }
    });
    address
}

fn facts(modules: usize) -> Facts {
    let at = Timestamp::from_second(START).expect("a time");
    let mut facts = Facts::unknown(Overview::unknown(at));
    facts.overview.plans = (1..=PLANS).map(|number| plan(number, at)).collect();
    facts.modules = (0..modules)
        .map(|index| ModuleFacts {
            plan: PlanId::new((index % PLANS + 1).to_string()),
            module: format!("nextcloud{}", index + 1).into(),
            node: Some(NodeId(1)),
            ok_at: Some(at),
            size: Some(1_000_000_000),
            duration_s: Some(300),
            ok: index % 50 != 0,
        })
        .collect();
    facts
}

fn plan(number: usize, at: Timestamp) -> PlanOverview {
    let run = RunMark {
        report: None,
        run: "r".into(),
        kind: RunKind::Scheduled,
        at,
        took_s: Some(600),
        outcome: Some(Outcome::Success),
        bad: 0,
        counted: 25,
    };
    PlanOverview {
        plan: PlanSummary {
            id: PlanId::new(number.to_string()),
            name: format!("Plan {number}"),
            schedule: "daily".to_owned(),
            enabled: true,
        },
        destination: None,
        destination_name: None,
        standing: Standing::Good,
        bad_since: None,
        applications: 25,
        last: Some(run.clone()),
        open: None,
        next: None,
        muted_until: None,
        attention: Vec::new(),
        strip: vec![run; 30],
    }
}
