//! `/healthz`, `/readyz` and `/reloads`, for service managers and monitoring.

use std::time::Instant;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use tokio::time::timeout;

use crate::model::sanitize;

use super::server::Shared;
use super::{RedisHealth, Refusal, Reloads, access};

#[derive(Serialize)]
struct Health {
    healthy: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// One of the parts that have to work.
#[derive(Serialize)]
pub(super) struct Part {
    pub(super) ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    database: Part,
    redis: Part,
    reloads: Reloads,
}

impl Part {
    fn from_result<E: ToString>(result: Result<(), E>) -> Self {
        Self {
            ok: result.is_ok(),
            error: result.err().map(|error| sanitize(&error.to_string())),
        }
    }
}

/// 200 while the process works, whatever it works with; for everybody.
pub(super) async fn healthz(shared: Data<Shared>) -> HttpResponse {
    match shared.vitals.stuck_for(Instant::now()) {
        None => HttpResponse::Ok().json(Health {
            healthy: true,
            error: None,
        }),
        Some(silence) => HttpResponse::ServiceUnavailable().json(Health {
            healthy: false,
            error: Some(format!("nothing has moved for {} s", silence.as_secs())),
        }),
    }
}

/// 200 when alerts can be stored and answered. For this machine and holders of
/// the token, since it writes to the disk.
pub(super) async fn readyz(
    request: HttpRequest,
    shared: Data<Shared>,
) -> Result<HttpResponse, Refusal> {
    access::local_or_token(&request, shared.rules().token.as_ref())?;
    let (database, redis) = (database(&shared).await, redis(&shared));
    let ready = database.ok && redis.ok;
    let mut answer = if ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    Ok(answer.json(Readiness {
        ready,
        database,
        redis,
        reloads: shared.vitals.reloads(),
    }))
}

/// What came of reading the configuration again; for this machine and holders of the
/// token, since a reason may name what is in the file. Waits for nothing.
pub(super) async fn reloads(
    request: HttpRequest,
    shared: Data<Shared>,
) -> Result<HttpResponse, Refusal> {
    access::local_or_token(&request, shared.rules().token.as_ref())?;
    Ok(HttpResponse::Ok().json(shared.vitals.reloads()))
}

/// Whether the database can be written, found out now.
pub(super) async fn database(shared: &Shared) -> Part {
    let limit = shared.limits.ask_time;
    match timeout(limit, shared.store.check_writable()).await {
        Ok(result) => Part::from_result(result),
        Err(_) => Part::from_result(Err(format!("no answer within {limit:?}"))),
    }
}

/// Whether Redis was reached when it was tried last.
pub(super) fn redis(shared: &Shared) -> Part {
    Part::from_result(match shared.vitals.redis() {
        RedisHealth::Reached => Ok(()),
        RedisHealth::NotTried => Err("not tried yet".to_owned()),
        RedisHealth::Failed(reason) => Err(reason),
    })
}
