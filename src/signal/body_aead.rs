//! The AEAD of message bodies.

use crate::crypto::aead::Algorithm;

use super::Error;

/// Which AEAD seals a message's body: the sender chooses, every receiver takes both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyAead {
    /// AES-256-GCM, code 1.
    Aes256Gcm,
    /// ChaCha20-Poly1305, code 2.
    ChaCha20Poly1305,
}

impl BodyAead {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Aes256Gcm => 1,
            Self::ChaCha20Poly1305 => 2,
        }
    }

    pub(crate) const fn from_code(code: u8) -> Result<Self, Error> {
        match code {
            1 => Ok(Self::Aes256Gcm),
            2 => Ok(Self::ChaCha20Poly1305),
            _ => Err(Error::Suite),
        }
    }

    pub(super) const fn algorithm(self) -> Algorithm {
        match self {
            Self::Aes256Gcm => Algorithm::Aes256Gcm,
            Self::ChaCha20Poly1305 => Algorithm::ChaCha20Poly1305,
        }
    }
}
