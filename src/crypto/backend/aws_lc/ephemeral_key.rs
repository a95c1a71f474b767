//! Ephemeral keys of the channel's groups.

use core::fmt;

use aws_lc_rs::agreement;
use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::agreement::UnparsedPublicKey;

use super::X25519Key;
use crate::crypto::CryptoRng;
use crate::crypto::Error;
use crate::crypto::group::Group;
use crate::crypto::secret::SecretBytes;

/// A private key for one key agreement.
pub struct EphemeralKey(Inner);

enum Inner {
    /// One of the NIST curves, with its public key.
    Nist(Group, PrivateKey, Vec<u8>),
    X25519(Box<X25519Key>),
}

impl EphemeralKey {
    /// A fresh key. On the NIST curves it is drawn from AWS-LC's randomness, and the argument is not
    /// used: see the module above.
    pub fn generate(group: Group, rng: &mut impl CryptoRng) -> Self {
        match algorithm(group) {
            None => Self(Inner::X25519(Box::new(X25519Key::generate(rng)))),
            Some(algorithm) => Self::generate_nist(group, algorithm),
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "AWS-LC aborts where it has no randomness; what else fails is memory, as for any Box"
    )]
    fn generate_nist(group: Group, algorithm: &'static agreement::Algorithm) -> Self {
        let key = PrivateKey::generate(algorithm).expect("a curve has keys");
        Self::nist(group, key).expect("a private key has a public key")
    }

    fn nist(group: Group, key: PrivateKey) -> Result<Self, Error> {
        let public = key.compute_public_key().map_err(|_| Error::InvalidKey)?;
        Ok(Self(Inner::Nist(group, key, public.as_ref().to_vec())))
    }

    /// The key with this private scalar, big-endian (X25519: as RFC 7748 writes it).
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if the scalar is zero, too large or of another length.
    pub fn from_scalar(group: Group, scalar: &[u8]) -> Result<Self, Error> {
        let Some(algorithm) = algorithm(group) else {
            let scalar: &[u8; 32] = scalar.try_into().map_err(|_| Error::InvalidKey)?;
            return Ok(Self(Inner::X25519(Box::new(X25519Key::from_bytes(scalar)))));
        };
        let key = PrivateKey::from_private_key(algorithm, scalar);
        Self::nist(group, key.map_err(|_| Error::InvalidKey)?)
    }

    /// Its group.
    #[must_use]
    pub fn group(&self) -> Group {
        match &self.0 {
            Inner::Nist(group, ..) => *group,
            Inner::X25519(_) => Group::X25519,
        }
    }

    /// The public key, in the form that a key share carries.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        match &self.0 {
            Inner::Nist(_, _, public) => public.clone(),
            Inner::X25519(key) => key.public().to_vec(),
        }
    }

    /// The shared secret with a peer's public key. The private key is gone afterwards.
    ///
    /// # Errors
    /// [`Error::InvalidPoint`] for anything but an uncompressed point of this curve;
    /// [`Error::NonContributory`] for an X25519 key of low order.
    pub fn agree(self, peer: &[u8]) -> Result<SecretBytes, Error> {
        match &self.0 {
            Inner::Nist(group, key, _) => agree(*group, key, peer),
            Inner::X25519(key) => {
                let peer: &[u8; 32] = peer.try_into().map_err(|_| Error::InvalidPoint)?;
                Ok(SecretBytes::new(key.agree(peer)?.expose().to_vec()))
            }
        }
    }
}

impl fmt::Debug for EphemeralKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EphemeralKey({:?})", self.group())
    }
}

/// The curve, if it is one of NIST's.
fn algorithm(group: Group) -> Option<&'static agreement::Algorithm> {
    match group {
        Group::P256 => Some(&agreement::ECDH_P256),
        Group::P384 => Some(&agreement::ECDH_P384),
        Group::P521 => Some(&agreement::ECDH_P521),
        Group::X25519 => None,
    }
}

fn agree(group: Group, key: &PrivateKey, peer: &[u8]) -> Result<SecretBytes, Error> {
    // RFC 8446, section 4.2.8.2: "UncompressedPointRepresentation". AWS-LC reads compressed and
    // hybrid points and whole SubjectPublicKeyInfos as well, none of which may get there.
    if peer.first() != Some(&UNCOMPRESSED) || peer.len() != group.public_key_len() {
        return Err(Error::InvalidPoint);
    }
    let peer = UnparsedPublicKey::new(key.algorithm(), peer);
    agreement::agree(key, peer, Error::InvalidPoint, |shared| Ok(SecretBytes::new(shared.to_vec())))
}

/// SEC 1, section 2.3.3: the first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 0x04;
