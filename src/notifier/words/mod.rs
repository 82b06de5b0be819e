//! Every sentence that an administrator reads in a mail, per language.
//!
//! A language is an implementation of [`Words`]; the enums of the model are
//! matched exhaustively in each, so that neither a language nor a new cause can
//! be forgotten. Names that are put into sentences arrive ready for display.

mod en;
mod it;
mod said;

use std::borrow::Cow;

use serde::Serialize;

use crate::model::{
    Advice, Language, ModuleCause, Outcome, PlanCause, ProbeMethod, Reason, Remark, RepoCause,
    SkipReason,
};

pub use said::{
    DestinationStory, Glance, Headline, Names, Past, PlanStory, Reasoned, Things, Told, Unit,
    WarningText, What,
};

/// The words of `language`.
pub fn words(language: Language) -> &'static dyn Words {
    match language {
        Language::En => &en::English,
        Language::It => &it::Italian,
    }
}

/// One language.
pub trait Words: Sync {
    /// The language tag of the HTML (`en`).
    fn tag(&self) -> &'static str;
    /// Headings and the names of columns.
    fn labels(&self) -> &'static Labels;
    /// The decimal mark, and the mark between thousands.
    fn marks(&self) -> (char, char);
    /// A month's short name; 1 is January.
    fn month(&self, month: i8) -> &'static str;
    /// The letter for days in a short duration (`2 d 03 h`).
    fn day_letter(&self) -> char;
    /// `3 days`.
    fn span(&self, n: u64, unit: Unit) -> String;
    /// `2 days 3 hours`: a span with a smaller one.
    fn spans(&self, larger: &str, smaller: &str) -> String;
    /// `and 12 more`; of what decides the gender.
    fn and_more(&self, n: usize, of: Things) -> String;

    /// The verdict, as the subject and the headline have it.
    fn headline(&self, headline: Headline) -> Cow<'static, str>;
    /// `2 of 7 applications failed`; for the subject.
    fn counts(&self, bad: usize, counted: usize) -> String;
    /// The same of a run that nobody saw anything of.
    fn no_sign(&self) -> &'static str;
    /// `started by hand: 2 of 7 applications`, without the numbers where it was
    /// of all; for subject and facts.
    fn by_hand(&self, part: Option<(usize, usize)>) -> String;
    /// `bad for 2 days 3 hours`; for the subject.
    fn bad_for(&self, length: &str) -> String;
    /// `1 of 3 plans needs attention`; for the subject.
    fn glance(&self, glance: Glance) -> String;
    /// What happened.
    fn what(&self, what: What<'_>) -> String;
    /// Why it is told.
    fn reasoned(&self, why: Reasoned<'_>) -> String;
    /// What is ok again.
    fn ok_again(&self, who: Names<'_>) -> String;
    /// Somebody started the run, of so many of the plan's applications.
    fn started_by_hand(&self, part: Option<(usize, usize)>) -> String;
    /// So many reports were held back until then.
    fn held_back(&self, n: u32, until: &str) -> String;
    /// Applications that are in no plan.
    fn in_no_plan(&self, n: usize) -> String;
    /// How applications lose their plan.
    fn why_uncovered(&self, several: bool) -> &'static str;
    /// Members left, and NS8's alert for them goes on.
    fn alert_of_the_gone(&self, who: Names<'_>) -> String;
    /// What answered an alert although nothing is wrong.
    fn alarmed(&self) -> &'static str;
    /// Why these modules are not ok. `by` is, where it is known and the same
    /// for all, the plan that held what is `busy`, the time of the snapshot of
    /// what is `after_backup`, else the node.
    fn why(&self, cause: ModuleCause, who: Names<'_>, by: Option<&str>) -> String;
    /// Why, as the modules' repositories tell it; `lock` says who holds a
    /// single one. Nothing where the answer explains nothing.
    fn why_repository(
        &self,
        cause: RepoCause,
        who: Names<'_>,
        lock: Option<(&str, Option<Past<'_>>)>,
    ) -> Option<String>;
    /// What is to be said of the plan as a whole.
    fn plan_cause(&self, cause: PlanCause) -> &'static str;
    /// What is to be said of the destination.
    fn destination(&self, story: DestinationStory<'_>) -> String;
    /// Since when data is in no backup.
    fn at_risk(&self, who: Names<'_>, since: Past<'_>) -> String;
    /// When it was last ok, where nobody asked for snapshots.
    fn last_good(&self, who: Names<'_>, at: Past<'_>) -> String;
    /// There is no snapshot at all.
    fn never_saved(&self, who: Names<'_>) -> String;
    /// It is not known since when data is in no backup.
    fn risk_unknown(&self) -> &'static str;
    /// It is known of some, and not of these many others.
    fn risk_unknown_of_others(&self, n: usize) -> String;
    /// What to do.
    fn advice(&self, advice: Advice) -> &'static str;

    /// A module's result in the table.
    fn result(&self, cause: ModuleCause) -> &'static str;
    /// Below a module: the newest snapshot there is.
    fn newest_saved(&self, since: Past<'_>) -> String;
    /// Below a module: the snapshot of this run is there.
    fn saved_anyway(&self, at: &str) -> String;
    /// Below a module: it was last ok then.
    fn ok_before(&self, at: Past<'_>) -> String;
    /// Below a module: the plan that held it.
    fn held_by(&self, plan: &str) -> String;
    /// Below a module: why it does not count.
    fn not_counted(&self, cause: ModuleCause) -> Option<&'static str>;
    /// Below a module: none at all.
    fn none_saved(&self) -> &'static str;
    /// Modules that the table leaves out: how many, and that number written.
    fn modules_left_out(&self, n: usize, written: &str) -> String;

    /// A repository's answer in the table.
    fn answer(&self, cause: RepoCause) -> &'static str;
    /// How the repositories were asked.
    fn method(&self, method: ProbeMethod) -> &'static str;
    /// Below a repository: who holds it.
    fn lock(&self, owner: &str, since: Option<Past<'_>>, exclusive: bool) -> String;
    /// Repositories that were not asked.
    fn repositories_left_out(&self, n: usize) -> String;
    /// A warning.
    fn warning(&self, warning: WarningText<'_>) -> String;
    /// What there is to say beside a repository's answer. What restic said stays
    /// as it is.
    fn remark(&self, remark: &Remark) -> String;
    /// Why nobody asked the repositories; without a mark at its end.
    fn skipped(&self, reason: &SkipReason) -> String;
    /// What is wrong with a key of Redis.
    fn reason(&self, reason: &Reason) -> String;
    /// How a plan stands.
    fn plan(&self, story: PlanStory<'_>) -> String;
    /// A run's result in the table of plans; `None`: not known.
    fn run_result(&self, outcome: Option<Outcome>, bad: usize, counted: usize) -> String;
    /// The zone of all times.
    fn zone(&self, zone: &str) -> String;
    /// Behind the schedule of a plan that is not enabled.
    fn switched_off(&self) -> &'static str;

    /// What a test mail says; through which way it went.
    fn test_what(&self, way: &str) -> String;
    /// What there is to do after a test mail.
    fn test_next(&self) -> &'static str;
}

/// Headings, columns and the fixed small texts of a language. Templates see it
/// as `labels`.
#[derive(Debug, Serialize)]
pub struct Labels {
    pub what: &'static str,
    pub why: &'static str,
    pub next: &'static str,
    pub at_risk: &'static str,
    pub plan: &'static str,
    pub plans: &'static str,
    pub schedule: &'static str,
    pub cluster: &'static str,
    pub checked: &'static str,
    pub failed: &'static str,
    pub saved: &'static str,
    pub not_counted: &'static str,
    pub application: &'static str,
    pub node: &'static str,
    pub result: &'static str,
    pub start: &'static str,
    pub duration: &'static str,
    pub size: &'static str,
    pub files: &'static str,
    pub destination: &'static str,
    pub address: &'static str,
    pub repository: &'static str,
    pub answer: &'static str,
    pub snapshots: &'static str,
    pub newest: &'static str,
    pub took: &'static str,
    pub last_run: &'static str,
    pub never: &'static str,
    pub warnings: &'static str,
    pub alerts: &'static str,
    pub open_admin: &'static str,
    pub footer: &'static str,
    pub run: &'static str,
    pub planned: &'static str,
    pub run_took: &'static str,
    pub next_run: &'static str,
    pub newest_run: &'static str,
    pub standing: &'static str,
    pub applications: &'static str,
    pub attention: &'static str,
    pub uncovered: &'static str,
    pub last_plan: &'static str,
    pub since: &'static str,
    pub last_good: &'static str,
}

/// `text` as a sentence, with names behind it.
fn sentence(text: &str, names: Option<Names<'_>>) -> String {
    let mut chars = text.chars();
    let first: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let rest = chars.as_str();
    match names {
        Some(names) => format!("{first}{rest}: {}.", names.text),
        None => format!("{first}{rest}."),
    }
}

#[cfg(test)]
mod tests;
