//! Who is told: R2.5 and R6.7.

use std::collections::{BTreeMap, BTreeSet};

use ns8_backup_monitor::model::{ModuleCause, Motive, Outcome, PlanCause, Report, RunKind};

use super::super::truth::{Of, Second, Seen};
use super::runs::{failed, last};
use super::{Case, is_bad, run_at};

const REMINDER: Second = 20 * 3600;
const WAIT: Second = 30;

/// What a report says, as far as repetitions go.
#[derive(Clone, PartialEq)]
struct Says {
    outcome: Outcome,
    causes: Vec<PlanCause>,
    bad: BTreeMap<String, ModuleCause>,
    failed: bool,
}

impl Says {
    fn of(report: &Report) -> Self {
        let bad = report.members.iter().filter(|row| is_bad(row.cause));
        Self {
            outcome: report.outcome,
            causes: report.causes.clone(),
            bad: bad.map(|row| (row.module.to_string(), row.cause)).collect(),
            failed: failed(report),
        }
    }

    /// A run of some modules says the same when each was told as bad so.
    fn is_told(&self, told: &Self, kind: RunKind) -> bool {
        if kind != RunKind::HandPart {
            return self == told;
        }
        let each = |(module, cause): (&String, &ModuleCause)| told.bad.get(module) == Some(cause);
        self.failed == told.failed && self.bad.iter().all(each)
    }
}

/// How a plan stands.
#[derive(Default)]
struct Standing {
    bad: BTreeSet<String>,
    in_trouble: bool,
    told: Option<(Second, Says)>,
}

impl<'s> Case<'s, '_> {
    pub(super) fn mails(&mut self) {
        let mut all: Vec<&'s Seen> = self.editions.values().flatten().copied().collect();
        all.sort_by_key(|seen| (seen.at, seen.id));
        let mut standing = Standing::default();
        let mut known: BTreeMap<String, &Seen> = BTreeMap::new();
        for seen in all {
            let run = seen.stored.report.run.to_string();
            let before = known.insert(run, seen);
            self.mail(&mut standing, seen, before);
            if seen.stored.report.outcome != Outcome::Success && before.is_none() {
                self.judged.tally.bad += 1;
            }
        }
        self.alerts();
    }

    fn mail(&mut self, standing: &mut Standing, seen: &Seen, before: Option<&Seen>) {
        let report = &seen.stored.report;
        let says = Says::of(report);
        let mailed = seen.mails > before.map_or(0, |before| before.mails);
        let answers = before.is_some_and(|before| before.stored.report.made_at == report.made_at);
        let problem = if answers && before.is_some_and(|before| before.mails > 0) {
            Some("mailed again for an alert that was answered")
        } else if answers {
            self.is_alarmed(seen)
                .then_some(())
                .map_or(Some("mailed again without an alert"), |()| None)
        } else if let Some(before) = before {
            self.judged.tally.corrected += usize::from(mailed);
            let changed = Says::of(&before.stored.report) != says;
            match (changed, mailed) {
                (true, false) => Some("corrected, and nobody hears of it"),
                (false, true) if !self.story.always => Some("mailed twice"),
                _ => None,
            }
        } else {
            None
        };
        let due = self.due(standing, seen, &says);
        let problem = problem.or_else(|| {
            let first = before.is_none();
            match (due, mailed) {
                (true, false) if first => Some("a mail is due and none is sent"),
                (false, true) if first => self.may_mail(seen),
                _ => None,
            }
        });
        if mailed
            && standing.in_trouble
            && standing
                .told
                .as_ref()
                .is_none_or(|told| told.0 <= run_at(report))
        {
            standing.told = Some((run_at(report), says));
        }
        if !standing.in_trouble {
            standing.told = None;
        }
        if let Some(problem) = problem {
            let what = format!("run {}: {problem}", report.run);
            self.violation(seen.at, &what);
        }
    }

    /// Whether a first report is mailed, whoever is alarmed. Notes how the plan
    /// stands after it.
    fn due(&mut self, standing: &mut Standing, seen: &Seen, says: &Says) -> bool {
        let report = &seen.stored.report;
        let members = self.story.instances(self.plan, seen.at);
        for row in &report.members {
            let module = row.module.to_string();
            if is_bad(row.cause) {
                standing.bad.insert(module);
            } else if row.cause != ModuleCause::NotDue {
                standing.bad.remove(&module);
            }
        }
        standing.bad.retain(|module| members.contains(module));
        if report.outcome != Outcome::Success {
            standing.in_trouble = true;
            return match &standing.told {
                None => true,
                Some((_, told)) if !says.is_told(told, report.run_kind) => true,
                Some((at, _)) => run_at(report) - at >= REMINDER,
            };
        }
        if !standing.in_trouble || !standing.bad.is_empty() {
            return false;
        }
        standing.in_trouble = false;
        let recovery = standing.told.is_some();
        self.judged.tally.recoveries += usize::from(recovery);
        recovery
    }

    /// A mail that no news asks for: somebody was alarmed, or wants all.
    fn may_mail(&mut self, seen: &Seen) -> Option<&'static str> {
        if self.story.always {
            return None;
        }
        match seen.stored.report.motive {
            Some(Motive::Answer) if self.is_alarmed(seen) => {
                self.judged.tally.answers += 1;
                None
            }
            _ if seen.stored.report.outcome == Outcome::Success => {
                Some("it went well, and a mail is sent")
            }
            _ => Some("bad as it was told before, and a mail is sent"),
        }
    }

    /// Whether an alert may have waited for this report.
    fn is_alarmed(&self, seen: &Seen) -> bool {
        let earlier = self
            .editions
            .values()
            .flatten()
            .filter(|other| other.at < seen.at);
        let from = earlier.map(|other| other.at).max().unwrap_or(0);
        let mut posted = self.story.posted.iter();
        posted.any(|post| post.plan == self.plan && post.at > from - 600 && post.at <= seen.at)
    }

    /// R6.7: an alert of a run that ended well, and of which nothing else was
    /// said, is answered by its report.
    fn alerts(&mut self) {
        let posts: Vec<_> = self
            .story
            .posted
            .iter()
            .filter(|p| p.plan == self.plan)
            .cloned()
            .collect();
        for post in posts {
            let Of::Elapse(local) = post.of else {
                continue;
            };
            let Some(editions) = self.editions.get(&local.to_string()) else {
                continue;
            };
            let seen = last(editions);
            if seen.mails > 0 || seen.stored.report.outcome != Outcome::Success {
                continue;
            }
            let Some(place) = self.story.look_after(post.at + WAIT) else {
                continue;
            };
            let due = self.story.looks[place].at;
            let later = self
                .parts
                .iter()
                .any(|part| part.local > local && part.at <= due)
                || self.editions.iter().any(|(run, other)| {
                    run.starts_with("hand-")
                        && run_at(&other[0].stored.report)
                            > seen.stored.report.at.map_or(0, jiff::Timestamp::as_second)
                        && run_at(&other[0].stored.report) <= due
                });
            // T3: while nothing of a run was seen, an alert may be a repeat.
            let showed = self
                .backups
                .iter()
                .any(|backup| backup.of == post.of && self.story.visible(backup, due));
            if !later && showed {
                let what = format!("run {local} ended well, an alert came, and nobody says so");
                self.violation(post.at, &what);
            }
        }
    }
}
