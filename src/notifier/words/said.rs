//! What sentences are made of, with every name, moment and length ready for
//! display.

use crate::model::{Outcome, RepoCause, Standing};

/// A unit of a rough length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 60 s.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
}

/// What is counted where only a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Things {
    /// Applications.
    Applications,
    /// Plans.
    Plans,
    /// Warnings.
    Warnings,
    /// Moments at which a schedule fires.
    Elapses,
}

/// Names in a sentence: already joined, and whether they are several, for the
/// verb.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// `Mail (mail1), Webtop (webtop1)`.
    pub text: &'a str,
    /// More than one.
    pub several: bool,
}

/// A moment in a sentence: the date, and how long ago it was.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// `18 Nov 2026 02:04 CET`.
    pub at: &'a str,
    /// `3 days`; nothing when the moment lies ahead (clocks differ).
    pub age: Option<&'a str>,
}

/// The verdict, as subject and headline have it.
#[derive(Clone, Copy, Debug)]
pub enum Headline {
    /// How a run went, and why it is told.
    Run(Outcome, Told),
    /// An alert named what is no plan.
    UnknownPlan,
    /// Redis does not answer.
    RedisUnreachable,
    /// Every plan is fine.
    AllWell,
    /// There is no plan that could be fine.
    NoPlan,
    /// So many applications lost their plan.
    Uncovered(usize),
    /// The weekly summary.
    Digest,
    /// The test mail.
    Test,
}

/// Why a run is told, as far as a headline says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// For its own sake.
    Plainly,
    /// Bad as before.
    Again,
    /// Bad before, in another way.
    InAnotherWay,
    /// Bad when the program looked first.
    FoundAtStart,
    /// Good again.
    GoodAgain,
    /// Late results changed it.
    Corrected,
    /// Somebody was alarmed; it is as it was told.
    AsBefore,
}

/// Why a report is mailed, in one sentence.
#[derive(Clone, Copy, Debug)]
pub enum Reasoned<'a> {
    /// Bad since, and now in another way.
    Changed(Past<'a>),
    /// Bad since, as told before.
    Reminder(Past<'a>),
    /// Bad when the program looked first.
    FoundAtStart,
    /// Bad since, and for how long.
    Recovery(Past<'a>, &'a str),
    /// Late results came for the run of that moment.
    Correction(Option<&'a str>),
    /// Somebody was alarmed; it is as it was told.
    AsBefore,
    /// Every run is told.
    Every,
}

/// What happened, in one sentence at the top.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// All that count are ok.
    AllGood(usize),
    /// Some failed, out of how many.
    SomeFailed(usize, usize),
    /// All failed.
    NoneGood(usize),
    /// All that somebody chose by hand are ok.
    PartGood(usize),
    /// Some of what somebody chose by hand failed, out of how many.
    PartFailed(usize, usize),
    /// No node shows a sign of the run that was due at that moment.
    Missed(Option<&'a str>),
    /// Nothing shows that a backup was made.
    NoStatus,
    /// The plan has no application that could be backed up.
    NoMembers,
    /// No application was due.
    NothingDue,
    /// An alert named what is no plan; its ids.
    UnknownPlan(Names<'a>),
    /// An alert asks for plans whose keys make no sense; their ids.
    UnreadablePlan(Names<'a>),
    /// Redis does not answer.
    RedisUnreachable(Option<Past<'a>>),
    /// Every plan is fine; how many there are.
    AllWell(usize),
    /// These applications are in no plan any more; of a single one, the plan
    /// that had it, and until when.
    Uncovered(Names<'a>, Option<(&'a str, Option<Past<'a>>)>),
    /// How the plans stand, and the names of those that need attention.
    Digest(Glance, Option<Names<'a>>),
}

/// How the plans stand, at a glance.
#[derive(Clone, Copy, Debug)]
pub enum Glance {
    /// There is none.
    NoPlan,
    /// All of them are good.
    AllGood(usize),
    /// None needs attention, and not all are known to be good.
    NoneNeeds,
    /// So many need attention, out of how many.
    Some(usize, usize),
}

/// What is to be said of the destination on the first screen.
#[derive(Clone, Copy, Debug)]
pub enum DestinationStory<'a> {
    /// It failed, and how.
    Failed(&'a str, RepoCause),
    /// It is fine although everything failed.
    FaultElsewhere(&'a str),
    /// It is fine.
    Fine(&'a str),
    /// It is fine, but not every repository there.
    ItselfFine(&'a str),
    /// Nobody asked it.
    NotChecked(Option<&'a str>),
    /// It was asked, and the answers do not tell.
    Unclear(&'a str),
}

/// How a plan of the summary stands.
#[derive(Clone, Copy, Debug)]
pub enum PlanStory<'a> {
    /// In a word.
    Stands(Standing),
    /// Bad since.
    BadSince(Past<'a>),
    /// No mails until then.
    MutedUntil(&'a str),
    /// A run is going on since then: its applications, how many reported, and
    /// how many of those with errors.
    Open(&'a str, [usize; 3]),
}

/// A warning with its names ready for display.
#[derive(Clone, Copy, Debug)]
pub enum WarningText<'a> {
    /// 0 files.
    NoFiles(&'a str),
    /// End before start.
    EndBeforeStart(&'a str),
    /// A key that could not be understood, and why.
    UnreadableKey(&'a str, &'a str),
    /// Members that are gone from the cluster.
    GoneMembers(Names<'a>),
    /// Members that left the plan or the cluster while a run was watched.
    LeftMembers(Names<'a>),
    /// A healthy module's repository did not answer well; how it answered.
    HealthyModuleProbe(&'a str, Option<RepoCause>),
    /// A stale lock: where, whose, since when.
    StaleLock(&'a str, &'a str, Option<Past<'a>>),
    /// Saved, but its node could not report it; when the snapshot was made.
    Unreported(Names<'a>, Option<&'a str>),
    /// Less than half as large as the last good one: before, now.
    Shrunk(&'a str, &'a str, &'a str),
    /// It took so long, and the next run comes after that time.
    LongerThanInterval(&'a str, &'a str),
    /// It took so long, and usually takes that long.
    LongerThanUsual(&'a str, &'a str),
    /// The schedule fired in vain at these moments.
    SkippedElapses(Names<'a>),
    /// In no plan.
    UncoveredModules(Names<'a>),
    /// By its status it was saved then; its newest snapshot, if there is one.
    SnapshotTooOld(&'a str, &'a str, Option<Past<'a>>),
    /// The own VPN is the suspect.
    OwnVpnSuspect,
    /// A node's schedules fire so much later (else: earlier).
    NodeZone(&'a str, &'a str, bool),
    /// The clock was moved so far forward (else: back).
    ClockMoved(&'a str, bool),
    /// The database was damaged; the name of the file that it lies in now.
    HistoryLost(&'a str),
    /// Redis could not be read the last time: why, and of when all this is.
    StaleReading(&'a str, Option<Past<'a>>),
    /// So many mails wait for another attempt.
    QueuedMails(usize),
    /// So many mails were given up in the last days.
    UndeliveredMails(usize),
}
