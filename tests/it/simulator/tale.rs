//! A story, told to a person who has to find out what went wrong.

use std::fmt::Write as _;

use super::truth::{Fate, Second, Story, clock};

/// What happened around `at` to one plan.
pub fn around(story: &Story, plan: &str, from: Second, to: Second) -> String {
    let mut lines: Vec<(Second, String)> = Vec::new();
    let within = |at: Second| (from..=to).contains(&at);
    for part in story
        .parts
        .iter()
        .filter(|part| part.plan == plan && within(part.at))
    {
        let fate = match part.fate {
            Fate::Started => "starts",
            Fate::NoPower => "has no power for",
            Fate::TimerLost => "has lost the timer of",
            Fate::StillRunning => "is still at work and skips",
        };
        let line = format!(
            "node {} {fate} {} {:?}",
            part.node, part.local, part.members
        );
        lines.push((part.at, line));
    }
    for backup in story.backups.iter().filter(|b| within(b.ended)) {
        if backup.plan != plan && !story.instances(plan, to).contains(&backup.module) {
            continue;
        }
        let mut line = String::new();
        let written = if backup.written { "" } else { ", LOST" };
        let _ = write!(
            line,
            "plan {} of {}: {} on node {} errors {} from {}{written}, snapshot {:?}",
            backup.plan,
            backup.of,
            backup.module,
            backup.node,
            backup.errors,
            clock(backup.start),
            backup.snapshot.map(clock),
        );
        lines.push((backup.ended, line));
    }
    for (at, of, edit) in story
        .edits
        .iter()
        .filter(|edit| edit.1 == plan && within(edit.0))
    {
        lines.push((*at, format!("plan {of}: {edit:?}")));
    }
    for (at, note) in story.notes.iter().filter(|note| within(note.0)) {
        lines.push((*at, note.clone()));
    }
    for posted in story
        .posted
        .iter()
        .filter(|p| p.plan == plan && within(p.at))
    {
        lines.push((
            posted.at,
            format!("alert of node {}, {}", posted.node, posted.of),
        ));
    }
    for seen in story.seen.iter().filter(|seen| within(seen.at)) {
        let report = &seen.stored.report;
        let of = report
            .plan
            .as_ref()
            .map_or_else(String::new, |plan| plan.id.to_string());
        if !of.is_empty() && of != plan {
            continue;
        }
        let rows: Vec<String> = report
            .members
            .iter()
            .map(|row| {
                let started = row.started.map_or_else(String::new, |at| format!("@{at}"));
                format!("{}={}{started}", row.module, row.cause.as_str())
            })
            .collect();
        lines.push((
            seen.at,
            format!(
                "REPORT {} {:?} {} {} {:?} mails {} [{}] gone {:?}",
                seen.id,
                report.kind,
                report.run,
                report.outcome.as_str(),
                report.motive,
                seen.mails,
                rows.join(", "),
                report.gone,
            ),
        ));
    }
    lines.sort_by_key(|line| line.0);
    let looks = story.looks.iter().filter(|look| within(look.at)).count();
    let mut text = format!("    ({looks} looks)\n");
    for (at, line) in lines {
        let _ = writeln!(text, "    {} {line}", clock(at));
    }
    text
}
