//! An Alertmanager that is asked which alerts are on.
//! <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>

use std::time::Duration;

use reqwest::{Client, StatusCode};

use super::http::{self, bounded, causes};

/// Some thousands of alerts.
const BODY_MAX: usize = 4 * 1024 * 1024;
/// For the whole exchange.
const EXCHANGE: Duration = Duration::from_secs(10);

/// Asks one Alertmanager.
pub struct Alertmanager {
    client: Client,
    base: String,
}

/// Why it did not say which alerts are on. Never means that there are none.
#[derive(Debug, thiserror::Error)]
pub enum AlertmanagerError {
    /// The client cannot be made.
    #[error("{0}")]
    Client(String),
    /// No connection, or no answer in time.
    #[error("Alertmanager at {address} cannot be reached: {reason}")]
    Unreachable {
        /// Where it was tried.
        address: String,
        /// What went wrong.
        reason: String,
    },
    /// It answered otherwise than with a list.
    #[error("Alertmanager at {address} answered with status {status}")]
    Status {
        /// Who answered.
        address: String,
        /// What.
        status: u16,
    },
    /// The list is longer than anybody reads.
    #[error("Alertmanager at {address} answered with more than {BODY_MAX} bytes")]
    TooLong {
        /// Who answered.
        address: String,
    },
}

impl Alertmanager {
    /// For the one at `url`, without a slash at its end. Connects to nothing
    /// yet.
    pub fn new(url: &str) -> Result<Self, AlertmanagerError> {
        let client = http::client(EXCHANGE).map_err(AlertmanagerError::Client)?;
        Ok(Self {
            client,
            base: url.to_owned(),
        })
    }

    /// The alerts that are on and that nobody silenced, as its API version 2
    /// lists them: JSON of at most 4 MiB, within 10 s.
    pub async fn active_alerts(&self) -> Result<Vec<u8>, AlertmanagerError> {
        let address = || self.base.clone();
        let unreachable = |error| AlertmanagerError::Unreachable {
            address: address(),
            reason: causes(error),
        };
        let url = format!("{}/api/v2/alerts?silenced=false&inhibited=false", self.base);
        let response = self.client.get(url).send().await.map_err(unreachable)?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(AlertmanagerError::Status {
                address: address(),
                status: status.as_u16(),
            });
        }
        bounded(response, BODY_MAX).await.map_err(|error| {
            error.map_or_else(
                || AlertmanagerError::TooLong { address: address() },
                unreachable,
            )
        })
    }
}
