//! AWS-LC, a library in C and assembly, through the safe interface of `aws-lc-rs`.
//!
//! | what | whose randomness |
//! |---|---|
//! | ephemeral keys on P-256, P-384, P-521 | AWS-LC's: a scalar of ours would have to be imported, which multiplies once more to check it and so doubles the cost of a key |
//! | X25519 keys | the argument's, like everywhere: importing costs what making does |
//! | ECDSA signatures | AWS-LC's: they are not deterministic, and no two are equal |
//! | ML-KEM keys for one exchange, encapsulation | AWS-LC's: no other can be given |
//! | AES-GCM, ChaCha20-Poly1305 | none |
//!
//! Not here, and so the same with either backend: SHA-2, HMAC and HKDF, which would gain nothing on
//! inputs as short as ours; the files and encodings of signing keys; ML-KEM keys that are kept as
//! seeds, which cannot be imported; Ed25519 and Argon2.

mod aead_key;
mod ecdsa_keys;
mod ephemeral_kem_key;
mod ephemeral_key;
mod x25519_key;

pub use self::aead_key::AeadKey;
pub use self::ecdsa_keys::SigningKey;
pub use self::ecdsa_keys::VerifyingKey;
pub use self::ephemeral_kem_key::EphemeralKemKey;
pub use self::ephemeral_kem_key::encapsulate_to;
pub use self::ephemeral_key::EphemeralKey;
pub use self::x25519_key::X25519Key;
