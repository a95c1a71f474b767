//! Ed25519 keys of people ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)) and the X25519 form derived from them.

use core::fmt;

use ed25519_dalek::Signature;
use ed25519_dalek::Signer as _;
use ed25519_dalek::SigningKey;
use ed25519_dalek::VerifyingKey;

use super::CryptoRng;
use super::Error;
use super::secret::Secret;
use super::x25519::X25519Key;

/// A person's private key.
pub struct IdentityKey {
    seed: Secret<32>,
    signing: SigningKey,
    agreement: X25519Key,
    public: PublicIdentity,
}

impl IdentityKey {
    /// A fresh key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_seed(Secret::random(rng))
    }

    /// The key with this seed (RFC 8032's private key).
    #[must_use]
    pub fn from_seed(seed: Secret<32>) -> Self {
        let signing = SigningKey::from_bytes(seed.expose());
        let agreement = X25519Key::from_bytes(Secret::new(signing.to_scalar_bytes()).expose());
        let public = PublicIdentity(signing.verifying_key().to_bytes());
        Self { seed, signing, agreement, public }
    }

    /// The seed, for sealing at rest.
    #[must_use]
    pub fn seed(&self) -> &Secret<32> {
        &self.seed
    }

    /// The public key: what an ID writes down.
    #[must_use]
    pub fn public(&self) -> &PublicIdentity {
        &self.public
    }

    /// The Ed25519 signature of a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    /// The X25519 shared secret of this key's derived form with a public key.
    ///
    /// # Errors
    /// [`Error::NonContributory`] for a public key of low order.
    pub fn agree(&self, peer: &[u8; 32]) -> Result<Secret<32>, Error> {
        self.agreement.agree(peer)
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed: _, signing: _, agreement: _, public: _ } = self;
        f.write_str("IdentityKey")
    }
}

/// A person's public key, in its one canonical form, of prime order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicIdentity([u8; 32]);

impl PublicIdentity {
    /// Reads a public key.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if it is no point, weak, has torsion, or is not in canonical form.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Error> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| Error::InvalidKey)?;
        let point = key.to_edwards();
        let canonical = point.compress().as_bytes() == bytes;
        if key.is_weak() || !point.is_torsion_free() || !canonical {
            return Err(Error::InvalidKey);
        }
        Ok(Self(*bytes))
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks an Ed25519 signature, strictly.
    ///
    /// # Errors
    /// [`Error::InvalidSignature`] if it is not this key's signature of the message.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
        VerifyingKey::from_bytes(&self.0)
            .and_then(|key| key.verify_strict(message, &Signature::from_bytes(signature)))
            .map_err(|_| Error::InvalidSignature)
    }

    /// The X25519 form. A key and its negative share one.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] never for a key that `from_bytes` took.
    pub fn x25519(&self) -> Result<[u8; 32], Error> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| Error::InvalidKey)?;
        Ok(key.to_montgomery().to_bytes())
    }
}

impl fmt::Debug for PublicIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("PublicIdentity")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn both_forms_of_two_keys_agree() {
        let mut rng = StdRng::seed_from_u64(1);
        let (a, b) = (IdentityKey::generate(&mut rng), IdentityKey::generate(&mut rng));
        let ab = a.agree(&b.public().x25519().unwrap()).unwrap();
        let ba = b.agree(&a.public().x25519().unwrap()).unwrap();
        assert_eq!(ab.expose(), ba.expose());
        let signature = a.sign(b"m");
        assert_eq!(a.public().verify(b"m", &signature), Ok(()));
        assert_eq!(b.public().verify(b"m", &signature), Err(Error::InvalidSignature));
    }

    #[test]
    fn weak_and_non_canonical_keys_are_refused() {
        // The identity, a point of order 2, one of order 8, and p + 1: the identity once more.
        let mut non_canonical = [0xff; 32];
        non_canonical[0] = 0xee;
        non_canonical[31] = 0x7f;
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut order_2 = [0xff; 32];
        order_2[0] = 0xec;
        order_2[31] = 0x7f;
        for bytes in [identity, order_2, [0; 32], non_canonical] {
            assert_eq!(PublicIdentity::from_bytes(&bytes), Err(Error::InvalidKey));
        }
    }

    #[test]
    fn a_key_with_torsion_is_refused() {
        let good = IdentityKey::generate(&mut StdRng::seed_from_u64(2));
        let point = VerifyingKey::from_bytes(good.public().as_bytes()).unwrap().to_edwards();
        let torsion = curve25519_dalek::constants::EIGHT_TORSION[1];
        let bytes = (point + torsion).compress().to_bytes();
        assert_eq!(PublicIdentity::from_bytes(&bytes), Err(Error::InvalidKey));
        assert!(PublicIdentity::from_bytes(good.public().as_bytes()).is_ok());
    }
}
