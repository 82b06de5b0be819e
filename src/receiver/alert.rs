//! `POST /alert`: Alertmanager's webhook.

use std::time::Instant;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use tokio::time::timeout;
use tracing::{debug, error, info, warn};

use crate::model::{Alert, AlertState, sanitize, truncate};
use crate::store::Accepted;

use super::payload::{self, Post};
use super::server::Shared;
use super::{Refusal, Rules, access, body};

/// The answer to a post that was taken.
#[derive(Serialize)]
struct Taken {
    /// Alerts seen for the first time.
    accepted: usize,
    /// Alerts that were known and are counted.
    repeated: usize,
    /// Alerts of other names, or not understood.
    ignored: usize,
}

/// Answers 200 only when the alerts that count are on disk.
pub(super) async fn post(
    request: HttpRequest,
    payload: Payload,
    shared: Data<Shared>,
) -> Result<HttpResponse, Refusal> {
    let taken = take(&request, payload, &shared).await;
    if let Err(refusal) = &taken {
        tell(refusal, &request, &shared);
    }
    taken.map(|taken| HttpResponse::Ok().json(taken))
}

async fn take(request: &HttpRequest, payload: Payload, shared: &Shared) -> Result<Taken, Refusal> {
    let rules = shared.rules();
    access::local_or_token(request, rules.token.as_ref())?;
    let _place = shared.posts.try_acquire().map_err(|_| Refusal::TooMany)?;
    body::check_type(request)?;
    let body = body::read(request, payload, &shared.limits).await?;
    let post = payload::parse(&body)?;
    drop(body);
    let (alerts, ignored) = that_count(post, &rules);
    let accepted = store(alerts, shared).await?;
    Ok(Taken {
        accepted: accepted.new,
        repeated: accepted.repeated,
        ignored,
    })
}

/// The alerts whose names count, and how many others there are.
fn that_count(post: Post, rules: &Rules) -> (Vec<Alert>, usize) {
    let (count, others): (Vec<_>, Vec<_>) = post
        .alerts
        .into_iter()
        .partition(|alert| rules.counts(&alert.name));
    for alert in &others {
        debug!(
            alertname = shown(&alert.name),
            "alert of another name ignored"
        );
    }
    if post.not_understood > 0 {
        let number = post.not_understood;
        debug!(number, "alerts without a name or a known status ignored");
    }
    (count, others.len() + post.not_understood)
}

async fn store(alerts: Vec<Alert>, shared: &Shared) -> Result<Accepted, Refusal> {
    if alerts.is_empty() {
        return Ok(Accepted::default());
    }
    let resolved: Vec<_> = alerts
        .iter()
        .filter(|alert| alert.state == AlertState::Resolved)
        .map(described)
        .collect();
    let firing = alerts.len() - resolved.len();
    let limit = shared.limits.store_time;
    let accepted = timeout(limit, shared.store.accept(alerts, (shared.now)()))
        .await
        .map_err(|_| Refusal::StoreTooSlow(limit))??;
    if firing > 0 {
        shared.alerts.notify_one();
        let Accepted { new, repeated } = accepted;
        info!(firing, new, repeated, "alerts accepted");
    }
    for (alertname, plan) in resolved {
        info!(alertname, plan, "alert resolved");
    }
    Ok(accepted)
}

/// Name and plan, as a log may show them.
fn described(alert: &Alert) -> (String, String) {
    let plan = alert.plan().map(|plan| shown(plan.as_str()));
    (shown(&alert.name), plan.unwrap_or_default())
}

fn shown(text: &str) -> String {
    truncate(&sanitize(text), 200)
}

/// Here, since Alertmanager shows its operator little more than the status.
fn tell(refusal: &Refusal, request: &HttpRequest, shared: &Shared) {
    let peer = request.peer_addr().map(|peer| peer.ip().to_string());
    let (peer, reason) = (peer.unwrap_or_default(), shown(&refusal.to_string()));
    let now = Instant::now();
    if refusal.is_ours() {
        if let Some(kept_back) = shared.troubles.pass(now) {
            error!(peer, kept_back, "alerts refused with 503: {reason}");
        }
    } else if let Some(kept_back) = shared.refusals.pass(now) {
        warn!(peer, kept_back, "post refused: {reason}");
    }
}
