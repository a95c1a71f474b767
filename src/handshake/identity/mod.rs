//! The network's identity: one long-lived key, and the key sets that it signs.
//!
//! ```text
//! network id = SHA-256("bauta network v1" ‖ SPKI of the network key)
//! key set    = "bauta keyset v1" ‖ 0 ‖ sequence u64 ‖ (length u16 ‖ SPKI) for P-256, P-384, P-521
//! signature  = ECDSA P-521 with SHA-512 by the network key over the key set, DER
//! ```
//!
//! One pin, the network id, covers every curve and every rotation: the keys of a set do the
//! handshakes, and a newer set has a higher sequence number.

mod error;
mod key_set;
mod network_id;
mod signed_key_set;
mod signing_keys;
mod verified_key_set;

pub use self::error::IdentityError;
pub use self::key_set::KeySet;
pub use self::network_id::NetworkId;
pub use self::signed_key_set::SignedKeySet;
pub use self::signing_keys::SigningKeys;
pub use self::verified_key_set::Follow;
pub use self::verified_key_set::VerifiedKeySet;
