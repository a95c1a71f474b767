//! The channel's Diffie-Hellman groups ([RFC 8446, section 4.2.7](https://www.rfc-editor.org/rfc/rfc8446#section-4.2.7)).
//!
//! | group | public key | shared secret |
//! |---|---|---|
//! | P-256 | 0x04 ‖ x ‖ y, 65 bytes | x, 32 bytes |
//! | P-384 | 0x04 ‖ x ‖ y, 97 bytes | x, 48 bytes |
//! | P-521 | 0x04 ‖ x ‖ y, 133 bytes | x, 66 bytes, leading zeros kept |
//! | X25519 | 32 bytes | 32 bytes |

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

use super::CryptoRng;
use super::Error;
use super::secret::SecretBytes;
use super::x25519::X25519Key;

/// A Diffie-Hellman group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// NIST P-256, secp256r1.
    P256,
    /// NIST P-384, secp384r1.
    P384,
    /// NIST P-521, secp521r1.
    P521,
    /// X25519 ([RFC 7748](https://www.rfc-editor.org/rfc/rfc7748)).
    X25519,
}

impl Group {
    /// The length of a public key in bytes.
    #[must_use]
    pub fn public_key_len(self) -> usize {
        match self {
            Self::P256 => 65,
            Self::P384 => 97,
            Self::P521 => 133,
            Self::X25519 => 32,
        }
    }
}

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

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    const GROUPS: [(Group, usize, usize); 4] = [
        (Group::P256, 65, 32),
        (Group::P384, 97, 48),
        (Group::P521, 133, 66),
        (Group::X25519, 32, 32),
    ];

    #[test]
    fn both_sides_agree_on_a_secret_of_the_fields_length() {
        let mut rng = StdRng::seed_from_u64(1);
        for (group, public_len, secret_len) in GROUPS {
            let (a, b) =
                (EphemeralKey::generate(group, &mut rng), EphemeralKey::generate(group, &mut rng));
            let (a_public, b_public) = (a.public_key(), b.public_key());
            assert_eq!(a_public.len(), public_len);
            assert_eq!(group.public_key_len(), public_len);
            let secret = a.agree(&b_public).unwrap();
            assert_eq!(secret.len(), secret_len);
            assert_eq!(secret.expose(), b.agree(&a_public).unwrap().expose());
        }
    }

    #[test]
    fn points_in_any_other_form_are_refused() {
        let mut rng = StdRng::seed_from_u64(2);
        for (group, public_len, _) in GROUPS {
            let key = || EphemeralKey::generate(group, &mut StdRng::seed_from_u64(3));
            let good = EphemeralKey::generate(group, &mut rng).public_key();
            for len in 0..public_len {
                assert!(key().agree(&good[..len]).is_err(), "{group:?} cut to {len}");
            }
            assert!(key().agree(&[&good[..], &[0]].concat()).is_err());
            if group == Group::X25519 {
                assert_eq!(key().agree(&[0; 32]).unwrap_err(), Error::NonContributory);
                continue;
            }
            let mut off_curve = good.clone();
            off_curve[public_len - 1] ^= 1;
            assert_eq!(key().agree(&off_curve).unwrap_err(), Error::InvalidPoint);
            assert_eq!(key().agree(&[0]).unwrap_err(), Error::InvalidPoint);
            assert_eq!(key().agree(&vec![0; public_len]).unwrap_err(), Error::InvalidPoint);
            let compressed = [&[2 | (good[public_len - 1] & 1)][..], &good[1..=public_len / 2]];
            assert_eq!(key().agree(&compressed.concat()).unwrap_err(), Error::InvalidPoint);
            for tag in [0x00, 0x02, 0x03, 0x05, 0x06, 0x07] {
                let mut other = good.clone();
                other[0] = tag;
                assert_eq!(key().agree(&other).unwrap_err(), Error::InvalidPoint);
            }
        }
    }
}
