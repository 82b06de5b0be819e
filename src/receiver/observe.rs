//! What goes for every request: the headers of its answer, and a debug line.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use tracing::{Level, debug};

use crate::model::{sanitize, truncate};

use super::connections::Busy;

/// Nothing is loaded, run or framed; the status page has one style of its own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Wraps every request.
pub(super) async fn observe<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let _busy = Busy::on(request.request());
    let asked = tracing::enabled!(Level::DEBUG).then(|| Asked::about(&request));
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(asked) = asked {
        asked.log(response.status().as_u16());
    }
    Ok(response)
}

struct Asked {
    at: Instant,
    peer: String,
    method: String,
    path: String,
}

impl Asked {
    fn about(request: &ServiceRequest) -> Self {
        let shown = |text: &str| truncate(&sanitize(text), 200);
        let peer = request.peer_addr().map(|peer| peer.to_string());
        Self {
            at: Instant::now(),
            peer: peer.unwrap_or_default(),
            method: shown(request.method().as_str()),
            path: shown(request.path()),
        }
    }

    fn log(self, status: u16) {
        let Self {
            at,
            peer,
            method,
            path,
        } = self;
        let took_us = at.elapsed().as_micros();
        debug!(peer, status, took_us, "{method} {path} {status}");
    }
}
