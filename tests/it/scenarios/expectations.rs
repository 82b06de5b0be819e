//! The lines of a scenario that say what must come of it.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan as _};
use ns8_backup_monitor::model::{ModuleCause, Outcome, PlanId};

use super::language::{About, Check, Details, ExpectedMail, Past, PlanIs, Reported};
use super::parse::{self, When, module_id, modules, plan_id};
use super::words::{Words, Wrong};

/// How late a mail may be for which one time is given.
const AT: i64 = 2;

pub enum Expectation {
    Mail(Box<ExpectedMail>),
    Check(Check),
}

/// Where an expectation stands.
pub struct Line<'a> {
    pub number: usize,
    pub from: Timestamp,
    pub to: Option<Timestamp>,
    pub when: When<'a>,
    /// The plan that is meant where none is named.
    pub plan: Option<PlanId>,
}

impl Line<'_> {
    fn plan(&self, words: &mut Words, before: &str) -> Result<PlanId, Wrong> {
        if words.take(before) {
            return plan_id(words);
        }
        self.plan
            .clone()
            .ok_or("there are several plans: say which one is meant".into())
    }
}

/// Reads what stands behind `expect`, and the lines below it.
pub fn read(
    line: &Line<'_>,
    text: &str,
    below: &[parse::Line<'_>],
) -> Result<Expectation, (usize, Wrong)> {
    let here = |wrong| (line.number, wrong);
    let mut words = Words::of(text).map_err(here)?;
    if words.take("mail") {
        let about = about(line, &mut words).map_err(here)?;
        words.end().map_err(here)?;
        let mut details = Details::default();
        for (number, text) in below {
            detail(&mut details, text, line.when).map_err(|wrong| (*number, wrong))?;
        }
        let until = || line.from.checked_add(AT.minutes()).unwrap_or(line.from);
        return Ok(Expectation::Mail(Box::new(ExpectedMail {
            line: line.number,
            from: line.from,
            to: line.to.unwrap_or_else(until),
            about,
            details,
        })));
    }
    let check = check(line, &mut words, below)?;
    words.end().map_err(here)?;
    Ok(Expectation::Check(check))
}

fn about(line: &Line<'_>, words: &mut Words) -> Result<About, Wrong> {
    if words.take("digest") {
        return Ok(About::Digest);
    }
    if words.take("all well") {
        return Ok(About::AllWell);
    }
    if words.take("Redis unreachable") {
        return Ok(About::RedisUnreachable);
    }
    if words.take("not covered") {
        return Ok(About::Uncovered(modules(words)?.into_iter().collect()));
    }
    if words.take("unknown plan") {
        let mut plans = vec![plan_id(words)?];
        while words.take(",") {
            plans.push(plan_id(words)?);
        }
        return Ok(About::UnknownPlans(plans));
    }
    let outcome = outcome(words)?;
    let plan = line.plan(words, "of plan")?;
    words.need(",")?;
    let motive = motive(words)?;
    let since = if words.take("since") {
        Some(line.when.moment_of(words)?)
    } else {
        None
    };
    Ok(About::Run {
        plan,
        outcome,
        motive,
        since,
    })
}

fn outcome(words: &mut Words) -> Result<Outcome, Wrong> {
    let word = words.word("SUCCESS, PARTIAL or REPO_FAILURE")?;
    let all = Outcome::ALL.into_iter();
    all.into_iter()
        .find(|outcome| outcome.as_str() == word)
        .ok_or(format!(
            "\"{word}\" is no verdict: SUCCESS, PARTIAL or REPO_FAILURE"
        ))
}

fn motive(words: &mut Words) -> Result<String, Wrong> {
    const MOTIVES: [(&str, &str); 8] = [
        ("first failure", "failure"),
        ("another failure", "changed"),
        ("reminder", "reminder"),
        ("found at start", "found_at_start"),
        ("good again", "recovery"),
        ("correction", "correction"),
        ("answer", "answer"),
        ("every run", "every"),
    ];
    for (phrase, name) in MOTIVES {
        if words.take(phrase) {
            return Ok(name.to_owned());
        }
    }
    let all: Vec<&str> = MOTIVES.iter().map(|(phrase, _)| *phrase).collect();
    Err(format!("why it is sent is expected: {}", all.join(", ")))
}

fn cause(words: &mut Words) -> Result<ModuleCause, Wrong> {
    let word = words.word("a cause")?;
    let all = ModuleCause::ALL.into_iter();
    all.into_iter()
        .find(|cause| cause.as_str() == word)
        .ok_or(format!("\"{word}\" is no cause, such as backup_error"))
}

fn detail(details: &mut Details, text: &str, when: When<'_>) -> Result<(), Wrong> {
    let text = text.trim();
    if let Some(warning) = text.strip_prefix("warns ") {
        details.warns.push(warning.to_owned());
        return Ok(());
    }
    let mut words = Words::of(text)?;
    if words.take("gone") {
        details.gone.extend(modules(&mut words)?);
    } else if words.take("plan missed") {
        details.missed = true;
    } else if words.take("plan disabled") {
        details.disabled = true;
    } else if words.take("says not") {
        details.says_not.push(words.quoted("a part of the mail")?);
    } else if words.take("says") {
        details.says.push(words.quoted("a part of the mail")?);
    } else if words.take("same thread") {
        details.same_thread = Some(true);
    } else if words.take("new thread") {
        details.same_thread = Some(false);
    } else if words.take("to") {
        details.recipients.push(words.word("an address")?);
    } else if words.take("by") {
        details.by = Some(words.word("an instance")?.into());
    } else if words.take("run of") {
        details.run_of = Some(when.moment_of(&mut words)?);
    } else if words.take("held back") {
        details.held_back = Some(words.number("how many mails")?);
    } else if words.take("at risk") {
        let module = module_id(&mut words)?;
        words.need("since")?;
        details.at_risk.insert(module, when.moment_of(&mut words)?);
    } else if words.take("destination failed") {
        details.destination_failed = true;
    } else {
        let module = module_id(&mut words)?;
        let cause = cause(&mut words)?;
        let busy = if words.take("with plan") {
            Some(plan_id(&mut words)?)
        } else {
            None
        };
        details.modules.insert(module, (cause, busy));
    }
    words.end()
}

fn check(
    line: &Line<'_>,
    words: &mut Words,
    below: &[parse::Line<'_>],
) -> Result<Check, (usize, Wrong)> {
    let here = |wrong| (line.number, wrong);
    if words.take("history") {
        let plan = line.plan(words, "of plan").map_err(here)?;
        let past = below
            .iter()
            .map(|(number, text)| past(text, line.when).map_err(|wrong| (*number, wrong)));
        return Ok(Check::History(plan, past.collect::<Result<_, _>>()?));
    }
    if words.take("report") {
        let outcome = outcome(words).map_err(here)?;
        let plan = line.plan(words, "of plan").map_err(here)?;
        let mut details = Details::default();
        for (number, text) in below {
            detail(&mut details, text, line.when).map_err(|wrong| (*number, wrong))?;
        }
        return Ok(Check::Report(plan, outcome, Box::new(details)));
    }
    if words.take("no report") {
        let plan = line.plan(words, "of plan").map_err(here)?;
        words.need("for").map_err(here)?;
        let at = line.when.moment_of(words).map_err(here)?;
        return Ok(Check::NoReport(plan, at));
    }
    if words.take("alerts waiting") {
        return Ok(Check::AlertsWait(words.number("how many").map_err(here)?));
    }
    if words.take("run open") {
        let plan = line.plan(words, "of plan").map_err(here)?;
        return Ok(Check::RunOpen(plan, true));
    }
    if words.take("no run open") {
        let plan = line.plan(words, "of plan").map_err(here)?;
        return Ok(Check::RunOpen(plan, false));
    }
    words.need("plan").map_err(here)?;
    let plan = plan_id(words).map_err(here)?;
    plan_is(line, words, below).map(|is| Check::Plan(plan, is))
}

fn plan_is(
    line: &Line<'_>,
    words: &mut Words,
    below: &[parse::Line<'_>],
) -> Result<PlanIs, (usize, Wrong)> {
    let here = |wrong| (line.number, wrong);
    let word = words
        .word("good, bad, unknown or forgotten")
        .map_err(here)?;
    let is = match word.as_str() {
        "good" => PlanIs::Good,
        "unknown" => PlanIs::Unknown,
        "forgotten" => PlanIs::Forgotten,
        "bad" => {
            words.need("since").map_err(here)?;
            let since = line.when.moment_of(words).map_err(here)?;
            let mut modules = std::collections::BTreeMap::new();
            let mut reported = Reported::Anyhow;
            for (number, text) in below {
                let mut read = || -> Result<(), Wrong> {
                    let mut words = Words::of(text)?;
                    if words.take("not reported") {
                        reported = Reported::Not;
                    } else if words.take("reported as") {
                        reported = Reported::As(outcome(&mut words)?);
                    } else {
                        modules.insert(module_id(&mut words)?, cause(&mut words)?);
                    }
                    words.end()
                };
                read().map_err(|wrong| (*number, wrong))?;
            }
            return Ok(PlanIs::Bad {
                since,
                modules,
                reported,
            });
        }
        other => {
            let wrong = format!("a plan is good, bad since, unknown or forgotten; not \"{other}\"");
            return Err((line.number, wrong));
        }
    };
    match below.first() {
        Some((number, _)) => Err((*number, "nothing is expected here".into())),
        None => Ok(is),
    }
}

/// `Friday 02:00 PARTIAL`, `02:40 SUCCESS by hand`, `Saturday 02:00 unknown`.
fn past(text: &str, when: When<'_>) -> Result<Past, Wrong> {
    let mut words = Words::of(text)?;
    let at = when.moment_of(&mut words)?;
    let unknown = words.take("unknown");
    let past = Past {
        at,
        outcome: (!unknown).then(|| outcome(&mut words)).transpose()?,
        by_hand: words.take("by hand"),
    };
    words.end()?;
    Ok(past)
}

/// The names of applications, for people.
pub fn named(modules: &BTreeSet<ns8_backup_monitor::model::ModuleId>) -> String {
    let all: Vec<String> = modules.iter().map(ToString::to_string).collect();
    all.join(", ")
}
