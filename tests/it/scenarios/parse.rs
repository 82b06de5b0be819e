//! Reads a scenario; says with file and line what it does not understand.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};
use ns8_backup_monitor::model::{ModuleId, NodeId, PlanId};

use super::actions;
use super::expectations::{self, Expectation};
use super::language::{NewPlan, Place, Scenario, Setup, Step, What};
use super::words::{Words, Wrong, without_comment};

/// Where the people live who wrote most of these.
const ZONE: &str = "Europe/Rome";

/// Reads `text`, which stands in `file`.
pub fn parse(file: &str, text: &str) -> Result<Scenario, String> {
    let mut reader = Reader::new();
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, without_comment(line)))
        .filter(|(_, line)| !line.is_empty())
        .peekable();
    while let Some((number, line)) = lines.next() {
        let mut below = Vec::new();
        while let Some(next) = lines.next_if(|(_, line)| line.starts_with([' ', '\t'])) {
            below.push(next);
        }
        reader
            .line(number, line, &below)
            .map_err(|(number, wrong)| format!("{file}:{number}: {wrong}"))?;
    }
    reader.finish().map_err(|wrong| format!("{file}: {wrong}"))
}

/// A line and its number.
pub type Line<'a> = (usize, &'a str);

struct Reader {
    title: Option<String>,
    zone: TimeZone,
    setup: Setup,
    days: Vec<Date>,
    steps: Vec<Step>,
    mails: Vec<super::language::ExpectedMail>,
    end: Option<Timestamp>,
}

impl Reader {
    fn new() -> Self {
        Self {
            title: None,
            zone: TimeZone::get(ZONE).unwrap(),
            setup: Setup::default(),
            days: Vec::new(),
            steps: Vec::new(),
            mails: Vec::new(),
            end: None,
        }
    }

    fn line(
        &mut self,
        number: usize,
        line: &str,
        below: &[Line<'_>],
    ) -> Result<(), (usize, Wrong)> {
        let here = |wrong| (number, wrong);
        if self.title.is_none() {
            let title = line
                .strip_prefix("Scenario:")
                .ok_or("the first line must be \"Scenario: <title>\"".to_owned());
            self.title = Some(title.map_err(here)?.trim().to_owned());
        } else if line.starts_with([' ', '\t']) {
            return Err(here(
                "this line belongs to nothing: only an \"expect\" has lines below it".into(),
            ));
        } else if let Some(days) = days(line).map_err(here)? {
            let first = *days
                .first()
                .ok_or((number, "the days run backwards".into()))?;
            if self.days.last().is_some_and(|last| *last >= first) {
                return Err(here("this day is not after the one before it".into()));
            }
            self.days = days;
        } else if self.days.is_empty() {
            self.setup(line).map_err(here)?;
        } else {
            return self.timed(number, line, below);
        }
        match below.first() {
            Some((number, _)) => Err((*number, "only an \"expect\" has lines below it".into())),
            None => Ok(()),
        }
    }

    fn setup(&mut self, line: &str) -> Result<(), Wrong> {
        if let Some(config) = line.strip_prefix("config ") {
            self.setup.config.push(config.trim().to_owned());
            return Ok(());
        }
        let mut words = Words::of(line)?;
        if words.take("zone") {
            let name = words.word("a zone")?;
            self.zone = TimeZone::get(&name).map_err(|error| error.to_string())?;
        } else if words.take("plan") {
            let id = plan_id(&mut words)?;
            let plan = new_plan(&mut words)?;
            self.setup.plans.push((id, plan));
        } else if words.take("usually") {
            loop {
                let module = module_id(&mut words)?;
                self.setup.usual.insert(module, words.duration()?);
                if !words.take(",") {
                    break;
                }
            }
        } else if words.take("probes on") {
            self.setup.probes = true;
        } else if words.take("instances") {
            self.setup.instances = modules(&mut words)?;
        } else if words.take("node") {
            self.setup.nodes.insert(node_id(&mut words)?);
        } else if words.take("application") {
            let module = module_id(&mut words)?;
            words.need("on node")?;
            let node = node_id(&mut words)?;
            let no_data = words.take(", needs no backup");
            self.setup.modules.push((module, node, no_data));
        } else {
            return Err(format!(
                "\"{line}\" is no setting: these are zone, node, plan, application, usually, probes, \
                 instances and config; after them comes a day such as \"Monday 2026-11-09\""
            ));
        }
        words.end()
    }

    /// A line with a time in front of it, on each of the days.
    fn timed(
        &mut self,
        number: usize,
        line: &str,
        below: &[Line<'_>],
    ) -> Result<(), (usize, Wrong)> {
        let zone = self.zone.clone();
        for day in self.days.clone() {
            let when = When { day, zone: &zone };
            let (time, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let moment = when.moment(time).map_err(|wrong| (number, wrong))?;
            self.moment(number, moment, when, rest.trim(), below)?;
        }
        Ok(())
    }

    fn moment(
        &mut self,
        number: usize,
        (from, to): (Timestamp, Option<Timestamp>),
        when: When<'_>,
        rest: &str,
        below: &[Line<'_>],
    ) -> Result<(), (usize, Wrong)> {
        let here = |wrong: Wrong| (number, wrong);
        let step = |at, what| Step {
            line: number,
            at,
            what,
        };
        let only_plan = self.only_plan();
        if let Some(expected) = rest.strip_prefix("expect ") {
            let about = expectations::Line {
                number,
                from,
                to,
                when,
                plan: only_plan,
            };
            match expectations::read(&about, expected, below)? {
                Expectation::Mail(mail) => self.mails.push(*mail),
                Expectation::Check(check) => self.steps.push(step(from, What::Check(check))),
            }
            return Ok(());
        }
        if let Some((number, _)) = below.first() {
            return Err((*number, "only an \"expect\" has lines below it".into()));
        }
        if rest == "end" {
            self.end = Some(from);
            return Ok(());
        }
        let mut rest = rest.to_owned();
        let mut at = vec![from];
        if let Some(to) = to {
            let mut words = Words::of(&rest).map_err(here)?;
            words.need("every").map_err(here)?;
            let pause = words.duration().map_err(here)?.max(1);
            let mut next = from;
            while next < to {
                next = next.checked_add(pause.seconds()).unwrap();
                at.extend((next <= to).then_some(next));
            }
            rest = rest.splitn(3, ' ').nth(2).unwrap_or_default().to_owned();
        }
        for at in at {
            let action = actions::read(&rest, when, only_plan.as_ref()).map_err(here)?;
            self.steps.push(step(at, What::Happens(action)));
        }
        Ok(())
    }

    /// The plan that is meant where none is named.
    fn only_plan(&self) -> Option<PlanId> {
        match &self.setup.plans[..] {
            [(id, _)] => Some(id.clone()),
            _ => None,
        }
    }

    fn finish(self) -> Result<Scenario, Wrong> {
        Ok(Scenario {
            title: self.title.ok_or("the file is empty")?,
            zone: self.zone,
            setup: self.setup,
            steps: self.steps,
            mails: self.mails,
            end: self
                .end
                .ok_or("no line says when the scenario ends, such as \"12:00 end\"")?,
        })
    }
}

/// What times without a date mean.
#[derive(Clone, Copy, Debug)]
pub struct When<'a> {
    pub day: Date,
    pub zone: &'a TimeZone,
}

impl When<'_> {
    /// `02:05`, `02:05:30`, `02:30+01:00` or two of them with `..` between.
    fn moment(self, text: &str) -> Result<(Timestamp, Option<Timestamp>), Wrong> {
        let Some((from, to)) = text.split_once("..") else {
            return Ok((self.time(text)?, None));
        };
        let from = self.time(from)?;
        let mut to_at = self.time(to)?;
        if to_at < from {
            let day = self.day.tomorrow().map_err(|error| error.to_string())?;
            to_at = When { day, ..self }.time(to)?;
        }
        Ok((from, Some(to_at)))
    }

    pub fn time(self, text: &str) -> Result<Timestamp, Wrong> {
        let wrong = || format!("\"{text}\" is no time of the day such as 02:05");
        let (clock, offset) = match text.split_once('+') {
            Some((clock, offset)) => (clock, Some(offset)),
            None => (text, None),
        };
        let time: Time = clock.parse().map_err(|_| wrong())?;
        let local = self.day.to_datetime(time);
        let zone = match offset {
            None => self.zone.clone(),
            Some(offset) => {
                let hours = offset
                    .strip_suffix(":00")
                    .and_then(|hours| hours.parse().ok());
                TimeZone::fixed(Offset::constant(hours.ok_or_else(wrong)?))
            }
        };
        zone.to_timestamp(local).map_err(|error| error.to_string())
    }

    /// `02:00`, `Tuesday 02:00` (the newest one), `2026-11-10 02:00`, or with
    /// both.
    pub fn moment_of(self, words: &mut Words) -> Result<Timestamp, Wrong> {
        let mut day = self.day;
        let mut weekday = None;
        if let Some(named) = words.peek().and_then(weekday_named) {
            words.word("a day")?;
            weekday = Some(named);
            let back = day.weekday().since(named);
            day = day
                .checked_sub(i64::from(back).days())
                .map_err(|error| error.to_string())?;
        }
        if let Some(date) = words.peek().and_then(|word| word.parse::<Date>().ok()) {
            words.word("a date")?;
            check_weekday(date, weekday.unwrap_or(date.weekday()))?;
            day = date;
        }
        When { day, ..self }.time(&words.word("a time")?)
    }
}

fn check_weekday(date: Date, weekday: Weekday) -> Result<(), Wrong> {
    if date.weekday() == weekday {
        return Ok(());
    }
    Err(format!(
        "{date} is a {:?}, not a {weekday:?}",
        date.weekday()
    ))
}

fn weekday_named(word: &str) -> Option<Weekday> {
    let all = Weekday::Monday.cycle_forward().take(7);
    all.into_iter().find(|day| {
        let name = format!("{day:?}");
        word == name || (word.len() == 3 && name.starts_with(word))
    })
}

/// `Monday 2026-11-09`, or a range of days.
fn days(line: &str) -> Result<Option<Vec<Date>>, Wrong> {
    let one = |text: &str| -> Result<Option<Date>, Wrong> {
        let Some((weekday, date)) = text.trim().split_once(' ') else {
            return Ok(None);
        };
        let Some(weekday) = weekday_named(weekday) else {
            return Ok(None);
        };
        let date: Date = date
            .trim()
            .parse()
            .map_err(|_| format!("\"{date}\" is no date such as 2026-11-09"))?;
        check_weekday(date, weekday)?;
        Ok(Some(date))
    };
    let Some((first, last)) = line.split_once("..") else {
        return Ok(one(line)?.map(|day| vec![day]));
    };
    let Some(first) = one(first)? else {
        return Ok(None);
    };
    let last = one(last)?.ok_or(format!("\"{}\" is no day", last.trim()))?;
    let days = first.series(1.day()).take_while(|day| *day <= last);
    Ok(Some(days.collect()))
}

pub fn plan_id(words: &mut Words) -> Result<PlanId, Wrong> {
    words.word("the number of a plan").map(PlanId::from)
}

pub fn node_id(words: &mut Words) -> Result<NodeId, Wrong> {
    words.number("the number of a node").map(NodeId)
}

/// Applications are written with a capital letter or end in a number.
pub fn module_id(words: &mut Words) -> Result<ModuleId, Wrong> {
    let word = words.word("an application")?;
    if looks_like_module(&word) {
        return Ok(ModuleId::from(word));
    }
    Err(format!("\"{word}\" is no application, such as A or mail1"))
}

pub fn looks_like_module(word: &str) -> bool {
    let numbered = word.ends_with(|last: char| last.is_ascii_digit());
    let letter = word.len() == 1 && word.starts_with(|first: char| first.is_ascii_uppercase());
    let begins = word.starts_with(|first: char| first.is_ascii_alphabetic());
    letter || (numbered && begins)
}

pub fn modules(words: &mut Words) -> Result<Vec<ModuleId>, Wrong> {
    let mut all = vec![module_id(words)?];
    while words.take(",") {
        all.push(module_id(words)?);
    }
    Ok(all)
}

/// `"Name" at "02:00" to offsite: A, B on node 1; C on node 2`.
pub fn new_plan(words: &mut Words) -> Result<NewPlan, Wrong> {
    let name = words.take_quoted();
    words.need("at")?;
    let schedule = words.quoted("a schedule, as systemd reads it")?;
    let destination = if words.take("to") {
        Some(words.word("a destination")?.into())
    } else {
        None
    };
    let mut members = Vec::new();
    if words.take(":") {
        members = places(words)?;
    }
    Ok(NewPlan {
        name,
        schedule,
        destination,
        members,
    })
}

fn places(words: &mut Words) -> Result<Vec<Place>, Wrong> {
    let mut all = Vec::new();
    loop {
        let group = modules(words)?;
        let node = on_node(words)?;
        all.extend(group.into_iter().map(|module| Place { module, node }));
        if !words.take(";") {
            return Ok(all);
        }
    }
}

pub fn on_node(words: &mut Words) -> Result<Option<NodeId>, Wrong> {
    if words.take("on node") {
        return node_id(words).map(Some);
    }
    Ok(None)
}
