//! Who does the work behind `group`, `x25519`, `kem`, `sign` and `aead`.

mod rustcrypto;

pub use self::rustcrypto::AeadKey;
pub use self::rustcrypto::EphemeralKemKey;
pub use self::rustcrypto::EphemeralKey;
pub use self::rustcrypto::SigningKey;
pub use self::rustcrypto::VerifyingKey;
pub use self::rustcrypto::X25519Key;
pub use self::rustcrypto::encapsulate_to;
