//! What can go wrong in this room. Nothing here tells a secret or repeats a peer's bytes.

use core::fmt;

/// An error of a cryptographic operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A ciphertext did not authenticate. Nothing more is said about it.
    Decrypt,
    /// A key is malformed, weak, or not in its one canonical form.
    InvalidKey,
    /// A public point has the wrong form or length, or is not on its curve.
    InvalidPoint,
    /// A Diffie-Hellman result does not depend on both keys.
    NonContributory,
    /// A signature is malformed or does not verify.
    InvalidSignature,
    /// An input or output has a length that the operation does not take.
    InvalidLength,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Decrypt => "does not decrypt",
            Self::InvalidKey => "invalid key",
            Self::InvalidPoint => "invalid point",
            Self::NonContributory => "non-contributory key agreement",
            Self::InvalidSignature => "invalid signature",
            Self::InvalidLength => "invalid length",
        })
    }
}

impl core::error::Error for Error {}
