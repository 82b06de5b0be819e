//! What the program must have said, judged from what really happened and from
//! the requirements (the R numbers), never from the program's own way to it.
//!
//! Where the requirements leave a choice, or where what happened could not be
//! seen, the allowed answers are listed with the reason: an [`Excuse`].

mod backups;
mod mails;
mod rows;
mod runs;

use std::collections::BTreeMap;
use std::fmt;

use ns8_backup_monitor::model::{ModuleCause, Report, ReportKind, Severity};

use super::tale;
use super::truth::{Backup, Of, Part, Second, Seen, Story, clock};

/// A run is waited for at most so long in these stories.
const LONGEST: Second = 36 * 3600;

/// Why a run of the truth has no verdict of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Excuse {
    /// R2.6: of the elapses in a downtime only the newest one is judged.
    OlderThanDowntime,
    /// R2.6: it was open when a downtime hid a later elapse.
    OpenInDowntime,
    /// R2.6: the plan was switched on or off, or had another schedule, before
    /// anybody saw the elapse; or it was deleted.
    Edited,
    /// R11.3: the earlier run was still open on that node.
    StillOpen,
    /// R4.3.2: all that it had to back up left the plan.
    AllLeft,
    /// R4.3.2: all that it had to back up joined the plan since the last look:
    /// nobody can tell whether before or after the elapse.
    AllJoined,
    /// Nobody looked afterwards.
    Unseen,
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub stories: usize,
    /// Scheduled runs that happened, or should have.
    pub runs: usize,
    pub judged: usize,
    pub bad: usize,
    pub hands: usize,
    pub mails: usize,
    pub rows: usize,
    /// Rows whose status is of another run, as R4.3.7 has it.
    pub stand_ins: usize,
    pub absent: BTreeMap<&'static str, usize>,
    pub corrected: usize,
    pub recoveries: usize,
    pub answers: usize,
    pub alerts: usize,
    pub excused: BTreeMap<Excuse, usize>,
}

impl Tally {
    /// Adds another story's.
    pub fn add(&mut self, other: &Self) {
        self.stories += 1;
        for (sum, more) in [
            (&mut self.runs, other.runs),
            (&mut self.judged, other.judged),
            (&mut self.bad, other.bad),
            (&mut self.hands, other.hands),
            (&mut self.mails, other.mails),
            (&mut self.rows, other.rows),
            (&mut self.stand_ins, other.stand_ins),
            (&mut self.corrected, other.corrected),
            (&mut self.recoveries, other.recoveries),
            (&mut self.answers, other.answers),
            (&mut self.alerts, other.alerts),
        ] {
            *sum += more;
        }
        for (excuse, count) in &other.excused {
            *self.excused.entry(*excuse).or_default() += count;
        }
        for (cause, count) in &other.absent {
            *self.absent.entry(cause).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} stories, {} scheduled runs: {} judged, {} of them bad; {} hand runs",
            self.stories, self.runs, self.judged, self.bad, self.hands
        )?;
        writeln!(
            f,
            "{} rows compared ({} by R4.3.7 of another run), without a status: {:?}",
            self.rows, self.stand_ins, self.absent
        )?;
        writeln!(
            f,
            "{} mails: {} recoveries, {} answers, {} corrections; {} alerts",
            self.mails, self.recoveries, self.answers, self.corrected, self.alerts
        )?;
        write!(
            f,
            "parts of runs without a verdict, and why: {:?}",
            self.excused
        )
    }
}

/// Something that must not be.
pub struct Violation(String);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the oracle says of one story.
#[derive(Default)]
pub struct Judged {
    pub tally: Tally,
    pub violations: Vec<Violation>,
}

/// Compares what the program said with what happened.
pub fn judge(story: &Story) -> Judged {
    let mut judged = Judged::default();
    judged.tally.alerts = story.posted.len();
    judged.tally.mails = story.seen.iter().map(|seen| seen.mails).sum();
    for plan in story.plans.iter().map(|plan| plan.id.as_str()) {
        let mut case = Case::of(story, plan, &mut judged);
        case.runs();
        case.backups();
        case.mails();
    }
    whole(story, &mut judged);
    judged
}

/// What concerns no single plan.
fn whole(story: &Story, judged: &mut Judged) {
    if story.unanswered > 0 {
        let text = format!(
            "story {}: {} alerts are never answered",
            story.seed, story.unanswered
        );
        judged.violations.push(Violation(text));
    }
    for seen in &story.seen {
        let kind = seen.stored.report.kind;
        if matches!(
            kind,
            ReportKind::UnknownPlan | ReportKind::AllWell | ReportKind::Digest
        ) {
            let text = format!(
                "story {}: a report {kind:?} at {}",
                story.seed,
                clock(seen.at)
            );
            judged.violations.push(Violation(text));
        }
    }
}

/// One plan of a story.
struct Case<'s, 'j> {
    story: &'s Story,
    plan: &'s str,
    /// By run, what its report said, in order.
    editions: BTreeMap<String, Vec<&'s Seen>>,
    parts: Vec<&'s Part>,
    backups: Vec<&'s Backup>,
    judged: &'j mut Judged,
}

impl<'s, 'j> Case<'s, 'j> {
    fn of(story: &'s Story, plan: &'s str, judged: &'j mut Judged) -> Self {
        let mut editions: BTreeMap<String, Vec<&Seen>> = BTreeMap::new();
        for seen in &story.seen {
            let report = &seen.stored.report;
            let of = report.plan.as_ref().map(|of| of.id.as_str());
            if report.kind == ReportKind::Run && of == Some(plan) {
                editions
                    .entry(report.run.to_string())
                    .or_default()
                    .push(seen);
            }
        }
        Self {
            story,
            plan,
            editions,
            parts: story
                .parts
                .iter()
                .filter(|part| part.plan == plan)
                .collect(),
            backups: story
                .backups
                .iter()
                .filter(|backup| backup.plan == plan)
                .collect(),
            judged,
        }
    }

    fn violation(&mut self, at: Second, what: &str) {
        let (from, to) = (at - 8 * 3600, at + 16 * 3600);
        let tale = tale::around(self.story, self.plan, from, to);
        let schedule = self.story.plans.iter().find(|plan| plan.id == self.plan);
        let schedule = schedule.map_or("", |plan| plan.schedule.as_str());
        self.judged.violations.push(Violation(format!(
            "story {}, plan {} ({schedule}), {}: {what}\n{tale}",
            self.story.seed,
            self.plan,
            clock(at)
        )));
    }

    /// The newest snapshot of a module at `at`.
    fn snapshot(&self, module: &str, at: Second) -> Option<Second> {
        let ours = self
            .backups
            .iter()
            .filter(|b| b.module == module && b.ended <= at);
        ours.filter_map(|backup| backup.snapshot).max()
    }

    /// Whether repositories could be asked at `at`.
    fn could_ask(&self, at: Second) -> bool {
        self.story.probed && !self.is_dark(at)
    }

    fn is_dark(&self, at: Second) -> bool {
        let mut times = self.story.dark.iter();
        times.any(|(from, to)| *from <= at && at < *to)
    }

    fn edited(
        &self,
        module: &str,
        from: Second,
        to: Second,
        what: fn(&str, &super::truth::Edit) -> bool,
    ) -> bool {
        let mut edits = self.story.edits.iter();
        edits.any(|(at, plan, edit)| {
            plan == self.plan && (from..=to).contains(at) && what(module, edit)
        })
    }

    fn backup_at(&self, module: &str, start: Second) -> Option<&'s Backup> {
        let mut all = self.backups.iter();
        all.find(|backup| backup.module == module && backup.start == start)
            .copied()
    }

    fn of_run(&self, part: &Part, module: &str) -> Option<&'s Backup> {
        let mut all = self.backups.iter();
        all.find(|backup| backup.module == module && backup.of == Of::Elapse(part.local))
            .copied()
    }
}

fn is_bad(cause: ModuleCause) -> bool {
    cause.severity() == Severity::Bad
}

fn is_status(cause: ModuleCause) -> bool {
    matches!(
        cause,
        ModuleCause::Ok | ModuleCause::BackupError | ModuleCause::AfterBackup
    )
}

/// When the run of a report began.
fn run_at(report: &Report) -> Second {
    report.at.unwrap_or(report.made_at).as_second()
}
