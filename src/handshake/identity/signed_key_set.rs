//! A key set as it travels: with the network key and its signature, and nothing checked.

use super::IdentityError;
use super::KeySet;
use super::NetworkId;
use super::VerifiedKeySet;
use crate::crypto;
use crate::crypto::hash;
use crate::crypto::sign::Curve;
use crate::crypto::sign::SigningKey;
use crate::crypto::sign::VerifyingKey;

/// A key set with the network key and its signature, as Welcome carries them; nothing is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedKeySet {
    network_key: Vec<u8>,
    key_set: Vec<u8>,
    signature: Vec<u8>,
}

impl SignedKeySet {
    /// Signs a key set.
    ///
    /// # Errors
    /// As [`SigningKey::spki`].
    pub fn sign(network_key: &SigningKey, key_set: &KeySet) -> Result<Self, crypto::Error> {
        let key_set = key_set.to_bytes();
        let signature = network_key.sign(&key_set);
        Ok(Self { network_key: network_key.spki()?, key_set, signature })
    }

    /// Puts together what arrived in parts.
    #[must_use]
    pub fn from_parts(network_key: Vec<u8>, key_set: Vec<u8>, signature: Vec<u8>) -> Self {
        Self { network_key, key_set, signature }
    }

    /// The network key, a SubjectPublicKeyInfo.
    #[must_use]
    pub fn network_key(&self) -> &[u8] {
        &self.network_key
    }

    /// The key set's bytes.
    #[must_use]
    pub fn key_set(&self) -> &[u8] {
        &self.key_set
    }

    /// The signature, DER.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Checks everything that can be checked without a memory of earlier sets. Without a pin any
    /// network is as good as another: whoever calls so trusts on first use.
    ///
    /// # Errors
    /// [`IdentityError::Malformed`], [`IdentityError::BadSignature`], and
    /// [`IdentityError::OtherNetwork`] only about a network whose signature holds.
    pub fn verify(&self, pinned: Option<&NetworkId>) -> Result<VerifiedKeySet, IdentityError> {
        let network_key =
            VerifyingKey::from_spki(&self.network_key).map_err(|_| IdentityError::Malformed)?;
        if network_key.curve() != Curve::P521 {
            return Err(IdentityError::Malformed);
        }
        network_key
            .verify(&self.key_set, &self.signature)
            .map_err(|_| IdentityError::BadSignature)?;
        let found = NetworkId::of(&self.network_key);
        if pinned.is_some_and(|pinned| *pinned != found) {
            return Err(IdentityError::OtherNetwork { found });
        }
        let digest = hash::sha256(&[&self.key_set]);
        Ok(VerifiedKeySet::new(found, digest, KeySet::parse(&self.key_set)?))
    }
}
