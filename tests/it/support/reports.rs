//! Reports as the cases of the mail tests need them: one cluster, one night.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use ns8_backup_monitor::config;
use ns8_backup_monitor::model::*;

mod plans;
mod runs;

pub use plans::*;
pub use runs::*;

/// When every report here was made: 05:12 in Rome.
pub fn made_at() -> Timestamp {
    "2026-11-21T04:12:30Z".parse().unwrap()
}

fn ago(hours: i64) -> Timestamp {
    made_at() - SignedDuration::from_hours(hours)
}

/// Settings of an administrator in Rome.
pub fn mail(language: Language) -> config::Mail {
    config::Mail {
        from: Mailbox::new("backup@rig.example.org"),
        to: vec![
            Mailbox::new("admin@example.org"),
            Mailbox::new("team@example.net"),
        ],
        subject_prefix: "[NS8 Backup]".into(),
        language,
        timezone: TimeZone::get("Europe/Rome").unwrap(),
        admin_url: Some("https://rl1.rig.example.org/cluster-admin/".into()),
        templates: None,
        transport: config::Transport::Smarthost,
    }
}

/// Seven applications on two nodes, all ok, after an alert.
pub fn success() -> Report {
    let apps = [
        ("mail1", "Posta aziendale", 1, 3_650_722_201, 48_211, 754),
        ("webtop1", "WebTop", 1, 812_646_400, 9_120, 95),
        (
            "nextcloud1",
            "Nextcloud",
            1,
            128_849_018_880,
            412_777,
            5_130,
        ),
        ("samba1", "File server", 2, 75_161_927_680, 98_004, 1_802),
        ("mattermost1", "", 2, 912_680_550, 3_410, 71),
        ("dokuwiki1", "Wiki", 2, 41_943_040, 1_288, 9),
        ("piler1", "Mail archive", 2, 0, 12, 4),
    ];
    let mut start = ago(2);
    let members = apps.map(|(id, label, node, size, files, seconds)| {
        let started = start;
        start += SignedDuration::from_secs(seconds);
        MemberResult {
            module: id.into(),
            name: (!label.is_empty()).then(|| label.into()),
            node: Some(NodeId(node)),
            node_name: (node == 1).then(|| "Leader".into()),
            cause: ModuleCause::Ok,
            started: Some(started),
            duration_s: Some(seconds),
            size: Some(size),
            files: Some(files),
            at_risk_since: None,
            never_saved: false,
            ok_before: None,
            busy_with: None,
            detail: None,
            unreadable: None,
        }
    });
    Report {
        outcome: Outcome::Success,
        plan: Some(PlanSummary {
            id: "1".into(),
            name: "Nightly".into(),
            schedule: "*-*-* 02:00:00".into(),
            enabled: true,
        }),
        cluster_name: Some("rl1.rig.example.org".into()),
        members: members.to_vec(),
        destination: Some(destination(SkipReason::AllOk)),
        advice: vec![Advice::Nothing],
        alerts: vec![labels(&[
            ("alertname", "BackupFailed"),
            ("id", "1"),
            ("name", "Nightly"),
            ("node", "1"),
            ("severity", "critical"),
        ])],
        ..Report::blank(ReportKind::Run, "run".into(), made_at())
    }
}

fn labels(pairs: &[(&str, &str)]) -> AlertLabels {
    pairs
        .iter()
        .map(|(key, value)| ((*key).into(), (*value).into()))
        .collect()
}

fn destination(skipped: SkipReason) -> DestinationResult {
    DestinationResult {
        id: "fd4e75b5-9836-42be-b5db-b4983a851e40".into(),
        name: "Backblaze".into(),
        provider: "backblaze".into(),
        url: "b2:rig-backup".into(),
        health: DestinationHealth::NotChecked,
        method: ProbeMethod::Off,
        skipped: Some(skipped),
        probes: Vec::new(),
        left_out: 0,
    }
}

fn probed(health: DestinationHealth, probes: Vec<Probe>) -> DestinationResult {
    DestinationResult {
        health,
        method: ProbeMethod::Api,
        skipped: None,
        probes,
        ..destination(SkipReason::AllOk)
    }
}

fn probe(module: &str, cause: RepoCause) -> Probe {
    let there = matches!(cause, RepoCause::Reachable | RepoCause::Locked);
    Probe {
        module: module.into(),
        path: format!(
            "{}/2f3c56e2-aa1a-4eda-9e32-0ec9348cd31b",
            ModuleId::from(module).image()
        ),
        cause,
        snapshots: there.then_some(31),
        newest: there.then(|| ago(75)),
        recent: Vec::new(),
        size: None,
        locks: Vec::new(),
        message: None,
        took_ms: 1_240,
    }
}

fn fail(report: &mut Report, module: &str, cause: ModuleCause) {
    let index = report
        .members
        .iter()
        .position(|member| member.module.as_str() == module)
        .unwrap();
    let mut member = report.members.remove(index);
    member.cause = cause;
    if matches!(cause, ModuleCause::NotFinished | ModuleCause::NeverRan) {
        member.started = None;
        member.duration_s = None;
    }
    let bad = report.bad();
    report.members.insert(bad, member);
}

/// The mail server's repository is locked; a healthy one answers.
pub fn one_of_seven() -> Report {
    let mut report = success();
    fail(&mut report, "mail1", ModuleCause::BackupError);
    report.members[0].at_risk_since = Some(ago(75));
    report.outcome = Outcome::Partial;
    let mut locked = probe("mail1", RepoCause::Locked);
    locked.locks = vec![Lock {
        owner: "root@leader".into(),
        since: Some(ago(51)),
        exclusive: true,
    }];
    locked.message = Some("unable to create lock in backend: repository is already locked".into());
    let healthy = Probe {
        newest: Some(ago(1)),
        took_ms: 860,
        ..probe("webtop1", RepoCause::Reachable)
    };
    report.destination = Some(probed(DestinationHealth::Fine, vec![locked, healthy]));
    report.warnings = vec![
        Warning::StaleLock {
            module: "mail1".into(),
            owner: "root@leader".into(),
            since: Some(ago(51)),
        },
        Warning::NoFiles {
            module: "piler1".into(),
        },
    ];
    report.advice = vec![Advice::RemoveLock, Advice::ReadModuleLog];
    report
}

fn all(report: &mut Report, cause: ModuleCause) {
    let ids: Vec<ModuleId> = report.members.iter().map(|m| m.module.clone()).collect();
    for id in ids {
        fail(report, id.as_str(), cause);
    }
    report.outcome = Outcome::RepoFailure;
}

/// Nothing was backed up, but the destination answers.
pub fn fault_elsewhere() -> Report {
    let mut report = success();
    all(&mut report, ModuleCause::BackupError);
    fail(&mut report, "samba1", ModuleCause::NotFinished);
    for member in &mut report.members {
        member.at_risk_since = Some(ago(26));
    }
    let ids = report.members.iter().map(|m| m.module.clone());
    let probes = ids.map(|id| probe(id.as_str(), RepoCause::Reachable));
    report.destination = Some(probed(DestinationHealth::Fine, probes.collect()));
    report.advice = vec![Advice::ReadModuleLog];
    report
}

/// Nothing was backed up, because the destination is away.
pub fn unreachable() -> Report {
    let mut report = success();
    all(&mut report, ModuleCause::BackupError);
    let mut away = probe("mail1", RepoCause::Unreachable);
    away.message = Some(
        "Fatal: unable to open config file: dial tcp 203.0.113.7:443: connect: connection refused"
            .into(),
    );
    report.destination = Some(probed(DestinationHealth::Failed, vec![away]));
    if let Some(destination) = &mut report.destination {
        destination.left_out = 6;
    }
    report.advice = vec![Advice::CheckDestination];
    report
}

/// The repositories have another password than the cluster.
pub fn wrong_password() -> Report {
    let mut report = success();
    all(&mut report, ModuleCause::BackupError);
    let ids = report.members.iter().map(|m| m.module.clone());
    let probes = ids.map(|id| Probe {
        message: Some("Fatal: wrong password or no key found".into()),
        ..probe(id.as_str(), RepoCause::WrongPassword)
    });
    report.destination = Some(probed(DestinationHealth::Failed, probes.collect()));
    report.advice = vec![Advice::CheckPassword];
    report
}

/// A plan of which nothing is known; nobody could ask.
pub fn no_status() -> Report {
    let mut report = success();
    all(&mut report, ModuleCause::NeverRan);
    report.destination = Some(destination(SkipReason::NotGranted));
    report.advice = vec![Advice::RunByHand];
    report
}

fn without_plan(kind: ReportKind) -> Report {
    Report {
        kind,
        outcome: Outcome::RepoFailure,
        plan: None,
        members: Vec::new(),
        destination: None,
        advice: Vec::new(),
        ..success()
    }
}

/// Redis is away.
pub fn redis_unreachable() -> Report {
    Report {
        causes: vec![PlanCause::RedisUnreachable],
        unreachable_since: Some(made_at() - SignedDuration::from_mins(35)),
        advice: vec![Advice::CheckRedis],
        cluster_name: None,
        ..without_plan(ReportKind::RedisUnreachable)
    }
}

/// An alert names a plan that is not there.
pub fn unknown_plan() -> Report {
    Report {
        causes: vec![PlanCause::UnknownPlan],
        unknown_plans: vec!["99".into()],
        advice: vec![Advice::CheckAlertLabels],
        alerts: vec![labels(&[
            ("alertname", "NsBackupFailed"),
            ("backup_id", "99"),
        ])],
        ..without_plan(ReportKind::UnknownPlan)
    }
}

/// An alert names no plan, and nothing is wrong.
pub fn all_well() -> Report {
    let plan = |id: &str, name: &str, schedule: &str| PlanSummary {
        id: id.into(),
        name: name.into(),
        schedule: schedule.into(),
        enabled: true,
    };
    Report {
        outcome: Outcome::Success,
        advice: vec![Advice::Nothing],
        alerts: vec![labels(&[
            ("alertname", "BackupFailed"),
            ("severity", "critical"),
        ])],
        plans: vec![
            PlanLastRun {
                plan: plan("1", "Nightly", "*-*-* 02:00:00"),
                last: Some(ago(1)),
            },
            PlanLastRun {
                plan: plan("2", "Archive, monthly", "*-*-01 04:00:00"),
                last: None,
            },
        ],
        ..without_plan(ReportKind::AllWell)
    }
}

/// Names that try to be more than names, in every place that takes one.
pub fn hostile() -> Report {
    let script = "<script>alert(1)</script>";
    let lines = "Nightly\r\nBcc: victim@example.org\r\n\r\nfree text";
    let rtl = "גיבוי \u{202e}gnp.exe";
    let mut report = one_of_seven();
    if let Some(plan) = &mut report.plan {
        plan.id = "1; reboot".into();
        plan.name = lines.into();
        plan.schedule = "\u{1b}[2Jdaily".into();
    }
    report.cluster_name = Some(format!("{}.example.org", "x".repeat(300)));
    report.members[0].name = Some(script.into());
    report.members[0].detail = Some(format!("\u{1b}]0;title\u{7} {{{{prefix}}}} {script}"));
    report.members[1].name = Some(rtl.into());
    report.members[2].name = Some("🚀 Größe 日本語 \"quoted\" & 'single'".into());
    report.members[3].name = Some("\"><img src=https://evil.example/x.png onerror=x>".into());
    report.members[4].name = Some("y".repeat(300));
    report.members[5].node_name = Some(script.into());
    let destination = report.destination.as_mut().unwrap();
    destination.name = script.into();
    destination.url = format!("b2:{script}");
    destination.probes[0].message = Some(format!("line one\nline two {script}").into());
    destination.probes[0].locks[0].owner = format!("root@{rtl}");
    report.warnings.push(Warning::UnreadableKey {
        key: format!("node/1/backup_status/1 {script}"),
        reason: "not JSON\u{0}".to_owned().into(),
    });
    report.alerts = vec![labels(&[
        ("alertname", "BackupFailed"),
        ("name", &format!("javascript:alert(1) {script}")),
    ])];
    report
}

/// 2,000 modules, 12 of them failed, with one that does not count.
pub fn two_thousand() -> Report {
    many(2_000, 12)
}

/// `all` modules, the first `bad` of them failed.
pub fn many(all: u32, bad: u32) -> Report {
    let mut report = success();
    report.members = (0..all)
        .map(|n| MemberResult {
            module: ModuleId::new(format!("app{}", n + 1)),
            name: Some(format!("Application {}", n + 1)),
            node: Some(NodeId(n % 30 + 1)),
            node_name: None,
            cause: if n < bad {
                ModuleCause::BackupError
            } else if n + 1 == all {
                ModuleCause::NotDue
            } else {
                ModuleCause::Ok
            },
            at_risk_since: (n < bad).then(|| ago(30)),
            ..report.members[0].clone()
        })
        .collect();
    report.outcome = Outcome::Partial;
    let probes = (0..bad.min(20))
        .map(|n| probe(&format!("app{}", n + 1), RepoCause::Reachable))
        .collect();
    report.destination = Some(probed(DestinationHealth::Fine, probes));
    report.advice = vec![Advice::ReadModuleLog];
    report
}
