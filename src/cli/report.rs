//! `report list`, `report show`, `report resend`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use super::output::{self, Format};
use super::time::Point;
use super::{mail, setup};
use crate::config::Config;
use crate::logging::Role;
use crate::model::{
    DeliveryRecord, Language, Outcome, PlanId, Report, ReportId, StoredReport, sanitize,
};
use crate::notifier::Said;
use crate::pipeline::Parts;
use crate::store::{MailTrouble, ReportFilter, ReportPage, ReportSummary, Store};

/// The arguments of `report list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Only of this plan
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
    /// Only with this outcome: `SUCCESS`, `PARTIAL`, `REPO_FAILURE`
    #[arg(long, value_name = "NAME", value_parser = outcome)]
    outcome: Option<Outcome>,
    /// Only those with a mail that did not get to everybody yet, or never does
    #[arg(long, value_name = "STATE", value_enum)]
    mails: Option<Mails>,
    /// Only those made at this date or moment, or later
    #[arg(long, value_name = "WHEN", value_parser = Point::parse)]
    since: Option<Point>,
    /// Only those made before this moment, or by the end of this date
    #[arg(long, value_name = "WHEN", value_parser = Point::parse)]
    until: Option<Point>,
    /// Only those with these words in the plan's name or id, or in an
    /// application that failed or is in no plan any more
    #[arg(
        long,
        value_name = "WORDS",
        default_value = "",
        hide_default_value = true
    )]
    text: String,
    /// How many to pass over, for the next page
    #[arg(long, default_value_t = 0, value_name = "N")]
    offset: u32,
    /// How many
    #[arg(long, default_value_t = 20, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The arguments of `report show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Its number, as `report list` shows it
    id: i64,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// In which language, en or it, instead of that of the mails
    #[arg(long, value_name = "LANGUAGE", value_parser = output::language)]
    language: Option<Language>,
    /// Show mail addresses as ma…@example.org, and less of the servers' answers
    #[arg(long)]
    shorten_addresses: bool,
}

/// What became of mails; named as `overview` counts them.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mails {
    /// One waits for another attempt.
    Queued,
    /// One was refused or given up.
    Undelivered,
}

impl From<Mails> for MailTrouble {
    fn from(mails: Mails) -> Self {
        match mails {
            Mails::Queued => Self::Queued,
            Mails::Undelivered => Self::Undelivered,
        }
    }
}

fn outcome(name: &str) -> Result<Outcome, String> {
    let all = [Outcome::Success, Outcome::Partial, Outcome::RepoFailure];
    let same = |outcome: &Outcome| outcome.as_str().eq_ignore_ascii_case(name);
    let names = || all.map(Outcome::as_str).join(", ");
    let found = all.into_iter().find(same);
    found.ok_or_else(|| format!("it is one of {}", names()))
}

#[derive(Serialize)]
struct List {
    format: &'static str,
    total: usize,
    reports: Vec<ReportSummary>,
}

#[derive(Serialize)]
struct Shown {
    format: &'static str,
    id: ReportId,
    said: Said,
    report: Report,
    deliveries: Vec<DeliveryRecord>,
}

#[derive(Serialize)]
struct Resent {
    format: &'static str,
    id: ReportId,
    #[serde(flatten)]
    delivered: mail::Delivered,
}

/// The newest reports.
pub fn list(path: Option<PathBuf>, arguments: ListArguments) -> anyhow::Result<ExitCode> {
    let (config, _log) = setup::start(path, Role::Command)?;
    let ListArguments { format, offset, .. } = arguments;
    let filter = filter(arguments, &config);
    let none = none(&filter);
    let page = setup::run(async {
        let Some(store) = Store::open_existing(&config.state_dir)? else {
            let reports = Vec::new();
            return Ok(ReportPage { total: 0, reports });
        };
        Ok(store.report_page(filter).await?)
    })?;
    let ReportPage { total, reports } = page;
    match format {
        Format::Json => output::json(&List {
            format: "ns8-backup-monitor/reports/1",
            total,
            reports,
        })?,
        Format::Text if reports.is_empty() => {
            output::text(&sanitize(&format!(
                "{none} in {}.",
                config.state_dir.display()
            )))?;
        }
        Format::Text => {
            output::text(&listing(&reports, &config))?;
            if reports.len() < total {
                let first = offset.saturating_add(1);
                output::note(&format!(
                    "{} from the {first}. on, of {total}.",
                    reports.len()
                ));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn none(filter: &ReportFilter) -> String {
    let all = |plan| ReportFilter {
        plan,
        limit: filter.limit,
        ..ReportFilter::default()
    };
    match &filter.plan {
        None if *filter == all(None) => "There is no report yet".to_owned(),
        Some(plan) if *filter == all(Some(plan.clone())) => {
            format!("There is no report on plan {plan}")
        }
        _ => "There is no such report".to_owned(),
    }
}

fn filter(arguments: ListArguments, config: &Config) -> ReportFilter {
    let zone = &config.mail.timezone;
    ReportFilter {
        plan: arguments.plan.map(Into::into),
        outcome: arguments.outcome,
        trouble: arguments.mails.map(Into::into),
        since: arguments.since.map(|since| since.begin(zone)),
        until: arguments.until.map(|until| until.end(zone)),
        text: arguments.text,
        offset: usize::try_from(arguments.offset).unwrap_or(usize::MAX),
        limit: usize::from(arguments.limit),
        ..ReportFilter::default()
    }
}

fn listing(reports: &[ReportSummary], config: &Config) -> String {
    let rows: Vec<Vec<String>> = reports
        .iter()
        .map(|report| {
            vec![
                report.id.to_string(),
                local(report.made_at, config),
                report.outcome.as_str().to_owned(),
                format!("{}/{}", report.bad, report.counted),
                report
                    .plan
                    .as_ref()
                    .map_or_else(String::new, PlanId::to_string),
                report.plan_name.clone().unwrap_or_default(),
            ]
        })
        .collect();
    output::table(&["ID", "MADE", "OUTCOME", "FAILED", "PLAN", "NAME"], &rows)
}

fn local(time: Timestamp, config: &Config) -> String {
    time.to_zoned(config.mail.timezone.clone())
        .strftime("%Y-%m-%d %H:%M %Z")
        .to_string()
}

/// One report and its mails.
pub fn show(path: Option<PathBuf>, arguments: &ShowArguments) -> anyhow::Result<ExitCode> {
    let (mut config, _log) = setup::start(path, Role::Command)?;
    config.mail.language = arguments.language.unwrap_or(config.mail.language);
    let id = ReportId(arguments.id);
    let (stored, mut deliveries) = setup::run(async {
        let (store, stored) = find(&config, id).await?;
        Ok((stored, store.deliveries(id).await?))
    })?;
    if arguments.shorten_addresses {
        for delivery in &mut deliveries {
            delivery.to = delivery.to.shortened();
            delivery.answer = delivery.answer.as_deref().map(mail::shortened);
        }
    }
    match arguments.format {
        Format::Json => output::json(&Shown {
            format: "ns8-backup-monitor/report/1",
            id,
            said: Said::of(&stored.report, &config.mail),
            report: stored.report,
            deliveries,
        })?,
        Format::Text => {
            let parts = Parts::build(config)?;
            let text = parts.text(&stored.report, &parts.config.mail)?;
            let mails = sent(&deliveries, &parts.config);
            output::text(&format!("{}\n\n{mails}", text.trim_end()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sent(deliveries: &[DeliveryRecord], config: &Config) -> String {
    if deliveries.is_empty() {
        return "No mail was made of this report.".to_owned();
    }
    let rows: Vec<Vec<String>> = deliveries
        .iter()
        .map(|delivery| {
            vec![
                delivery.to.to_string(),
                delivery.state.as_str().to_owned(),
                local(delivery.at, config),
                delivery.attempts.to_string(),
                delivery.answer.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let head = ["MAIL TO", "STATE", "SINCE", "FAILED ATTEMPTS", "ANSWER"];
    output::table(&head, &rows)
}

/// Puts a stored report into the outbox again, and delivers it when no service
/// is running that would.
pub fn resend(path: Option<PathBuf>, id: ReportId, format: Format) -> anyhow::Result<ExitCode> {
    let (config, _log) = setup::start(path, Role::Command)?;
    setup::run(async {
        let (store, stored) = find(&config, id).await?;
        let parts = Parts::build(config)?;
        let now = Timestamp::now();
        // A mail of its own: the same Message-ID would be hidden as a duplicate.
        let key = format!("resent {now}");
        let mails = parts.mails(&stored.report, store.instance(), &key)?;
        store.queue_again(id, mails, now).await?;
        let delivered = mail::deliver_or_leave(parts, store).await?;
        let well = delivered.well();
        match format {
            Format::Text => output::text(&delivered.told())?,
            Format::Json => output::json(&Resent {
                format: "ns8-backup-monitor/resent/1",
                id,
                delivered,
            })?,
        }
        Ok(if well {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
}

async fn find(config: &Config, id: ReportId) -> anyhow::Result<(Store, StoredReport)> {
    if let Some(store) = Store::open_existing(&config.state_dir)?
        && let Some(stored) = store.report(id).await?
    {
        return Ok((store, stored));
    }
    let place = config.state_dir.display();
    bail!("there is no report {id} in {place}; `report list` shows those there are")
}
