//! Everything in Rust: the crates of the RustCrypto and dalek projects.

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
