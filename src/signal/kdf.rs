//! HKDF and HMAC with SHA-256, from secrets to secrets.

use crate::crypto::hkdf;
use crate::crypto::secret::Secret;

/// `HKDF(salt, ikm, info)`, `N` bytes.
#[expect(clippy::expect_used, reason = "every N in this room is below 8,160")]
pub(super) fn derive<const N: usize>(salt: &[u8], ikm: &[u8], info: &[u8]) -> Secret<N> {
    hkdf::derive(salt, ikm, info).expect("N is a small constant")
}

/// `HKDF-Expand(key, info)`, 32 bytes; which is `HMAC(key, info ‖ 0x01)`.
pub(super) fn expand(key: &Secret<32>, info: &[&[u8]]) -> Secret<32> {
    let mut parts = Vec::with_capacity(info.len() + 1);
    parts.extend_from_slice(info);
    parts.push(&[1]);
    hmac(key, &parts)
}

/// `HMAC(key, parts)`.
pub(super) fn hmac(key: &Secret<32>, parts: &[&[u8]]) -> Secret<32> {
    hkdf::hmac_sha256(key.expose(), parts)
}

/// Cuts a secret into its 32-byte parts.
#[expect(clippy::expect_used, reason = "every N in this room is a multiple of 32")]
pub(super) fn cut<const N: usize, const PARTS: usize>(secret: &Secret<N>) -> [Secret<32>; PARTS] {
    const { assert!(N == PARTS * 32) };
    let (parts, _) = secret.expose().as_chunks::<32>();
    let parts: &[[u8; 32]; PARTS] = parts.try_into().expect("N is PARTS times 32");
    parts.each_ref().map(|part| Secret::new(*part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hash::Hash;

    #[test]
    fn expand_is_hkdf_expand() {
        let key = Secret::new([7; 32]);
        let mut okm = [0; 32];
        let prk = hkdf::Prk::from_slice(Hash::Sha256, key.expose()).unwrap();
        prk.expand(b"one two", &mut okm).unwrap();
        assert_eq!(expand(&key, &[b"one", b" two"]).expose(), &okm);
    }
}
