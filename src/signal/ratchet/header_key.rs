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

    /// Seals a header where it is, so that nothing of it stays behind in the clear.
    pub(super) fn seal(
        &self,
        ad: &[u8; 32],
        mut header: Vec<u8>,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE_LEN] = crypto::random(rng);
        let tag = self.0.aead.seal_in_place(&nonce, ad, &mut header)?;
        header.splice(..0, nonce);
        header.extend_from_slice(&tag);
        Ok(header)
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

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    /// A sealed header by Python's `cryptography`, for a key of 0x0a and an AD of 0x0b.
    #[test]
    fn a_known_header_opens() {
        let sealed: Vec<u8> = [0x55; NONCE_LEN]
            .into_iter()
            .chain([0xea, 0xfb, 0x79, 0xcb, 0x39, 0x0d])
            .chain(0x6879_e8c0_8f4c_3f3d_29d6_fc78_91d5_024a_u128.to_be_bytes())
            .collect();
        let key = RemoteHeaderKey::new(Secret::new([0x0a; 32])).unwrap();
        assert_eq!(key.open(&[0x0b; 32], &sealed).unwrap().expose(), b"header");
        assert_eq!(key.open(&[0x0c; 32], &sealed).unwrap_err(), Error::Decrypt);
        assert_eq!(key.open(&[0x0b; 32], &sealed[..11]).unwrap_err(), Error::Decode);
    }

    #[test]
    fn one_header_is_never_sealed_the_same_way_twice() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let key = HeaderKey::new(Secret::new([1; 32])).unwrap();
        let mut seal = || key.seal(&[2; 32], b"header".to_vec(), &mut rng).unwrap();
        let (one, two) = (seal(), seal());
        assert_ne!(one, two);
        let remote = RemoteHeaderKey::new(Secret::new([1; 32])).unwrap();
        assert_eq!(remote.open(&[2; 32], &one).unwrap().expose(), b"header");
    }
}
