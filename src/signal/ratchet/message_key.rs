//! The key of one message, and the sealing of its body.
//!
//! ```text
//! body key = HKDF-Expand(mk, "bauta body v1" ‖ AEAD code ‖ salt)
//! sealed   = AEAD(body key, nonce = 0, aad, body)
//! ```
//!
//! The salt is random and travels with the message. A state that was rolled back gives out a
//! message key a second time, but with another salt, hence with another body key: no key meets a
//! nonce twice, and so the nonce can be zero.

use core::fmt;

use crate::crypto::aead::AeadKey;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::signal::BodyAead;
use crate::signal::Error;
use crate::signal::kdf;
use crate::signal::labels;

/// The length of a salt in bytes: two of 2^48 meet with a probability of 2^-33.
pub(in crate::signal) const SALT_LEN: usize = 16;

/// Seals one message, and is used up by it.
pub(super) struct MessageKey(Secret<32>);

impl MessageKey {
    pub(super) const fn new(key: Secret<32>) -> Self {
        Self(key)
    }

    pub(super) fn seal(
        self,
        aead: BodyAead,
        salt: &[u8; SALT_LEN],
        aad: &[u8],
        body: &[u8],
    ) -> Result<Vec<u8>, Error> {
        Ok(body_key(&self.0, aead, salt)?.seal(&NONCE, aad, body)?)
    }
}

/// Opens one message. Only an authentic one uses it up, so it is dropped when that is committed.
pub(super) struct RemoteMessageKey(Secret<32>);

impl RemoteMessageKey {
    pub(super) const fn new(key: Secret<32>) -> Self {
        Self(key)
    }

    pub(super) fn open(
        &self,
        aead: BodyAead,
        salt: &[u8; SALT_LEN],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<SecretBytes, Error> {
        Ok(body_key(&self.0, aead, salt)?.open(&NONCE, aad, sealed)?)
    }

    pub(super) fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }

    pub(super) const fn secret(&self) -> &Secret<32> {
        &self.0
    }
}

fn body_key(key: &Secret<32>, aead: BodyAead, salt: &[u8; SALT_LEN]) -> Result<AeadKey, Error> {
    let body_key = kdf::expand(key, &[labels::BODY, &[aead.code()], salt]);
    Ok(AeadKey::new(aead.algorithm(), body_key.expose())?)
}

const NONCE: [u8; NONCE_LEN] = [0; NONCE_LEN];

impl fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("MessageKey")
    }
}

impl fmt::Debug for RemoteMessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("RemoteMessageKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: [u8; SALT_LEN] = [8; SALT_LEN];

    /// Bytes by Python's `hmac` and `cryptography`, for a message key of sevens.
    #[test]
    fn both_aeads_seal_the_known_bytes() {
        let known = [
            (BodyAead::Aes256Gcm, "d0d61a7d8192158ad17202a36ce6d7dd7f43ff"),
            (BodyAead::ChaCha20Poly1305, "ffee1c0514ebfee9e53a024a89bcaec6ecb1af"),
        ];
        for (aead, expected) in known {
            let key = MessageKey::new(Secret::new([7; 32]));
            let sealed = key.seal(aead, &SALT, b"aad", b"abc").unwrap();
            let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, expected);
            let key = RemoteMessageKey::new(Secret::new([7; 32]));
            assert_eq!(key.open(aead, &SALT, b"aad", &sealed).unwrap().expose(), b"abc");
            let refused = key.open(aead, &[9; SALT_LEN], b"aad", &sealed);
            assert_eq!(refused.unwrap_err(), Error::Decrypt);
        }
    }
}
