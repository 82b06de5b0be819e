//! What a seed decides: the cluster, its plans, and what will go wrong.

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use ns8_backup_monitor::schedule::Calendar;

use super::truth::{Backup, Edit, NEVER, Of, PlanTruth, Second, Story};

const HOUR: Second = 3600;
const DAY: Second = 24 * HOUR;

/// Something that goes wrong, or that somebody does.
#[derive(Clone, Debug)]
pub enum What {
    NoPower(u32),
    NoVpn(u32),
    /// The program is stopped without notice.
    Killed,
    /// Nobody reaches Redis.
    RedisCut,
    /// Redis itself ends and is started again.
    RedisCrash,
    /// The destination does not answer.
    Dark,
    ByHand(String, Vec<String>),
    Edited(String, Edit),
}

/// One of them, in time.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub at: Second,
    pub lasts: Second,
    pub what: What,
}

/// All that a seed decides beforehand.
pub struct Drawn {
    pub story: Story,
    pub troubles: Vec<Trouble>,
    /// Whether the program looks exactly when it wants to.
    pub exact: bool,
    /// How many events get lost.
    pub lost_events: f64,
    /// Whether alerts reach the program.
    pub alerts: bool,
    /// How many backups take much longer than usual.
    pub slow: f64,
    pub told_zones: BTreeMap<u32, TimeZone>,
    usual: BTreeMap<(String, String), Second>,
    /// By module, how often it fails.
    fails: BTreeMap<String, f64>,
    /// A module that fails all the time, from when until when.
    broken: Option<(String, Second, Second)>,
}

impl Drawn {
    /// Seconds that a backup takes.
    pub fn usual(&self, plan: &str, module: &str) -> Second {
        let key = (plan.to_owned(), module.to_owned());
        self.usual.get(&key).copied().unwrap_or(120)
    }

    /// How likely a backup fails that begins now.
    pub fn failing(&self, module: &str, now: Second) -> f64 {
        if let Some((broken, from, to)) = &self.broken
            && broken == module
            && (*from..*to).contains(&now)
        {
            return 1.0;
        }
        self.fails.get(module).copied().unwrap_or(0.0)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rhythm {
    Hourly,
    SixHours,
    Daily,
    Weekly,
}

impl Rhythm {
    fn schedule(self, chance: &mut Rng) -> String {
        let minute = chance.u32(0..60);
        let hour = chance.u32(0..24);
        match self {
            Self::Hourly => format!("*-*-* *:{minute:02}:00"),
            // Not `03/6`: across a clock change systemd gives up on that, with
            // "Infinite loop in calendar calculation".
            Self::SixHours => {
                let first = chance.u32(0..6);
                let hours = [0, 6, 12, 18].map(|more| format!("{:02}", first + more));
                format!("*-*-* {}:{minute:02}:00", hours.join(","))
            }
            Self::Daily => format!("*-*-* {hour:02}:{minute:02}:00"),
            Self::Weekly => {
                let day = ["Mon", "Wed", "Sun"][chance.usize(0..3)];
                format!("{day} *-*-* {hour:02}:{minute:02}:00")
            }
        }
    }

    fn interval(self) -> Second {
        match self {
            Self::Hourly => HOUR,
            Self::SixHours => 6 * HOUR,
            Self::Daily => DAY,
            Self::Weekly => 7 * DAY,
        }
    }
}

/// Everything that `seed` decides.
pub fn draw(seed: u64) -> Drawn {
    let mut chance = Rng::with_seed(seed);
    let chance = &mut chance;
    let nodes = chance.u32(1..=4);
    let own = ["Europe/Rome", "UTC", "America/New_York", "Asia/Kolkata"];
    let own = zone(own[chance.usize(0..4)]);
    let (zones, told_zones) = zones(nodes, &own, chance);
    let began = begin(chance);
    let rhythms = rhythms(chance);
    let days = length(&rhythms, chance);
    let ended = began + days * DAY;
    let homes: BTreeMap<String, u32> = (1..=chance.u32(1..=10))
        .map(|number| (format!("app{number}"), chance.u32(1..=nodes)))
        .collect();
    let modules: Vec<String> = homes.keys().cloned().collect();
    let mut usual = BTreeMap::new();
    let mut plans = Vec::new();
    for (number, rhythm) in rhythms.iter().enumerate() {
        let id = (number + 1).to_string();
        let mut instances = modules.clone();
        chance.shuffle(&mut instances);
        instances.truncate(chance.usize(1..=modules.len().min(8)));
        let share = rhythm.interval() / 2;
        let most = share / i64::try_from(modules.len()).unwrap_or(1);
        for module in &modules {
            let takes = chance.i64(10..=60) * [1, 1, 5, 30, 120][chance.usize(0..5)];
            let takes = if chance.f64() < 0.03 {
                takes * 3
            } else {
                takes.min(most)
            };
            usual.insert((id.clone(), module.clone()), takes.max(5));
        }
        plans.push(PlanTruth {
            schedule: rhythm.schedule(chance),
            enabled: true,
            instances,
            id,
        });
    }
    let skewed = chance.f64() < 0.2;
    let skews = (1..=nodes).map(|node| {
        let skew = if skewed { chance.i64(-240..=60) } else { 0 };
        (node, skew)
    });
    let mut story = Story {
        seed,
        began,
        ended: ended + 60 * HOUR,
        zones,
        skews: skews.collect(),
        homes,
        plans,
        backups: Vec::new(),
        parts: Vec::new(),
        edits: Vec::new(),
        silent: BTreeMap::new(),
        dark: Vec::new(),
        looks: Vec::new(),
        posted: Vec::new(),
        seen: Vec::new(),
        marks: BTreeMap::new(),
        unanswered: 0,
        probed: chance.f64() < 0.4,
        always: chance.f64() < 0.05,
        notes: Vec::new(),
    };
    before(&mut story, &usual, chance);
    let fails = story.homes.keys().map(|module| {
        let often = [0.0, 0.0, 0.01, 0.05, 0.3][chance.usize(0..5)];
        (module.clone(), often)
    });
    let fails = fails.collect();
    let broken = (chance.f64() < 0.4).then(|| {
        let from = began + chance.i64(0..days * DAY);
        let module = modules[chance.usize(0..modules.len())].clone();
        (module, from, from + chance.i64(DAY / 4..=5 * DAY))
    });
    let mut troubles = troubles(&story, &rhythms, ended, chance);
    // In the end all plans are switched off, so that every run comes to an end.
    for plan in &story.plans {
        troubles.push(Trouble {
            at: ended,
            lasts: 0,
            what: What::Edited(plan.id.clone(), Edit::Disable),
        });
    }
    Drawn {
        troubles,
        exact: chance.f64() < 0.15,
        lost_events: [0.0, 0.0, 0.2, 1.0][chance.usize(0..4)],
        alerts: chance.f64() < 0.7,
        slow: [0.0, 0.0, 0.02, 0.1][chance.usize(0..4)],
        told_zones,
        usual,
        fails,
        broken,
        story,
    }
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("a zone")
}

type Zones = BTreeMap<u32, TimeZone>;

/// The nodes' zones, and those that the configuration has to name.
fn zones(nodes: u32, own: &TimeZone, chance: &mut Rng) -> (Zones, Zones) {
    let mut all: Zones = (1..=nodes).map(|node| (node, own.clone())).collect();
    // The program takes the time of its own node for known.
    let told = (2..=nodes).map(|node| (node, own.clone()));
    let mut told: Zones = told.collect();
    if nodes > 1 && chance.f64() < 0.15 {
        let node = chance.u32(2..=nodes);
        let other =
            zone(["Asia/Tokyo", "America/Los_Angeles", "Europe/London"][chance.usize(0..3)]);
        all.insert(node, other.clone());
        told.insert(node, other);
    }
    (all, told)
}

/// Often near a change of the clocks.
fn begin(chance: &mut Rng) -> Second {
    let day = match chance.u32(0..4) {
        0 => date(2026, 3, 20),
        1 => date(2026, 10, 16),
        _ => date(2026, 1, 5),
    };
    let day = day.to_zoned(TimeZone::UTC).expect("a day").timestamp();
    day.as_second() + chance.i64(0..8 * DAY)
}

fn rhythms(chance: &mut Rng) -> Vec<Rhythm> {
    let some = [
        Rhythm::Hourly,
        Rhythm::SixHours,
        Rhythm::Daily,
        Rhythm::Daily,
        Rhythm::Daily,
        Rhythm::Weekly,
    ];
    (0..chance.usize(1..=4))
        .map(|_| some[chance.usize(0..some.len())])
        .collect()
}

fn length(rhythms: &[Rhythm], chance: &mut Rng) -> Second {
    if rhythms.contains(&Rhythm::Hourly) {
        chance.i64(3..=6)
    } else if rhythms.contains(&Rhythm::SixHours) {
        chance.i64(6..=14)
    } else {
        chance.i64(10..=30)
    }
}

/// What the statuses say of the runs before the program came.
fn before(story: &mut Story, usual: &BTreeMap<(String, String), Second>, chance: &mut Rng) {
    let mood = chance.u32(0..10);
    for plan in story.plans.clone() {
        let calendar: Calendar = plan.schedule.parse().expect("a schedule");
        for module in &plan.instances {
            if mood == 0 && chance.bool() {
                continue;
            }
            let node = story.homes[module];
            let zone = &story.zones[&node];
            let mut at = Timestamp::from_second(story.began - DAY / 4).expect("a time");
            for _ in 0..=(if mood == 1 { 3 } else { 0 }) {
                at = calendar.previous(at, zone).expect("an elapse");
            }
            let start = at.as_second() + chance.i64(1..60);
            let takes = usual[&(plan.id.clone(), module.clone())];
            let failed = mood == 2 && chance.bool();
            story.backups.push(Backup {
                plan: plan.id.clone(),
                module: module.clone(),
                node,
                of: Of::Before,
                start,
                end: start + takes,
                errors: u32::from(failed),
                ended: (start + takes).min(story.began),
                written: true,
                overwritten: NEVER,
                snapshot: (!failed).then_some(start + takes),
            });
        }
    }
}

/// What goes wrong and when, near the runs more often than not.
fn troubles(story: &Story, rhythms: &[Rhythm], ended: Second, chance: &mut Rng) -> Vec<Trouble> {
    let mut all = Vec::new();
    let span = ended - story.began;
    let nodes = u32::try_from(story.zones.len()).unwrap_or(1);
    let calm = chance.f64() < 0.2;
    for kind in 0..8 {
        if calm || chance.f64() > 0.35 {
            continue;
        }
        let often = chance.i64(1..=1 + span / (3 * DAY));
        for _ in 0..often {
            let at = moment(story, ended, chance);
            if let Some((lasts, what)) = trouble(kind, nodes, story, rhythms, chance) {
                all.push(Trouble { at, lasts, what });
            }
        }
    }
    all
}

fn moment(story: &Story, ended: Second, chance: &mut Rng) -> Second {
    let any = chance.i64(story.began + 60..ended);
    if chance.f64() < 0.3 {
        return any;
    }
    let plan = &story.plans[chance.usize(0..story.plans.len())];
    let calendar: Calendar = plan.schedule.parse().expect("a schedule");
    let zone = &story.zones[&1];
    let from = Timestamp::from_second(any).expect("a time");
    let next = calendar
        .next_in_sequence(from, zone)
        .map_or(any, Timestamp::as_second);
    let beside = [(-600, 600), (0, HOUR), (-2 * HOUR, 4 * HOUR)][chance.usize(0..3)];
    (next + chance.i64(beside.0..beside.1)).clamp(story.began + 60, ended - 1)
}

fn span(chance: &mut Rng) -> Second {
    let (from, to) = [
        (30, 300),
        (300, HOUR),
        (HOUR, 10 * HOUR),
        (10 * HOUR, 3 * DAY),
    ][[0, 0, 1, 1, 1, 2, 2, 3][chance.usize(0..8)]];
    chance.i64(from..to)
}

fn trouble(
    kind: usize,
    nodes: u32,
    story: &Story,
    rhythms: &[Rhythm],
    chance: &mut Rng,
) -> Option<(Second, What)> {
    let lasts = span(chance);
    let plan = chance.usize(0..story.plans.len());
    let id = story.plans[plan].id.clone();
    Some(match kind {
        0 => (lasts, What::NoPower(chance.u32(1..=nodes))),
        1 if nodes > 1 => (lasts, What::NoVpn(chance.u32(2..=nodes))),
        2 => (lasts, What::Killed),
        3 => (lasts, What::RedisCut),
        4 => (lasts.min(2 * HOUR), What::RedisCrash),
        5 => (lasts.min(DAY), What::Dark),
        6 => {
            let mut only = story.plans[plan].instances.clone();
            if chance.bool() {
                chance.shuffle(&mut only);
                only.truncate(chance.usize(1..=only.len()));
            }
            (0, What::ByHand(id, only))
        }
        7 => (0, What::Edited(id, edit(story, plan, rhythms, chance))),
        _ => return None,
    })
}

fn edit(story: &Story, plan: usize, rhythms: &[Rhythm], chance: &mut Rng) -> Edit {
    let modules: Vec<&String> = story.homes.keys().collect();
    let any = modules[chance.usize(0..modules.len())].clone();
    let named = &story.plans[plan].instances;
    match chance.u32(0..20) {
        0..7 => Edit::Add(any),
        7..12 => Edit::Remove(named[chance.usize(0..named.len())].clone()),
        12..15 => Edit::Disable,
        15..18 => Edit::Enable,
        18 => Edit::Schedule(rhythms[plan].schedule(chance)),
        _ => Edit::Delete,
    }
}
