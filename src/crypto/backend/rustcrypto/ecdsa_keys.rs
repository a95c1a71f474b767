//! ECDSA from the curves' crates: deterministic, so that one key signs one message in one way.

use core::fmt;

use ecdsa::signature::Signer as _;
use ecdsa::signature::Verifier as _;
use elliptic_curve::Generate as _;
use elliptic_curve::pkcs8::DecodePrivateKey as _;
use elliptic_curve::pkcs8::DecodePublicKey as _;
use elliptic_curve::pkcs8::EncodePrivateKey as _;
use elliptic_curve::pkcs8::EncodePublicKey as _;
use elliptic_curve::pkcs8::LineEnding;
#[cfg(feature = "aws-lc")]
use elliptic_curve::pkcs8::SecretDocument;
use zeroize::Zeroizing;

use crate::crypto::CryptoRng;
use crate::crypto::Error;
use crate::crypto::sign::Curve;

/// A private signing key.
pub struct SigningKey(Private);

enum Private {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

impl SigningKey {
    /// A fresh key.
    pub fn generate(curve: Curve, rng: &mut impl CryptoRng) -> Self {
        Self(match curve {
            Curve::P256 => Private::P256(p256::ecdsa::SigningKey::generate_from_rng(rng)),
            Curve::P384 => Private::P384(p384::ecdsa::SigningKey::generate_from_rng(rng)),
            Curve::P521 => Private::P521(p521::ecdsa::SigningKey::generate_from_rng(rng)),
        })
    }

    /// Reads a PKCS#8 PEM.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if it is no PKCS#8 key of one of the curves.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, Error> {
        if let Ok(key) = p521::ecdsa::SigningKey::from_pkcs8_pem(pem) {
            return Ok(Self(Private::P521(key)));
        }
        if let Ok(key) = p384::ecdsa::SigningKey::from_pkcs8_pem(pem) {
            return Ok(Self(Private::P384(key)));
        }
        let key = p256::ecdsa::SigningKey::from_pkcs8_pem(pem).map_err(|_| Error::InvalidKey)?;
        Ok(Self(Private::P256(key)))
    }

    /// The key as PKCS#8 PEM.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if the encoder refuses, which no key of this type has been seen to cause.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, Error> {
        match &self.0 {
            Private::P256(key) => key.to_pkcs8_pem(LineEnding::LF),
            Private::P384(key) => key.to_pkcs8_pem(LineEnding::LF),
            Private::P521(key) => key.to_pkcs8_pem(LineEnding::LF),
        }
        .map_err(|_| Error::InvalidKey)
    }

    /// The key as PKCS#8 DER.
    #[cfg(feature = "aws-lc")]
    pub(in crate::crypto::backend) fn to_pkcs8_der(&self) -> Result<SecretDocument, Error> {
        match &self.0 {
            Private::P256(key) => key.to_pkcs8_der(),
            Private::P384(key) => key.to_pkcs8_der(),
            Private::P521(key) => key.to_pkcs8_der(),
        }
        .map_err(|_| Error::InvalidKey)
    }

    /// Its curve.
    #[must_use]
    pub fn curve(&self) -> Curve {
        match self.0 {
            Private::P256(_) => Curve::P256,
            Private::P384(_) => Curve::P384,
            Private::P521(_) => Curve::P521,
        }
    }

    /// The signature of a message, DER.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.0 {
            Private::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Private::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Private::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }

    /// The public key.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(match &self.0 {
            Private::P256(key) => Public::P256(*key.verifying_key()),
            Private::P384(key) => Public::P384(*key.verifying_key()),
            Private::P521(key) => Public::P521(*key.verifying_key()),
        })
    }

    /// The public key as a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// As [`VerifyingKey::spki`].
    pub fn spki(&self) -> Result<Vec<u8>, Error> {
        self.verifying_key().spki()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?})", self.curve())
    }
}

/// A public key that checks signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey(Public);

#[derive(Clone, PartialEq, Eq)]
enum Public {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

impl VerifyingKey {
    /// Reads a DER SubjectPublicKeyInfo with a named curve and an uncompressed point.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] for anything else; one key has one encoding.
    pub fn from_spki(spki: &[u8]) -> Result<Self, Error> {
        let key = if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(spki) {
            Self(Public::P256(key))
        } else if let Ok(key) = p384::ecdsa::VerifyingKey::from_public_key_der(spki) {
            Self(Public::P384(key))
        } else {
            let key = p521::ecdsa::VerifyingKey::from_public_key_der(spki);
            Self(Public::P521(key.map_err(|_| Error::InvalidKey)?))
        };
        if key.spki()? != spki {
            return Err(Error::InvalidKey);
        }
        Ok(key)
    }

    /// The key as a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if the encoder refuses, which no key of this type has been seen to cause.
    pub fn spki(&self) -> Result<Vec<u8>, Error> {
        match &self.0 {
            Public::P256(key) => key.to_public_key_der(),
            Public::P384(key) => key.to_public_key_der(),
            Public::P521(key) => key.to_public_key_der(),
        }
        .map(|document| document.as_bytes().to_vec())
        .map_err(|_| Error::InvalidKey)
    }

    /// Its curve.
    #[must_use]
    pub fn curve(&self) -> Curve {
        match self.0 {
            Public::P256(_) => Curve::P256,
            Public::P384(_) => Curve::P384,
            Public::P521(_) => Curve::P521,
        }
    }

    /// The key as an uncompressed point.
    #[cfg(feature = "aws-lc")]
    pub(in crate::crypto::backend) fn uncompressed_point(&self) -> Vec<u8> {
        match &self.0 {
            Public::P256(key) => key.to_sec1_point(false).as_bytes().to_vec(),
            Public::P384(key) => key.to_sec1_point(false).as_bytes().to_vec(),
            Public::P521(key) => key.to_sec1_point(false).as_bytes().to_vec(),
        }
    }

    /// Checks a DER signature of a message.
    ///
    /// # Errors
    /// [`Error::InvalidSignature`] if it is malformed or not this key's.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let invalid = |_| Error::InvalidSignature;
        match &self.0 {
            Public::P256(key) => {
                let signature = p256::ecdsa::Signature::from_der(signature).map_err(invalid)?;
                key.verify(message, &signature).map_err(invalid)
            }
            Public::P384(key) => {
                let signature = p384::ecdsa::Signature::from_der(signature).map_err(invalid)?;
                key.verify(message, &signature).map_err(invalid)
            }
            Public::P521(key) => {
                let signature = p521::ecdsa::Signature::from_der(signature).map_err(invalid)?;
                key.verify(message, &signature).map_err(invalid)
            }
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({:?})", self.curve())
    }
}
