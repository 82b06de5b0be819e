//! The shapes of values that are never shown: secrets, and what may hold one.

use secrecy::SecretString;

use super::errors::Code;
use super::form::{Why, Word};
use super::tree::Scalar;
use super::words::CONTROL;

/// Words, split as a shell would. A command line can hold secrets.
pub(super) struct CommandLine {
    pub empty: bool,
}

impl Word for CommandLine {
    type Out = Vec<String>;

    const SECRET: bool = true;

    fn allowed(&self) -> String {
        "words as for a shell, with every quote closed".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<Vec<String>, Why> {
        if scalar.text.contains('\0') {
            return Err(Why(Code::ControlCharacter, "holds a NUL character"));
        }
        let words = shell_words::split(&scalar.text)
            .map_err(|_| Why(Code::NotACommand, "has an open quote"))?;
        let named = words.first().is_some_and(|program| !program.is_empty());
        if named || (self.empty && words.is_empty()) {
            Ok(words)
        } else {
            Err(Why(Code::NotACommand, "has no first word"))
        }
    }
}

/// A secret of any characters but control characters.
pub(super) struct Secret;

impl Word for Secret {
    type Out = SecretString;

    const SECRET: bool = true;

    fn allowed(&self) -> String {
        "a text on one line, not empty".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<SecretString, Why> {
        if scalar.text.is_empty() {
            return Err(Why(Code::WrongLength, "is empty"));
        }
        if scalar.text.chars().any(char::is_control) {
            return Err(CONTROL);
        }
        Ok(SecretString::from(scalar.text.clone()))
    }
}

/// A secret that can stand in an `Authorization: Bearer` header (RFC 6750).
pub(super) struct Token;

impl Word for Token {
    type Out = SecretString;

    const SECRET: bool = true;

    fn allowed(&self) -> String {
        "letters, digits and - . _ ~ + / =, not empty".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<SecretString, Why> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        if scalar.text.is_empty() || !scalar.text.bytes().all(fits) {
            return Err(Why(Code::NotAToken, "cannot be sent as a bearer token"));
        }
        Ok(SecretString::from(scalar.text.clone()))
    }
}

/// A field of a destination: often a secret, and of several lines where it is a
/// whole rclone configuration.
pub(super) struct Credential;

impl Word for Credential {
    type Out = SecretString;

    const SECRET: bool = true;

    fn allowed(&self) -> String {
        "a text, not empty".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<SecretString, Why> {
        if scalar.text.is_empty() || scalar.text.contains('\0') {
            return Err(Why(Code::WrongLength, "cannot be used"));
        }
        Ok(SecretString::from(scalar.text.clone()))
    }
}
