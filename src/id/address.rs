//! Where a network answers: `host[:port][#fingerprint]`.

use core::fmt;
use core::str::FromStr;

use crate::codec::base32;
use crate::codec::base32::TextError;

/// The port of a relay unless another is named.
pub const DEFAULT_PORT: u16 = 6174;

/// What a network is known by: 32 bytes, displayed as 56 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32::encode_key(base32::FINGERPRINT_VERSION, &self.0))
    }
}

impl FromStr for Fingerprint {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match base32::decode_key(text).map_err(AddressError::Fingerprint)? {
            (base32::FINGERPRINT_VERSION, bytes) => Ok(Self(bytes)),
            (base32::ID_VERSION, _) => Err(AddressError::IdAsFingerprint),
            (version, _) => Err(AddressError::Version(version)),
        }
    }
}

/// A relay's host and port, and the network that must answer there if that is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    host: String,
    port: u16,
    fingerprint: Option<Fingerprint>,
}

impl Address {
    /// An address from its parts.
    ///
    /// # Errors
    /// [`AddressError::Host`] if the host is empty or has characters that no host has.
    pub fn new(
        host: &str,
        port: u16,
        fingerprint: Option<Fingerprint>,
    ) -> Result<Self, AddressError> {
        let named = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        let literal = host.parse::<core::net::Ipv6Addr>().is_ok();
        if host.is_empty() || host.len() > MAX_HOST_LEN || !(named || literal) {
            return Err(AddressError::Host);
        }
        if is_onion(host) && !is_onion_v3(host) {
            return Err(AddressError::Onion);
        }
        if port == 0 {
            return Err(AddressError::Port);
        }
        Ok(Self { host: host.to_ascii_lowercase(), port, fingerprint })
    }

    /// The same place with another fingerprint.
    #[must_use]
    pub fn with_fingerprint(&self, fingerprint: Fingerprint) -> Self {
        Self { fingerprint: Some(fingerprint), ..self.clone() }
    }

    /// The same, with a port where the text named none.
    ///
    /// # Errors
    /// As the `FromStr` implementation.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, AddressError> {
        let (place, fingerprint) = match text.trim().split_once('#') {
            Some((place, fingerprint)) => (place, Some(fingerprint.parse()?)),
            None => (text.trim(), None),
        };
        let (host, port) = split_port(place)?;
        let port = match port {
            Some(port) => port.parse().map_err(|_| AddressError::Port)?,
            None => default_port,
        };
        Self::new(host, port, fingerprint)
    }

    /// The host: a name or an IP address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the host is an onion service, which is reached through Tor only.
    #[must_use]
    pub fn is_onion(&self) -> bool {
        is_onion(&self.host)
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The network that must answer there.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&Fingerprint> {
        self.fingerprint.as_ref()
    }

    /// `host:port`, an IPv6 host in brackets.
    #[must_use]
    pub fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())?;
        match &self.fingerprint {
            Some(fingerprint) => write!(f, "#{fingerprint}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text, DEFAULT_PORT)
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address.
fn split_port(place: &str) -> Result<(&str, Option<&str>), AddressError> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or(AddressError::Host)?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(AddressError::Host),
        };
    }
    match place.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Ok((place, None)),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((place, None)),
    }
}

/// RFC 7686, section 2: the names below `onion`.
fn is_onion(host: &str) -> bool {
    let (_, top) = host.trim_end_matches('.').rsplit_once('.').unwrap_or_default();
    top.eq_ignore_ascii_case("onion")
}

/// Tor's rend-spec-v3, section 6: 56 characters of base32 stand before `.onion`.
fn is_onion_v3(host: &str) -> bool {
    let service = host.rsplit('.').nth(1).unwrap_or_default();
    service.len() == ONION_LEN
        && service.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '2'..='7'))
}

const ONION_LEN: usize = 56;
/// RFC 1035, section 2.3.4: a name has at most 255 octets.
const MAX_HOST_LEN: usize = 255;

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// No host, or characters that no host has.
    Host,
    /// It ends in `.onion`, and is no onion address of version 3.
    Onion,
    /// The port is no number from 1 to 65535.
    Port,
    /// The part behind `#` is no fingerprint.
    Fingerprint(TextError),
    /// The part behind `#` is a person's ID.
    IdAsFingerprint,
    /// The fingerprint belongs to another version of bauta.
    Version(u8),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("the host is missing or has characters that no host has"),
            Self::Onion => f.write_str(
                "before .onion stand 56 characters, letters and the digits 2 to 7; shorter ones of \
                 earlier times are not reached any more",
            ),
            Self::Port => f.write_str("the port must be a number from 1 to 65535"),
            Self::Fingerprint(TextError::Character { found, position }) => {
                write!(f, "{found:?} at {position} cannot be part of a fingerprint")
            }
            Self::Fingerprint(TextError::Length { found }) => {
                write!(f, "a fingerprint has {} characters, this has {found}", base32::TEXT_LEN)
            }
            Self::Fingerprint(error) => write!(f, "in the fingerprint: {error}"),
            Self::IdAsFingerprint => {
                f.write_str("behind # stands a person's ID, not a fingerprint")
            }
            Self::Version(version) => {
                write!(f, "a fingerprint of version {version}, unknown here")
            }
        }
    }
}

impl core::error::Error for AddressError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written() {
        let fingerprint = Fingerprint([9; 32]);
        for (text, host, port) in [
            ("relay.example", "relay.example", 6174),
            ("Relay.example:7000", "relay.example", 7000),
            ("127.0.0.1", "127.0.0.1", 6174),
            ("[::1]:7000", "::1", 7000),
            ("::1", "::1", 6174),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.host(), address.port()), (host, port));
            let full = address.with_fingerprint(fingerprint);
            assert_eq!(full.to_string().parse(), Ok(full));
        }
        assert_eq!(Address::parse("a", 7000).unwrap().port(), 7000);
    }

    #[test]
    fn an_onion_service_is_known_as_one() {
        let host = format!("{}.onion", "abcdefghij234567".repeat(4).get(..56).unwrap_or_default());
        for text in [host.clone(), format!("{host}:7000"), format!("WWW.{host}")] {
            assert!(text.parse::<Address>().is_ok_and(|address| address.is_onion()), "{text}");
        }
        for text in ["onion", "onion.example", "relay.onion.example:1", "127.0.0.1", "::1"] {
            assert!(text.parse::<Address>().is_ok_and(|address| !address.is_onion()), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_named() {
        for (text, error) in [
            ("", AddressError::Host),
            ("a b", AddressError::Host),
            ("[::1", AddressError::Host),
            ("[::1]x", AddressError::Host),
            ("facebookcorewwwi.onion", AddressError::Onion),
            (&format!("{}.onion", "1".repeat(56)), AddressError::Onion),
            (&format!("{}.onion.", "a".repeat(56)), AddressError::Onion),
            (".onion", AddressError::Onion),
            ("a:0", AddressError::Port),
            ("a:65536", AddressError::Port),
            ("a:", AddressError::Port),
            ("a#abc", AddressError::Fingerprint(TextError::Length { found: 3 })),
        ] {
            assert_eq!(text.parse::<Address>(), Err(error), "{text}");
        }
    }
}
