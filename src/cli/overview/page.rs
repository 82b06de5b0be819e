//! The overview as text.

use super::words::{self, Words};
use crate::cli::output;
use crate::config::Mail;
use crate::model::{
    ModuleId, NodeId, Outcome, Overview, PlanOverview, PlanSummary, RunKind, RunMark, Standing,
};
use crate::notifier::Spoken;

/// How many of the last runs a line has room for.
const RUNS: usize = 14;

/// Longest text of a problem, in characters.
const PROBLEM: usize = 300;

/// Where a value is missing.
const NOTHING: &str = "–";

/// What is shown, and how.
pub(super) struct Page<'a> {
    overview: &'a Overview,
    has_looked: bool,
    words: &'static Words,
    spoken: Spoken,
}

impl<'a> Page<'a> {
    /// In the language and zone of the mails. `has_looked`: whether the service
    /// ever looked at this cluster.
    pub fn new(overview: &'a Overview, has_looked: bool, mail: &Mail) -> Self {
        Self {
            overview,
            has_looked,
            words: words::of(mail.language),
            spoken: Spoken::new(mail.language, mail.timezone.clone(), overview.made_at),
        }
    }

    /// The whole page, its parts with an empty line between them.
    pub fn text(&self) -> String {
        let parts = [
            Some(self.head()),
            self.plans(),
            self.running(),
            self.attention(),
            self.uncovered(),
            self.mails(),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        parts.join("\n\n")
    }

    fn head(&self) -> String {
        let overview = self.overview;
        let mut lines = match &overview.cluster_name {
            Some(name) => format!("{}: {}", self.spoken.name(name), self.sentence()),
            None => self.sentence(),
        };
        let read_at = overview.read_at.map(|at| self.spoken.moment(at));
        let read = match (&overview.redis_problem, read_at) {
            (Some(problem), read_at) => {
                let problem = self.spoken.text(problem, PROBLEM);
                Some(self.words.not_read(&problem, read_at.as_deref()))
            }
            (None, Some(read_at)) => Some(self.words.read_on(&read_at)),
            (None, None) => None,
        };
        let more = [
            read,
            (!self.has_looked).then(|| self.words.never_looked.to_owned()),
            (!overview.voice).then(|| self.words.not_voice.to_owned()),
        ];
        for line in more.into_iter().flatten() {
            lines.push('\n');
            lines.push_str(&line);
        }
        lines
    }

    /// How the whole cluster stands.
    fn sentence(&self) -> String {
        let count = |standing| {
            let plans = self.overview.plans.iter();
            plans.filter(|plan| plan.standing == standing).count()
        };
        let (bad, good) = (count(Standing::Bad), count(Standing::Good));
        let unseen = count(Standing::Unknown);
        let at_work = bad + good + unseen;
        match (bad, good) {
            _ if self.overview.plans.is_empty() => self.words.no_plan.to_owned(),
            _ if at_work == 0 => self.words.none_at_work.to_owned(),
            (0, 0) => self.words.none_seen.to_owned(),
            (0, good) if good == at_work => self.words.all_good(good),
            (0, good) => self.words.some_good(good, at_work),
            (bad, _) => self.words.some_bad(bad, at_work),
        }
    }

    fn plans(&self) -> Option<String> {
        let plans = &self.overview.plans;
        if plans.is_empty() {
            return None;
        }
        let rows: Vec<Vec<String>> = plans
            .iter()
            .map(|plan| {
                vec![
                    self.state(plan),
                    self.plan_name(&plan.plan),
                    plan.last
                        .as_ref()
                        .map_or_else(|| self.words.never.to_owned(), |run| self.run(run)),
                    self.moment(plan.next),
                    strip(&plan.strip),
                ]
            })
            .collect();
        let table = output::table(&self.words.plans, &rows);
        let has_runs = plans.iter().any(|plan| !plan.strip.is_empty());
        Some(if has_runs {
            format!("{table}\n\n{}", self.words.legend)
        } else {
            table
        })
    }

    fn state(&self, plan: &PlanOverview) -> String {
        let since = plan.bad_since.map(|at| self.spoken.short_moment(at));
        let state = self.words.standing(plan.standing, since.as_deref());
        match plan.muted_until {
            None => state,
            Some(until) => {
                let muted = self.words.muted(&self.spoken.short_moment(until));
                format!("{state}, {muted}")
            }
        }
    }

    fn run(&self, run: &RunMark) -> String {
        let at = self.spoken.short_moment(run.at);
        let result = match run.outcome {
            None => self.words.not_known.to_owned(),
            Some(Outcome::Success) => self.words.all_ok.to_owned(),
            Some(_) if run.bad == 0 => self.words.failed_whole().to_owned(),
            Some(_) => self.words.failed(run.bad, run.counted),
        };
        match run.kind {
            RunKind::HandPart | RunKind::HandWhole => {
                format!("{at} {result} ({})", self.words.by_hand)
            }
            RunKind::Scheduled | RunKind::AsFound => format!("{at} {result}"),
        }
    }

    fn running(&self) -> Option<String> {
        let plans = self.overview.plans.iter();
        let lines: Vec<String> = plans
            .filter_map(|plan| {
                let open = plan.open.as_ref()?;
                let since = self.spoken.short_moment(open.at);
                let plan = self.plan_name(&plan.plan);
                let (reported, of, bad) = (open.reported, open.members, open.failed);
                Some(self.words.running(&plan, &since, reported, of, bad))
            })
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn attention(&self) -> Option<String> {
        let rows: Vec<Vec<String>> = self
            .overview
            .plans
            .iter()
            .flat_map(|plan| plan.attention.iter().map(move |one| (plan, one)))
            .map(|(plan, one)| {
                vec![
                    self.application(&one.module, one.name.as_deref()),
                    self.plan_name(&plan.plan),
                    node(one.node),
                    self.spoken.cause(one.cause).to_owned(),
                    self.moment(one.ok_at),
                ]
            })
            .collect();
        titled(self.words.attention_title, &self.words.attention, &rows)
    }

    fn uncovered(&self) -> Option<String> {
        let rows: Vec<Vec<String>> = self
            .overview
            .uncovered
            .iter()
            .map(|one| {
                let plan = one.plan.as_ref();
                vec![
                    self.application(&one.module, one.name.as_deref()),
                    node(one.node),
                    plan.map_or_else(|| NOTHING.to_owned(), |plan| self.plan_name(plan)),
                    self.moment(one.since),
                ]
            })
            .collect();
        titled(self.words.uncovered_title, &self.words.uncovered, &rows)
    }

    fn mails(&self) -> Option<String> {
        let overview = self.overview;
        self.words
            .mails(overview.queued_mails, overview.undelivered_mails)
    }

    fn moment(&self, at: Option<jiff::Timestamp>) -> String {
        at.map_or_else(|| NOTHING.to_owned(), |at| self.spoken.short_moment(at))
    }

    /// `Nightly (1)`.
    fn plan_name(&self, plan: &PlanSummary) -> String {
        self.labelled(plan.id.as_str(), Some(&plan.name))
    }

    /// `Mail (mail1)`, or the bare id.
    fn application(&self, id: &ModuleId, label: Option<&str>) -> String {
        self.labelled(id.as_str(), label)
    }

    fn labelled(&self, id: &str, label: Option<&str>) -> String {
        let id = self.spoken.name(id);
        match label.map(str::trim) {
            Some(label) if !label.is_empty() => format!("{} ({id})", self.spoken.name(label)),
            _ => id,
        }
    }
}

fn titled(title: &str, head: &[&str], rows: &[Vec<String>]) -> Option<String> {
    (!rows.is_empty()).then(|| format!("{title}\n\n{}", output::table(head, rows)))
}

fn node(node: Option<NodeId>) -> String {
    node.map_or_else(|| NOTHING.to_owned(), |node| node.to_string())
}

/// One letter per run, the newest last; for eyes that see no colours.
fn strip(runs: &[RunMark]) -> String {
    let newest = &runs[runs.len().saturating_sub(RUNS)..];
    let letter = |run: &RunMark| match run.outcome {
        Some(Outcome::Success) => '+',
        Some(Outcome::Partial) => '!',
        Some(Outcome::RepoFailure) => 'X',
        None => '?',
    };
    newest.iter().map(letter).collect()
}
