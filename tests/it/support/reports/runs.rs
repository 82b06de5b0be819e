//! Reports on runs that were watched: why they are mailed, and what can become
//! of an application that did not report.

use jiff::{SignedDuration, Timestamp};
use ns8_backup_monitor::model::*;

use super::*;

/// When the schedule fired: 02:00 in Rome.
fn fired() -> Timestamp {
    "2026-11-21T01:00:00Z".parse().unwrap()
}

/// `report` as that of the night's scheduled run, of which no alert spoke.
fn watched(report: Report) -> Report {
    Report {
        run_kind: RunKind::Scheduled,
        at: Some(fired()),
        took_s: Some(8_000),
        applications: Some(7),
        motive: Some(Motive::Failure),
        thread: Some("run".into()),
        next_run: Some(fired() + SignedDuration::from_hours(24)),
        alerts: Vec::new(),
        ..report
    }
}

fn since() -> Timestamp {
    fired() - SignedDuration::from_hours(48)
}

fn set(report: &mut Report, modules: &[&str], cause: ModuleCause) {
    for module in modules {
        fail(report, module, cause);
        let at = report
            .members
            .iter()
            .position(|m| m.module.as_str() == *module);
        let member = &mut report.members[at.unwrap()];
        if cause.severity() == Severity::Bad && cause != ModuleCause::AfterBackup {
            member.started = None;
            member.duration_s = None;
            member.ok_before = Some(fired() - SignedDuration::from_hours(23));
        }
    }
    report.members.sort_by_key(|member| member.cause.rank());
}

/// Two applications were bad for two days.
pub fn recovery() -> Report {
    let mut report = watched(success());
    report.motive = Some(Motive::Recovery { since: since() });
    report.thread = Some("run of two days ago".into());
    for member in &mut report.members {
        let bad = ["mail1", "samba1"].contains(&member.module.as_str());
        let hours = if bad { 71 } else { 23 };
        member.ok_before = Some(fired() - SignedDuration::from_hours(hours));
    }
    report
}

/// Bad as two days ago.
pub fn reminder() -> Report {
    Report {
        motive: Some(Motive::Reminder { since: since() }),
        ..watched(one_of_seven())
    }
}

/// Bad two days ago, and now the destination is away.
pub fn changed() -> Report {
    Report {
        motive: Some(Motive::Changed { since: since() }),
        ..watched(unreachable())
    }
}

/// Bad when the program was started for the first time.
pub fn found_at_start() -> Report {
    Report {
        motive: Some(Motive::FoundAtStart),
        run_kind: RunKind::AsFound,
        at: None,
        ..watched(one_of_seven())
    }
}

/// An alert came, and nothing is new.
pub fn as_told_before() -> Report {
    let alerted = one_of_seven();
    Report {
        motive: Some(Motive::Answer),
        alerts: alerted.alerts.clone(),
        ..watched(alerted)
    }
}

/// No node ran the plan.
pub fn missed_everywhere() -> Report {
    let mut report = watched(success());
    let ids: Vec<ModuleId> = report.members.iter().map(|m| m.module.clone()).collect();
    let ids: Vec<&str> = ids.iter().map(ModuleId::as_str).collect();
    set(&mut report, &ids, ModuleCause::Missed);
    report.outcome = Outcome::RepoFailure;
    report.causes = vec![PlanCause::Missed];
    report.took_s = None;
    report.destination = Some(destination(SkipReason::Off));
    report.advice = vec![Advice::CheckTimer, Advice::ReadModuleLog, Advice::RunByHand];
    report
}

/// Node 1 lost its timer, node 2 is off, node 3 did its work.
pub fn missed_and_unreachable() -> Report {
    let mut report = watched(success());
    for member in &mut report.members {
        if ["dokuwiki1", "piler1"].contains(&member.module.as_str()) {
            member.node = Some(NodeId(3));
        }
    }
    set(
        &mut report,
        &["mail1", "webtop1", "nextcloud1"],
        ModuleCause::Missed,
    );
    set(
        &mut report,
        &["samba1", "mattermost1"],
        ModuleCause::NodeUnreachable,
    );
    report.outcome = Outcome::Partial;
    report.destination = Some(destination(SkipReason::Off));
    report.advice = vec![
        Advice::CheckNode,
        Advice::CheckTimer,
        Advice::ReadModuleLog,
        Advice::RunByHand,
    ];
    report
}

/// Node 1 was restarted after its first application.
pub fn not_finished() -> Report {
    let mut report = watched(success());
    set(
        &mut report,
        &["webtop1", "nextcloud1"],
        ModuleCause::NotFinished,
    );
    fail(&mut report, "piler1", ModuleCause::NotDue);
    report.members.sort_by_key(|member| member.cause.rank());
    report.outcome = Outcome::Partial;
    report.destination = Some(destination(SkipReason::Off));
    report.advice = vec![Advice::ReadModuleLog, Advice::RunByHand];
    report
}

/// Another plan held an application all the time; another one has its snapshot,
/// and failed after it.
pub fn busy_and_after_backup() -> Report {
    let mut report = watched(success());
    set(&mut report, &["nextcloud1"], ModuleCause::Busy);
    set(&mut report, &["samba1"], ModuleCause::AfterBackup);
    for member in &mut report.members {
        match member.cause {
            ModuleCause::Busy => member.busy_with = Some(archive()),
            ModuleCause::AfterBackup => member.at_risk_since = Some(ago(1)),
            _ => {}
        }
    }
    report.outcome = Outcome::Partial;
    report.destination = Some(destination(SkipReason::Off));
    report.advice = vec![Advice::CheckRetention, Advice::MoveSchedule];
    report
}

/// The VPN was away while node 2 wanted to report.
pub fn unreported() -> Report {
    let mut report = watched(success());
    set(
        &mut report,
        &["samba1", "dokuwiki1"],
        ModuleCause::Unreported,
    );
    for member in &mut report.members {
        if member.cause == ModuleCause::Unreported {
            (member.started, member.duration_s) = (None, None);
        }
    }
    report.motive = Some(Motive::Every);
    report.warnings = ["samba1", "dokuwiki1"]
        .map(|module| Warning::Unreported {
            module: module.into(),
            snapshot: ago(1),
        })
        .into();
    report.advice = vec![Advice::CheckVpn];
    report
}

/// Late results turned a failure into a success.
pub fn correction() -> Report {
    Report {
        motive: Some(Motive::Correction),
        ..watched(success())
    }
}

/// Somebody started two of seven; one failed.
pub fn hand_run() -> Report {
    let mut report = watched(success());
    report
        .members
        .retain(|member| ["mail1", "samba1"].contains(&member.module.as_str()));
    fail(&mut report, "samba1", ModuleCause::BackupError);
    report.run_kind = RunKind::HandPart;
    report.at = Some(ago(2));
    report.outcome = Outcome::Partial;
    report.destination = Some(destination(SkipReason::Off));
    report.advice = vec![Advice::ReadModuleLog];
    report
}

/// Somebody started two of seven; both are fine, and somebody was alarmed.
pub fn good_hand_run() -> Report {
    let report = success();
    let alerts = report.alerts.clone();
    let mut report = watched(report);
    report.members.truncate(2);
    Report {
        run_kind: RunKind::HandPart,
        at: Some(ago(2)),
        motive: Some(Motive::Answer),
        alerts,
        ..report
    }
}

/// A failure after a time in which nothing was mailed.
pub fn muted() -> Report {
    Report {
        muted: Some(Muted {
            until: fired() - SignedDuration::from_hours(18),
            held_back: 3,
        }),
        ..watched(one_of_seven())
    }
}

/// An application left while it waited for its turn; NS8's alert is on.
pub fn left_the_plan() -> Report {
    let report = success();
    let alerts = report.alerts.clone();
    let mut report = watched(report);
    report
        .members
        .retain(|member| member.module.as_str() != "samba1");
    let gone: Vec<ModuleId> = vec!["samba1".into()];
    Report {
        motive: Some(Motive::Answer),
        applications: Some(6),
        warnings: vec![Warning::GoneMembers {
            modules: gone.clone(),
        }],
        gone,
        alerts,
        ..report
    }
}

/// Every warning there is.
pub fn every_warning() -> Report {
    let module: ModuleId = "mail1".into();
    let warnings = vec![
        Warning::NoFiles {
            module: "piler1".into(),
        },
        Warning::EndBeforeStart {
            module: module.clone(),
        },
        Warning::UnreadableKey {
            key: "cluster/backup/9".into(),
            reason: Reason::NotAHash,
        },
        Warning::GoneMembers {
            modules: vec!["ejabberd1".into(), "ejabberd2".into()],
        },
        Warning::HealthyModuleProbe {
            module: "webtop1".into(),
        },
        Warning::StaleLock {
            module: module.clone(),
            owner: "root@leader".into(),
            since: Some(ago(51)),
        },
        Warning::Shrunk {
            module: module.clone(),
            before: 3_650_722_201,
            now: 912_680_550,
        },
        Warning::LongerThanInterval {
            took: 95 * 60,
            interval: 3_600,
        },
        Warning::LongerThanUsual {
            took: 95 * 60,
            usual: 1_500,
        },
        Warning::SkippedElapses {
            elapses: vec![ago(2), ago(1)],
        },
        Warning::Unreported {
            module: "samba1".into(),
            snapshot: ago(1),
        },
        Warning::UncoveredModules {
            modules: (1..=6).map(|n| ModuleId::new(format!("n8n{n}"))).collect(),
        },
        Warning::SnapshotTooOld {
            module: module.clone(),
            newest: Some(ago(75)),
            success: ago(2),
        },
        Warning::SnapshotTooOld {
            module: "webtop1".into(),
            newest: None,
            success: ago(2),
        },
        Warning::OwnVpnSuspect,
        Warning::NodeZone {
            node: NodeId(1),
            shift: -330,
        },
        Warning::NodeZone {
            node: NodeId(2),
            shift: 60,
        },
        Warning::ClockMoved { seconds: 90_000 },
        Warning::ClockMoved { seconds: -600 },
        Warning::HistoryLost {
            kept_as: "state.db.damaged-20261120T023000Z".to_owned(),
        },
    ];
    let mut report = watched(success());
    set(&mut report, &["samba1"], ModuleCause::Unreported);
    report.warnings = warnings;
    report.motive = Some(Motive::Every);
    report
}

/// Names that try to be more than names, where only a watched run has them.
pub fn hostile_run() -> Report {
    let script = "<script>alert(1)</script>";
    let lines = "Nightly\r\nBcc: victim@example.org\r\n\r\nfree text";
    let mut report = watched(success());
    set(&mut report, &["mail1", "webtop1"], ModuleCause::Missed);
    set(&mut report, &["nextcloud1"], ModuleCause::Busy);
    set(&mut report, &["samba1"], ModuleCause::NotFinished);
    for member in &mut report.members {
        member.name = Some(format!("{script} \u{202e}{}", member.module));
        member.node_name = Some(format!("{script}\r\n\u{1b}[2J"));
        if member.cause == ModuleCause::Busy {
            member.busy_with = Some(PlanSummary {
                id: "2; reboot".into(),
                name: lines.into(),
                ..archive()
            });
        }
    }
    report.plan.as_mut().unwrap().name = lines.into();
    report.gone = vec![ModuleId::new(script)];
    report.alerts = success().alerts;
    report.motive = Some(Motive::Changed { since: since() });
    report.outcome = Outcome::Partial;
    report.warnings = vec![
        Warning::GoneMembers {
            modules: report.gone.clone(),
        },
        Warning::UncoveredModules {
            modules: vec![ModuleId::new(lines)],
        },
        Warning::NodeZone {
            node: NodeId(1),
            shift: 60,
        },
        Warning::Shrunk {
            module: "mail1".into(),
            before: 2,
            now: 0,
        },
    ];
    report
}

/// The same, of a run that is good again.
pub fn hostile_recovery() -> Report {
    let mut report = recovery();
    report.members[0].name = Some("\"><img src=https://evil.example/x.png>".into());
    report.plan.as_mut().unwrap().name = "<script>alert(1)</script>\r\nBcc: a@b".into();
    report
}
