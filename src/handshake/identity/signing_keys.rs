//! A relay's private keys.

use crate::crypto;
use crate::crypto::certificate;
use crate::crypto::sign::Curve;
use crate::crypto::sign::SigningKey;

/// A relay's private keys, one for each curve: they sign handshakes.
#[derive(Debug)]
pub struct SigningKeys {
    p256: Signer,
    p384: Signer,
    p521: Signer,
}

/// One private key with its public forms.
#[derive(Debug)]
struct Signer {
    key: SigningKey,
    spki: Vec<u8>,
    certificate: Vec<u8>,
}

impl SigningKeys {
    /// Fresh keys.
    ///
    /// # Errors
    /// As [`SigningKey::spki`].
    pub fn generate(rng: &mut impl crypto::CryptoRng) -> Result<Self, crypto::Error> {
        Self::new(
            SigningKey::generate(Curve::P256, rng),
            SigningKey::generate(Curve::P384, rng),
            SigningKey::generate(Curve::P521, rng),
        )
    }

    /// These keys.
    ///
    /// # Errors
    /// [`crypto::Error::InvalidKey`] if one is on another curve than its place says.
    pub fn new(
        p256: SigningKey,
        p384: SigningKey,
        p521: SigningKey,
    ) -> Result<Self, crypto::Error> {
        Ok(Self {
            p256: Signer::new(p256, Curve::P256)?,
            p384: Signer::new(p384, Curve::P384)?,
            p521: Signer::new(p521, Curve::P521)?,
        })
    }

    /// The private key of a curve.
    #[must_use]
    pub fn key(&self, curve: Curve) -> &SigningKey {
        &self.signer(curve).key
    }

    /// The public key of a curve, a SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self, curve: Curve) -> &[u8] {
        self.signer(curve).spki()
    }

    /// The self-signed certificate of a curve's key, DER: for clients that take no bare key.
    #[must_use]
    pub fn certificate(&self, curve: Curve) -> &[u8] {
        self.signer(curve).certificate()
    }

    fn signer(&self, curve: Curve) -> &Signer {
        match curve {
            Curve::P256 => &self.p256,
            Curve::P384 => &self.p384,
            Curve::P521 => &self.p521,
        }
    }
}

impl Signer {
    fn new(key: SigningKey, curve: Curve) -> Result<Self, crypto::Error> {
        if key.curve() != curve {
            return Err(crypto::Error::InvalidKey);
        }
        let spki = key.spki()?;
        let certificate = certificate::self_signed(&key)?;
        Ok(Self { key, spki, certificate })
    }

    fn spki(&self) -> &[u8] {
        &self.spki
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}
