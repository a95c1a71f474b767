//! X25519 from `x25519-dalek`.

use core::fmt;

use x25519_dalek::PublicKey;
use x25519_dalek::StaticSecret;

use crate::crypto::CryptoRng;
use crate::crypto::Error;
use crate::crypto::secret::Secret;

/// A private key.
pub struct X25519Key(StaticSecret);

impl X25519Key {
    /// A fresh key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(StaticSecret::random_from_rng(rng))
    }

    /// The key with these private bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(StaticSecret::from(*bytes))
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        PublicKey::from(&self.0).to_bytes()
    }

    /// The private bytes, for sealing at rest.
    #[must_use]
    pub fn secret_bytes(&self) -> Secret<32> {
        Secret::new(self.0.to_bytes())
    }

    /// The shared secret with a peer's public key.
    ///
    /// # Errors
    /// [`Error::NonContributory`] for a public key of low order (RFC 7748, section 6.1).
    pub fn agree(&self, peer: &[u8; 32]) -> Result<Secret<32>, Error> {
        let shared = self.0.diffie_hellman(&PublicKey::from(*peer));
        if !shared.was_contributory() {
            return Err(Error::NonContributory);
        }
        Ok(Secret::new(shared.to_bytes()))
    }
}

impl fmt::Debug for X25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("X25519Key")
    }
}
