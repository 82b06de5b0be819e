//! Every run of the truth has its one report, and says what happened.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use ns8_backup_monitor::model::{DestinationHealth, ModuleCause, Outcome, Report, RunKind};

use super::super::truth::{Edit, Fate, Part, Second, Seen};
use super::{Case, Excuse, LONGEST, is_bad};

impl<'s> Case<'s, '_> {
    pub(super) fn runs(&mut self) {
        let mut runs: BTreeMap<DateTime, Vec<&Part>> = BTreeMap::new();
        for part in &self.parts {
            runs.entry(part.local).or_default().push(part);
        }
        for (local, parts) in &runs {
            self.judged.tally.runs += 1;
            let mut judged = false;
            for part in parts {
                judged |= self.part(part);
            }
            if judged {
                self.judged.tally.judged += 1;
                self.on_time(*local, parts);
            }
            self.extra_rows(*local, parts);
        }
        let known: BTreeSet<String> = runs.keys().map(ToString::to_string).collect();
        for (run, editions) in self.editions.clone() {
            let report = &editions[0].stored.report;
            let bare = run.split('/').next().unwrap_or(&run);
            if report.run_kind == RunKind::Scheduled && !known.contains(bare) {
                self.violation(editions[0].at, &format!("run {run} never was"));
            }
            for edition in editions {
                self.outcome(edition);
            }
        }
    }

    /// The report that speaks of a node's part.
    pub(super) fn report_on(&self, part: &Part) -> Option<&Vec<&'s Seen>> {
        let run = part.local.to_string();
        let speaks = |editions: &&Vec<&Seen>| {
            let report = &last(editions).stored.report;
            let row =
                |module: &String| {
                    report.members.iter().any(|row| {
                        row.module.as_str() == module && row.cause != ModuleCause::NotDue
                    }) || report.gone.iter().any(|gone| gone.as_str() == module)
                };
            part.members.iter().any(row)
        };
        let own = self.editions.get(&format!("{run}/{}", part.node));
        own.or_else(|| self.editions.get(&run).filter(speaks))
    }

    fn part(&mut self, part: &Part) -> bool {
        if let Some(editions) = self.report_on(part).cloned() {
            self.rows(part, &editions);
            return true;
        }
        if let Some(excuse) = self.excuse(part) {
            *self.judged.tally.excused.entry(excuse).or_default() += 1;
            self.is_marked(part, excuse);
        } else {
            let what = format!("node {}: run {} is not reported", part.node, part.local);
            self.violation(part.at, &what);
        }
        false
    }

    /// R2.6: what nobody can judge goes to the history.
    fn is_marked(&mut self, part: &Part, excuse: Excuse) {
        if excuse != Excuse::OlderThanDowntime {
            return;
        }
        let run = part.local.to_string();
        let marks = self.story.marks.get(self.plan);
        let marked = marks.is_some_and(|marks| {
            marks.iter().any(|mark| {
                let id = mark.run.as_str();
                id == run || id.split('/').next() == Some(&run)
            })
        });
        let deleted = self.edited("", part.at, part.at + LONGEST, |_, edit| {
            *edit == Edit::Delete
        });
        if !marked && !deleted {
            let what = format!("run {run} is not even in the history");
            self.violation(part.at, &what);
        }
    }

    pub(super) fn excuse(&self, part: &Part) -> Option<Excuse> {
        let story = self.story;
        let Some(place) = story.look_after(part.at) else {
            return Some(Excuse::Unseen);
        };
        let (look, before) = (story.looks[place].at, story.look_before(place));
        let anew = |_: &str, edit: &Edit| {
            matches!(
                edit,
                Edit::Disable | Edit::Enable | Edit::Schedule(_) | Edit::Delete
            )
        };
        if before < story.began || self.edited("", before, look, anew) {
            return Some(Excuse::Edited);
        }
        let later = |from: Second, to: Second| {
            self.parts.iter().any(move |other| {
                other.node == part.node && other.at > from.max(part.at) && other.at <= to
            })
        };
        if later(part.at, look) {
            return Some(Excuse::OlderThanDowntime);
        }
        if self.edited("", part.at, part.at + LONGEST, |_, edit| {
            *edit == Edit::Delete
        }) {
            return Some(Excuse::Edited);
        }
        if self.open_in_downtime(part) {
            return Some(Excuse::OpenInDowntime);
        }
        let left = |module: &String| {
            let gone = |id: &str, edit: &Edit| *edit == Edit::Remove(id.to_owned());
            self.edited(module, before, part.at + LONGEST, gone)
        };
        if part.members.iter().all(left) {
            return Some(Excuse::AllLeft);
        }
        let joined = |module: &String| {
            let new = |id: &str, edit: &Edit| *edit == Edit::Add(id.to_owned());
            self.edited(module, before, look, new)
        };
        if part.members.iter().all(joined) {
            return Some(Excuse::AllJoined);
        }
        self.blocked(part).then_some(Excuse::StillOpen)
    }

    /// Whether the program was stopped while the run was open, and a later
    /// elapse passed before it was started again.
    pub(super) fn open_in_downtime(&self, part: &Part) -> bool {
        let story = self.story;
        let made = self
            .report_on(part)
            .map_or(part.at + LONGEST, |seen| seen[0].at);
        let starts = story
            .looks
            .iter()
            .enumerate()
            .filter(|(_, look)| look.first);
        starts
            .filter_map(|(place, _)| {
                let read = story.look_after(story.looks[place].at)?;
                Some((story.look_before(read), story.looks[read].at))
            })
            .any(|(from, to)| {
                let mut others = self.parts.iter();
                from >= part.at
                    && from <= made
                    && others
                        .any(|other| other.local > part.local && other.at > from && other.at <= to)
            })
    }

    /// R11.3: whether an earlier run was open on that node. Of the elapses in
    /// its time the newest one is judged, unless the node really skipped it.
    pub(super) fn blocked(&self, part: &Part) -> bool {
        let earlier = self.parts.iter().filter(|other| {
            other.node == part.node && other.at < part.at && other.at > part.at - 2 * LONGEST
        });
        earlier
            .filter(|other| self.incomplete(other, part.at))
            .any(|other| {
                let over = match self.report_on(other) {
                    Some(editions) => editions[0].at,
                    None => return self.excuse(other).is_some(),
                };
                let newer = |newer: &&Part| {
                    newer.node == part.node && newer.at > part.at && newer.at <= over
                };
                over >= part.at
                    && (part.fate == Fate::StillRunning
                        || self.parts.iter().copied().any(|other| newer(&other))
                        || self.lent(part, other))
            })
    }

    /// Whether statuses of `part` were counted for the earlier run, by R4.3.7.
    fn lent(&self, part: &Part, earlier: &Part) -> bool {
        let Some(editions) = self.report_on(earlier) else {
            return false;
        };
        let rows = &last(editions).stored.report.members;
        rows.iter().any(|row| {
            let start = row.started.map(jiff::Timestamp::as_second);
            let ours = self.of_run(part, row.module.as_str());
            ours.is_some_and(|ours| Some(ours.start) == start)
        })
    }

    /// Whether something of a part was still to come at `at`.
    pub(super) fn incomplete(&self, part: &Part, at: Second) -> bool {
        part.members.iter().any(|module| {
            let ours = self.of_run(part, module);
            !ours.is_some_and(|ours| ours.written && ours.ended <= at)
        })
    }

    /// A run that showed all of its statuses is reported after `wait_seconds`:
    /// at the second look that could know, at the latest.
    fn on_time(&mut self, local: DateTime, parts: &[&Part]) {
        let Some(editions) = self.editions.get(&local.to_string()) else {
            return;
        };
        let made = editions[0].at;
        let mut seen = Vec::new();
        for part in parts {
            for module in &part.members {
                let ours = self.of_run(part, module);
                seen.push(ours.and_then(|ours| self.story.first_sight(ours)));
            }
        }
        let Some(all) = seen.into_iter().collect::<Option<Vec<Second>>>() else {
            return;
        };
        let due = all.into_iter().max().unwrap_or(made) + 30;
        let looks = self.story.looks.iter();
        let late = looks
            .filter(|look| look.read && look.at > due && look.at < made)
            .count();
        // A node that was to meet it later may have been waited for.
        let first = parts.iter().map(|part| part.at).min().unwrap_or(0);
        let edited = self.edited("", first, made, |_, _| true);
        if late > 1 && !edited {
            self.violation(
                made,
                &format!("run {local} was over and is told {late} looks late"),
            );
        }
    }

    /// Nobody is named who had nothing to do with the run.
    fn extra_rows(&mut self, local: DateTime, parts: &[&Part]) {
        let Some(editions) = self.editions.get(&local.to_string()) else {
            return;
        };
        let members: BTreeSet<&String> = parts.iter().flat_map(|part| &part.members).collect();
        let at = parts.iter().map(|part| part.at).min().unwrap_or(0);
        let until = last(editions).at;
        let added = |id: &str, edit: &Edit| *edit == Edit::Add(id.to_owned());
        let strange: Vec<String> = last(editions)
            .stored
            .report
            .members
            .iter()
            .map(|row| row.module.to_string())
            .filter(|module| !members.contains(module))
            .filter(|module| !self.edited(module, at - LONGEST, until, added))
            .collect();
        for module in strange {
            self.violation(
                at,
                &format!("{module} is no member of {local} and is named"),
            );
        }
    }

    /// R4.5.
    fn outcome(&mut self, seen: &Seen) {
        let report = &seen.stored.report;
        let expected = outcome(report);
        if report.outcome != expected {
            let what = format!(
                "run {}: {:?} instead of {expected:?}",
                report.run, report.outcome
            );
            self.violation(seen.at, &what);
        }
    }
}

pub(super) fn last<'s>(editions: &[&'s Seen]) -> &'s Seen {
    editions[editions.len() - 1]
}

pub(super) fn failed(report: &Report) -> bool {
    let health = report.destination.as_ref().map(|there| there.health);
    health == Some(DestinationHealth::Failed)
}

fn outcome(report: &Report) -> Outcome {
    let causes: Vec<ModuleCause> = report.members.iter().map(|row| row.cause).collect();
    let good = causes
        .iter()
        .any(|cause| matches!(cause, ModuleCause::Ok | ModuleCause::Unreported));
    let bad: Vec<_> = causes.iter().filter(|cause| is_bad(**cause)).collect();
    let after = !bad.is_empty() && bad.iter().all(|cause| **cause == ModuleCause::AfterBackup);
    if failed(report) {
        Outcome::RepoFailure
    } else if bad.is_empty() && good {
        Outcome::Success
    } else if good || after || report.run_kind == RunKind::HandPart {
        Outcome::Partial
    } else {
        Outcome::RepoFailure
    }
}
