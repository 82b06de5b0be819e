//! The fields of a destination's credentials: which there are, what address
//! they make, and which of them are secret.

use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret;

use super::Credentials;
use crate::model::CredentialFault;

/// All fields that credentials may have.
///
/// Everywhere `url` (or `path` for a local folder), `provider` and `password`
/// (restic's). Per backend: `s3:` the three `aws_` ones; `b2:` the `b2_` ones;
/// `azure:` the `azure_` ones; `sftp:` none; `rclone:` `rclone_config` (the
/// file's content or its path); `smb:` the `smb_` ones; `webdav:` and `rest:`
/// (NS8's gateway, `rest:http://127.0.0.1:4694/<uuid>`) their user and password.
pub const FIELDS: [&str; 21] = [
    "url",
    "path",
    "provider",
    "name",
    "password",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_default_region",
    "b2_account_id",
    "b2_account_key",
    "azure_account_name",
    "azure_account_key",
    "rclone_config",
    "smb_host",
    "smb_user",
    "smb_pass",
    "smb_domain",
    "webdav_user",
    "webdav_pass",
    "rest_username",
    "rest_password",
];

/// Credentials, read by name; an empty value is none.
pub(super) struct Fields<'a>(&'a Credentials);

impl<'a> Fields<'a> {
    pub(super) fn of(credentials: &'a Credentials) -> Self {
        Self(credentials)
    }

    /// A value that is there.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(ExposeSecret::expose_secret)
            .filter(|value| !value.trim().is_empty())
    }

    /// A value without which nothing goes.
    pub(super) fn needed(&self, name: &'static str) -> Result<String, CredentialFault> {
        self.get(name)
            .map(str::to_owned)
            .ok_or(CredentialFault::Missing(name.to_owned()))
    }

    /// The address with a scheme in front: its own, or what the provider says.
    pub(super) fn address(&self) -> Result<String, CredentialFault> {
        const SCHEMES: [&str; 9] = [
            "local:", "s3:", "b2:", "azure:", "sftp:", "rest:", "rclone:", "smb:", "webdav:",
        ];
        let url = self
            .get("url")
            .or_else(|| self.get("path"))
            .ok_or(CredentialFault::Missing("url".to_owned()))?
            .trim();
        if SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
            return Ok(url.to_owned());
        }
        for own_word in ["fs:", "file:"] {
            if let Some(folder) = url.strip_prefix(own_word) {
                return Ok(format!("local:{folder}"));
            }
        }
        if url.starts_with('/') {
            return Ok(format!("local:{url}"));
        }
        let scheme = match self.get("provider").unwrap_or_default() {
            "local" | "fs" => "local",
            "aws" | "s3" | "generic-s3" => "s3",
            "backblaze" | "b2" => "b2",
            "azure" => "azure",
            _ => {
                let scheme = url.split(':').next().unwrap_or_default();
                return Err(CredentialFault::UnknownAddress(scheme.to_owned()));
            }
        };
        Ok(format!("{scheme}:{url}"))
    }

    /// Every value that must never be seen.
    pub(super) fn secrets(&self) -> Vec<String> {
        let mut secrets: Vec<String> = self
            .0
            .iter()
            .filter(|(name, _)| is_secret(name))
            .map(|(_, value)| value.expose_secret().trim().to_owned())
            .collect();
        if let Some(config) = self.get("rclone_config") {
            let entries = config.lines().filter_map(|line| line.split_once('='));
            secrets.extend(
                entries
                    .filter(|(name, _)| is_secret(&name.to_lowercase()))
                    .map(|(_, value)| value.trim().to_owned()),
            );
        }
        if let Some(password) = self.get("url").and_then(password_in_url) {
            secrets.push(
                percent_decode_str(password)
                    .decode_utf8_lossy()
                    .into_owned(),
            );
            secrets.push(password.to_owned());
        }
        secrets
    }
}

fn is_secret(name: &str) -> bool {
    ["pass", "key", "secret", "token", "sas_url"]
        .iter()
        .any(|word| name.contains(word))
}

fn password_in_url(url: &str) -> Option<&str> {
    let (account, _) = url.split_once("://")?.1.rsplit_once('@')?;
    Some(account.split_once(':')?.1)
}
