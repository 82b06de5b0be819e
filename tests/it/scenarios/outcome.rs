//! What came of a scenario beside what was to come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ns8_backup_monitor::model::{
    DestinationHealth, ModuleCause, Motive, PlanCause, PlanId, Report, ReportKind, Severity,
    Warning,
};

use super::expectations::named;
use super::language::{About, Details, ExpectedMail, Scenario};
use super::program::SeenMail;

/// Something that went wrong beside the mails.
pub struct Failure {
    line: Option<usize>,
    problem: String,
}

impl Failure {
    pub fn at_line(line: usize, problem: String) -> Self {
        let line = Some(line).filter(|line| *line > 0);
        Self { line, problem }
    }

    pub fn in_general(problem: String) -> Self {
        Self {
            line: None,
            problem,
        }
    }
}

/// Whether all came as it was to come, in words.
pub struct Outcome {
    pub good: bool,
    /// Expected and seen, side by side.
    pub table: String,
}

/// A mail that was expected, one that was seen, or both.
type Pair<'a> = (Option<&'a ExpectedMail>, Option<&'a Seen>);

struct Seen {
    mail: SeenMail,
    /// It continues the thread of the plan's mail before it.
    same_thread: bool,
}

pub fn compare(scenario: &Scenario, mails: Vec<SeenMail>, failures: Vec<Failure>) -> Outcome {
    let seen = with_threads(mails);
    let pairs = pairs(&scenario.mails, &seen);
    let zone = &scenario.zone;
    let mut good = failures.is_empty();
    let mut table = String::new();
    for (expected, seen) in pairs {
        let problems = match (expected, seen) {
            (Some(expected), Some(seen)) => differences(expected, seen, zone),
            (Some(_), None) => vec!["this mail did not come".to_owned()],
            (None, Some(_)) => vec!["nobody expected this mail".to_owned()],
            (None, None) => Vec::new(),
        };
        good &= problems.is_empty();
        let left = expected.map_or("-".into(), |expected| expectation(expected, zone));
        let right = seen.map_or("-".into(), |seen| sight(&seen.mail, zone));
        let mark = if problems.is_empty() { " " } else { "!" };
        let _ = writeln!(table, "  {mark} expected  {left}\n    seen      {right}");
        for problem in problems {
            let _ = writeln!(table, "              {problem}");
        }
        if let Some(seen) = seen.filter(|_| mark == "!") {
            for line in contents(&seen.mail.report, zone) {
                let _ = writeln!(table, "              | {line}");
            }
            if expected.is_some_and(|expected| !expected.details.says.is_empty()) {
                let _ = writeln!(table, "              | {}", seen.mail.text);
            }
        }
    }
    for Failure { line, problem } in failures {
        let place = line.map_or(String::new(), |line| format!("line {line}: "));
        let _ = writeln!(table, "  ! {place}{problem}");
    }
    Outcome { good, table }
}

fn with_threads(mails: Vec<SeenMail>) -> Vec<Seen> {
    let mut last: BTreeMap<Option<PlanId>, String> = BTreeMap::new();
    let mut all = Vec::new();
    for mail in mails {
        let plan = mail.report.plan.as_ref().map(|plan| plan.id.clone());
        let before = last.insert(plan, mail.thread.clone());
        all.push(Seen {
            same_thread: before.is_some_and(|before| before == mail.thread),
            mail,
        });
    }
    all
}

/// Each expected mail with the one that is exactly it; what is left over, in
/// its order.
fn pairs<'a>(expected: &'a [ExpectedMail], seen: &'a [Seen]) -> Vec<Pair<'a>> {
    let mut expected: Vec<&ExpectedMail> = expected.iter().collect();
    expected.sort_by_key(|mail| (mail.from, mail.line));
    let mut left: Vec<&Seen> = seen.iter().collect();
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    let zone = TimeZone::UTC;
    for mail in expected {
        let found = left
            .iter()
            .position(|seen| differences(mail, seen, &zone).is_empty());
        pairs.push((Some(mail), found.map(|place| left.remove(place))));
    }
    for pair in pairs.iter_mut().filter(|(_, seen)| seen.is_none()) {
        let like = |seen: &&Seen| pair.0.is_some_and(|mail| is_about(&mail.about, &seen.mail));
        if let Some(place) = left.iter().position(like) {
            pair.1 = Some(left.remove(place));
        }
    }
    pairs.extend(left.into_iter().map(|seen| (None, Some(seen))));
    let time = |(expected, seen): &Pair<'_>| {
        let seen = seen.map(|seen| seen.mail.at);
        seen.or(expected.map(|expected| expected.from))
    };
    pairs.sort_by_key(time);
    pairs
}

fn is_about(about: &About, mail: &SeenMail) -> bool {
    let kind = mail.report.kind;
    match about {
        About::Run { plan, .. } => {
            let of = mail.report.plan.as_ref().map(|plan| &plan.id);
            kind == ReportKind::Run && of == Some(plan)
        }
        About::UnknownPlans(_) => kind == ReportKind::UnknownPlan,
        About::RedisUnreachable => kind == ReportKind::RedisUnreachable,
        About::AllWell => kind == ReportKind::AllWell,
        About::Uncovered(_) => kind == ReportKind::Uncovered,
        About::Digest => kind == ReportKind::Digest,
    }
}

fn differences(expected: &ExpectedMail, seen: &Seen, zone: &TimeZone) -> Vec<String> {
    let mail = &seen.mail;
    let mut all = Vec::new();
    if !is_about(&expected.about, mail) {
        return vec!["it is about something else".to_owned()];
    }
    if mail.at < expected.from || mail.at > expected.to {
        all.push("it came at another time".to_owned());
    }
    match &expected.about {
        About::Run {
            outcome,
            motive,
            since,
            ..
        } => {
            if mail.report.outcome != *outcome {
                all.push("the verdict is another one".to_owned());
            }
            let (name, bad_since) = motive_of(&mail.report);
            if name != *motive {
                all.push(format!("why it was sent is another reason: {name}"));
            }
            if since.is_some() && *since != bad_since {
                let bad = bad_since.map_or("never".into(), |since| moment(since, zone));
                all.push(format!("bad since {bad}"));
            }
        }
        About::UnknownPlans(plans) if *plans != mail.report.unknown_plans => {
            all.push(format!("plans {:?}", mail.report.unknown_plans));
        }
        About::Uncovered(modules) => {
            let seen: BTreeSet<_> = mail
                .report
                .uncovered
                .iter()
                .map(|one| one.module.clone())
                .collect();
            if seen != *modules {
                all.push(format!("applications {}", named(&seen)));
            }
        }
        _ => {}
    }
    all.extend(of_report(&expected.details, &mail.report, zone));
    of_mail(&expected.details, seen, &mut all);
    all
}

/// What a report says other than it should.
pub fn of_report(details: &Details, report: &Report, zone: &TimeZone) -> Vec<String> {
    let mut all = Vec::new();
    of_members(details, report, &mut all);
    of_rest(details, report, zone, &mut all);
    all
}

/// All that are bad must be named, with their causes; of the others those that
/// are named.
fn of_members(details: &Details, report: &Report, all: &mut Vec<String>) {
    for member in &report.members {
        let busy = member.busy_with.as_ref().map(|plan| plan.id.clone());
        match details.modules.get(&member.module) {
            Some((cause, with)) if *cause == member.cause && (with.is_none() || *with == busy) => {}
            None if member.cause.severity() != Severity::Bad => {}
            _ => all.push(format!("{} is {}", member.module, member.cause.as_str())),
        }
    }
    for (module, (cause, _)) in &details.modules {
        if report.members.iter().all(|one| one.module != *module) {
            all.push(format!("{module} ({}) is not in it", cause.as_str()));
        }
    }
    for (module, at) in &details.at_risk {
        let member = report.members.iter().find(|one| one.module == *module);
        if member.and_then(|member| member.at_risk_since) != Some(*at) {
            all.push(format!("{module} is at risk since another time"));
        }
    }
    let gone: BTreeSet<_> = report.gone.iter().cloned().collect();
    if gone != details.gone {
        all.push(format!("gone: {}", named(&gone)));
    }
    for (cause, expected) in [
        (PlanCause::Missed, details.missed),
        (PlanCause::Disabled, details.disabled),
    ] {
        if report.causes.contains(&cause) != expected {
            all.push(format!("the plan's causes are {:?}", report.causes));
        }
    }
    let health = report.destination.as_ref().map(|it| it.health);
    if (health == Some(DestinationHealth::Failed)) != details.destination_failed {
        all.push(format!("the destination is {health:?}"));
    }
}

fn of_rest(details: &Details, report: &Report, zone: &TimeZone, all: &mut Vec<String>) {
    let mut warnings: Vec<String> = warnings(report, zone);
    for expected in &details.warns {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let found = warnings
            .iter()
            .position(|warning| words(warning).starts_with(&words(expected)));
        match found {
            Some(place) => drop(warnings.remove(place)),
            None => all.push(format!("it does not warn: {expected}")),
        }
    }
    all.extend(
        warnings
            .iter()
            .map(|warning| format!("it warns: {warning}")),
    );
    if details.run_of.is_some() && details.run_of != report.at {
        all.push("it is about another run".to_owned());
    }
    let held_back = report.muted.map(|muted| muted.held_back);
    if details.held_back != held_back {
        all.push(format!("held back before it: {held_back:?}"));
    }
}

fn of_mail(details: &Details, seen: &Seen, all: &mut Vec<String>) {
    let mail = &seen.mail;
    let says = |phrase: &&String| mail.text.contains(*phrase);
    for phrase in details.says.iter().filter(|phrase| !says(phrase)) {
        all.push(format!("it does not say \"{phrase}\""));
    }
    for phrase in details.says_not.iter().filter(says) {
        all.push(format!("it says \"{phrase}\""));
    }
    if details
        .same_thread
        .is_some_and(|same| same != seen.same_thread)
    {
        all.push("it is in another thread".to_owned());
    }
    if !details.recipients.is_empty() && details.recipients != mail.to {
        all.push(format!("it went to {}", mail.to.join(", ")));
    }
    if details.by.is_some() && details.by != mail.by {
        all.push("another instance sent it".to_owned());
    }
}

fn motive_of(report: &Report) -> (&'static str, Option<Timestamp>) {
    match report.motive {
        None => ("none", None),
        Some(Motive::Failure) => ("failure", None),
        Some(Motive::Changed { since }) => ("changed", Some(since)),
        Some(Motive::Reminder { since }) => ("reminder", Some(since)),
        Some(Motive::FoundAtStart) => ("found_at_start", None),
        Some(Motive::Recovery { since }) => ("recovery", Some(since)),
        Some(Motive::Correction) => ("correction", None),
        Some(Motive::Answer) => ("answer", None),
        Some(Motive::Every) => ("every", None),
    }
}

/// The warnings in the words of scenarios: what it is, and of what.
fn warnings(report: &Report, zone: &TimeZone) -> Vec<String> {
    let words = |warning: &Warning| {
        let value = serde_json::to_value(warning).unwrap_or_default();
        let kind = value["kind"].as_str().unwrap_or_default().replace('_', " ");
        let of = match warning {
            Warning::NodeZone { node, shift } => format!("{node} {shift}m"),
            Warning::ClockMoved { seconds } => format!("{seconds}s"),
            Warning::HistoryLost { kept_as } => kept_as.clone(),
            Warning::SkippedElapses { elapses } => elapses
                .iter()
                .map(|at| moment(*at, zone))
                .collect::<Vec<_>>()
                .join(", "),
            Warning::GoneMembers { modules } | Warning::UncoveredModules { modules } => modules
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
            Warning::UnreadableKey { key, .. } => key.clone(),
            _ => value["module"].as_str().unwrap_or_default().to_owned(),
        };
        format!("{kind} {of}").trim().to_owned()
    };
    report.warnings.iter().map(words).collect()
}

/// Such as `Tue 2026-11-10 02:05:30`.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let shown = local.strftime("%a %Y-%m-%d %H:%M:%S").to_string();
    shown
        .strip_suffix(":00")
        .map(str::to_owned)
        .unwrap_or(shown)
}

fn expectation(mail: &ExpectedMail, zone: &TimeZone) -> String {
    let about = match &mail.about {
        About::Run {
            plan,
            outcome,
            motive,
            since,
        } => {
            let since = since.map_or(String::new(), |since| {
                format!(" since {}", moment(since, zone))
            });
            format!("{} plan {plan}, {motive}{since}", outcome.as_str())
        }
        About::UnknownPlans(plans) => format!("unknown plans {plans:?}"),
        About::RedisUnreachable => "Redis unreachable".into(),
        About::AllWell => "all well".into(),
        About::Uncovered(modules) => format!("not covered: {}", named(modules)),
        About::Digest => "digest".into(),
    };
    let bad = mail.details.modules.iter();
    let bad: Vec<(String, ModuleCause)> = bad
        .map(|(module, (cause, _))| (module.to_string(), *cause))
        .collect();
    let (from, to) = (moment(mail.from, zone), moment(mail.to, zone));
    let to = to.rsplit(' ').next().unwrap_or_default().to_owned();
    format!("{from}..{to} {about}{} (line {})", causes(&bad), mail.line)
}

fn causes(members: &[(String, ModuleCause)]) -> String {
    let all: Vec<String> = members
        .iter()
        .map(|(module, cause)| format!("{module} {}", cause.as_str()))
        .collect();
    if all.is_empty() {
        return String::new();
    }
    format!(": {}", all.join(", "))
}

fn sight(mail: &SeenMail, zone: &TimeZone) -> String {
    let report = &mail.report;
    let about = match (&report.plan, report.kind) {
        (Some(plan), ReportKind::Run) => {
            let (motive, since) = motive_of(report);
            let since = since.map_or(String::new(), |since| {
                format!(" since {}", moment(since, zone))
            });
            format!(
                "{} plan {}, {motive}{since}",
                report.outcome.as_str(),
                plan.id
            )
        }
        (_, kind) => format!("{kind:?}"),
    };
    let bad: Vec<(String, ModuleCause)> = report
        .members
        .iter()
        .filter(|member| member.cause.severity() == Severity::Bad)
        .map(|member| (member.module.to_string(), member.cause))
        .collect();
    let by = mail
        .by
        .as_ref()
        .map_or(String::new(), |by| format!(" (by {by})"));
    format!("{} {about}{}{by}", moment(mail.at, zone), causes(&bad))
}

/// What a report that is not as expected says.
pub fn contents(report: &Report, zone: &TimeZone) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(at) = report.at {
        lines.push(format!(
            "run of {} ({:?})",
            moment(at, zone),
            report.run_kind
        ));
    }
    for member in &report.members {
        let started = member.started.map_or(String::new(), |started| {
            format!(", started {}", moment(started, zone))
        });
        lines.push(format!(
            "{} {}{started}",
            member.module,
            member.cause.as_str()
        ));
    }
    let all = warnings(report, zone).into_iter();
    lines.extend(all.map(|warning| format!("warns {warning}")));
    lines
}
