//! `cluster/smarthost`: the mail server that the cluster's administrator chose.

use std::borrow::Cow;

use secrecy::SecretString;

use super::command::Command;
use super::connection::Connection;
use super::value::{Value, raw, shown};
use super::{ClusterError, keys};
use crate::model::{Encryption, SmtpSettings};

const FIELDS: [&str; 7] = [
    "enabled",
    "host",
    "port",
    "username",
    "password",
    "encrypt_smtp",
    "tls_verify",
];
// See `Connection::ask`.
const _: () = assert!(FIELDS.len() >= 6);

/// `None` when none is set or it is switched off.
pub(super) async fn read(redis: &Connection) -> Result<Option<SmtpSettings>, ClusterError> {
    let reply = redis.ask(Command::fields(keys::SMARTHOST, &FIELDS)).await?;
    let settings = match reply.elements() {
        Some(values) => settings(&values),
        None => Err("it is not a hash".to_owned()),
    };
    settings.map_err(|reason| ClusterError::Answer {
        address: redis.endpoint().to_string(),
        command: format!("HMGET {}", keys::SMARTHOST),
        reason: format!("{reason}; set the smarthost again in the cluster's settings"),
    })
}

/// `values` stand in the order of [`FIELDS`]. No error repeats a value that may
/// be the password.
fn settings(values: &[Value]) -> Result<Option<SmtpSettings>, String> {
    let text = |place: usize| values.get(place).and_then(raw).unwrap_or_default();
    let trimmed = |place: usize| text(place).trim().to_owned();
    if trimmed(0) != "1" {
        return Ok(None);
    }
    let host = trimmed(1);
    if host.is_empty() || host.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("host is empty or no host name".to_owned());
    }
    let port = match trimmed(2).parse() {
        Ok(0) | Err(_) => return Err(format!("port is \"{}\"", shown(&trimmed(2)))),
        Ok(port) => port,
    };
    let encryption = match trimmed(5).as_str() {
        "none" => Encryption::None,
        "starttls" => Encryption::Starttls,
        "tls" => Encryption::Tls,
        other => {
            return Err(format!(
                "encrypt_smtp is \"{}\", not none, starttls or tls",
                shown(other)
            ));
        }
    };
    let tls_verify = match trimmed(6).as_str() {
        "0" => false,
        // Whoever did not say so did not ask for less security.
        "1" | "" => true,
        other => return Err(format!("tls_verify is \"{}\", not 0 or 1", shown(other))),
    };
    let login = match text(3) {
        user if user.is_empty() => None,
        user => Some((user.into_owned(), secret(text(4)))),
    };
    Ok(Some(SmtpSettings {
        host,
        port,
        login,
        encryption,
        tls_verify,
        ca_file: None,
    }))
}

fn secret(text: Cow<'_, str>) -> SecretString {
    SecretString::from(text.into_owned())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(values: [&str; 7]) -> Result<Option<SmtpSettings>, String> {
        settings(&values.map(Value::from))
    }

    #[test]
    fn a_smarthost_in_use_is_taken_over_whole() {
        let got = read(["1", "mail.example.org", "587", "me", "pw", "starttls", "1"]);
        let got = got.unwrap().unwrap();
        assert_eq!((got.host.as_str(), got.port), ("mail.example.org", 587));
        let (user, password) = got.login.unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("me", "pw"));
        assert_eq!(
            (got.encryption, got.tls_verify),
            (Encryption::Starttls, true)
        );
    }

    #[test]
    fn without_a_user_there_is_no_login_and_without_a_word_certificates_are_checked() {
        let got = read(["1", "h", "25", "", "pw", "none", ""])
            .unwrap()
            .unwrap();
        assert!(got.login.is_none() && got.tls_verify);
    }

    #[test]
    fn one_that_is_off_or_missing_is_none() {
        assert!(read(["0", "", "x", "", "", "?", ""]).unwrap().is_none());
        assert!(settings(&vec![Value::Nil; 7]).unwrap().is_none());
        assert!(settings(&[]).unwrap().is_none());
    }

    #[test]
    fn a_mistake_is_named_without_the_password() {
        let good = ["1", "h", "25", "u", "s3cret", "none", "0"];
        for (place, value, why) in [
            (1, "", "host is empty or no host name"),
            (1, "h\r\nx", "host is empty or no host name"),
            (2, "70000", "port is \"70000\""),
            (2, "0", "port is \"0\""),
            (2, "smtp\n", "port is \"smtp\""),
            (
                5,
                "ssl",
                "encrypt_smtp is \"ssl\", not none, starttls or tls",
            ),
            (6, "maybe", "tls_verify is \"maybe\", not 0 or 1"),
        ] {
            let mut values = good;
            values[place] = value;
            let error = read(values).unwrap_err();
            assert_eq!(error, why);
            assert!(!error.contains("s3cret"));
        }
    }
}
