//! Project Wycheproof's cases, put to the wrappers in `crypto` and not to the crates behind them.
//!
//! | file | sets |
//! |---|---|
//! | `agreement` | ECDH on P-256, P-384, P-521, as points and as SubjectPublicKeyInfo; X25519 |
//! | `signature` | ECDSA with each curve's own hash, DER; Ed25519 |
//! | `aead` | AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305 |
//! | `kem` | ML-KEM-768, ML-KEM-1024 |
//! | `kdf` | HKDF with SHA-256, SHA-384, SHA-512 |
//!
//! Every test says how many cases ended in which way, so that a set that lost cases cannot pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod aead;
mod agreement;
mod kdf;
mod kem;
mod signature;

/// The bytes, if they have this length.
fn array<const N: usize>(bytes: &[u8]) -> Option<&[u8; N]> {
    bytes.try_into().ok()
}
