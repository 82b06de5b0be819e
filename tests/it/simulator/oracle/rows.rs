//! The table of a report, row by row.

use ns8_backup_monitor::model::{MemberResult, ModuleCause};

use super::super::truth::{Backup, Edit, Of, Part, Second, Seen};
use super::runs::last;
use super::{Case, is_status};

/// No node is given up sooner.
const PATIENCE: Second = 7200;
/// Clocks may differ so much.
const SLACK: Second = 300;

impl<'s> Case<'s, '_> {
    pub(super) fn rows(&mut self, part: &Part, editions: &[&'s Seen]) {
        let seen = last(editions);
        for module in &part.members {
            self.judged.tally.rows += 1;
            let rows = &seen.stored.report.members;
            let row = rows.iter().find(|row| row.module.as_str() == module);
            let problem = match row {
                None => self.nothing_of(part, module, seen),
                Some(row) if is_status(row.cause) => self.status(part, row, editions),
                Some(row) => self.absence(part, row, editions),
            };
            if let Some(problem) = problem {
                let what = format!("run {}: {module}: {problem}", seen.stored.report.run);
                self.violation(part.at, &what);
            }
        }
    }

    fn nothing_of(&self, part: &Part, module: &str, seen: &Seen) -> Option<String> {
        let before = self
            .story
            .look_after(part.at)
            .map(|place| self.story.look_before(place));
        let left = |id: &str, edit: &Edit| *edit == Edit::Remove(id.to_owned());
        let from = before.unwrap_or(part.at).min(part.at);
        let left = self.edited(module, from, seen.at, left);
        (!left).then(|| "is not named at all".to_owned())
    }

    fn status(&mut self, part: &Part, row: &MemberResult, editions: &[&Seen]) -> Option<String> {
        let seen = last(editions);
        let start = row.started?.as_second();
        let Some(backup) = self.backup_at(row.module.as_str(), start) else {
            return Some(format!("no backup began at {start}"));
        };
        let until = seen.at;
        if self
            .story
            .first_sight(backup)
            .is_none_or(|sight| sight > until)
        {
            return Some("its status cannot have been seen".into());
        }
        let saved = self.snapshot(&backup.module, until);
        let after = self.could_ask(until) && saved.is_some() && saved == backup.snapshot;
        let right = match row.cause {
            ModuleCause::Ok => backup.errors == 0,
            ModuleCause::AfterBackup => backup.errors > 0 && self.story.probed,
            _ => backup.errors > 0 && !after,
        };
        if !right {
            return Some(format!("{:?}, and it was {backup:?}", row.cause));
        }
        if backup.of == Of::Elapse(part.local) {
            return None;
        }
        self.judged.tally.stand_ins += 1;
        let reason = self.stands_in(part, backup, editions[0].at) || is_between(part, backup);
        (!reason).then(|| format!("the status of {} stands for it", backup.of))
    }

    /// R4.3.7: what a hand run during the run did counts for it, and so does a
    /// status of a later elapse while the earlier run waits for that module.
    fn stands_in(&self, part: &Part, backup: &Backup, made: Second) -> bool {
        let within = backup.ended >= part.at && backup.ended - PATIENCE <= made + PATIENCE;
        match backup.of {
            Of::Before => false,
            Of::Hand(_) => within,
            Of::Elapse(local) => {
                local > part.local && within && self.incomplete(part, backup.start)
            }
        }
    }

    fn absence(&mut self, part: &Part, row: &MemberResult, editions: &[&Seen]) -> Option<String> {
        let module = row.module.as_str();
        let (made, until) = (editions[0].at, last(editions).at);
        *self
            .judged
            .tally
            .absent
            .entry(row.cause.as_str())
            .or_default() += 1;
        if row.cause == ModuleCause::NotDue {
            let before = self
                .story
                .look_after(part.at)
                .map(|look| self.story.look_before(look));
            let from = before.unwrap_or(part.at).min(part.at);
            let added = |id: &str, edit: &Edit| *edit == Edit::Add(id.to_owned());
            let added = self.edited(module, from, until, added);
            return (!added).then(|| "was due".into());
        }
        if let Some(ours) = self.of_run(part, module)
            && let Some(sight) = self.story.first_sight(ours)
        {
            if sight <= made
                && self
                    .next_there(part)
                    .is_none_or(|at| ours.start < at - SLACK)
            {
                return Some(format!(
                    "{:?}, and its status was there: {ours:?}",
                    row.cause
                ));
            }
            if self.comes_late(part, ours, made) {
                return Some(format!("its late status corrects nothing: {ours:?}"));
            }
        }
        let allowed = self.allowed(part, module, made, until);
        (!allowed.contains(&row.cause))
            .then(|| format!("{:?}, and allowed is {allowed:?}", row.cause))
    }

    /// When the plan fires next on that node.
    fn next_there(&self, part: &Part) -> Option<Second> {
        let later = self.parts.iter().filter(|other| other.node == part.node);
        later.map(|other| other.at).filter(|at| *at > part.at).min()
    }

    /// R4.3.5: statuses that began before the giving up correct the report;
    /// unless the next run came between.
    fn comes_late(&self, part: &Part, ours: &Backup, made: Second) -> bool {
        let skew = self.story.skews.get(&part.node).copied().unwrap_or(0);
        let mut others = self.editions.values();
        let sight = self.story.first_sight(ours).unwrap_or(ours.ended);
        let other = others.any(|other| other[0].at > made && other[0].at <= sight + PATIENCE + 900);
        let open = self
            .parts
            .iter()
            .any(|other| other.at > part.at && other.at <= sight + PATIENCE);
        ours.start - skew + SLACK < made && !other && !open
    }

    /// R4.4: what can be said of a module of which no status came.
    fn allowed(&self, part: &Part, module: &str, made: Second, until: Second) -> Vec<ModuleCause> {
        let saved = self.own_snapshots(part, module, until);
        let busy = self.busy(part, module, made);
        let mut plain = Vec::new();
        let ran = |until: Second| {
            let mut ours = self.backups.iter().filter(|backup| backup.module == module);
            ours.any(|backup| self.story.first_sight(backup).is_some_and(|at| at <= until))
        };
        // Its first status ever may be the one that ended the run.
        if !ran(part.at) {
            plain.push(ModuleCause::NeverRan);
        }
        if ran(made) {
            if busy.0 {
                plain.push(ModuleCause::Busy);
            }
            if !busy.1 {
                plain.extend(self.silent_or_idle(part, made));
            }
        }
        if saved.is_empty() || !self.story.probed {
            return plain;
        }
        // A module that another plan held is not asked for.
        if plain == [ModuleCause::Busy] {
            return plain;
        }
        let held = plain.contains(&ModuleCause::Busy);
        let sure = saved
            .iter()
            .any(|(made, unexplained)| *made >= part.at && *unexplained);
        let sure = self.could_ask(until) && sure;
        if self.is_dark(until) {
            return plain;
        }
        let mut all = vec![ModuleCause::Unreported];
        if held {
            all.push(ModuleCause::Busy);
        }
        if !sure {
            all.extend(plain);
        }
        all
    }

    /// The snapshots since the elapse that the newest status which was seen does
    /// not explain for sure; and whether it explains none of it for sure.
    fn own_snapshots(&self, part: &Part, module: &str, until: Second) -> Vec<(Second, bool)> {
        let ours = || self.backups.iter().filter(|b| b.module == module);
        let sighted = ours().filter_map(|backup| {
            let sight = self.story.first_sight(backup)?;
            (sight <= until).then_some((sight, backup))
        });
        let known = sighted.max_by_key(|(sight, _)| *sight).map(|(_, b)| b);
        let skewed = self
            .story
            .skews
            .get(&part.node)
            .is_some_and(|skew| *skew != 0);
        let since = ours()
            .filter(|backup| backup.ended <= until)
            .filter_map(|backup| backup.snapshot)
            .filter(|made| *made >= part.at - SLACK);
        since
            .map(|made| {
                let near = known.is_some_and(|known| {
                    (known.start - SLACK..=known.end + 2 * SLACK).contains(&made)
                });
                let explained = !skewed && known.is_some_and(|known| known.snapshot == Some(made));
                (made, near, explained)
            })
            .filter(|(_, _, explained)| !explained)
            .map(|(made, near, _)| (made, !near))
            .collect()
    }

    /// Whether another plan's status may, and whether it must be what held it.
    fn busy(&self, part: &Part, module: &str, made: Second) -> (bool, bool) {
        let others = self.story.backups.iter().filter(|other| {
            other.plan != self.plan && other.module == module && other.end >= part.at - SLACK
        });
        let sights = others.filter_map(|other| {
            let sight = self.story.first_sight(other)?;
            Some((sight, other.end > part.at + SLACK))
        });
        let sights: Vec<(Second, bool)> = sights.filter(|(sight, _)| *sight <= made).collect();
        // A later run that was met ends the waiting.
        let waited = self.next_there(part).unwrap_or(Second::MAX);
        let waited = waited.min(part.at + PATIENCE);
        let must = sights
            .iter()
            .any(|(sight, clear)| *clear && *sight < waited);
        (!sights.is_empty(), must)
    }

    fn silent_or_idle(&self, part: &Part, made: Second) -> Vec<ModuleCause> {
        let (some, all) = self.story.silence(part.node, part.at + PATIENCE - 60, made);
        let peers = self.story.zones.keys().filter(|node| **node != 1);
        let silent = |node: &u32| self.story.silence(*node, part.at, made).0;
        // R4.7: all of two or more peers at once blame the own VPN.
        let suspect = peers.clone().count() >= 2 && peers.clone().all(silent);
        let mut allowed = Vec::new();
        if some && part.node != 1 {
            allowed.push(ModuleCause::NodeUnreachable);
        }
        if !all || suspect || part.node == 1 {
            let showed = self.showed(part, made);
            if showed.0 {
                allowed.push(ModuleCause::NotFinished);
            }
            if !showed.1 {
                allowed.push(ModuleCause::Missed);
            }
        }
        allowed
    }

    /// Whether a status of the node's part may, and whether one must have been
    /// seen.
    fn showed(&self, part: &Part, made: Second) -> (bool, bool) {
        let mut seen = self.backups.iter().filter(|backup| {
            let sight = self.story.first_sight(backup);
            part.members.contains(&backup.module)
                && sight.is_some_and(|sight| sight <= made && sight >= part.at)
        });
        let of_run = |backup: &&&Backup| backup.of == Of::Elapse(part.local);
        let must = seen.clone().any(|backup| of_run(&backup));
        (seen.next().is_some(), must)
    }
}

/// R4.3.7: what began just before an elapse that fired meanwhile, by clocks
/// that may differ, is of the earlier run or of the later one.
fn is_between(part: &Part, backup: &Backup) -> bool {
    (part.at - SLACK..part.at + SLACK).contains(&backup.start)
}
