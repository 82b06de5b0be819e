//! What every HTTP client here has in common: no proxy, no redirect, limits.

use std::time::Duration;

use reqwest::{Certificate, Client, Response, redirect};

use super::value::shown;

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// Installs ring as the process's TLS provider, without which no HTTP or SMTP
/// client can be made. A second call does nothing.
pub fn install_crypto_provider() {
    // An error means that there is one already.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
}

/// A client whose exchanges take `limit` at most, connecting and body included.
/// It speaks TLS by the built-in roots: without them it looks for the machine's
/// and, in an empty image, cannot be made, not even for plain HTTP.
///
/// # Errors
/// Why it cannot be made.
pub(super) fn client(limit: Duration) -> Result<Client, String> {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|der| Certificate::from_der(der).ok());
    made(roots, limit)
}

/// A client for plain HTTP: no certificate is known to it.
///
/// # Errors
/// Why it cannot be made.
pub(super) fn plain_client(limit: Duration) -> Result<Client, String> {
    made([], limit)
}

fn made(roots: impl IntoIterator<Item = Certificate>, limit: Duration) -> Result<Client, String> {
    install_crypto_provider();
    Client::builder()
        .tls_certs_only(roots)
        .no_proxy()
        .redirect(redirect::Policy::none())
        // A kept connection that the server just closed would leave it open
        // whether a request was obeyed.
        .pool_max_idle_per_host(0)
        .timeout(limit)
        // Ends before the whole, so that it shows that nothing was sent.
        .connect_timeout(limit.min(CONNECT))
        .build()
        .map_err(|error| format!("the HTTP client cannot be made: {error}"))
}

/// The body, of at most `most` bytes, or the error; `None` when it is longer.
pub(super) async fn bounded(
    mut response: Response,
    most: usize,
) -> Result<Vec<u8>, Option<reqwest::Error>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Some)? {
        if body.len() + chunk.len() > most {
            return Err(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Why it failed; reqwest keeps the reason behind several layers.
pub(super) fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    shown(&text)
}
