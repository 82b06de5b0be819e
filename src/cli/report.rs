//! `report list`, `report show`, `report resend`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use jiff::Timestamp;
use serde::Serialize;

use super::output::{self, Format};
use super::{mail, setup};
use crate::config::Config;
use crate::logging::Role;
use crate::model::{DeliveryRecord, PlanId, Report, ReportId, StoredReport, sanitize};
use crate::pipeline::Parts;
use crate::store::{ReportFilter, ReportSummary, Store};

#[derive(Serialize)]
struct List {
    format: &'static str,
    reports: Vec<ReportSummary>,
}

#[derive(Serialize)]
struct Shown {
    format: &'static str,
    id: ReportId,
    report: Report,
    deliveries: Vec<DeliveryRecord>,
}

/// The newest reports.
pub fn list(
    path: Option<PathBuf>,
    plan: Option<PlanId>,
    limit: u16,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let (config, _log) = setup::start(path, Role::Command)?;
    let none = match &plan {
        Some(plan) => format!("There is no report on plan {plan}"),
        None => "There is no report yet".to_owned(),
    };
    let filter = ReportFilter {
        plan,
        limit: usize::from(limit),
        ..ReportFilter::default()
    };
    let reports = setup::run(async {
        let Some(store) = Store::open_existing(&config.state_dir)? else {
            return Ok(Vec::new());
        };
        Ok(store.reports(filter).await?)
    })?;
    match format {
        Format::Json => output::json(&List {
            format: "ns8-backup-monitor/reports/1",
            reports,
        })?,
        Format::Text if reports.is_empty() => {
            output::text(&sanitize(&format!(
                "{none} in {}.",
                config.state_dir.display()
            )))?;
        }
        Format::Text => output::text(&listing(&reports, &config))?,
    }
    Ok(ExitCode::SUCCESS)
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
pub fn show(path: Option<PathBuf>, id: ReportId, format: Format) -> anyhow::Result<ExitCode> {
    let (config, _log) = setup::start(path, Role::Command)?;
    let (stored, deliveries) = setup::run(async {
        let (store, stored) = find(&config, id).await?;
        Ok((stored, store.deliveries(id).await?))
    })?;
    match format {
        Format::Json => output::json(&Shown {
            format: "ns8-backup-monitor/report/1",
            id,
            report: stored.report,
            deliveries,
        })?,
        Format::Text => {
            let parts = Parts::build(config)?;
            let text = parts.text(&stored.report)?;
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
pub fn resend(path: Option<PathBuf>, id: ReportId) -> anyhow::Result<ExitCode> {
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
        output::text(&delivered.told)?;
        Ok(if delivered.well {
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
