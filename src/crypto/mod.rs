//! The ground: the only room that names a cryptographic crate.
//!
//! | file | what it holds |
//! |---|---|
//! | `secret` | bytes that are wiped when dropped |
//! | `hash`, `hkdf` | SHA-2, HMAC, HKDF ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)) |
//! | `aead` | AES-GCM and ChaCha20-Poly1305 |
//! | `group` | the channel's Diffie-Hellman groups |
//! | `key_exchange` | the channel's key exchanges: a group, alone or with ML-KEM |
//! | `sign` | ECDSA keys of relays |
//! | `certificate` | such a key in an X.509 certificate that it signs itself |
//! | `identity` | Ed25519 keys of people |
//! | `x25519` | the end-to-end key agreements |
//! | `kem` | ML-KEM, end to end and in the channel |
//! | `password` | Argon2id |
//! | `join` | the secret of a private network |
//! | `puzzle` | Equi-X: work that is proven |
//! | `backend/` | who does the work behind `group`, `x25519`, `kem`, `sign` and `aead` |

pub mod aead;
#[cfg(feature = "aws-lc")]
#[doc(hidden)]
pub mod backend;
#[cfg(not(feature = "aws-lc"))]
#[expect(unreachable_pub, reason = "tests/backends.rs sees both backends, if there are two")]
mod backend;
pub mod certificate;
mod error;
pub mod group;
pub mod hash;
pub mod hkdf;
pub mod identity;
pub mod join;
pub mod kem;
pub mod key_exchange;
pub mod password;
pub mod puzzle;
pub mod secret;
pub mod sign;
pub mod x25519;

pub use error::Error;
pub use rand::CryptoRng;
use subtle::ConstantTimeEq as _;

/// `N` random bytes.
pub fn random<const N: usize>(rng: &mut impl CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
#[must_use]
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
