//! Reading a body within bounds: type, length, time.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::{Limits, Refusal};

/// JSON, or no type at all, which is what a test by hand often sends.
pub(super) fn check_type(request: &HttpRequest) -> Result<(), Refusal> {
    let headers = request.headers();
    let encoded = headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded {
        return Err(Refusal::Encoded);
    }
    match headers.get(CONTENT_TYPE).map(|value| value.to_str()) {
        None => Ok(()),
        Some(Ok(value)) if is_json(value) => Ok(()),
        Some(_) => Err(Refusal::WrongType),
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The whole body.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    limits: &Limits,
) -> Result<BytesMut, Refusal> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limits.body) {
        return Err(Refusal::TooLarge(limits.body));
    }
    timeout(limits.body_time, collect(payload, limits.body))
        .await
        .unwrap_or(Err(Refusal::TooSlow(limits.body_time)))
}

async fn collect(mut payload: Payload, most: usize) -> Result<BytesMut, Refusal> {
    let mut body = BytesMut::new();
    while let Some(part) = payload.next().await {
        let part = part.map_err(|_| Refusal::CutOff)?;
        if body.len() + part.len() > most {
            return Err(Refusal::TooLarge(most));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn verdict(name: &'static str, value: &'static str) -> Result<(), Refusal> {
        let request = TestRequest::post().insert_header((name, value));
        check_type(&request.to_http_request())
    }

    #[test]
    fn json_is_taken_under_all_its_names_and_without_one() {
        for value in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/vnd.alertmanager+json",
        ] {
            assert!(verdict("Content-Type", value).is_ok(), "{value}");
        }
        assert!(check_type(&TestRequest::post().to_http_request()).is_ok());
    }

    #[test]
    fn other_types_and_packed_bodies_are_not() {
        for value in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "",
            "json",
        ] {
            let refusal = verdict("Content-Type", value).unwrap_err();
            assert!(matches!(refusal, Refusal::WrongType), "{value}");
        }
        let refusal = verdict("Content-Encoding", "gzip").unwrap_err();
        assert!(matches!(refusal, Refusal::Encoded));
        assert!(verdict("Content-Encoding", "identity").is_ok());
    }
}
