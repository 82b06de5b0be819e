//! Lets a scenario happen, moment by moment, as the service would see it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use ns8_backup_monitor::model::ModuleId;
use tempfile::TempDir;

use super::check;
use super::language::{Action, Check, NodeIs, Power, Scenario, What};
use super::outcome::{Failure, Outcome, compare};
use super::program::{Program, SeenMail};
use super::world::{World, later};

/// Something that is still to happen, with the line that says so.
enum Todo {
    Action(usize, Action),
    Check(usize, Check),
}

/// Checks come when all else of their moment has happened.
type Moment = (Timestamp, usize);

/// Without any event the program looks at most so often, in seconds: every 30
/// while a run is open, every 15 while Redis is away, and at what is due.
const BUSIEST: i64 = 14;
/// So many looks are never too many.
const HEAD_START: i64 = 20;

struct Run<'a> {
    scenario: &'a Scenario,
    world: Arc<World>,
    programs: Vec<Program>,
    todo: BTreeMap<Moment, Todo>,
    number: usize,
    /// How much happened.
    events: i64,
    events_arrive: bool,
    mail_server: bool,
    saved: Option<TempDir>,
    mails: Vec<SeenMail>,
    failures: Vec<Failure>,
    redis_there: bool,
}

/// Runs it, and compares what came with what was to come.
pub async fn run(scenario: &Scenario) -> Outcome {
    let began = scenario.steps.iter().map(|step| step.at).min();
    let began = began.unwrap_or(scenario.end);
    let world = World::new(&scenario.setup, began);
    let setup = &scenario.setup;
    let one = |id| {
        Program::new(
            &world,
            &scenario.zone,
            setup.config.clone(),
            setup.probes,
            id,
        )
    };
    let programs = if setup.instances.is_empty() {
        vec![one(None)]
    } else {
        let ids = setup.instances.iter().cloned();
        ids.map(|id| one(Some(id))).collect()
    };
    let mut run = Run {
        scenario,
        world,
        programs,
        todo: BTreeMap::new(),
        number: 0,
        events: 0,
        events_arrive: true,
        mail_server: true,
        saved: None,
        mails: Vec::new(),
        failures: Vec::new(),
        redis_there: true,
    };
    for step in &scenario.steps {
        let todo = match &step.what {
            What::Happens(action) => Todo::Action(step.line, action.clone()),
            What::Check(check) => Todo::Check(step.line, check.clone()),
        };
        run.push(step.at, todo);
    }
    run.go().await;
    compare(scenario, run.mails, run.failures)
}

impl Run<'_> {
    fn push(&mut self, at: Timestamp, todo: Todo) {
        self.number += 1;
        self.todo.insert((at, self.number), todo);
    }

    async fn go(&mut self) {
        loop {
            let first = self.todo.keys().next().map(|(at, _)| *at);
            let looks = self.programs.iter().filter_map(|program| program.next);
            let Some(now) = looks
                .chain(first)
                .min()
                .filter(|now| *now <= self.scenario.end)
            else {
                break;
            };
            self.world.set_time(now);
            let mut checks = Vec::new();
            while let Some(entry) = self.todo.first_entry().filter(|entry| entry.key().0 <= now) {
                match entry.remove() {
                    Todo::Check(line, check) => checks.push((line, check)),
                    Todo::Action(line, action) => {
                        self.events += 1;
                        self.programs.iter_mut().for_each(|it| it.attend(now));
                        if let Err(problem) = self.act(now, action).await {
                            self.failures.push(Failure::at_line(line, problem));
                        }
                    }
                }
            }
            if let Err(problem) = self.look(now).await {
                self.failures.push(Failure::in_general(problem));
                return;
            }
            for (line, check) in checks {
                let found = check::check(&self.programs[0], &check, &self.scenario.zone).await;
                let problem = found.unwrap_or_else(Some);
                let failures = problem.into_iter();
                self.failures
                    .extend(failures.map(|problem| Failure::at_line(line, problem)));
            }
        }
        self.world.set_time(self.scenario.end);
        self.nothing_waits().await;
    }

    /// Every alert was answered, unless nobody could.
    async fn nothing_waits(&mut self) {
        for program in &self.programs {
            if let Ok(waiting @ 1..) = program.waiting().await
                && self.redis_there
            {
                let problem = format!("{waiting} alerts still wait for an answer at the end");
                self.failures.push(Failure::in_general(problem));
            }
        }
    }

    async fn look(&mut self, now: Timestamp) -> Result<(), String> {
        for program in &mut self.programs {
            if program.next.is_some_and(|next| next <= now) {
                program.look(now).await?;
                let spared = now.duration_since(program.started).as_secs() / BUSIEST;
                if program.looks > spared + 2 * self.events + HEAD_START {
                    let looks = program.looks;
                    return Err(format!("the program looks too often: {looks} times by now"));
                }
            }
            if self.mail_server {
                self.mails.extend(program.send(now).await?);
            }
        }
        Ok(())
    }

    fn wake(&mut self, now: Timestamp) {
        if self.events_arrive {
            self.programs
                .iter_mut()
                .for_each(|program| program.wake(now));
        }
    }

    async fn act(&mut self, now: Timestamp, action: Action) -> Result<(), String> {
        match action {
            Action::Status(status) => {
                self.world.write(&status, now)?;
                self.wake(now);
            }
            Action::Runs(runs) => {
                for backup in self.world.run(&runs, now)? {
                    self.push(backup.at, Todo::Action(0, Action::Status(backup.status)));
                }
            }
            Action::Plan(id, edit) => {
                self.world.edit(&id, edit)?;
                self.wake(now);
            }
            Action::Module(id, becomes) => {
                self.world.change(&id, becomes)?;
                self.wake(now);
            }
            Action::Alert(alert) => {
                for program in &mut self.programs {
                    program.alert(&alert, now).await?;
                }
            }
            Action::Program(which, power) => self.power(now, which, power).await?,
            Action::MachineReboots => {
                self.world.reboot();
                for program in self.programs.iter_mut().filter(|it| it.is_running()) {
                    program.stop().await?;
                    program.start(now)?;
                }
            }
            Action::ClockJumps(seconds) => self.world.jump(seconds),
            Action::Node(node, NodeIs::Reachable(is)) => self.world.set_reachable(node, is),
            Action::Node(node, NodeIs::Clock(ahead)) => self.world.set_clock_of(node, ahead),
            Action::Vpn { up } => self.world.set_vpn(up),
            Action::Redis { there } => {
                self.redis_there = there;
                self.world.set_redis(there);
            }
            Action::Events { arrive } => self.events_arrive = arrive,
            Action::MailServer { there } => self.mail_server = there,
            Action::Voice(voice) => {
                self.world.set_voice(voice);
                self.wake(now);
            }
            Action::Leader(node) => {
                self.world.set_leader(node);
                self.wake(now);
            }
            Action::ClusterUuid(uuid) => self.world.set_uuid(&uuid),
            Action::Config(line) => {
                for program in &mut self.programs {
                    program.reload(&line)?;
                }
            }
            Action::Destination(id, cause) => self.world.set_destination(id, cause),
            Action::Repository(module, cause) => self.world.set_repository(module, cause),
            Action::Snapshot(module) => self.world.snapshot(&module, now)?,
            Action::StateSaved => {
                let program = &mut self.programs[0];
                program.stop().await?;
                self.saved = Some(program.save()?);
                program.start(now)?;
            }
            Action::StateRestored(id) => {
                let saved = self.saved.as_ref().ok_or("no state was saved")?;
                let path: &Path = saved.path();
                if let Some(id) = &id {
                    self.world.add_module(id, true);
                }
                self.programs[0].restore(path, id)?;
            }
        }
        Ok(())
    }

    async fn power(
        &mut self,
        now: Timestamp,
        which: Option<ModuleId>,
        power: Power,
    ) -> Result<(), String> {
        let mut found = false;
        for program in &mut self.programs {
            if which.is_some() && which != program.id {
                continue;
            }
            found = true;
            match power {
                Power::Starts => program.start(now)?,
                Power::Stops => program.stop().await?,
                Power::Restarts => {
                    program.stop().await?;
                    program.start(later(now, 0))?;
                }
                Power::KilledAtNextProbe => self.world.kill_at_next_probe(),
            }
        }
        if found {
            return Ok(());
        }
        Err("there is no such instance".into())
    }
}
