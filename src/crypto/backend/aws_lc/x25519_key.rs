//! X25519.

use core::fmt;

use aws_lc_rs::agreement;
use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::agreement::UnparsedPublicKey;

use crate::crypto::CryptoRng;
use crate::crypto::Error;
use crate::crypto::secret::Secret;

/// A private key.
pub struct X25519Key {
    secret: Secret<32>,
    key: PrivateKey,
    public: [u8; 32],
}

impl X25519Key {
    /// A fresh key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_secret(Secret::random(rng))
    }

    /// The key with these private bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self::from_secret(Secret::new(*bytes))
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    /// The private bytes, for sealing at rest.
    #[must_use]
    pub fn secret_bytes(&self) -> Secret<32> {
        self.secret.duplicate()
    }

    /// The shared secret with a peer's public key.
    ///
    /// # Errors
    /// [`Error::NonContributory`] for a public key of low order (RFC 7748, section 6.1).
    pub fn agree(&self, peer: &[u8; 32]) -> Result<Secret<32>, Error> {
        let peer = UnparsedPublicKey::new(&agreement::X25519, peer);
        // Every 32 bytes are a public key: all that can be refused is an all-zero result.
        agreement::agree(&self.key, peer, Error::NonContributory, Secret::from_slice)
    }

    #[expect(
        clippy::expect_used,
        reason = "every 32 bytes are a private key; what else fails is memory, as for any Box"
    )]
    fn from_secret(secret: Secret<32>) -> Self {
        let (key, public) = import(&secret).expect("32 bytes are a private key");
        Self { secret, key, public }
    }
}

impl fmt::Debug for X25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret: _, key: _, public: _ } = self;
        f.write_str("X25519Key")
    }
}

fn import(secret: &Secret<32>) -> Option<(PrivateKey, [u8; 32])> {
    let key = PrivateKey::from_private_key(&agreement::X25519, secret.expose()).ok()?;
    let public = key.compute_public_key().ok()?.as_ref().try_into().ok()?;
    Some((key, public))
}
