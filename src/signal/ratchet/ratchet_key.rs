//! The X25519 keys of the DH ratchet.

use core::fmt;

use crate::crypto::CryptoRng;
use crate::crypto::secret::Secret;
use crate::crypto::x25519::X25519Key;

/// Our ratchet key pair.
pub(in crate::signal) struct RatchetKey {
    private: X25519Key,
    public: [u8; 32],
}

impl RatchetKey {
    pub(super) fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::new(X25519Key::generate(rng))
    }

    /// The pair of a private key: a signed prekey is the responder's first ratchet key.
    pub(in crate::signal) fn from_bytes(private: &Secret<32>) -> Self {
        Self::new(X25519Key::from_bytes(private.expose()))
    }

    fn new(private: X25519Key) -> Self {
        let public = private.public();
        Self { private, public }
    }

    pub(super) const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    pub(super) fn secret_bytes(&self) -> Secret<32> {
        self.private.secret_bytes()
    }

    pub(super) const fn private(&self) -> &X25519Key {
        &self.private
    }
}

impl fmt::Debug for RatchetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { private: _, public: _ } = self;
        f.write_str("RatchetKey")
    }
}

/// The peer's public ratchet key. It names the receiving chain that it began.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::signal) struct RemoteRatchetKey(pub(in crate::signal) [u8; 32]);

impl fmt::Debug for RemoteRatchetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("RemoteRatchetKey")
    }
}
