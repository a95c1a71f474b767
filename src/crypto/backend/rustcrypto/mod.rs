//! Everything in Rust: the crates of the RustCrypto and dalek projects.

mod ephemeral_key;
mod x25519_key;

pub use self::ephemeral_key::EphemeralKey;
pub use self::x25519_key::X25519Key;
