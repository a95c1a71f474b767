//! Alerts: the codes by which one side tells the other why it ends.
//!
//! Source: [RFC 8446, section 6](https://www.rfc-editor.org/rfc/rfc8446#section-6).

use core::fmt;

use super::error::Error;
use super::error::PeerIncompatible;
use super::error::PeerMisbehaved;
use crate::codec::Reader;

/// What an alert says. Unknown codes are kept, so that they can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlertDescription(u8);

impl AlertDescription {
    /// The sender will send nothing more.
    pub const CLOSE_NOTIFY: Self = Self(0);
    /// A message that does not belong here.
    pub const UNEXPECTED_MESSAGE: Self = Self(10);
    /// A record did not authenticate.
    pub const BAD_RECORD_MAC: Self = Self(20);
    /// A record was too long.
    pub const RECORD_OVERFLOW: Self = Self(22);
    /// Nothing in common.
    pub const HANDSHAKE_FAILURE: Self = Self(40);
    /// A public key that could not be read.
    pub const BAD_CERTIFICATE: Self = Self(42);
    /// No certificate type in common.
    pub const UNSUPPORTED_CERTIFICATE: Self = Self(43);
    /// A certificate refused for a reason of its own.
    pub const CERTIFICATE_UNKNOWN: Self = Self(46);
    /// A field with a forbidden value.
    pub const ILLEGAL_PARAMETER: Self = Self(47);
    /// The identity is not the one that is trusted.
    pub const UNKNOWN_CA: Self = Self(48);
    /// A message that could not be parsed.
    pub const DECODE_ERROR: Self = Self(50);
    /// A signature or a Finished that did not verify.
    pub const DECRYPT_ERROR: Self = Self(51);
    /// No version in common.
    pub const PROTOCOL_VERSION: Self = Self(70);
    /// A fault of the sender's own.
    pub const INTERNAL_ERROR: Self = Self(80);
    /// The user gave up.
    pub const USER_CANCELED: Self = Self(90);
    /// An extension is missing.
    pub const MISSING_EXTENSION: Self = Self(109);
    /// An extension that was not asked for.
    pub const UNSUPPORTED_EXTENSION: Self = Self(110);

    /// The alert as the peer will parse it: level and description.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 2] {
        let level = if self == Self::CLOSE_NOTIFY { LEVEL_WARNING } else { LEVEL_FATAL };
        [level, self.0]
    }

    /// Reads the content of an alert record.
    ///
    /// The level is not looked at: in TLS 1.3 "the severity is implicit in the type of alert".
    ///
    /// # Errors
    /// [`Error::Decode`] unless there are exactly two bytes.
    pub(crate) fn parse(content: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(content);
        reader.u8()?;
        let description = Self(reader.u8()?);
        reader.finish()?;
        Ok(description)
    }

    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> u8 {
        self.0
    }
}

impl fmt::Display for AlertDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::CLOSE_NOTIFY => "close_notify",
            Self::UNEXPECTED_MESSAGE => "unexpected_message",
            Self::BAD_RECORD_MAC => "bad_record_mac",
            Self::RECORD_OVERFLOW => "record_overflow",
            Self::HANDSHAKE_FAILURE => "handshake_failure",
            Self::BAD_CERTIFICATE => "bad_certificate",
            Self::UNSUPPORTED_CERTIFICATE => "unsupported_certificate",
            Self::CERTIFICATE_UNKNOWN => "certificate_unknown",
            Self::ILLEGAL_PARAMETER => "illegal_parameter",
            Self::UNKNOWN_CA => "unknown_ca",
            Self::DECODE_ERROR => "decode_error",
            Self::DECRYPT_ERROR => "decrypt_error",
            Self::PROTOCOL_VERSION => "protocol_version",
            Self::INTERNAL_ERROR => "internal_error",
            Self::USER_CANCELED => "user_canceled",
            Self::MISSING_EXTENSION => "missing_extension",
            Self::UNSUPPORTED_EXTENSION => "unsupported_extension",
            Self(code) => return write!(f, "alert {code}"),
        };
        f.write_str(name)
    }
}

/// What the peer is told about an error; nothing, if the error is that the peer has ended it.
#[must_use]
pub fn alert_for(error: Error) -> Option<AlertDescription> {
    match error {
        Error::PeerAlert(_) => None,
        Error::Decode => Some(AlertDescription::DECODE_ERROR),
        Error::PeerMisbehaved(rule) => Some(alert_for_misbehaviour(rule)),
        Error::PeerIncompatible(what) => Some(alert_for_incompatibility(what)),
        Error::Decrypt => Some(AlertDescription::BAD_RECORD_MAC),
        Error::Forged(_) => Some(AlertDescription::DECRYPT_ERROR),
        Error::IdentityRefused => Some(AlertDescription::UNKNOWN_CA),
        // Nobody's fault: this side just has no more to say on this connection.
        Error::KeyExhausted => Some(AlertDescription::CLOSE_NOTIFY),
        Error::ApiMisuse => Some(AlertDescription::INTERNAL_ERROR),
    }
}

fn alert_for_misbehaviour(rule: PeerMisbehaved) -> AlertDescription {
    match rule {
        PeerMisbehaved::UnexpectedMessage
        | PeerMisbehaved::UnknownContentType
        | PeerMisbehaved::EmptyFragment
        | PeerMisbehaved::TooManyKeyUpdates
        | PeerMisbehaved::NotAtRecordBoundary => AlertDescription::UNEXPECTED_MESSAGE,
        PeerMisbehaved::RecordOverflow => AlertDescription::RECORD_OVERFLOW,
        PeerMisbehaved::IllegalValue
        | PeerMisbehaved::DuplicateExtension
        | PeerMisbehaved::MisplacedExtension
        | PeerMisbehaved::ChoseUnoffered
        | PeerMisbehaved::UnneededHelloRetryRequest
        | PeerMisbehaved::ChangedClientHello
        | PeerMisbehaved::InvalidKeyShare
        | PeerMisbehaved::RecordLength => AlertDescription::ILLEGAL_PARAMETER,
        PeerMisbehaved::UnsolicitedExtension => AlertDescription::UNSUPPORTED_EXTENSION,
        PeerMisbehaved::MissingExtension => AlertDescription::MISSING_EXTENSION,
        PeerMisbehaved::InvalidPublicKey => AlertDescription::BAD_CERTIFICATE,
        PeerMisbehaved::SignerNotInKeySet => AlertDescription::CERTIFICATE_UNKNOWN,
        PeerMisbehaved::EmptyCertificate => AlertDescription::DECODE_ERROR,
    }
}

fn alert_for_incompatibility(what: PeerIncompatible) -> AlertDescription {
    match what {
        PeerIncompatible::Version => AlertDescription::PROTOCOL_VERSION,
        PeerIncompatible::CipherSuite
        | PeerIncompatible::Group
        | PeerIncompatible::SignatureScheme => AlertDescription::HANDSHAKE_FAILURE,
        PeerIncompatible::CertificateType | PeerIncompatible::RawPublicKeyRequired => {
            AlertDescription::UNSUPPORTED_CERTIFICATE
        }
    }
}

const LEVEL_WARNING: u8 = 1;
const LEVEL_FATAL: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own_and_known_ones_the_specifications() {
        let names: Vec<String> = (0..=255).map(|code| AlertDescription(code).to_string()).collect();
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), 256);
        let named: Vec<&String> = names.iter().filter(|name| !name.starts_with("alert ")).collect();
        assert_eq!(named.len(), 17, "{named:?}");
        assert!(named.iter().all(|name| name.contains('_')), "{named:?}");
        assert_eq!(AlertDescription::DECODE_ERROR.to_string(), "decode_error");
        assert_eq!(AlertDescription(112).to_string(), "alert 112");
    }

    #[test]
    fn nobodys_fault_closes_and_ones_own_is_an_internal_error() {
        assert_eq!(alert_for(Error::KeyExhausted), Some(AlertDescription::CLOSE_NOTIFY));
        assert_eq!(alert_for(Error::ApiMisuse), Some(AlertDescription::INTERNAL_ERROR));
    }
}
