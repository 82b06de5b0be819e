//! `/metrics`: what somebody else wrote, as it is. For everybody, since
//! Prometheus asks from another node and holds no token of ours; it has no
//! secret in it.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};

use super::server::Shared;

/// The type of the text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Sent as it lies in memory: with thousands of applications it is megabytes.
struct Text(Arc<str>);

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

pub(super) async fn show(shared: Data<Shared>) -> HttpResponse {
    let text = Arc::clone(&shared.metrics.borrow());
    HttpResponse::Ok()
        .content_type(OPEN_METRICS)
        .body(Bytes::from_owner(Text(text)))
}
