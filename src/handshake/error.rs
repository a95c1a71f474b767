//! What can go wrong in a handshake or on a record, sorted by whose fault it is.

use core::fmt;

use super::alert::AlertDescription;
use crate::codec;
use crate::crypto;

/// Why a handshake or a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The peer's bytes do not have the form of the message they should be.
    Decode,
    /// The peer's bytes are well formed, and break a rule of the protocol.
    PeerMisbehaved(PeerMisbehaved),
    /// The peer keeps the rules, and offers nothing that this side accepts.
    PeerIncompatible(PeerIncompatible),
    /// A record did not authenticate.
    Decrypt,
    /// The peer's signature or Finished does not fit what both sides have seen.
    Forged(Forged),
    /// The relay's key set was refused by whoever was asked to verify it.
    IdentityRefused,
    /// The peer ended the handshake or the connection with an alert.
    PeerAlert(AlertDescription),
    /// As many records as one key may seal were sent.
    KeyExhausted,
    /// This side asked for something impossible: a fault in this program.
    ApiMisuse,
}

/// A rule of the protocol that the peer broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerMisbehaved {
    /// A message or a record that this state does not allow.
    UnexpectedMessage,
    /// A record whose content type does not exist, or that has none.
    UnknownContentType,
    /// A handshake or alert record without content.
    EmptyFragment,
    /// A handshake message goes on behind a change of keys.
    NotAtRecordBoundary,
    /// A record longer than the specification allows.
    RecordOverflow,
    /// A field with a value that the specification forbids.
    IllegalValue,
    /// One extension twice in one message.
    DuplicateExtension,
    /// An extension in a message where it must not stand.
    MisplacedExtension,
    /// An extension in an answer to nothing.
    UnsolicitedExtension,
    /// An extension without which the handshake cannot go on is absent.
    MissingExtension,
    /// An answer that chooses what was not offered.
    ChoseUnoffered,
    /// A request for another ClientHello where nothing in it could change.
    UnneededHelloRetryRequest,
    /// A second ClientHello that is not the first with the share that was asked for.
    ChangedClientHello,
    /// A key share that is no point of its group, contributes nothing, or holds no ML-KEM key.
    InvalidKeyShare,
    /// A public key that is not one of the curve that was asked for.
    InvalidPublicKey,
    /// The key that signed the handshake is not the one in the verified key set.
    SignerNotInKeySet,
    /// Application data of another length than the one that every record has.
    RecordLength,
    /// A handshake message without certificates where one is needed.
    EmptyCertificate,
    /// More KeyUpdates, or pieces of them, in a row than anybody needs.
    TooManyKeyUpdates,
}

/// What this side and the peer do not have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerIncompatible {
    /// TLS 1.3 is not among the peer's versions.
    Version,
    /// No suite in common.
    CipherSuite,
    /// No group in common.
    Group,
    /// No signature scheme that may be used is among the peer's.
    SignatureScheme,
    /// No certificate type in common.
    CertificateType,
    /// The peer does not know raw public keys.
    RawPublicKeyRequired,
}

/// What did not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Forged {
    /// The signature over the transcript.
    CertificateVerify,
    /// The MAC over the transcript.
    Finished,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode => f.write_str("the peer sent a malformed message"),
            Self::PeerMisbehaved(rule) => write!(f, "the peer broke the protocol: {rule}"),
            Self::PeerIncompatible(what) => write!(f, "nothing in common with the peer: {what}"),
            Self::Decrypt => f.write_str("a record did not authenticate"),
            Self::Forged(Forged::CertificateVerify) => {
                f.write_str("the peer's signature does not fit this connection")
            }
            Self::Forged(Forged::Finished) => {
                f.write_str("the peer's Finished does not fit this connection")
            }
            Self::IdentityRefused => f.write_str("the relay's identity was refused"),
            Self::PeerAlert(description) => write!(f, "the peer ended it: {description}"),
            Self::KeyExhausted => f.write_str("one key has sealed as many records as it may"),
            Self::ApiMisuse => f.write_str("a fault in this program"),
        }
    }
}

impl fmt::Display for PeerMisbehaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnexpectedMessage => "a message out of order",
            Self::UnknownContentType => "an unknown content type",
            Self::EmptyFragment => "an empty fragment",
            Self::NotAtRecordBoundary => "a message across a change of keys",
            Self::RecordOverflow => "a record too long",
            Self::IllegalValue => "a field with a forbidden value",
            Self::DuplicateExtension => "one extension twice",
            Self::MisplacedExtension => "an extension out of place",
            Self::UnsolicitedExtension => "an extension that was not asked for",
            Self::MissingExtension => "an extension is missing",
            Self::ChoseUnoffered => "it chose what was not offered",
            Self::UnneededHelloRetryRequest => "a HelloRetryRequest that changes nothing",
            Self::ChangedClientHello => "a second ClientHello that is not as it was asked for",
            Self::InvalidKeyShare => "an invalid key share",
            Self::InvalidPublicKey => "an invalid public key",
            Self::SignerNotInKeySet => "its key is not in the key set",
            Self::RecordLength => "application data that is no cell",
            Self::EmptyCertificate => "no public key",
            Self::TooManyKeyUpdates => "too many KeyUpdates",
        })
    }
}

impl fmt::Display for PeerIncompatible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "no TLS 1.3",
            Self::CipherSuite => "no cipher suite",
            Self::Group => "no group",
            Self::SignatureScheme => "no signature scheme of the group's curve",
            Self::CertificateType => "no certificate type",
            Self::RawPublicKeyRequired => "no raw public keys",
        })
    }
}

impl core::error::Error for Error {}

impl From<codec::Error> for Error {
    fn from(_: codec::Error) -> Self {
        Self::Decode
    }
}

impl From<PeerMisbehaved> for Error {
    fn from(rule: PeerMisbehaved) -> Self {
        Self::PeerMisbehaved(rule)
    }
}

impl From<PeerIncompatible> for Error {
    fn from(what: PeerIncompatible) -> Self {
        Self::PeerIncompatible(what)
    }
}

impl From<Forged> for Error {
    fn from(what: Forged) -> Self {
        Self::Forged(what)
    }
}

/// Errors of `crypto` that have no meaning of their own here are this program's.
///
/// Where the peer's bytes can cause one, the call maps it by hand.
impl From<crypto::Error> for Error {
    fn from(_: crypto::Error) -> Self {
        Self::ApiMisuse
    }
}

/// The end of a handshake or a connection: why, and the record that tells the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub error: Error,
    /// The alert to send before closing; empty when the peer is to be told nothing.
    pub alert: Vec<u8>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl core::error::Error for Failure {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
