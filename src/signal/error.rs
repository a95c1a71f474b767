//! What can go wrong in this room. Nothing here tells a secret or repeats a peer's bytes.

use core::fmt;

use crate::codec;
use crate::crypto;

/// An error of the end-to-end protocol. After one, nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Bytes are not what they should be: too short, too long, or of no known form.
    Decode,
    /// A version that this program does not speak.
    Version(u8),
    /// A suite or an AEAD that this program does not speak.
    Suite,
    /// A ciphertext did not authenticate. Nothing more is said about it.
    Decrypt,
    /// An envelope's header opens under no header key of the session.
    NoHeaderKey,
    /// The message's key was used already, or given up.
    Consumed,
    /// The message lies further ahead than keys are skipped for.
    TooFarAhead,
    /// A signature does not verify.
    Signature,
    /// A signed record is for the other direction.
    WrongDirection,
    /// A signed record is for another epoch.
    WrongEpoch,
    /// A signed record is for other people or another network.
    WrongPair,
    /// A bundle is past its not-after.
    Expired,
    /// An initial message is for another bundle than the one at hand.
    WrongBundle,
    /// An initial message belongs to another session.
    WrongSession,
    /// An authentic header begins a chain whose body does not open: this state is an old one that has
    /// answered otherwise since, or the body is forged.
    Diverged,
    /// An authentic message says something that no honest peer says.
    Misbehaved,
    /// A key is malformed, of low order, or one's own.
    Key,
    /// A body is longer than a message holds.
    TooLong,
    /// A chain has sent all that it may; the peer must answer first.
    Exhausted,
    /// The call is not for a session in this state.
    ApiMisuse,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Version(version) => return write!(f, "unknown version {version}"),
            Self::Decode => "malformed bytes",
            Self::Suite => "unknown suite",
            Self::Decrypt => "does not decrypt",
            Self::NoHeaderKey => "opens under no header key",
            Self::Consumed => "message key already used",
            Self::TooFarAhead => "too many messages are missing before this one",
            Self::Signature => "invalid signature",
            Self::WrongDirection => "record of the other direction",
            Self::WrongEpoch => "record of another epoch",
            Self::WrongPair => "record for another pair",
            Self::Expired => "bundle has expired",
            Self::WrongBundle => "message for another bundle",
            Self::WrongSession => "message of another session",
            Self::Diverged => "answers another message than ours",
            Self::Misbehaved => "peer misbehaved",
            Self::Key => "invalid key",
            Self::TooLong => "body too long",
            Self::Exhausted => "sending chain exhausted",
            Self::ApiMisuse => "call out of order",
        };
        f.write_str(text)
    }
}

impl core::error::Error for Error {}

impl From<codec::Error> for Error {
    fn from(_: codec::Error) -> Self {
        Self::Decode
    }
}

impl From<crypto::Error> for Error {
    fn from(error: crypto::Error) -> Self {
        match error {
            crypto::Error::InvalidSignature => Self::Signature,
            crypto::Error::InvalidKey
            | crypto::Error::InvalidPoint
            | crypto::Error::NonContributory => Self::Key,
            crypto::Error::InvalidLength => Self::Decode,
            _ => Self::Decrypt,
        }
    }
}
