//! Everything that is answered otherwise than asked, and how.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

use crate::store::StoreError;

/// Why a request was refused. Its text goes to the client, as JSON.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nothing lives at this path.
    #[error("there is nothing here; alerts are posted to /alert")]
    NoSuchPath,
    /// Something does, and wants another method.
    #[error("this path answers {0} only")]
    Method(&'static str),
    /// From another machine, and no token is configured.
    #[error("only this machine is let in; set receiver.token to let others in")]
    NoToken,
    /// From another machine, without the right token.
    #[error("the header Authorization: Bearer is missing or wrong")]
    WrongToken,
    /// From another machine, for a page that is for this one only.
    #[error("this page is for this machine only")]
    NotFromHere,
    /// The body is of another type.
    #[error("the content type has to be application/json")]
    WrongType,
    /// The body is compressed.
    #[error("a content encoding is not understood; send the body as it is")]
    Encoded,
    /// The body is too long.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// Too many alerts in one post.
    #[error("more than {0} alerts in one post")]
    TooManyAlerts(usize),
    /// The body did not arrive in time.
    #[error("the body did not arrive within {0:?}")]
    TooSlow(Duration),
    /// The body ended early, or broke HTTP's rules.
    #[error("the body was cut off")]
    CutOff,
    /// The body is not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// The body is JSON and no webhook post.
    #[error("the body is not an Alertmanager webhook: {0}")]
    NotAWebhook(String),
    /// More at once than can be taken.
    #[error("too many requests at once; try again")]
    TooMany,
    /// The alerts could not be stored.
    #[error("the alerts cannot be stored: {0}")]
    Store(#[from] StoreError),
    /// The database gave no answer in time.
    #[error("the alerts cannot be stored: the database did not answer within {0:?}")]
    StoreTooSlow(Duration),
}

impl Refusal {
    /// Whether the database is at fault, and not who asked.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self, Self::Store(_) | Self::StoreTooSlow(_))
    }
}

impl ResponseError for Refusal {
    /// Alertmanager gives up at a 4xx and tries again at a 5xx: our own trouble
    /// is never a 4xx.
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::NotFromHere => StatusCode::FORBIDDEN,
            Self::WrongType | Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) | Self::TooManyAlerts(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::CutOff | Self::NotJson(_) | Self::NotAWebhook(_) => StatusCode::BAD_REQUEST,
            Self::TooMany | Self::Store(_) | Self::StoreTooSlow(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut answer = HttpResponse::build(status);
        match self {
            Self::Method(allowed) => {
                answer.insert_header((ALLOW, HeaderValue::from_static(allowed)));
            }
            Self::NoToken | Self::WrongToken => {
                answer.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
            }
            // What is left of such a body is not waited for.
            Self::TooLarge(_) | Self::TooSlow(_) | Self::CutOff | Self::TooMany => {
                answer.force_close();
            }
            _ => {}
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            answer.insert_header((RETRY_AFTER, HeaderValue::from_static("5")));
        }
        answer.json(json!({ "error": self.to_string() }))
    }
}
