//! Ephemeral keys of the channel's groups: the NIST curves from `elliptic-curve`, X25519 from `dalek`.

use core::fmt;

use elliptic_curve::AffinePoint;
use elliptic_curve::CurveArithmetic;
use elliptic_curve::FieldBytesSize;
use elliptic_curve::Generate as _;
use elliptic_curve::PublicKey;
use elliptic_curve::SecretKey;
use elliptic_curve::sec1::FromSec1Point;
use elliptic_curve::sec1::ModulusSize;
use elliptic_curve::sec1::ToSec1Point;

use super::X25519Key;
use crate::crypto::CryptoRng;
use crate::crypto::Error;
use crate::crypto::group::Group;
use crate::crypto::secret::SecretBytes;

/// A private key for one key agreement.
pub struct EphemeralKey(Inner);

enum Inner {
    P256(SecretKey<p256::NistP256>),
    P384(SecretKey<p384::NistP384>),
    P521(SecretKey<p521::NistP521>),
    X25519(X25519Key),
}

impl EphemeralKey {
    /// A fresh key.
    pub fn generate(group: Group, rng: &mut impl CryptoRng) -> Self {
        Self(match group {
            Group::P256 => Inner::P256(SecretKey::generate_from_rng(rng)),
            Group::P384 => Inner::P384(SecretKey::generate_from_rng(rng)),
            Group::P521 => Inner::P521(SecretKey::generate_from_rng(rng)),
            Group::X25519 => Inner::X25519(X25519Key::generate(rng)),
        })
    }

    /// The key with this private scalar, big-endian (X25519: as RFC 7748 writes it).
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if the scalar is zero, too large or of another length.
    pub fn from_scalar(group: Group, scalar: &[u8]) -> Result<Self, Error> {
        let invalid = |_| Error::InvalidKey;
        // The curves' crates take scalars that lack leading zeros.
        if scalar.len() != group.scalar_len() {
            return Err(Error::InvalidKey);
        }
        Ok(Self(match group {
            Group::P256 => Inner::P256(SecretKey::from_slice(scalar).map_err(invalid)?),
            Group::P384 => Inner::P384(SecretKey::from_slice(scalar).map_err(invalid)?),
            Group::P521 => Inner::P521(SecretKey::from_slice(scalar).map_err(invalid)?),
            Group::X25519 => {
                let scalar: &[u8; 32] = scalar.try_into().map_err(|_| Error::InvalidKey)?;
                Inner::X25519(X25519Key::from_bytes(scalar))
            }
        }))
    }

    /// Its group.
    #[must_use]
    pub fn group(&self) -> Group {
        match self.0 {
            Inner::P256(_) => Group::P256,
            Inner::P384(_) => Group::P384,
            Inner::P521(_) => Group::P521,
            Inner::X25519(_) => Group::X25519,
        }
    }

    /// The public key, in the form that a key share carries.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        match &self.0 {
            Inner::P256(key) => uncompressed(key),
            Inner::P384(key) => uncompressed(key),
            Inner::P521(key) => uncompressed(key),
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
            Inner::P256(key) => agree(key, peer),
            Inner::P384(key) => agree(key, peer),
            Inner::P521(key) => agree(key, peer),
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

fn uncompressed<C>(key: &SecretKey<C>) -> Vec<u8>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    key.public_key().to_sec1_point(false).as_bytes().to_vec()
}

fn agree<C>(key: &SecretKey<C>, peer: &[u8]) -> Result<SecretBytes, Error>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    // RFC 8446, section 4.2.8.2: "UncompressedPointRepresentation"; other SEC1 forms are refused
    // before the point is parsed. Parsing then checks that it is on the curve.
    if peer.first() != Some(&UNCOMPRESSED) {
        return Err(Error::InvalidPoint);
    }
    let peer = PublicKey::<C>::from_sec1_bytes(peer).map_err(|_| Error::InvalidPoint)?;
    let shared = elliptic_curve::ecdh::diffie_hellman(key.to_nonzero_scalar(), peer.as_affine());
    Ok(SecretBytes::new(shared.raw_secret_bytes().to_vec()))
}

/// SEC 1, section 2.3.3: the first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 0x04;
