//! From Redis values to safe, short text.

use std::borrow::Cow;

use fred::bytes::Bytes;

use crate::model::{sanitize, truncate};

/// Characters that are kept of a label, an address or an error text.
const TEXT_MAX: usize = 300;
/// Bytes that are looked at before the exact cut, so that a huge value costs
/// nothing: one character has at most four.
const BYTES_MAX: usize = (TEXT_MAX + 1) * 4;
/// The longest id that is believed; NS8's own are far below.
const ID_MAX: usize = 100;

/// A value of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// There is none.
    Nil,
    Number(i64),
    Text(Bytes),
    List(Vec<Value>),
}

impl Value {
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// A number that counts something.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::Number(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }
}

/// The bytes of a string reply; `None` for nil and for anything else.
#[inline]
pub(super) fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Text(bytes) => Some(bytes),
        _ => None,
    }
}

/// A string reply as text, outside characters and all; never shown as it is.
#[inline]
pub(super) fn raw(value: &Value) -> Option<Cow<'_, str>> {
    bytes(value).map(lossy)
}

/// std's own way looks at each byte of a good text, too.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// A label: made harmless, cut to [`TEXT_MAX`] characters; empty is none.
pub(super) fn label(value: &Value) -> Option<String> {
    let bytes = bytes(value)?;
    let head = bytes.get(..BYTES_MAX).unwrap_or(bytes);
    let text = shown(lossy(head).trim());
    (!text.is_empty()).then_some(text)
}

/// `text`, made harmless and cut to [`TEXT_MAX`] characters.
pub(super) fn shown(text: &str) -> String {
    let safe = sanitize(text);
    // No text has more characters than bytes.
    if safe.len() <= TEXT_MAX {
        safe
    } else {
        truncate(&safe, TEXT_MAX)
    }
}

/// Whether `text` can be an id: what is not printable ASCII, holds a `/` or
/// begins with a dot would change the key or the path that it is put into.
pub(super) fn is_id(text: &str) -> bool {
    text.len() <= ID_MAX
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'/')
}

/// An address without whatever in it can be a credential: user and password,
/// the query, options of an rclone remote.
pub(super) fn without_credentials(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    if let Some((scheme, rest)) = url.split_once("://") {
        return format!("{scheme}://{}", host_onwards(rest));
    }
    match url.split_once(':') {
        Some(("rclone", remote)) => {
            let end = remote.find(',').unwrap_or(remote.len());
            format!("rclone:{}", remote.get(..end).unwrap_or_default())
        }
        Some((scheme, rest)) => format!("{scheme}:{}", host_onwards(rest)),
        None => url.to_owned(),
    }
}

/// Cuts at the last `@` where what stands before the first `/` looks like user
/// and password; a password may itself hold `/` and `@`, and must not survive
/// in part.
fn host_onwards(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or_default();
    let suspicious = authority.contains('@')
        || authority
            .split_once(':')
            .is_some_and(|(_, port)| !port.bytes().all(|b| b.is_ascii_digit()));
    match rest.rsplit_once('@') {
        Some((_, host)) if suspicious => host,
        _ => rest,
    }
}

#[cfg(test)]
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Bytes::copy_from_slice(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_every_credential_and_nothing_else() {
        for (given, shown) in [
            ("b2:bucket", "b2:bucket"),
            ("s3:host/bucket", "s3:host/bucket"),
            (
                "s3:https://key:secret@host:9000/b",
                "s3:https://host:9000/b",
            ),
            ("webdav:http://10.5.4.1:4694", "webdav:http://10.5.4.1:4694"),
            ("rest:http://u:pa/s@s@host:80/x", "rest:http://host:80/x"),
            ("rest:http://u:p@h/?sig=secret#x", "rest:http://h/"),
            ("sftp:me:secret@nas:/srv/b", "sftp:nas:/srv/b"),
            ("rclone:sftp:host:path", "rclone:sftp:host:path"),
            ("rclone:remote,pass=secret:path", "rclone:remote"),
            ("smb:dom;u:se/cret@srv/share", "smb:srv/share"),
            ("/srv/backup", "/srv/backup"),
            ("https://host/with@sign", "https://host/with@sign"),
        ] {
            assert_eq!(without_credentials(given), shown, "{given}");
        }
    }

    #[test]
    fn an_id_that_would_change_a_key_or_a_path_is_none() {
        for good in ["1", "mail1", "0b5e4b7e-9c4e-5c1e-8d11-5a7f3c6f0001"] {
            assert!(is_id(good), "{good}");
        }
        let long = "x".repeat(101);
        for bad in [
            "",
            "a/b",
            "..",
            "a b",
            "a\nb",
            "è1",
            "\u{202e}x",
            long.as_str(),
        ] {
            assert!(!is_id(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_label_is_harmless_and_bounded_even_inside_a_character() {
        let hostile = Value::from(("è".repeat(5000) + "\n").as_str());
        assert_eq!(label(&hostile).unwrap().chars().count(), TEXT_MAX);
        assert_eq!(label(&Value::from("a\r\nb")), Some("a␍␊b".into()));
        assert_eq!(label(&Value::from(" ")), None);
        assert_eq!(label(&Value::Nil), None);
    }
}
