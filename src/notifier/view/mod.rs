//! A report as templates see it: every text in the reader's language, every
//! number with its unit, every name made harmless. Templates decide only where
//! things stand.
//!
//! The fields here are the interface of an administrator's own templates:
//! they are only ever added to.

mod destination;
mod members;
mod names;
mod plans;
mod story;

use jiff::Timestamp;
use serde::Serialize;

use super::format::{Locale, name};
use super::words::{Labels, words};
use crate::config;
use crate::model::{AlertLabels, Outcome, Report, ReportKind};

pub(super) use destination::DestinationView;
pub(super) use members::ModulesView;
use names::Joined;
pub(super) use plans::PlansView;

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
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Mark {
    /// The word.
    pub text: &'static str,
    /// The class of the style sheet.
    pub tone: Tone,
    /// The colour for clients that know no style sheet.
    pub color: &'static str,
}

impl Mark {
    pub(super) fn new(text: &'static str, tone: Tone) -> Self {
        Self {
            text,
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
    /// The plan's name, or the unknown ids.
    pub topic: Option<String>,
    /// `2 of 7 applications failed`.
    pub counts: Option<String>,
    /// The cluster's or the node's name.
    pub place: Option<String>,
    /// What happened.
    pub what: String,
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

/// Something to do, and the command for it if there is one.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// The sentence.
    pub text: String,
    /// A shell command that is safe to copy.
    pub command: Option<String>,
}

/// A name with its value.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    /// What it is.
    pub label: &'static str,
    /// Its value.
    pub value: String,
}

/// The report in the language and zone of `mail`.
pub(super) fn of_report(report: &Report, mail: &config::Mail) -> View {
    let locale = Locale {
        words: words(mail.language),
        zone: mail.timezone.clone(),
        now: report.made_at,
    };
    let unwatched = report.kind == ReportKind::AllWell && report.plans.is_empty();
    let (tone, headline) = if unwatched {
        (Tone::Warning, locale.words.no_plan_headline())
    } else {
        let headline = locale.words.headline(report.kind, report.outcome);
        (tone(report.outcome), headline)
    };
    let counted = report.counted();
    View {
        topic: topic(report, &locale),
        counts: (report.kind == ReportKind::Run && report.bad() > 0)
            .then(|| locale.words.counts(report.bad(), counted)),
        what: story::what(report, &locale),
        why: story::why(report, &locale),
        next: story::next(report, &locale),
        at_risk: story::at_risk(report, &locale),
        facts: facts(report, &locale),
        modules: members::view(&report.members, &locale),
        plans: plans::view(&report.plans, &locale),
        destination: report
            .destination
            .as_ref()
            .map(|destination| destination::view(destination, &locale)),
        warnings: story::warnings(report, &locale),
        alerts: report.alerts.iter().map(alert_line).collect(),
        ..bare(
            mail,
            &locale,
            Mark::new(headline, tone),
            report.cluster_name.as_deref(),
        )
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
            Mark::new(locale.words.test_headline(), Tone::Good),
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
        why: Vec::new(),
        next: Vec::new(),
        at_risk: Vec::new(),
        facts: Vec::new(),
        modules: None,
        plans: None,
        destination: None,
        warnings: Vec::new(),
        alerts: Vec::new(),
        admin_url: mail.admin_url.clone().filter(|url| is_web(url)),
        zone: locale.words.zone(&locale.zone_name()),
    }
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Success => Tone::Good,
        Outcome::Partial => Tone::Warning,
        Outcome::RepoFailure => Tone::Bad,
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

fn topic(report: &Report, locale: &Locale) -> Option<String> {
    match report.kind {
        ReportKind::Run => report.plan.as_ref().map(|plan| name(&plan.name)),
        ReportKind::UnknownPlan => {
            let ids = report.unknown_plans.iter().map(|id| name(id.as_str()));
            Joined::of_plans(ids, locale).map(|joined| joined.text)
        }
        ReportKind::RedisUnreachable
        | ReportKind::AllWell
        | ReportKind::Uncovered
        | ReportKind::Digest => None,
    }
}

fn facts(report: &Report, locale: &Locale) -> Vec<Fact> {
    let labels = locale.words.labels();
    let mut facts = Vec::new();
    if let Some(plan) = &report.plan {
        facts.push(Fact {
            label: labels.plan,
            value: format!("{} (id {})", name(&plan.name), name(plan.id.as_str())),
        });
        let schedule = name(&plan.schedule);
        facts.push(Fact {
            label: labels.schedule,
            value: if plan.enabled {
                schedule
            } else {
                format!("{schedule} ({})", locale.words.switched_off())
            },
        });
    }
    if let Some(cluster) = &report.cluster_name {
        facts.push(Fact {
            label: labels.cluster,
            value: name(cluster),
        });
    }
    facts.push(Fact {
        label: labels.checked,
        value: locale.moment_with_zone(report.made_at),
    });
    facts
}

/// `alertname=BackupFailed id=1 severity=critical`, the name first.
fn alert_line(labels: &AlertLabels) -> String {
    const MAX: usize = 200;
    let value = |text: &str| super::format::clean(text, MAX);
    let mut ordered: Vec<_> = labels.iter().collect();
    ordered.sort_by_key(|(key, _)| key.as_str() != "alertname");
    let pairs: Vec<String> = ordered
        .into_iter()
        .map(|(key, text)| format!("{}={}", value(key), value(text)))
        .collect();
    pairs.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Advice, DestinationHealth, Language, ModuleCause, Probe, RepoCause};
    use crate::notifier::sample;

    fn english(report: &Report) -> View {
        of_report(report, &sample::mail(Language::En))
    }

    fn with(causes: &[ModuleCause]) -> Report {
        Report {
            members: causes.iter().map(|cause| sample::member(*cause)).collect(),
            ..sample::full()
        }
    }

    #[test]
    fn a_snapshot_that_exists_is_not_called_at_risk() {
        let view = english(&with(&[ModuleCause::AfterBackup, ModuleCause::Ok]));
        assert!(view.at_risk.is_empty(), "{:?}", view.at_risk);
        let row = &view.modules.unwrap().groups[0].rows[0];
        assert!(row.notes[0].ends_with("is safe"), "{:?}", row.notes);
    }

    fn asked(health: DestinationHealth, answers: &[RepoCause]) -> View {
        let mut report = with(&[ModuleCause::BackupError]);
        if let Some(destination) = &mut report.destination {
            let one = destination.probes.remove(0);
            let answer = |cause: &RepoCause| Probe {
                cause: *cause,
                ..one.clone()
            };
            destination.health = health;
            destination.probes = answers.iter().map(answer).collect();
        }
        english(&report)
    }

    #[test]
    fn a_destination_that_failed_is_told_by_its_answers_only() {
        let answers = [
            RepoCause::WrongPassword,
            RepoCause::NotProbed,
            RepoCause::NotProbed,
        ];
        let view = asked(DestinationHealth::Failed, &answers);
        let told = |word| view.why.iter().any(|line| line.contains(word));
        assert!(told("encryption key"), "{:?}", view.why);
        assert!(!told("does not answer"), "{:?}", view.why);
    }

    #[test]
    fn the_fault_is_elsewhere_only_where_every_repository_answers() {
        for (cause, elsewhere) in [(RepoCause::Reachable, true), (RepoCause::Locked, false)] {
            let view = asked(DestinationHealth::Fine, &[cause]);
            let said = view.why.iter().any(|line| line.contains("elsewhere"));
            assert_eq!(said, elsewhere, "{cause:?}: {:?}", view.why);
        }
    }

    #[test]
    fn a_plan_without_a_destination_says_that_nothing_was_checked() {
        let mut report = with(&[ModuleCause::BackupError]);
        report.destination = None;
        let view = english(&report);
        let line =
            "The destination was not checked: the plan names none, or one that does not exist.";
        assert!(view.why.iter().any(|said| said == line), "{:?}", view.why);
        report.members = with(&[ModuleCause::Ok]).members;
        let view = english(&report);
        assert!(!view.why.iter().any(|said| said == line), "{:?}", view.why);
    }

    #[test]
    fn what_was_saved_but_not_reported_counts_as_good_with_a_warning() {
        let view = english(&with(&[ModuleCause::Unreported]));
        assert_eq!(
            view.what,
            "The only application of this plan was backed up."
        );
        assert!(view.warnings[0].contains("could not report it"));
        let group = &view.modules.unwrap().groups[0];
        assert_eq!(
            (group.mark.tone, group.rows[0].size.as_str()),
            (Tone::Good, "–")
        );
    }

    #[test]
    fn size_and_files_of_a_failed_module_are_not_shown() {
        let view = english(&with(&[ModuleCause::BackupError]));
        let group = &view.modules.unwrap().groups[0];
        assert!(!group.sized);
        assert_eq!(
            (group.rows[0].size.as_str(), group.rows[0].files.as_str()),
            ("–", "–")
        );
    }

    #[test]
    fn only_web_addresses_of_the_configuration_become_a_link() {
        for (url, linked) in [
            ("https://cluster.example.org/", true),
            ("http://10.0.0.1/", true),
            ("javascript:alert(1)", false),
        ] {
            let mut mail = sample::mail(Language::En);
            mail.admin_url = Some(url.into());
            assert_eq!(
                of_report(&sample::full(), &mail).admin_url.is_some(),
                linked,
                "{url}"
            );
        }
    }

    #[test]
    fn no_command_is_built_from_an_id_that_a_shell_could_misread() {
        for (id, command) in [
            ("1", Some("journalctl -u backup1 -u agent@node")),
            ("1; reboot", None),
            ("-x", None),
        ] {
            let mut report = with(&[ModuleCause::BackupError]);
            report.advice = vec![Advice::ReadModuleLog];
            report.plan.as_mut().unwrap().id = id.into();
            assert_eq!(english(&report).next[0].command.as_deref(), command, "{id}");
        }
    }

    #[test]
    fn many_names_are_cut_and_counted() {
        let view = english(&with(&[ModuleCause::BackupError; 7]));
        assert!(
            view.why.iter().any(|line| line.contains("and 3 more: ")),
            "{:?}",
            view.why
        );
    }
}
