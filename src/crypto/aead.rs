//! Authenticated encryption: AES-GCM and ChaCha20-Poly1305
//! ([RFC 5116](https://www.rfc-editor.org/rfc/rfc5116), [RFC 8439](https://www.rfc-editor.org/rfc/rfc8439)).
//!
//! Key schedules are expanded once, in [`AeadKey::new`]. Sealed bytes are `ciphertext ‖ tag(16)`.

use super::Error;
pub use super::backend::chosen::AeadKey;
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

impl AeadKey {
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
