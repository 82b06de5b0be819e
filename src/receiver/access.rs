//! Who may ask. The address of the connection counts; what a request says about
//! itself (`Forwarded`, `X-Forwarded-For`) does not.

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{Door, Refusal};

/// Whether the other end of the connection is on this machine. Nobody is who
/// came in through the VPN.
pub(super) fn is_local(request: &HttpRequest) -> bool {
    let of_this_machine = || {
        request
            .peer_addr()
            .is_some_and(|peer| peer.ip().to_canonical().is_loopback())
    };
    request.app_data::<Door>() != Some(&Door::Vpn) && of_this_machine()
}

/// Lets in this machine, and who shows the token.
pub(super) fn local_or_token(
    request: &HttpRequest,
    token: Option<&SecretString>,
) -> Result<(), Refusal> {
    if is_local(request) {
        return Ok(());
    }
    let token = token.ok_or(Refusal::NoToken)?;
    let shown = request.headers().get(AUTHORIZATION).and_then(bearer);
    if shown.is_some_and(|shown| same(shown, token)) {
        Ok(())
    } else {
        Err(Refusal::WrongToken)
    }
}

/// RFC 6750: the scheme in any case, one space or more, the token.
fn bearer(header: &HeaderValue) -> Option<&str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_matches(' '))
}

/// Digests are compared, so that neither content nor length shows in the time.
fn same(shown: &str, token: &SecretString) -> bool {
    let shown = Sha256::digest(shown.as_bytes());
    let token = Sha256::digest(token.expose_secret().as_bytes());
    bool::from(shown.as_slice().ct_eq(token.as_slice()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn from(peer: &str) -> TestRequest {
        TestRequest::post().peer_addr(peer.parse().unwrap())
    }

    fn token() -> SecretString {
        SecretString::from("s3cret")
    }

    #[test]
    fn this_machine_needs_no_token() {
        for peer in [
            "127.0.0.1:9",
            "127.5.4.1:9",
            "[::1]:9",
            "[::ffff:127.0.0.1]:9",
        ] {
            let request = from(peer).to_http_request();
            assert!(local_or_token(&request, None).is_ok(), "{peer}");
            assert!(local_or_token(&request, Some(&token())).is_ok(), "{peer}");
        }
    }

    #[test]
    fn through_the_vpn_also_this_machine_needs_the_token() {
        let vpn = || from("127.0.0.1:9").app_data(Door::Vpn);
        let refusal = local_or_token(&vpn().to_http_request(), Some(&token()));
        assert!(matches!(refusal, Err(Refusal::WrongToken)));
        let shown = vpn().insert_header((AUTHORIZATION, "Bearer s3cret"));
        assert!(local_or_token(&shown.to_http_request(), Some(&token())).is_ok());
    }

    #[test]
    fn another_machine_needs_the_very_token() {
        for (shown, right) in [
            ("Bearer s3cret", true),
            ("bearer  s3cret ", true),
            ("Bearer s3cret2", false),
            ("Bearer s3cre", false),
            ("Bearer", false),
            ("Bearer ", false),
            ("Basic s3cret", false),
            ("s3cret", false),
        ] {
            let request = from("10.5.4.1:9")
                .insert_header((AUTHORIZATION, shown))
                .to_http_request();
            assert_eq!(
                local_or_token(&request, Some(&token())).is_ok(),
                right,
                "{shown}"
            );
        }
        let request = from("10.5.4.1:9").to_http_request();
        let refusal = local_or_token(&request, Some(&token())).unwrap_err();
        assert!(matches!(refusal, Refusal::WrongToken));
    }

    #[test]
    fn without_a_token_in_the_configuration_nobody_else_is_let_in() {
        let request = from("10.5.4.1:9")
            .insert_header((AUTHORIZATION, "Bearer "))
            .to_http_request();
        let refusal = local_or_token(&request, None).unwrap_err();
        assert!(matches!(refusal, Refusal::NoToken));
    }

    #[test]
    fn a_forwarding_header_makes_nobody_local() {
        let request = from("10.5.4.1:9")
            .insert_header(("X-Forwarded-For", "127.0.0.1"))
            .insert_header(("Forwarded", "for=127.0.0.1"))
            .to_http_request();
        assert!(local_or_token(&request, None).is_err());
    }
}
