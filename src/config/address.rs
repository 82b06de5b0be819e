//! Names on the net, their syntax and their shapes as values: mail addresses,
//! hosts, `host:port`, URLs.
//!
//! Stricter than the standards on purpose: what passes here can stand in a
//! header, an SMTP command and an HTML attribute without further thought.

use std::net::{IpAddr, Ipv6Addr};

use super::errors::Code;
use super::form::{Kind, Limits, Why, Word};
use super::tree::Scalar;
use crate::model::Mailbox;

/// The mailbox of a bare mail address.
///
/// # Errors
/// What is wrong with it, to stand behind the address.
pub fn mailbox(text: &str) -> Result<Mailbox, &'static str> {
    check_address(text).map(|()| Mailbox::new(text))
}

/// Whether `text` is a bare mail address that every mail server takes; if not,
/// why.
fn check_address(text: &str) -> Result<(), &'static str> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("holds a space or a control character");
    }
    if text.contains(['<', '>', '"', '\'', '(', ')', ',', ';', ':']) {
        return Err("must be the bare address, without name, quotes or brackets");
    }
    let Some((local, domain)) = text.split_once('@') else {
        return Err("has no @");
    };
    if domain.contains('@') {
        return Err("has more than one @");
    }
    if !local.is_ascii() {
        // Needs SMTPUTF8 all the way, which few smarthosts have: the mail
        // would never arrive.
        return Err("has letters before the @ that many mail servers do not take");
    }
    if !domain.is_ascii() {
        return Err("has a domain with special letters: write it in its xn-- form");
    }
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&*+-/=?^_`{|}~".contains(&b))
    };
    if local.len() > 64 || !local.split('.').all(atom) {
        return Err("has no valid name before the @");
    }
    if !is_domain(domain) {
        return Err("has no valid domain behind the @");
    }
    Ok(())
}

/// A host name by RFC 1123: labels of letters, digits and inner hyphens.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// A host name or an address without brackets. Underscores occur in the names
/// of containers.
fn is_host(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || is_domain(&text.replace('_', "0"))
}

/// `host:port` or `[v6]:port`; the host is given back without brackets.
fn host_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| port.parse::<u16>().ok())?
        .filter(|port| *port > 0)?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')
            .filter(|v6| v6.parse::<Ipv6Addr>().is_ok())?,
        None => Some(host).filter(|host| !host.contains(':') && is_host(host))?,
    };
    Some((host, port))
}

/// Whether `text` is an `http` or `https` address that may be called and shown;
/// if not, why.
fn check_url(text: &str) -> Result<(), &'static str> {
    let lower = text.to_ascii_lowercase();
    let Some(rest) = ["https://", "http://"]
        .iter()
        .find(|scheme| lower.starts_with(**scheme))
        .and_then(|scheme| text.get(scheme.len()..))
    else {
        return Err("does not begin with http:// or https://");
    };
    let visible = |b: u8| b.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&b);
    if !rest.bytes().all(visible) {
        return Err("holds a character that an address may not hold");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("must not hold a user or a password");
    }
    let host_alone = authority
        .strip_prefix('[')
        .and_then(|v6| v6.strip_suffix(']'))
        .map_or_else(|| is_host(authority), |v6| v6.parse::<Ipv6Addr>().is_ok());
    if host_alone || host_port(authority).is_some() {
        Ok(())
    } else {
        Err("names no valid host")
    }
}

/// A bare mail address.
pub(super) struct Address;

impl Word for Address {
    type Out = Mailbox;

    fn allowed(&self) -> String {
        "a bare address such as backup@example.org".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<Mailbox, Why> {
        check_address(&scalar.text).map_err(|why| Why(Code::NotAnAddress, why))?;
        Ok(Mailbox::new(scalar.text.clone()))
    }

    fn limits(&self) -> Limits {
        Limits::of(Kind::Address)
    }
}

/// An IP address to listen on.
pub(super) struct Ip;

impl Word for Ip {
    type Out = IpAddr;

    fn allowed(&self) -> String {
        "an IP address such as 127.0.0.1, or localhost".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<IpAddr, Why> {
        match scalar.text.as_str() {
            "localhost" => Ok(IpAddr::from([127, 0, 0, 1])),
            text => text.parse().map_err(|_| Why(Code::NotAnIp, "is not one")),
        }
    }
}

/// The name or address of a server.
pub(super) struct Host;

impl Word for Host {
    type Out = String;

    fn allowed(&self) -> String {
        "a host name or an IP address".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<String, Why> {
        is_host(&scalar.text)
            .then(|| scalar.text.clone())
            .ok_or(Why(Code::NotAHost, "is neither"))
    }

    fn limits(&self) -> Limits {
        Limits::of(Kind::Host)
    }
}

/// `host:port`, as the agent writes it. It could hold a password by mistake.
pub(super) struct HostPort;

impl Word for HostPort {
    type Out = (String, u16);

    const SECRET: bool = true;

    fn allowed(&self) -> String {
        "host:port, such as 127.0.0.1:6379".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<Self::Out, Why> {
        host_port(&scalar.text)
            .map(|(host, port)| (host.to_owned(), port))
            .ok_or(Why(Code::NotHostAndPort, "is not host:port"))
    }
}

/// An `http` or `https` address. It could hold a password by mistake.
pub(super) struct Url;

impl Word for Url {
    type Out = String;

    const SECRET: bool = true;

    fn allowed(&self) -> String {
        "an address such as https://leader.example.org/cluster-admin/".to_owned()
    }

    fn parse(&self, scalar: &Scalar) -> Result<String, Why> {
        check_url(&scalar.text).map_err(|why| Why(Code::NotAUrl, why))?;
        Ok(scalar.text.clone())
    }

    fn limits(&self) -> Limits {
        Limits::of(Kind::Url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_are_taken() {
        for good in [
            "root@localhost",
            "ns8-backup-monitor@yourdomain.com",
            "first.last+backup@mail.example.co.uk",
            "o_o@xn--bcher-kva.example",
        ] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn hostile_addresses_are_refused() {
        for bad in [
            "",
            "admin",
            "@example.org",
            "admin@",
            "a@b@example.org",
            "admin@example.org\r\nBcc: x@example.org",
            "admin@example.org\n",
            "ad min@example.org",
            "\"a b\"@example.org",
            "Admin <admin@example.org>",
            "a@example.org,b@example.org",
            ".a@example.org",
            "a..b@example.org",
            "a@-example.org",
            "a@example..org",
            "a@[127.0.0.1]",
            "ä@example.org",
            "a@bücher.example",
            "a@exam\u{202e}ple.org",
            "<script>@example.org",
        ] {
            assert!(check_address(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_redis_address_is_host_and_port() {
        assert_eq!(
            host_port("cluster-leader:6379"),
            Some(("cluster-leader", 6379))
        );
        assert_eq!(host_port("10.5.4.1:6379"), Some(("10.5.4.1", 6379)));
        assert_eq!(host_port("[::1]:6379"), Some(("::1", 6379)));
        for bad in [
            "6379",
            "host",
            "host:",
            "host:0",
            "host:70000",
            "host:+1",
            "::1:6379",
            "a b:1",
            "user:pw@host:6379",
        ] {
            assert_eq!(host_port(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_plain_web_addresses_are_links() {
        for good in [
            "https://leader.example.org/cluster-admin/",
            "HTTP://10.0.0.1:8080",
            "http://cluster-leader:9311",
            "https://[fd00::1]:9443/x?y=z#/w",
        ] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "ftp://example.org",
            "https://",
            "https:///path",
            "https://user:pw@example.org/",
            "https://example.org/\"onclick",
            "https://example.org/a b",
            "https://exa mple.org",
            "https://example.org:99999/",
            "https://example.org\r\n",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }
}
