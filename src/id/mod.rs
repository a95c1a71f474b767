//! IDs and what people hand to each other: an ID **is** a public key, so whoever has the right ID
//! cannot be given a wrong key.
//!
//! ```text
//! ID          k7qw 2m9x r4tb …   56 characters: an Ed25519 key, a check, a version
//! address     host:port#fingerprint
//! invitation  bauta:ID@host:port#fingerprint
//! ```

mod address;
mod invitation;

use core::fmt;
use core::str::FromStr;

pub use address::Address;
pub use address::AddressError;
pub use address::DEFAULT_PORT;
pub use address::Fingerprint;
pub use invitation::Invitation;
pub use invitation::InvitationError;

use crate::codec::base32;
use crate::codec::base32::TextError;
use crate::crypto::identity::PublicIdentity;

/// A person's ID: an Ed25519 public key. Displayed as 56 characters in groups of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(PublicIdentity);

impl Id {
    /// How many characters an ID has.
    pub const LEN: usize = base32::TEXT_LEN;

    /// The ID of a key.
    #[must_use]
    pub fn new(key: PublicIdentity) -> Self {
        Self(key)
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PublicIdentity {
        &self.0
    }

    /// The 56 characters without gaps, as machines exchange them.
    #[must_use]
    pub fn compact(&self) -> String {
        base32::encode_key(base32::ID_VERSION, self.0.as_bytes())
    }

    /// The first two groups, as lists show a contact without a nickname.
    #[must_use]
    pub fn short(&self) -> String {
        base32::grouped(self.compact().get(..8).unwrap_or_default())
    }

    /// Whether both share one X25519 form: a key and its negative do, and such a pair of contacts
    /// could not be told apart in a conversation.
    #[must_use]
    pub fn collides(&self, other: &Self) -> bool {
        self.0 == other.0 || self.0.x25519() == other.0.x25519()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32::grouped(&self.compact()))
    }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (version, key) = base32::decode_key(text).map_err(IdError::Text)?;
        match version {
            base32::ID_VERSION => {}
            base32::FINGERPRINT_VERSION => return Err(IdError::Fingerprint),
            other => return Err(IdError::Version(other)),
        }
        PublicIdentity::from_bytes(&key).map(Self).map_err(|_| IdError::Key)
    }
}

/// Why a text is not an ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdError {
    /// It is not the text of a key.
    Text(TextError),
    /// It is the fingerprint of a network.
    Fingerprint,
    /// It belongs to another version of bauta.
    Version(u8),
    /// It is well written, but the key in it is weak or malformed: nobody can have it.
    Key,
}

impl IdError {
    /// How many characters there are, if the only mistake so far is that some are missing.
    #[must_use]
    pub fn so_far(&self) -> Option<usize> {
        match self {
            Self::Text(TextError::Length { found }) => Some(*found).filter(|n| *n < Id::LEN),
            _ => None,
        }
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(TextError::Character { found, position }) => {
                write!(f, "{found:?} at {position} cannot be part of an ID")
            }
            Self::Text(TextError::Length { found }) => {
                write!(f, "an ID has {} characters, this has {found}", base32::TEXT_LEN)
            }
            Self::Text(error) => error.fmt(f),
            Self::Fingerprint => f.write_str("this is a network's fingerprint, not a person's ID"),
            Self::Version(version) => write!(f, "an ID of version {version}, unknown here"),
            Self::Key => f.write_str("no ID of anybody: the key in it cannot be used"),
        }
    }
}

impl core::error::Error for IdError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::identity::IdentityKey;
    use crate::crypto::secret::Secret;

    pub(super) fn id(seed: u8) -> Id {
        Id::new(*IdentityKey::from_seed(Secret::new([seed; 32])).public())
    }

    #[test]
    fn an_id_survives_its_text() {
        let text = id(1).to_string();
        assert_eq!(text.len(), 56 + 13);
        assert_eq!(text.parse(), Ok(id(1)));
        assert_eq!(id(1).compact().to_uppercase().parse(), Ok(id(1)));
        assert_eq!(text.get(..9), Some(id(1).short().as_str()));
    }

    #[test]
    fn texts_of_keys_that_nobody_has_are_refused() {
        let identity_point = core::array::from_fn(|at| u8::from(at == 0));
        let text = base32::encode_key(base32::ID_VERSION, &identity_point);
        assert_eq!(text.parse::<Id>(), Err(IdError::Key));
        let other = base32::encode_key(7, id(1).key().as_bytes());
        assert_eq!(other.parse::<Id>(), Err(IdError::Version(7)));
        let fingerprint = base32::encode_key(base32::FINGERPRINT_VERSION, id(1).key().as_bytes());
        assert_eq!(fingerprint.parse::<Id>(), Err(IdError::Fingerprint));
    }

    #[test]
    fn a_key_and_its_negative_collide() {
        let mut negative = *id(1).key().as_bytes();
        negative[31] ^= 0x80;
        let negative = Id::new(PublicIdentity::from_bytes(&negative).unwrap());
        assert_ne!(negative, id(1));
        assert!(negative.collides(&id(1)));
        assert!(!id(2).collides(&id(1)));
    }

    #[test]
    fn errors_name_what_and_where() {
        let error = "ab!".parse::<Id>().unwrap_err();
        assert_eq!(error.to_string(), "'!' at 3 cannot be part of an ID");
        assert_eq!(error.so_far(), None);
        let error = "abc".parse::<Id>().unwrap_err();
        assert_eq!(error.to_string(), "an ID has 56 characters, this has 3");
        assert_eq!(error.so_far(), Some(3));
        assert_eq!("a".repeat(57).parse::<Id>().unwrap_err().so_far(), None);
    }
}
