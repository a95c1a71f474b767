//! Why a network's identity is refused.

use core::fmt;

use super::NetworkId;
use crate::codec;

/// Why a network's identity is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityError {
    /// The network key, the key set or one of its keys cannot be read.
    Malformed,
    /// The network key did not sign this key set.
    BadSignature,
    /// All is well, and it is another network than the pinned one.
    OtherNetwork {
        /// The network that answered.
        found: NetworkId,
    },
    /// A key set older than one that was seen: its keys may be stolen ones.
    RolledBack {
        /// The highest number seen.
        seen: u64,
        /// The number of this one.
        found: u64,
    },
    /// Two key sets with one number: the network key is in two hands.
    Doubled {
        /// The number of both.
        sequence: u64,
    },
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the relay's key set cannot be read"),
            Self::BadSignature => {
                f.write_str("the relay's key set is not signed by its network key")
            }
            Self::OtherNetwork { found } => write!(f, "this is another network: {found}"),
            Self::RolledBack { seen, found } => {
                write!(f, "the relay shows key set {found}, and {seen} was seen already")
            }
            Self::Doubled { sequence } => write!(f, "there are two key sets {sequence}"),
        }
    }
}

impl core::error::Error for IdentityError {}

impl From<codec::Error> for IdentityError {
    fn from(_: codec::Error) -> Self {
        Self::Malformed
    }
}
