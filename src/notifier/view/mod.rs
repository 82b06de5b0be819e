//! A report as templates see it: every text in the reader's language, every
//! number with its unit, every name made harmless. Templates decide only where
//! things stand.
//!
//! The fields here are the interface of an administrator's own templates:
//! they are only ever added to.

mod context;
mod destination;
mod facts;
mod limited;
mod members;
mod names;
mod overview;
mod plans;
mod risk;
mod said;
mod steps;
mod story;
mod uncovered;
mod verdict;
mod warnings;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

use super::format::{Locale, name};
use super::words::{Headline, Labels, words};
use crate::config;
use crate::model::Report;

pub(super) use destination::DestinationView;
pub(super) use facts::Fact;
use facts::alert_line;
pub(super) use members::ModulesView;
pub(super) use overview::OverviewView;
pub(super) use plans::PlansView;
pub use said::Said;
pub(super) use steps::Step;
pub(super) use uncovered::UncoveredView;

/// Modules that are not failed are listed up to this number.
pub(super) const GOOD_ROWS: usize = 50;

/// How good or bad something is. Serialized in lower case; `Mark` pairs it with
/// its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tone {
    /// All fine.
    Good,
    /// Worth a look.
    Warning,
    /// Failed.
    Bad,
    /// Neither.
    Neutral,
}

/// A word with a tone.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Mark {
    /// The word.
    pub text: Cow<'static, str>,
    /// The class of the style sheet.
    pub tone: Tone,
    /// The colour for clients that know no style sheet.
    pub color: &'static str,
}

impl Mark {
    pub(super) fn new(text: impl Into<Cow<'static, str>>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
            color: tone.color(),
        }
    }
}

impl Tone {
    /// At least 4.5:1 on white.
    fn color(self) -> &'static str {
        match self {
            Self::Good => "#0e7a3d",
            Self::Warning => "#8f5a00",
            Self::Bad => "#b3261e",
            Self::Neutral => "#5b6470",
        }
    }
}

/// The whole mail.
#[derive(Debug, Serialize)]
pub(super) struct View {
    /// `en` or `it`.
    pub lang: &'static str,
    /// Headings.
    pub labels: &'static Labels,
    /// `mail.subject_prefix`.
    pub prefix: String,
    /// `✅`, `⚠️` or `❌`.
    pub icon: &'static str,
    /// The verdict in words, with its tone.
    pub headline: Mark,
    /// The plan's name, the unknown ids, the applications without a plan, or
    /// how the plans stand.
    pub topic: Option<String>,
    /// `2 of 7 applications failed`, `bad for 2 days 3 hours`.
    pub counts: Option<String>,
    /// The cluster's or the node's name.
    pub place: Option<String>,
    /// What happened.
    pub what: String,
    /// Why it is told, and what else belongs beside what happened.
    pub context: Vec<String>,
    /// Why, most important first.
    pub why: Vec<String>,
    /// What to do, most important first.
    pub next: Vec<Step>,
    /// Since when data is in no backup.
    pub at_risk: Vec<String>,
    /// Name and value pairs about plan and cluster.
    pub facts: Vec<Fact>,
    /// The modules, if the report has any.
    pub modules: Option<ModulesView>,
    /// The plans of an all-well report.
    pub plans: Option<PlansView>,
    /// How every plan stands, in a summary.
    pub overview: Option<OverviewView>,
    /// Applications that no plan backs up.
    pub uncovered: Option<UncoveredView>,
    /// The destination and its probes.
    pub destination: Option<DestinationView>,
    /// What else should be known.
    pub warnings: Vec<String>,
    /// The alerts that led here, one line of `name=value` each.
    pub alerts: Vec<String>,
    /// The cluster-admin's address.
    pub admin_url: Option<String>,
    /// In which zone the times are.
    pub zone: String,
}

/// The report in the language and zone of `mail`.
pub(super) fn of_report(report: &Report, mail: &config::Mail) -> View {
    let locale = Locale {
        words: words(mail.language),
        zone: mail.timezone.clone(),
        now: report.made_at,
    };
    let verdict = verdict::headline(report);
    let headline = Mark::new(locale.words.headline(verdict), verdict::tone(report));
    let place = report.cluster_name.as_deref();
    View {
        topic: verdict::topic(report, &locale),
        counts: verdict::counts(report, &locale),
        what: story::what(report, &locale),
        context: context::lines(report, &locale),
        why: story::why(report, &locale),
        next: steps::next(report, &locale),
        at_risk: risk::lines(report, &locale),
        facts: facts::of(report, &locale),
        modules: members::view(report, &locale),
        plans: plans::view(&report.plans, &locale),
        overview: overview::view(report.overview.as_ref(), &locale),
        uncovered: uncovered::view(report, &locale),
        destination: report
            .destination
            .as_ref()
            .map(|destination| destination::view(destination, &locale)),
        warnings: warnings::lines(report, &locale),
        alerts: report.alerts.iter().map(alert_line).collect(),
        ..bare(mail, &locale, headline, place)
    }
}

/// The test mail: `way` says through what it is sent.
pub(super) fn of_test(mail: &config::Mail, place: Option<&str>, way: &str, now: Timestamp) -> View {
    let locale = Locale {
        words: words(mail.language),
        zone: mail.timezone.clone(),
        now,
    };
    View {
        what: locale.words.test_what(way),
        next: vec![Step {
            text: locale.words.test_next().into(),
            command: None,
        }],
        ..bare(
            mail,
            &locale,
            Mark::new(locale.words.headline(Headline::Test), Tone::Good),
            place,
        )
    }
}

fn bare(mail: &config::Mail, locale: &Locale, headline: Mark, place: Option<&str>) -> View {
    View {
        lang: locale.words.tag(),
        labels: locale.words.labels(),
        prefix: mail.subject_prefix.clone(),
        icon: icon(headline.tone),
        headline,
        topic: None,
        counts: None,
        place: place.map(name),
        what: String::new(),
        context: Vec::new(),
        why: Vec::new(),
        next: Vec::new(),
        at_risk: Vec::new(),
        facts: Vec::new(),
        modules: None,
        plans: None,
        overview: None,
        uncovered: None,
        destination: None,
        warnings: Vec::new(),
        alerts: Vec::new(),
        admin_url: mail.admin_url.clone().filter(|url| is_web(url)),
        zone: locale.words.zone(&locale.zone_name()),
    }
}

fn icon(tone: Tone) -> &'static str {
    match tone {
        Tone::Good | Tone::Neutral => "✅",
        Tone::Warning => "⚠️",
        Tone::Bad => "❌",
    }
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

#[cfg(test)]
mod tests;
