//! Which certificates are trusted.

use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};

use super::answer::Failure;
use crate::model::SmtpSettings;

/// The machine's own CA bundle (`SSL_CERT_FILE` counts), or Mozilla's roots
/// where there is none, and `ca_file` beside them. With `tls_verify` off any
/// certificate will do, as NS8's own `ns8-sendmail` does it.
pub(super) fn parameters(settings: &SmtpSettings) -> Result<TlsParameters, Failure> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if settings.tls_verify {
        if !machine_has_roots() {
            builder = builder.certificate_store(CertificateStore::WebpkiRoots);
        }
    } else {
        builder = builder
            .certificate_store(CertificateStore::None)
            .dangerous_accept_invalid_certs(true)
            .dangerous_accept_invalid_hostnames(true);
    }
    if let Some(path) = settings.ca_file.as_ref().filter(|_| settings.tls_verify) {
        let unusable = |reason: String| Failure::CaFile(format!("{}: {reason}", path.display()));
        let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        if !pem.windows(PEM.len()).any(|window| window == PEM) {
            return Err(unusable("no PEM certificate in it".into()));
        }
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    Ok(builder.build()?)
}

const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Whether the machine has a CA bundle in one of the places where
/// distributions keep it, or where `SSL_CERT_FILE` or `SSL_CERT_DIR` say. An
/// image made from scratch has none, and a store without roots trusts nobody.
fn machine_has_roots() -> bool {
    const FILES: [&str; 5] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|path| !path.is_empty()))
        || FILES
            .iter()
            .any(|path| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0))
}
