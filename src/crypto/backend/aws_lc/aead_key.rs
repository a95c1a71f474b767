//! AES-GCM and ChaCha20-Poly1305.

use core::fmt;

use aws_lc_rs::aead;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::UnboundKey;

use crate::crypto::Error;
use crate::crypto::aead::Algorithm;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::aead::TAG_LEN;

/// A key, expanded and ready.
pub struct AeadKey(LessSafeKey);

impl AeadKey {
    /// Expands a key.
    ///
    /// # Errors
    /// [`Error::InvalidLength`] if the key does not have the algorithm's length.
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self, Error> {
        let algorithm = match algorithm {
            Algorithm::Aes128Gcm => &aead::AES_128_GCM,
            Algorithm::Aes256Gcm => &aead::AES_256_GCM,
            Algorithm::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
        };
        let key = UnboundKey::new(algorithm, key).map_err(|_| Error::InvalidLength)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Encrypts `buffer` where it is and returns the tag.
    ///
    /// # Errors
    /// [`Error::InvalidLength`] if the buffer is longer than the algorithm takes.
    pub fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], Error> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let sealed = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), buffer);
        let tag = sealed.map_err(|_| Error::InvalidLength)?;
        tag.as_ref().try_into().map_err(|_| Error::InvalidLength)
    }

    /// Decrypts `buffer` where it is. On an error its contents mean nothing.
    ///
    /// # Errors
    /// [`Error::Decrypt`] if key, nonce, associated data, ciphertext and tag do not belong together.
    pub fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Error> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place_separate_tag(nonce, Aad::from(aad), tag, buffer);
        opened.map(|_| ()).map_err(|_| Error::Decrypt)
    }
}

impl fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("AeadKey")
    }
}
