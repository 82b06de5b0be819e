//! What a program says of itself, against what it should.

use jiff::tz::TimeZone;
use ns8_backup_monitor::model::{PlanId, RunKind, Trouble};

use super::language::{Check, Past, PlanIs, Reported};
use super::outcome::{contents, moment, of_report};
use super::program::Program;

/// What is other than it should be, if anything is.
pub async fn check(
    program: &Program,
    check: &Check,
    zone: &TimeZone,
) -> Result<Option<String>, String> {
    match check {
        Check::Plan(id, expected) => plan(program, id, expected, zone).await,
        Check::History(id, expected) => history(program, id, expected, zone).await,
        Check::Report(id, outcome, details) => {
            let at = details.run_of.ok_or("\"run of\" must say which report")?;
            let Some(report) = program.report(id, at).await? else {
                return Ok(Some(format!("no report of {}", moment(at, zone))));
            };
            let mut problems = of_report(details, &report, zone);
            if report.outcome != *outcome {
                problems.push(format!("the verdict is {}", report.outcome.as_str()));
            }
            if problems.is_empty() {
                return Ok(None);
            }
            problems.extend(
                contents(&report, zone)
                    .iter()
                    .map(|line| format!("| {line}")),
            );
            Ok(Some(format!(
                "the report:\n      {}",
                problems.join("\n      ")
            )))
        }
        Check::NoReport(id, at) => {
            let found = program.report(id, *at).await?.is_some();
            Ok(found.then(|| "there is a report".to_owned()))
        }
        Check::RunOpen(id, expected) => {
            let watch = program.watch().await?;
            let plan = watch.plans.get(id);
            let open = plan.is_some_and(|plan| !plan.runs.is_empty() || plan.hand.is_some());
            Ok(differs("whether a run is open", expected, &open))
        }
        Check::AlertsWait(expected) => {
            let waiting = program.waiting().await?;
            Ok(differs("alerts that wait", expected, &waiting))
        }
    }
}

fn differs<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, seen: &T) -> Option<String> {
    (expected != seen).then(|| format!("{what}: expected {expected:?}, seen {seen:?}"))
}

async fn plan(
    program: &Program,
    id: &PlanId,
    expected: &PlanIs,
    zone: &TimeZone,
) -> Result<Option<String>, String> {
    let watch = program.watch().await?;
    let Some(plan) = watch.plans.get(id) else {
        let forgotten = matches!(expected, PlanIs::Forgotten);
        return Ok((!forgotten).then(|| format!("plan {id} is not known at all")));
    };
    let trouble = plan.condition.trouble.as_ref();
    let seen = match trouble {
        Some(trouble) => format!("bad since {}", in_words(trouble, zone)),
        None if plan.newest.is_some() => "good".to_owned(),
        None => "unknown".to_owned(),
    };
    let as_expected = match expected {
        PlanIs::Good => seen == "good",
        PlanIs::Unknown => seen == "unknown",
        PlanIs::Forgotten => false,
        PlanIs::Bad {
            since,
            modules,
            reported,
        } => trouble.is_some_and(|trouble| {
            let told = trouble.told.as_ref().map(|told| told.verdict.outcome);
            trouble.since == *since
                && (modules.is_empty() || trouble.bad == *modules)
                && match reported {
                    Reported::Anyhow => true,
                    Reported::Not => told.is_none(),
                    Reported::As(outcome) => told == Some(*outcome),
                }
        }),
    };
    Ok((!as_expected).then(|| format!("plan {id} is {seen}")))
}

fn in_words(trouble: &Trouble, zone: &TimeZone) -> String {
    let bad: Vec<String> = trouble
        .bad
        .iter()
        .map(|(module, cause)| format!("{module} {}", cause.as_str()))
        .collect();
    let told = trouble.told.as_ref();
    let told = told.map_or("not reported".to_owned(), |told| {
        format!("reported as {}", told.verdict.outcome.as_str())
    });
    let since = moment(trouble.since, zone);
    format!("{since} ({}; {told})", bad.join(", "))
}

async fn history(
    program: &Program,
    id: &PlanId,
    expected: &[Past],
    zone: &TimeZone,
) -> Result<Option<String>, String> {
    let strips = program.history().await?;
    let seen: Vec<Past> = strips
        .get(id)
        .into_iter()
        .flatten()
        .map(|mark| Past {
            at: mark.at,
            outcome: mark.outcome,
            by_hand: matches!(mark.kind, RunKind::HandPart | RunKind::HandWhole),
        })
        .collect();
    let lines = |all: &[Past]| -> String {
        let all = all.iter().map(|past| line(past, zone));
        let all: Vec<String> = all.collect();
        format!("\n        {}", all.join("\n        "))
    };
    Ok((seen != expected).then(|| {
        format!(
            "history of plan {id}:\n      expected{}\n      seen{}",
            lines(expected),
            lines(&seen)
        )
    }))
}

fn line(past: &Past, zone: &TimeZone) -> String {
    let outcome = past.outcome.map_or("unknown", |outcome| outcome.as_str());
    let by_hand = if past.by_hand { " by hand" } else { "" };
    format!("{} {outcome}{by_hand}", moment(past.at, zone))
}
