//! What a network is known by.

use core::fmt;

use crate::codec::base32;
use crate::crypto::hash;

/// What a network is known by: 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkId([u8; 32]);

impl NetworkId {
    /// The id with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The id of the network with this key, a SubjectPublicKeyInfo.
    #[must_use]
    pub fn of(network_key: &[u8]) -> Self {
        Self(hash::sha256(&[LABEL, network_key]))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for NetworkId {
    /// The fingerprint: 56 characters of base32.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32::encode_key(base32::FINGERPRINT_VERSION, &self.0))
    }
}

const LABEL: &[u8] = b"bauta network v1";
