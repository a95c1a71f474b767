//! Authenticated encryption: AES-GCM and ChaCha20-Poly1305
//! ([RFC 5116](https://www.rfc-editor.org/rfc/rfc5116), [RFC 8439](https://www.rfc-editor.org/rfc/rfc8439)).
//!
//! Key schedules are expanded once, in [`AeadKey::new`]. Sealed bytes are `ciphertext ‖ tag(16)`.

use core::fmt;

use aes_gcm::Aes128Gcm;
use aes_gcm::Aes256Gcm;
use aes_gcm::KeyInit as _;
use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::Nonce;
use aes_gcm::aead::Tag;
use chacha20poly1305::ChaCha20Poly1305;

use super::Error;
use super::secret::SecretBytes;

/// The length of a nonce in bytes.
pub const NONCE_LEN: usize = 12;
/// The length of a tag in bytes.
pub const TAG_LEN: usize = 16;

/// An AEAD algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// AEAD_AES_128_GCM.
    Aes128Gcm,
    /// AEAD_AES_256_GCM.
    Aes256Gcm,
    /// AEAD_CHACHA20_POLY1305.
    ChaCha20Poly1305,
}

impl Algorithm {
    /// The length of a key in bytes.
    #[must_use]
    pub fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }
}

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

    /// Encrypts to `ciphertext ‖ tag`.
    ///
    /// # Errors
    /// As [`AeadKey::seal_in_place`].
    pub fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let mut sealed = Vec::with_capacity(plaintext.len() + TAG_LEN);
        sealed.extend_from_slice(plaintext);
        let tag = self.seal_in_place(nonce, aad, &mut sealed)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Decrypts `ciphertext ‖ tag`.
    ///
    /// # Errors
    /// [`Error::Decrypt`], also when there are fewer bytes than a tag has.
    pub fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<SecretBytes, Error> {
        let (ciphertext, tag) = sealed.split_last_chunk::<TAG_LEN>().ok_or(Error::Decrypt)?;
        let mut plaintext = ciphertext.to_vec();
        self.open_in_place(nonce, aad, &mut plaintext, tag)?;
        Ok(SecretBytes::new(plaintext))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_byte_is_refused() {
        for algorithm in [Algorithm::Aes128Gcm, Algorithm::Aes256Gcm, Algorithm::ChaCha20Poly1305] {
            let key = AeadKey::new(algorithm, &vec![7; algorithm.key_len()]).unwrap();
            let sealed = key.seal(&[1; 12], b"aad", b"plaintext").unwrap();
            assert_eq!(key.open(&[1; 12], b"aad", &sealed).unwrap().expose(), b"plaintext");
            assert!(key.open(&[2; 12], b"aad", &sealed).is_err());
            assert!(key.open(&[1; 12], b"aae", &sealed).is_err());
            for at in 0..sealed.len() {
                let mut flipped = sealed.clone();
                flipped[at] ^= 1;
                assert_eq!(key.open(&[1; 12], b"aad", &flipped).unwrap_err(), Error::Decrypt);
                assert!(key.open(&[1; 12], b"aad", &sealed[..at]).is_err());
            }
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        assert_eq!(AeadKey::new(Algorithm::Aes256Gcm, &[0; 16]).unwrap_err(), Error::InvalidLength);
    }
}
