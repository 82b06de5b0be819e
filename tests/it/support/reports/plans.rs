//! Reports on all plans, and on what no plan backs up.

use jiff::SignedDuration;
use ns8_backup_monitor::model::*;

use super::*;

fn summary(id: &str, name: &str, schedule: &str, enabled: bool) -> PlanSummary {
    PlanSummary {
        id: id.into(),
        name: name.into(),
        schedule: schedule.into(),
        enabled,
    }
}

/// A second plan.
pub fn archive() -> PlanSummary {
    summary("2", "Archive, monthly", "*-*-01 04:00:00", true)
}

fn lost(module: &str, label: &str, plan: Option<PlanSummary>) -> UncoveredModule {
    UncoveredModule {
        module: module.into(),
        name: (!label.is_empty()).then(|| label.into()),
        node: Some(NodeId(3)),
        since: plan.is_some().then(|| ago(6)),
        plan,
    }
}

fn nightly() -> PlanSummary {
    summary("1", "Nightly", "*-*-* 02:00:00", true)
}

/// One application moved to another node, and is in no plan there.
pub fn uncovered() -> Report {
    Report {
        uncovered: vec![lost("mail2", "Posta", Some(nightly()))],
        outcome: Outcome::Partial,
        alerts: Vec::new(),
        ..without_plan(ReportKind::Uncovered)
    }
}

/// Several lost theirs.
pub fn several_uncovered() -> Report {
    let others = ["n8n1", "n8n2", "n8n3", "n8n4"];
    let mut report = uncovered();
    let others = others.map(|id| lost(id, "", Some(archive())));
    report.uncovered.extend(others);
    report
}

fn run(hours: i64, outcome: Option<Outcome>, bad: usize, counted: usize) -> RunMark {
    RunMark {
        report: outcome.map(|_| ReportId(1)),
        run: "run".into(),
        kind: RunKind::Scheduled,
        at: ago(hours),
        took_s: Some(5_400),
        outcome,
        bad,
        counted,
    }
}

fn stands(plan: PlanSummary, standing: Standing, applications: usize) -> PlanOverview {
    let next = plan.enabled.then(|| ago(-22));
    PlanOverview {
        plan,
        destination: Some("fd4e75b5".into()),
        destination_name: Some("Backblaze".into()),
        standing,
        bad_since: None,
        applications,
        last: None,
        open: None,
        next,
        muted_until: None,
        attention: Vec::new(),
        strip: Vec::new(),
    }
}

fn needs(module: &str, label: &str, cause: ModuleCause, hours: Option<i64>) -> Attention {
    Attention {
        module: module.into(),
        name: (!label.is_empty()).then(|| label.into()),
        node: Some(NodeId(2)),
        cause,
        ok_at: hours.map(ago),
    }
}

fn overview(plans: Vec<PlanOverview>) -> Report {
    Report {
        outcome: Outcome::Success,
        alerts: Vec::new(),
        overview: Some(Overview {
            made_at: made_at(),
            cluster_name: Some("rl1.rig.example.org".into()),
            read_at: Some(made_at()),
            redis_problem: None,
            voice: true,
            plans,
            uncovered: Vec::new(),
            queued_mails: 0,
            undelivered_mails: 0,
        }),
        ..without_plan(ReportKind::Digest)
    }
}

/// A week in which something of everything happened.
pub fn digest() -> Report {
    let bad = PlanOverview {
        bad_since: Some(ago(74)),
        last: Some(run(2, Some(Outcome::Partial), 2, 7)),
        muted_until: Some(made_at() + SignedDuration::from_hours(40)),
        attention: vec![
            needs(
                "mail1",
                "Posta aziendale",
                ModuleCause::BackupError,
                Some(98),
            ),
            needs("mattermost1", "", ModuleCause::NeverRan, None),
        ],
        ..stands(nightly(), Standing::Bad, 7)
    };
    let good = PlanOverview {
        last: Some(run(1, Some(Outcome::Success), 0, 3)),
        open: Some(OpenMark {
            at: made_at() - SignedDuration::from_mins(12),
            kind: RunKind::Scheduled,
            members: 3,
            reported: 2,
            failed: 1,
        }),
        ..stands(
            summary("3", "File server, hourly", "hourly", true),
            Standing::Good,
            3,
        )
    };
    let unknown = PlanOverview {
        last: Some(run(3, None, 0, 0)),
        ..stands(archive(), Standing::Unknown, 7)
    };
    let off = summary("4", "Before the migration", "daily", false);
    let empty = summary("5", "Empty", "Mon..Fri 22:00", true);
    let mut report = overview(vec![
        bad,
        unknown,
        good,
        stands(off, Standing::Disabled, 2),
        stands(empty, Standing::Empty, 0),
    ]);
    if let Some(overview) = &mut report.overview {
        overview.uncovered = vec![
            lost("mail2", "Posta", Some(nightly())),
            lost("n8n1", "", None),
        ];
        overview.redis_problem = Some("connection refused".into());
        overview.read_at = Some(ago(1));
        overview.queued_mails = 1;
        overview.undelivered_mails = 2;
    }
    report
}

/// A week in which nothing happened.
pub fn quiet_digest() -> Report {
    let good = |plan| PlanOverview {
        last: Some(run(2, Some(Outcome::Success), 0, 7)),
        ..stands(plan, Standing::Good, 7)
    };
    overview(vec![good(nightly()), good(archive())])
}

/// Names that try to be more than names, in a summary.
pub fn hostile_digest() -> Report {
    let script = "<script>alert(1)</script>";
    let lines = "Nightly\r\nBcc: victim@example.org\r\n\r\nfree text";
    let plan = summary(script, lines, "\u{1b}[2Jdaily", true);
    let bad = PlanOverview {
        last: Some(run(2, Some(Outcome::RepoFailure), 1, 1)),
        attention: vec![needs(script, "\u{202e}gnp.exe", ModuleCause::Missed, None)],
        ..stands(plan.clone(), Standing::Bad, 1)
    };
    let mut report = overview(vec![bad]);
    if let Some(overview) = &mut report.overview {
        overview.redis_problem = Some(format!("{script}\n\u{1b}[2J"));
        overview.uncovered = vec![lost(script, lines, Some(plan))];
    }
    report.cluster_name = Some(lines.into());
    report
}

/// The same, of an application without a plan, with an id that a shell would
/// misread.
pub fn hostile_uncovered() -> Report {
    let lines = "Posta\r\nBcc: victim@example.org";
    let plan = summary("1; reboot", "<img src=x onerror=x>", "daily", true);
    let mut report = uncovered();
    report.uncovered = vec![lost("mail2; reboot", lines, Some(plan))];
    report
}
