//! ECDSA. Keys are read and written by the other backend, so that files and encodings are the same;
//! signatures are made and checked here.

use core::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::EcdsaSigningAlgorithm;
use aws_lc_rs::signature::EcdsaVerificationAlgorithm;
use aws_lc_rs::signature::UnparsedPublicKey;
use zeroize::Zeroizing;

use crate::crypto::CryptoRng;
use crate::crypto::Error;
use crate::crypto::backend::rustcrypto;
use crate::crypto::sign::Curve;

/// A private signing key.
pub struct SigningKey {
    encoded: rustcrypto::SigningKey,
    pair: EcdsaKeyPair,
}

impl SigningKey {
    /// A fresh key.
    #[expect(
        clippy::expect_used,
        reason = "a key of the other backend is in range; what else fails is memory, as for any Box"
    )]
    pub fn generate(curve: Curve, rng: &mut impl CryptoRng) -> Self {
        Self::import(rustcrypto::SigningKey::generate(curve, rng)).expect("a key is a key")
    }

    /// Reads a PKCS#8 PEM.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if it is no PKCS#8 key of one of the curves.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, Error> {
        Self::import(rustcrypto::SigningKey::from_pkcs8_pem(pem)?)
    }

    fn import(encoded: rustcrypto::SigningKey) -> Result<Self, Error> {
        let document = encoded.to_pkcs8_der()?;
        let pair =
            EcdsaKeyPair::from_pkcs8(signing_algorithm(encoded.curve()), document.as_bytes())
                .map_err(|_| Error::InvalidKey)?;
        Ok(Self { encoded, pair })
    }

    /// The key as PKCS#8 PEM.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if the encoder refuses, which no key of this type has been seen to cause.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, Error> {
        self.encoded.to_pkcs8_pem()
    }

    /// Its curve.
    #[must_use]
    pub fn curve(&self) -> Curve {
        self.encoded.curve()
    }

    /// The signature of a message, DER. Another one each time.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        // The generator is not looked at: AWS-LC has its own.
        match self.pair.sign(&SystemRandom::new(), message) {
            Ok(signature) => signature.as_ref().to_vec(),
            // Not seen to happen; a signature is a signature, whoever makes it.
            Err(_) => self.encoded.sign(message),
        }
    }

    /// The public key.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.encoded.verifying_key())
    }

    /// The public key as a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// As [`VerifyingKey::spki`].
    pub fn spki(&self) -> Result<Vec<u8>, Error> {
        self.encoded.spki()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { encoded, pair: _ } = self;
        fmt::Debug::fmt(encoded, f)
    }
}

/// A public key that checks signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey(rustcrypto::VerifyingKey);

impl VerifyingKey {
    /// Reads a DER SubjectPublicKeyInfo with a named curve and an uncompressed point.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] for anything else; one key has one encoding.
    pub fn from_spki(spki: &[u8]) -> Result<Self, Error> {
        rustcrypto::VerifyingKey::from_spki(spki).map(Self)
    }

    /// The key as a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if the encoder refuses, which no key of this type has been seen to cause.
    pub fn spki(&self) -> Result<Vec<u8>, Error> {
        self.0.spki()
    }

    /// Its curve.
    #[must_use]
    pub fn curve(&self) -> Curve {
        self.0.curve()
    }

    /// Checks a DER signature of a message.
    ///
    /// # Errors
    /// [`Error::InvalidSignature`] if it is malformed or not this key's.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let point = self.0.uncompressed_point();
        UnparsedPublicKey::new(verification_algorithm(self.curve()), point)
            .verify(message, signature)
            .map_err(|_| Error::InvalidSignature)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(key) = self;
        fmt::Debug::fmt(key, f)
    }
}

fn signing_algorithm(curve: Curve) -> &'static EcdsaSigningAlgorithm {
    match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        Curve::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        Curve::P521 => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
    }
}

fn verification_algorithm(curve: Curve) -> &'static EcdsaVerificationAlgorithm {
    match curve {
        Curve::P256 => &signature::ECDSA_P256_SHA256_ASN1,
        Curve::P384 => &signature::ECDSA_P384_SHA384_ASN1,
        Curve::P521 => &signature::ECDSA_P521_SHA512_ASN1,
    }
}
