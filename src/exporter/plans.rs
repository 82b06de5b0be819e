//! The plans.

use std::fmt;

use jiff::Timestamp;

use super::Writer;
use crate::model::{Facts, Outcome, PlanOverview, RunMark};

type Labels<'a> = [(&'static str, &'a str); 2];

pub(super) fn write(facts: &Facts, writer: &mut Writer<'_>) -> fmt::Result {
    let plans = &facts.overview.plans;
    let enabled = |plan: &PlanOverview| u32::from(plan.plan.enabled);
    writer.gauges(
        "plan_enabled",
        "Whether the plan is switched on.",
        plans.iter().map(|plan| (labels(plan), enabled(plan))),
    )?;
    writer.moments(
        "plan_last_run_timestamp",
        "When the newest run that is over fired, 0 for never.",
        each(plans, |plan| plan.last.as_ref().map(|run| run.at)),
    )?;
    writer.moments(
        "plan_last_success_timestamp",
        "When the newest run without any failure fired, 0 for never.",
        each(plans, |plan| last_success(plan, facts)),
    )?;
    writer.moments(
        "plan_next_run_timestamp",
        "When the plan fires next, 0 for never or not known.",
        each(plans, |plan| plan.next),
    )?;
    outcomes(plans, writer)?;
    writer.moments(
        "plan_bad_since_timestamp",
        "When the first of the bad runs fired, 0 for a plan that is not bad.",
        each(plans, |plan| plan.bad_since),
    )?;
    writer.moments(
        "plan_muted_until_timestamp",
        "Until when mails about the plan are held back, 0 for not at all.",
        each(plans, |plan| plan.muted_until),
    )
}

/// All of them are 0 while nothing is known.
fn outcomes(plans: &[PlanOverview], writer: &mut Writer<'_>) -> fmt::Result {
    let series = plans.iter().flat_map(|plan| {
        let last = plan.last.as_ref().and_then(|run| run.outcome);
        Outcome::ALL.map(|outcome| {
            let [id, name] = labels(plan);
            let labels = [id, name, ("outcome", outcome.as_str())];
            (labels, u32::from(last == Some(outcome)))
        })
    });
    writer.gauges(
        "plan_last_outcome",
        "1 for the outcome of the newest run that is over, 0 for the others.",
        series,
    )
}

fn last_success(plan: &PlanOverview, facts: &Facts) -> Option<Timestamp> {
    let good = |run: &&RunMark| run.outcome == Some(Outcome::Success);
    let in_strip = plan.strip.iter().chain(&plan.last).filter(good);
    let older = facts.good_runs.get(&plan.plan.id).copied();
    in_strip.map(|run| run.at).chain(older).max()
}

fn each(
    plans: &[PlanOverview],
    moment: impl Fn(&PlanOverview) -> Option<Timestamp>,
) -> impl Iterator<Item = (Labels<'_>, Option<Timestamp>)> {
    plans.iter().map(move |plan| (labels(plan), moment(plan)))
}

fn labels(plan: &PlanOverview) -> Labels<'_> {
    [
        ("plan", plan.plan.id.as_str()),
        ("name", plan.plan.name.as_str()),
    ]
}
