//! The words of a report's mail as values, for programs that show them to the
//! same people: every sentence, and every cell of every table.
//!
//! Nothing is laid out and nothing is escaped here, and all applications are
//! there.

use serde::Serialize;

use super::destination::{DestinationView, ProbeView};
use super::facts::Fact;
use super::members::{self, ModuleView};
use super::overview::{AttentionRow, AttentionView, OverviewView, PlanRow};
use super::plans::PlanView;
use super::steps::Step;
use super::uncovered::{UncoveredRow, UncoveredView};
use super::{Mark, View};
use crate::config;
use crate::model::{ModuleId, Report, Severity};
use crate::notifier::format::Locale;
use crate::notifier::words::{Labels, words};

/// What the mail of a report says.
#[derive(Debug, Serialize)]
pub struct Said {
    /// `en` or `it`.
    language: &'static str,
    icon: &'static str,
    headline: Mark,
    topic: Option<String>,
    counts: Option<String>,
    place: Option<String>,
    what: String,
    context: Vec<String>,
    why: Vec<String>,
    next: Vec<Step>,
    at_risk: Vec<String>,
    members: Vec<Member>,
    plans: Vec<PlanView>,
    overview: Option<Overview>,
    uncovered: Option<Table<UncoveredRow>>,
    destination: Option<Destination>,
    warnings: Vec<String>,
    facts: Vec<Fact>,
    alerts: Vec<String>,
    zone: String,
    /// The name that programs know the zone by.
    timezone: Option<String>,
    labels: &'static Labels,
}

/// One application.
#[derive(Debug, Serialize)]
struct Member {
    /// As the report has it.
    module: ModuleId,
    counts_as: CountsAs,
    #[serde(flatten)]
    row: ModuleView,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum CountsAs {
    Good,
    Bad,
    NotAtAll,
}

/// A table with a heading, and what it leaves out.
#[derive(Debug, Serialize)]
struct Table<R> {
    title: String,
    rows: Vec<R>,
    left_out: Option<String>,
}

#[derive(Debug, Serialize)]
struct Overview {
    rows: Vec<PlanRow>,
    left_out: Option<String>,
    attention: Option<Table<AttentionRow>>,
}

#[derive(Debug, Serialize)]
struct Destination {
    name: String,
    provider: String,
    url: String,
    method: String,
    probes: Vec<ProbeView>,
    left_out: Option<String>,
}

impl Said {
    /// What the mail says of `report` in the language and zone of `mail`.
    pub fn of(report: &Report, mail: &config::Mail) -> Self {
        let locale = Locale {
            words: words(mail.language),
            zone: mail.timezone.clone(),
            now: report.made_at,
        };
        let view = super::of_report(report, mail);
        let timezone = locale.zone.iana_name().map(str::to_owned);
        Self::from_view(view, members(report, &locale), timezone)
    }

    fn from_view(view: View, members: Vec<Member>, timezone: Option<String>) -> Self {
        Self {
            language: view.lang,
            icon: view.icon,
            headline: view.headline,
            topic: view.topic,
            counts: view.counts,
            place: view.place,
            what: view.what,
            context: view.context,
            why: view.why,
            next: view.next,
            at_risk: view.at_risk,
            members,
            plans: view.plans.map_or_else(Vec::new, |plans| plans.rows),
            overview: view.overview.map(Into::into),
            uncovered: view.uncovered.map(Into::into),
            destination: view.destination.map(Into::into),
            warnings: view.warnings,
            facts: view.facts,
            alerts: view.alerts,
            zone: view.zone,
            timezone,
            labels: view.labels,
        }
    }
}

fn members(report: &Report, locale: &Locale) -> Vec<Member> {
    let rows = members::all(report, locale);
    let members = report.members.iter().zip(rows);
    members
        .map(|(member, row)| Member {
            module: member.module.clone(),
            counts_as: match member.cause.severity() {
                Severity::Good => CountsAs::Good,
                Severity::Bad => CountsAs::Bad,
                Severity::Uncounted => CountsAs::NotAtAll,
            },
            row,
        })
        .collect()
}

impl From<OverviewView> for Overview {
    fn from(view: OverviewView) -> Self {
        Self {
            rows: view.rows,
            left_out: view.left_out,
            attention: view.attention.map(Into::into),
        }
    }
}

impl From<AttentionView> for Table<AttentionRow> {
    fn from(view: AttentionView) -> Self {
        Self {
            title: view.title,
            rows: view.rows,
            left_out: view.left_out,
        }
    }
}

impl From<UncoveredView> for Table<UncoveredRow> {
    fn from(view: UncoveredView) -> Self {
        Self {
            title: view.title,
            rows: view.rows,
            left_out: view.left_out,
        }
    }
}

impl From<DestinationView> for Destination {
    fn from(view: DestinationView) -> Self {
        Self {
            name: view.name,
            provider: view.provider,
            url: view.url,
            method: view.method,
            probes: view.probes,
            left_out: view.left_out,
        }
    }
}

#[cfg(test)]
mod tests;
