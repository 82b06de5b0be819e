//! `run-backup`: one module after another, busy ones again every minute for an
//! hour, the metric at the first failure.

use std::collections::VecDeque;

use super::truth::{Backup, NEVER, Of, Second};
use super::world::{Event, World};

/// For how long a busy module is tried again, and how often.
const BUSY_LIMIT: Second = 3600;
const BUSY_PAUSE: Second = 60;

/// One `run-backup` on one node.
pub struct Process {
    pub plan: String,
    pub node: u32,
    pub of: Of,
    only: Option<Vec<String>>,
    /// What is left to do; `None` before it read the plan.
    todo: Option<VecDeque<String>>,
    busy: VecDeque<String>,
    until: Option<Second>,
    job: Option<Backup>,
    failed: bool,
}

impl Process {
    pub fn new(plan: &str, node: u32, of: Of, only: Option<Vec<String>>) -> Self {
        Self {
            plan: plan.to_owned(),
            node,
            of,
            only,
            todo: None,
            busy: VecDeque::new(),
            until: None,
            job: None,
            failed: false,
        }
    }
}

impl World<'_> {
    /// A process goes on. One that lost its power is no more.
    pub fn step(&mut self, number: usize) {
        let Some(mut process) = self.processes.remove(&number) else {
            return;
        };
        if let Some(mut backup) = process.job.take() {
            self.held.remove(&backup.module);
            let skew = self.story.skews.get(&process.node).copied().unwrap_or(0);
            backup.ended = self.now;
            backup.end = self.now + skew;
            let failed = backup.errors > 0;
            if let Some(made) = &mut backup.snapshot {
                *made = self.now;
            }
            self.write(backup);
            self.fail(&mut process, failed);
        }
        if let Some(after) = self.next(number, &mut process) {
            self.processes.insert(number, process);
            self.at(self.now + after, Event::Step(number));
        } else if matches!(process.of, Of::Elapse(_)) || !process.failed {
            let bad = process.failed.then_some(process.of);
            self.set_metric(&process.plan, process.node, bad);
        }
    }

    fn fail(&mut self, process: &mut Process, failed: bool) {
        if failed && !process.failed {
            process.failed = true;
            self.set_metric(&process.plan, process.node, Some(process.of));
        }
    }

    /// Begins what is next; how long that takes, or nothing when all is done.
    fn next(&mut self, number: usize, process: &mut Process) -> Option<Second> {
        let mut todo = process.todo.take().unwrap_or_else(|| self.list(process));
        while let Some(module) = todo.pop_front() {
            if self.held.contains_key(&module) {
                process.busy.push_back(module);
                continue;
            }
            process.todo = Some(todo);
            return Some(self.back_up(number, process, &module));
        }
        process.todo = Some(todo);
        if process.busy.is_empty() {
            return None;
        }
        let until = *process.until.get_or_insert(self.now + BUSY_LIMIT);
        if self.now >= until {
            self.fail(process, true);
            return None;
        }
        let free = process
            .busy
            .iter()
            .position(|module| !self.held.contains_key(module));
        let Some(module) = free.and_then(|place| process.busy.remove(place)) else {
            return Some(BUSY_PAUSE);
        };
        Some(self.back_up(number, process, &module))
    }

    fn list(&self, process: &Process) -> VecDeque<String> {
        if let Some(only) = &process.only {
            return only.iter().cloned().collect();
        }
        let named = self.plans[&process.plan].instances.iter();
        let here = named.filter(|module| self.story.homes[*module] == process.node);
        here.cloned().collect()
    }

    fn back_up(&mut self, number: usize, process: &mut Process, module: &str) -> Second {
        let usual = self.drawn.usual(&process.plan, module);
        let mut takes = usual * self.chance.i64(80..=125) / 100;
        if self.chance.f64() < self.drawn.slow {
            takes *= self.chance.i64(2..=6);
        }
        let dark = self.is_dark();
        let bad = dark || self.chance.f64() < self.drawn.failing(module, self.now);
        // Retention or statistics may fail after a good backup.
        let saved = !bad || (!dark && self.chance.f64() < 0.3);
        let skew = self.story.skews.get(&process.node).copied().unwrap_or(0);
        self.held.insert(module.to_owned(), number);
        process.job = Some(Backup {
            plan: process.plan.clone(),
            module: module.to_owned(),
            node: process.node,
            of: process.of,
            start: self.now + skew,
            end: NEVER,
            errors: if bad { self.chance.u32(1..=2) } else { 0 },
            ended: NEVER,
            written: false,
            overwritten: NEVER,
            snapshot: saved.then_some(NEVER),
        });
        takes.max(1)
    }
}
