//! Every status that could be seen is told, and told once.

use std::collections::BTreeSet;

use ns8_backup_monitor::model::{Motive, RunKind};

use super::super::truth::{Backup, Edit, Of, Second, Seen};
use super::runs::last;
use super::{Case, is_status, run_at};

/// Clocks may differ so much.
const CLOCKS: Second = 300;

impl Case<'_, '_> {
    pub(super) fn backups(&mut self) {
        for backup in self.backups.clone() {
            let Some(sight) = self.story.first_sight(backup) else {
                continue;
            };
            if backup.of == Of::Before {
                continue;
            }
            let told = self.told(backup);
            if told.len() > 1 {
                let what = format!("{} counts in {told:?}", backup.module);
                self.violation(backup.ended, &what);
            }
            if told.is_empty() && !self.may_be_silent(backup, sight) {
                let what = format!(
                    "{} of {}, errors {}, is told nowhere",
                    backup.module, backup.of, backup.errors
                );
                self.violation(backup.ended, &what);
            }
            if let (Some(run), Of::Elapse(local)) = (told.first(), backup.of)
                && run.starts_with("hand-")
                && !self.explained_by_hand(backup, local)
            {
                let what = format!("{} of {local} is told as {run}", backup.module);
                self.violation(backup.ended, &what);
            }
        }
        for editions in self.editions.clone().values() {
            let seen = last(editions);
            let kind = seen.stored.report.run_kind;
            if matches!(kind, RunKind::HandPart | RunKind::HandWhole) {
                self.by_hand(seen);
            }
        }
    }

    /// The runs in whose reports a backup is a row.
    fn told(&self, backup: &Backup) -> Vec<String> {
        let ours = |seen: &Seen| {
            let report = &seen.stored.report;
            report.run_kind != RunKind::AsFound
                && report.members.iter().any(|row| {
                    row.module.as_str() == backup.module
                        && is_status(row.cause)
                        && row.started.is_some_and(|at| at.as_second() == backup.start)
                })
        };
        let runs = self.editions.iter();
        runs.filter(|(_, editions)| ours(last(editions)))
            .map(|(run, _)| run.clone())
            .collect()
    }

    fn may_be_silent(&self, backup: &Backup, sight: Second) -> bool {
        let Some(place) = self.story.look_after(sight) else {
            return true;
        };
        let before = self.story.look_before(place);
        if before < self.story.began {
            return true;
        }
        let module = backup.module.as_str();
        let touched = |id: &str, edit: &Edit| {
            let gone = *edit == Edit::Remove(id.to_owned()) || *edit == Edit::Delete;
            gone || *edit == Edit::Add(id.to_owned())
        };
        let off = |_: &str, edit: &Edit| matches!(edit, Edit::Disable | Edit::Delete);
        self.edited(module, before, sight + super::LONGEST, touched)
            || !self.story.instances(self.plan, sight).contains(module)
            || (matches!(backup.of, Of::Hand(_)) && self.edited("", 0, sight, off))
            || self.replaced(backup, sight)
            || self.without_verdict(backup)
    }

    /// R4.3.7: a newer status of the module took its place in a run that was
    /// open when it came.
    fn replaced(&self, backup: &Backup, sight: Second) -> bool {
        self.editions.values().any(|editions| {
            let report = &last(editions).stored.report;
            let newer = report.members.iter().any(|row| {
                row.module.as_str() == backup.module
                    && row.started.is_some_and(|at| at.as_second() > backup.start)
            });
            // By the clocks it may have met the elapse that came just after it.
            newer && run_at(report) - CLOCKS <= sight && last(editions).at >= sight
        })
    }

    fn without_verdict(&self, backup: &Backup) -> bool {
        let Of::Elapse(local) = backup.of else {
            return false;
        };
        let parts: Vec<_> = self
            .parts
            .iter()
            .filter(|part| part.local == local)
            .collect();
        parts.iter().any(|part| {
            part.node == backup.node
                && self.report_on(part).is_none()
                && self.excuse(part).is_some()
        })
    }

    /// A status of a run without a verdict is explained by no elapse; and so
    /// is one of a module whose place in its run a hand run took.
    fn explained_by_hand(&self, backup: &Backup, local: jiff::civil::DateTime) -> bool {
        let parts: Vec<_> = self
            .parts
            .iter()
            .filter(|part| part.local == local)
            .collect();
        self.without_verdict(backup)
            || parts
                .iter()
                .filter(|part| part.node == backup.node)
                .any(|part| {
                    let Some(editions) = self.report_on(part) else {
                        return false;
                    };
                    let rows = &last(editions).stored.report.members;
                    let other = rows.iter().find(|row| row.module.as_str() == backup.module);
                    other.and_then(|row| row.started).is_some() || backup.ended > editions[0].at
                })
    }

    /// R4.3.6: a hand run judges only what reported, and never says that it did
    /// not finish.
    fn by_hand(&mut self, seen: &Seen) {
        self.judged.tally.hands += 1;
        let report = &seen.stored.report;
        if matches!(report.motive, Some(Motive::FoundAtStart)) {
            return;
        }
        let mut problems = BTreeSet::new();
        for row in &report.members {
            let start = row.started.map(jiff::Timestamp::as_second);
            let backup = start.and_then(|at| self.backup_at(row.module.as_str(), at));
            let seen = backup.is_some_and(|backup| self.story.visible(backup, seen.at));
            if !seen || !is_status(row.cause) {
                problems.insert(row.module.to_string());
            }
        }
        if !problems.is_empty() {
            let what = format!("{}: never reported: {problems:?}", report.run);
            self.violation(seen.at, &what);
        }
    }
}
