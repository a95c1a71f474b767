//! Header keys: AES-256-GCM with a random nonce, expanded once and kept.
//!
//! ```text
//! sealed header = nonce(12) ‖ AES-256-GCM(hk, nonce, aad = AD, header)
//! ```

use core::fmt;

use crate::crypto;
use crate::crypto::CryptoRng;
use crate::crypto::aead::AeadKey;
use crate::crypto::aead::Algorithm;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::aead::TAG_LEN;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::signal::Error;

/// What sealing adds to a header, in bytes.
pub(super) const OVERHEAD: usize = NONCE_LEN + TAG_LEN;

/// Seals the headers of our chain.
pub(in crate::signal) struct HeaderKey(ExpandedKey);

/// Opens the headers of a chain of the peer's.
pub(in crate::signal) struct RemoteHeaderKey(ExpandedKey);

struct ExpandedKey {
    secret: Secret<32>,
    aead: AeadKey,
}

impl HeaderKey {
    pub(super) fn new(secret: Secret<32>) -> Result<Self, Error> {
        Ok(Self(ExpandedKey::new(secret)?))
    }

    pub(super) fn seal(
        &self,
        ad: &[u8; 32],
        mut header: Vec<u8>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE_LEN] = crypto::random(rng);
        let tag = self.0.aead.seal_in_place(&nonce, ad, &mut header)?;
        Ok([nonce.as_slice(), &header, &tag].concat())
    }

    pub(super) const fn secret(&self) -> &Secret<32> {
        &self.0.secret
    }
}

impl RemoteHeaderKey {
    pub(in crate::signal) fn new(secret: Secret<32>) -> Result<Self, Error> {
        Ok(Self(ExpandedKey::new(secret)?))
    }

    pub(super) fn open(&self, ad: &[u8; 32], sealed: &[u8]) -> Result<SecretBytes, Error> {
        let (nonce, sealed) = sealed.split_first_chunk().ok_or(Error::Decode)?;
        Ok(self.0.aead.open(nonce, ad, sealed)?)
    }

    pub(super) const fn secret(&self) -> &Secret<32> {
        &self.0.secret
    }
}

impl ExpandedKey {
    fn new(secret: Secret<32>) -> Result<Self, Error> {
        let aead = AeadKey::new(Algorithm::Aes256Gcm, secret.expose())?;
        Ok(Self { secret, aead })
    }
}

impl fmt::Debug for HeaderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(ExpandedKey { secret: _, aead: _ }) = self;
        f.write_str("HeaderKey")
    }
}

impl fmt::Debug for RemoteHeaderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(ExpandedKey { secret: _, aead: _ }) = self;
        f.write_str("RemoteHeaderKey")
    }
}
