//! `/`: the state of the service on one page, for a browser on this machine.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::timeout;

use crate::model::{Outcome, ReportKind, sanitize, truncate};
use crate::store::{Pending, ReportFilter, ReportSummary};

use super::health::{self, Part};
use super::server::Shared;
use super::{Refusal, access};

mod words;

use words::Words;

/// How many reports are shown.
const REPORTS: usize = 10;

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}\
table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;\
border-bottom:1px solid #8884;overflow-wrap:anywhere}\
.bad{font-weight:bold}";

/// All that the page shows.
struct Page {
    uptime: Duration,
    database: Part,
    redis: Part,
    pending: Option<Pending>,
    reports: Vec<ReportSummary>,
}

/// Shows the page, also when the database does not answer.
pub(super) async fn show(
    request: HttpRequest,
    shared: Data<Shared>,
) -> Result<HttpResponse, Refusal> {
    if !access::is_local(&request) {
        return Err(Refusal::NotFromHere);
    }
    let rules = shared.rules();
    let page = Page::gather(&shared).await;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(page.html(words::of(rules.language), &rules.timezone)))
}

impl Page {
    async fn gather(shared: &Shared) -> Self {
        let limit = shared.limits.ask_time;
        let newest = ReportFilter {
            limit: REPORTS,
            ..ReportFilter::default()
        };
        let pending = timeout(limit, shared.store.pending_counts()).await;
        let reports = timeout(limit, shared.store.reports(newest)).await;
        Self {
            uptime: shared.vitals.uptime(Instant::now()),
            database: health::database(shared).await,
            redis: health::redis(shared),
            pending: pending.ok().and_then(Result::ok),
            reports: reports.ok().and_then(Result::ok).unwrap_or_default(),
        }
    }

    fn html(&self, words: &Words, zone: &TimeZone) -> String {
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <title>ns8-backup-monitor</title><style>{STYLE}</style></head><body>\
             <h1>ns8-backup-monitor {}</h1><table>",
            words.lang,
            env!("CARGO_PKG_VERSION"),
        );
        self.state(&mut html, words);
        let _ = write!(html, "</table><h2>{}</h2>", words.last_reports);
        if self.reports.is_empty() {
            let _ = write!(html, "<p>{}</p>", words.none_yet);
        } else {
            self.list(&mut html, words, zone);
        }
        html.push_str("</body></html>\n");
        html
    }

    fn state(&self, html: &mut String, words: &Words) {
        line(html, words.uptime, &words.duration(self.uptime), true);
        for (name, part) in [(words.database, &self.database), (words.redis, &self.redis)] {
            let state = part.error.as_deref().unwrap_or(words.ok);
            line(html, name, state, part.ok);
        }
        let Some(pending) = self.pending else {
            return;
        };
        line(html, words.alerts, &pending.alerts.to_string(), true);
        line(html, words.mails, &pending.deliveries.to_string(), true);
        let lost = pending.undeliverable;
        line(html, words.undeliverable, &lost.to_string(), lost == 0);
    }

    fn list(&self, html: &mut String, words: &Words, zone: &TimeZone) {
        html.push_str("<table><tr>");
        for head in words.columns {
            let _ = write!(html, "<th>{head}</th>");
        }
        html.push_str("</tr>");
        for report in &self.reports {
            let class = if report.outcome == Outcome::Success {
                ""
            } else {
                " class=\"bad\""
            };
            let _ = write!(
                html,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td{class}>{}</td></tr>",
                report.id,
                moment(report.made_at, zone),
                escaped(subject(report, words)),
                words.outcome(report.outcome),
            );
        }
        html.push_str("</table>");
    }
}

fn line(html: &mut String, name: &str, value: &str, good: bool) {
    let class = if good { "" } else { " class=\"bad\"" };
    let _ = write!(
        html,
        "<tr><th>{name}</th><td{class}>{}</td></tr>",
        escaped(value)
    );
}

/// What a report is about, in a few words.
fn subject<'a>(report: &'a ReportSummary, words: &'a Words) -> &'a str {
    match report.kind {
        ReportKind::Run => report.plan_name.as_deref().unwrap_or_default(),
        ReportKind::UnknownPlan => words.unknown_plan,
        ReportKind::RedisUnreachable => words.redis_unreachable,
        ReportKind::AllWell => words.all_well,
        ReportKind::Uncovered => words.uncovered,
        ReportKind::Digest => words.digest,
    }
}

fn moment(time: Timestamp, zone: &TimeZone) -> String {
    let local = time.to_zoned(zone.clone());
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Outside text as HTML text.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in truncate(&sanitize(text), 300).chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests;
