//! From a destination's credentials to the environment in which restic finds
//! one repository.
//!
//! Secrets go into environment variables, which only root and the same user
//! can read; never into arguments. Names of fields and the forms of addresses
//! are those of NS8's hash `cluster/backup_repository/<uuid>` up to core 3.19
//! (ns8-core, `agent.prepare_restic_command` of that time) and of the first
//! tool, with a few more for what restic itself can do.

use std::io::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use tempfile::TempDir;

use super::Credentials;
use super::child::Environment;
use super::fields::Fields;
use super::message::Masker;
use crate::model::CredentialFault;

/// An rclone password: rclone wants it in a form of its own in `variable`.
#[derive(Debug)]
pub(super) struct HidePassword {
    pub(super) variable: &'static str,
    pub(super) password: SecretString,
}

/// One repository, as restic's environment.
#[derive(Debug)]
pub(super) struct Backend {
    /// Without PATH and the like.
    pub(super) env: Environment,
    /// Values for restic's `-o`.
    pub(super) options: Vec<String>,
    /// Knows all secrets of these credentials.
    pub(super) masker: Masker,
    /// Has to be done before restic runs.
    pub(super) hide: Option<HidePassword>,
    /// Removed with the backend.
    files: Option<TempDir>,
}

impl Backend {
    /// For the repository at `path` (`<image>/<uuid>`) below the destination.
    pub(super) fn new(credentials: &Credentials, path: &str) -> Result<Self, CredentialFault> {
        let fields = Fields::of(credentials);
        let mut backend = Self {
            env: Environment::default(),
            options: Vec::new(),
            masker: Masker::new(fields.secrets().iter().map(String::as_str)),
            hide: None,
            files: None,
        };
        let address = fields.address()?;
        let repository = backend.connect(&fields, &address, path)?;
        backend.env.set("RESTIC_REPOSITORY", repository);
        backend
            .env
            .set("RESTIC_PASSWORD", fields.needed("password")?);
        Ok(backend)
    }

    /// Sets what the backend needs and gives the repository's address.
    fn connect(
        &mut self,
        fields: &Fields<'_>,
        address: &str,
        path: &str,
    ) -> Result<String, CredentialFault> {
        let (scheme, rest) = address.split_once(':').unwrap_or(("", address));
        match scheme {
            "local" => local(rest, path),
            "s3" => {
                self.set(fields, "AWS_ACCESS_KEY_ID", "aws_access_key_id")?;
                self.set(fields, "AWS_SECRET_ACCESS_KEY", "aws_secret_access_key")?;
                if let Some(region) = fields.get("aws_default_region") {
                    self.env.set("AWS_DEFAULT_REGION", region);
                }
                Ok(join(address, path))
            }
            "b2" => {
                self.set(fields, "B2_ACCOUNT_ID", "b2_account_id")?;
                self.set(fields, "B2_ACCOUNT_KEY", "b2_account_key")?;
                Ok(bucket("b2", rest, path))
            }
            "azure" => {
                self.set(fields, "AZURE_ACCOUNT_NAME", "azure_account_name")?;
                self.set(fields, "AZURE_ACCOUNT_KEY", "azure_account_key")?;
                Ok(bucket("azure", rest, path))
            }
            "sftp" => {
                self.options.push(ssh_without_questions(rest)?);
                Ok(join(address, path))
            }
            "rest" => rest_server(fields, rest, path),
            "rclone" => self.rclone(fields, rest, path),
            "smb" => self.smb(fields, rest, path),
            "webdav" => self.webdav(fields, rest, path),
            other => Err(CredentialFault::UnknownAddress(other.to_owned())),
        }
    }

    fn set(
        &mut self,
        fields: &Fields<'_>,
        variable: &str,
        field: &'static str,
    ) -> Result<(), CredentialFault> {
        self.env.set(variable, fields.needed(field)?);
        Ok(())
    }

    fn rclone(
        &mut self,
        fields: &Fields<'_>,
        remote: &str,
        path: &str,
    ) -> Result<String, CredentialFault> {
        self.env.set("RCLONE_ASK_PASSWORD", "false");
        if let Some(config) = fields.get("rclone_config") {
            if config.contains(['\n', '[']) {
                let folder = private_folder(config)
                    .map_err(|error| CredentialFault::RcloneFile(error.to_string()))?;
                let file = folder.path().join(RCLONE_FILE);
                self.env.set("RCLONE_CONFIG", file.to_string_lossy());
                self.files = Some(folder);
            } else {
                self.env.set("RCLONE_CONFIG", config);
            }
        }
        let colon = if remote.contains(':') { "" } else { ":" };
        Ok(join(&format!("rclone:{remote}{colon}"), path))
    }

    fn smb(
        &mut self,
        fields: &Fields<'_>,
        share: &str,
        path: &str,
    ) -> Result<String, CredentialFault> {
        self.env.set("RCLONE_ASK_PASSWORD", "false");
        self.set(fields, "RCLONE_SMB_HOST", "smb_host")?;
        self.set(fields, "RCLONE_SMB_USER", "smb_user")?;
        if let Some(domain) = fields.get("smb_domain") {
            self.env.set("RCLONE_SMB_DOMAIN", domain);
        }
        self.hide = Some(HidePassword {
            variable: "RCLONE_SMB_PASS",
            password: fields.needed("smb_pass")?.into(),
        });
        Ok(join(&format!("rclone::smb:{share}"), path))
    }

    fn webdav(
        &mut self,
        fields: &Fields<'_>,
        url: &str,
        path: &str,
    ) -> Result<String, CredentialFault> {
        const FORM: &str = "webdav:http://host:port/path";
        let (scheme, rest) = url.split_once("://").ok_or_else(|| not_of(FORM))?;
        let (host, base) = rest.split_once('/').unwrap_or((rest, ""));
        self.env.set("RCLONE_ASK_PASSWORD", "false");
        self.env
            .set("RCLONE_WEBDAV_URL", format!("{scheme}://{host}"));
        self.env.set("RCLONE_WEBDAV_VENDOR", "other");
        if let Some(user) = fields.get("webdav_user") {
            self.env.set("RCLONE_WEBDAV_USER", user);
            self.hide = Some(HidePassword {
                variable: "RCLONE_WEBDAV_PASS",
                password: fields.needed("webdav_pass")?.into(),
            });
        }
        Ok(join(&format!("rclone::webdav:{base}"), path))
    }
}

fn not_of(form: &str) -> CredentialFault {
    CredentialFault::NotOfForm(form.to_owned())
}

/// A path below an address; no `/` behind a colon.
fn join(base: &str, path: &str) -> String {
    if base.ends_with(':') {
        format!("{base}{path}")
    } else {
        format!("{}/{path}", base.trim_end_matches('/'))
    }
}

fn local(folder: &str, path: &str) -> Result<String, CredentialFault> {
    // `file:///folder` is taken for `/folder`.
    let folder = folder.strip_prefix("//").unwrap_or(folder);
    if folder.starts_with('/') {
        Ok(join(&format!("local:{folder}"), path))
    } else {
        Err(CredentialFault::NotAbsolute)
    }
}

/// `b2:` and `azure:` have a colon behind the bucket, whatever stands there.
fn bucket(scheme: &str, rest: &str, path: &str) -> String {
    let (bucket, base) = rest.split_once([':', '/']).unwrap_or((rest, ""));
    match base.trim_matches('/') {
        "" => format!("{scheme}:{bucket}:{path}"),
        base => format!("{scheme}:{bucket}:{base}/{path}"),
    }
}

/// restic 0.14 takes user and password only from the address; so that the
/// password is in no argument, the address is in an environment variable.
fn rest_server(fields: &Fields<'_>, url: &str, path: &str) -> Result<String, CredentialFault> {
    const FORM: &str = "rest:http://host:port/path";
    let (scheme, place) = url.split_once("://").ok_or_else(|| not_of(FORM))?;
    let account = match fields.get("rest_username") {
        Some(user) => {
            let quote = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let password = fields.needed("rest_password")?;
            format!("{}:{}@", quote(user), quote(&password))
        }
        None => String::new(),
    };
    let place = match place.rsplit_once('@') {
        Some((_, place)) if !account.is_empty() => place,
        _ => place,
    };
    Ok(join(&format!("rest:{scheme}://{account}{place}"), path))
}

/// ssh as restic would call it, but without a question to anybody and without
/// minutes of waiting for a dead host.
fn ssh_without_questions(rest: &str) -> Result<String, CredentialFault> {
    const FORM: &str = "sftp:user@host:path";
    let (place, port) = match rest.strip_prefix("//") {
        Some(url) => {
            let place = url.split('/').next().unwrap_or_default();
            match place.rsplit_once(':') {
                Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
                    (host, Some(port))
                }
                _ => (place, None),
            }
        }
        None => (rest.split_once(':').ok_or_else(|| not_of(FORM))?.0, None),
    };
    let (user, host) = match place.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, place),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    for word in [Some(host), user].into_iter().flatten() {
        if !is_plain_word(word) {
            return Err(not_of(FORM));
        }
    }
    let mut ssh = "sftp.command=ssh -o BatchMode=yes -o ConnectTimeout=10".to_owned();
    if let Some(port) = port {
        ssh = format!("{ssh} -p {port}");
    }
    if let Some(user) = user {
        ssh = format!("{ssh} -l {user}");
    }
    Ok(format!("{ssh} {host} -s sftp"))
}

/// Neither an option nor several words.
fn is_plain_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_'))
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%'))
}

const RCLONE_FILE: &str = "rclone.conf";

/// A folder with a configuration for rclone in it, removed when dropped.
fn private_folder(config: &str) -> std::io::Result<TempDir> {
    let folder = tempfile::Builder::new()
        .prefix("ns8-backup-monitor-")
        .tempdir()?;
    private_file(&folder.path().join(RCLONE_FILE))?.write_all(config.as_bytes())?;
    Ok(folder)
}

fn private_file(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
#[path = "backend_tests.rs"]
mod tests;
