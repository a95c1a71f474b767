//! A key set that was checked, and how it stands to the one before.

use super::IdentityError;
use super::KeySet;
use super::NetworkId;
use crate::crypto::sign::Curve;

/// A key set whose signature holds, of the network that was asked for.
///
/// Invariant: only [`SignedKeySet::verify`](super::SignedKeySet::verify) makes one, and a connection
/// is confirmed with one only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedKeySet {
    network_id: NetworkId,
    digest: [u8; 32],
    key_set: KeySet,
}

/// How a key set stands to the last one that was seen of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// No set of this network was seen before.
    First,
    /// It is the one that was seen.
    Same,
    /// It is newer: the network has refreshed its keys.
    Newer,
}

impl VerifiedKeySet {
    pub(super) fn new(network_id: NetworkId, digest: [u8; 32], key_set: KeySet) -> Self {
        Self { network_id, digest, key_set }
    }

    /// The network that signed it.
    #[must_use]
    pub fn network_id(&self) -> NetworkId {
        self.network_id
    }

    /// Its number.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.key_set.sequence()
    }

    /// SHA-256 of its bytes: tells two sets with one number apart.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The key of a curve, a SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self, curve: Curve) -> &[u8] {
        self.key_set.spki(curve)
    }

    /// Compares it with the last set that was seen of its network: number and digest.
    ///
    /// # Errors
    /// [`IdentityError::RolledBack`] and [`IdentityError::Doubled`]: stop hard.
    pub fn follows(&self, last: Option<(u64, [u8; 32])>) -> Result<Follow, IdentityError> {
        let found = self.sequence();
        match last {
            None => Ok(Follow::First),
            Some((seen, _)) if found < seen => Err(IdentityError::RolledBack { seen, found }),
            Some((seen, _)) if found > seen => Ok(Follow::Newer),
            Some((_, digest)) if digest == self.digest => Ok(Follow::Same),
            Some((sequence, _)) => Err(IdentityError::Doubled { sequence }),
        }
    }
}
