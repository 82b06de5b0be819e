//! Full samples of every kind of report in every language, with which an
//! administrator's templates are tried before a real report needs them.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::view::{self, View};
use crate::config;
use crate::model::{
    Advice, DestinationHealth, DestinationResult, Language, Lock, Mailbox, MemberResult,
    ModuleCause, NodeId, Outcome, PlanCause, PlanLastRun, PlanSummary, Probe, ProbeMethod,
    RepoCause, Report, ReportKind, Severity, SkipReason, Warning,
};

/// All of them, the fullest one last.
pub(super) fn views() -> Vec<View> {
    let mut views = Vec::new();
    for language in [Language::It, Language::En] {
        let mail = mail(language);
        views.push(view::of_test(&mail, None, "file", at(0)));
        for kind in [
            ReportKind::UnknownPlan,
            ReportKind::RedisUnreachable,
            ReportKind::AllWell,
            ReportKind::Run,
        ] {
            views.push(view::of_report(&bare(kind), &mail));
        }
        views.push(view::of_report(&all_well(), &mail));
        views.push(view::of_report(&full(), &mail));
    }
    views
}

fn at(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH
        .saturating_add(SignedDuration::from_hours(490_000 + hours))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

pub(super) fn mail(language: Language) -> config::Mail {
    config::Mail {
        from: Mailbox::new("backup@example.org"),
        to: vec![Mailbox::new("admin@example.org")],
        subject_prefix: "[NS8 Backup]".into(),
        language,
        timezone: TimeZone::UTC,
        admin_url: Some("https://cluster.example.org/cluster-admin/".into()),
        templates: None,
        transport: config::Transport::Smarthost,
    }
}

pub(super) fn bare(kind: ReportKind) -> Report {
    Report::blank(kind, "sample".into(), at(0))
}

fn all_well() -> Report {
    let plans = [Some(at(-4)), None].map(|last| PlanLastRun { plan: plan(), last });
    Report {
        outcome: Outcome::Success,
        plans: plans.to_vec(),
        ..bare(ReportKind::AllWell)
    }
}

pub(super) fn plan() -> PlanSummary {
    PlanSummary {
        id: "1".into(),
        name: "Nightly".into(),
        schedule: "*-*-* 02:00:00".into(),
        enabled: false,
    }
}

pub(super) fn full() -> Report {
    let alert = [("alertname", "BackupFailed"), ("id", "1")];
    Report {
        outcome: Outcome::Partial,
        causes: vec![PlanCause::Disabled],
        plan: Some(plan()),
        cluster_name: Some("cluster.example.org".into()),
        members: ModuleCause::ALL.into_iter().map(member).collect(),
        gone: vec!["dokuwiki9".into()],
        destination: Some(destination()),
        warnings: vec![
            Warning::NoFiles {
                module: "mail1".into(),
            },
            Warning::GoneMembers {
                modules: vec!["dokuwiki9".into()],
            },
        ],
        advice: vec![Advice::ReadModuleLog, Advice::RemoveLock],
        alerts: vec![
            alert
                .map(|(key, value)| (key.into(), value.into()))
                .into_iter()
                .collect(),
        ],
        unknown_plans: vec!["99".into()],
        plans: vec![PlanLastRun {
            plan: plan(),
            last: Some(at(-4)),
        }],
        unreachable_since: Some(at(-1)),
        ..bare(ReportKind::Run)
    }
}

pub(super) fn member(cause: ModuleCause) -> MemberResult {
    let good = cause.severity() == Severity::Good;
    MemberResult {
        module: "mail1".into(),
        name: Some("Mail".into()),
        node: Some(NodeId(1)),
        node_name: Some("Leader".into()),
        cause,
        started: Some(at(-4)),
        duration_s: Some(754),
        size: Some(3_435_973_836),
        files: Some(12_345),
        at_risk_since: (!good).then(|| at(-80)),
        never_saved: cause == ModuleCause::NeverRan,
        ok_before: None,
        busy_with: None,
        detail: Some("exit status 1".into()),
        unreadable: None,
    }
}

fn destination() -> DestinationResult {
    DestinationResult {
        id: "0a1b".into(),
        name: "Backblaze".into(),
        provider: "backblaze".into(),
        url: "b2:bucket".into(),
        health: DestinationHealth::Fine,
        method: ProbeMethod::Api,
        skipped: Some(SkipReason::AllOk),
        probes: vec![Probe {
            module: "mail1".into(),
            path: "mail/0a1b".into(),
            cause: RepoCause::Locked,
            snapshots: Some(30),
            newest: Some(at(-80)),
            recent: Vec::new(),
            size: None,
            locks: vec![Lock {
                owner: "root@node1".into(),
                since: Some(at(-50)),
                exclusive: true,
            }],
            message: Some("unable to create lock".into()),
            took_ms: 1_240,
        }],
        left_out: 3,
    }
}
