//! AES-GCM and ChaCha20-Poly1305 from their crates, which look for what the processor can at run time.

use core::fmt;

use aes_gcm::Aes128Gcm;
use aes_gcm::Aes256Gcm;
use aes_gcm::KeyInit as _;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::Nonce;
use aes_gcm::aead::Tag;
use chacha20poly1305::ChaCha20Poly1305;

use crate::crypto::Error;
use crate::crypto::aead::Algorithm;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::aead::TAG_LEN;

/// A key, expanded and ready.
pub struct AeadKey(Cipher);

enum Cipher {
    Aes128Gcm(Box<Aes128Gcm>),
    Aes256Gcm(Box<Aes256Gcm>),
    ChaCha20Poly1305(Box<ChaCha20Poly1305>),
}

impl AeadKey {
    /// Expands a key.
    ///
    /// # Errors
    /// [`Error::InvalidLength`] if the key does not have the algorithm's length.
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self, Error> {
        let invalid = |_| Error::InvalidLength;
        Ok(Self(match algorithm {
            Algorithm::Aes128Gcm => {
                Cipher::Aes128Gcm(Box::new(Aes128Gcm::new_from_slice(key).map_err(invalid)?))
            }
            Algorithm::Aes256Gcm => {
                Cipher::Aes256Gcm(Box::new(Aes256Gcm::new_from_slice(key).map_err(invalid)?))
            }
            Algorithm::ChaCha20Poly1305 => Cipher::ChaCha20Poly1305(Box::new(
                ChaCha20Poly1305::new_from_slice(key).map_err(invalid)?,
            )),
        }))
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
        match &self.0 {
            Cipher::Aes128Gcm(cipher) => seal(&**cipher, nonce, aad, buffer),
            Cipher::Aes256Gcm(cipher) => seal(&**cipher, nonce, aad, buffer),
            Cipher::ChaCha20Poly1305(cipher) => seal(&**cipher, nonce, aad, buffer),
        }
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
        match &self.0 {
            Cipher::Aes128Gcm(cipher) => open(&**cipher, nonce, aad, buffer, tag),
            Cipher::Aes256Gcm(cipher) => open(&**cipher, nonce, aad, buffer, tag),
            Cipher::ChaCha20Poly1305(cipher) => open(&**cipher, nonce, aad, buffer, tag),
        }
    }
}

impl fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("AeadKey")
    }
}

fn seal<C: AeadInOut>(
    cipher: &C,
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; TAG_LEN], Error> {
    let nonce = <&Nonce<C>>::try_from(nonce.as_slice()).map_err(|_| Error::InvalidLength)?;
    let tag = cipher
        .encrypt_inout_detached(nonce, aad, buffer.into())
        .map_err(|_| Error::InvalidLength)?;
    tag.as_slice().try_into().map_err(|_| Error::InvalidLength)
}

fn open<C: AeadInOut>(
    cipher: &C,
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> Result<(), Error> {
    let nonce = <&Nonce<C>>::try_from(nonce.as_slice()).map_err(|_| Error::Decrypt)?;
    let tag = <&Tag<C>>::try_from(tag.as_slice()).map_err(|_| Error::Decrypt)?;
    cipher.decrypt_inout_detached(nonce, aad, buffer.into(), tag).map_err(|_| Error::Decrypt)
}
