//! ECDSA keys of relays ([FIPS 186-5](https://csrc.nist.gov/pubs/fips/186-5/final)), deterministic as
//! [RFC 6979](https://www.rfc-editor.org/rfc/rfc6979) says, each curve with its own hash:
//! P-256 with SHA-256, P-384 with SHA-384, P-521 with SHA-512. Signatures are DER.

use core::fmt;

use ecdsa::signature::Signer as _;
use ecdsa::signature::Verifier as _;
use elliptic_curve::Generate as _;
use elliptic_curve::pkcs8::DecodePrivateKey as _;
use elliptic_curve::pkcs8::DecodePublicKey as _;
use elliptic_curve::pkcs8::EncodePrivateKey as _;
use elliptic_curve::pkcs8::EncodePublicKey as _;
use elliptic_curve::pkcs8::LineEnding;
use zeroize::Zeroizing;

use super::CryptoRng;
use super::Error;

/// A curve that relays sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-256, with SHA-256.
    P256,
    /// NIST P-384, with SHA-384.
    P384,
    /// NIST P-521, with SHA-512.
    P521,
}

impl Curve {
    /// Every curve, in the order in which a key set lists them.
    pub const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];
}

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

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn keys_survive_their_files_and_signatures_their_curve() {
        let mut rng = StdRng::seed_from_u64(1);
        for curve in Curve::ALL {
            let key = SigningKey::generate(curve, &mut rng);
            let read = SigningKey::from_pkcs8_pem(&key.to_pkcs8_pem().unwrap()).unwrap();
            assert_eq!(read.curve(), curve);
            let public = VerifyingKey::from_spki(&key.spki().unwrap()).unwrap();
            assert_eq!(public, read.verifying_key());
            let signature = read.sign(b"message");
            assert_eq!(public.verify(b"message", &signature), Ok(()));
            assert_eq!(public.verify(b"massage", &signature), Err(Error::InvalidSignature));
            let other = SigningKey::generate(curve, &mut rng).verifying_key();
            assert_eq!(other.verify(b"message", &signature), Err(Error::InvalidSignature));
            for cut in 0..signature.len() {
                assert_eq!(
                    public.verify(b"message", &signature[..cut]),
                    Err(Error::InvalidSignature)
                );
            }
        }
    }

    #[test]
    fn a_key_in_another_encoding_is_refused() {
        let mut rng = StdRng::seed_from_u64(2);
        let spki = SigningKey::generate(Curve::P256, &mut rng).spki().unwrap();
        assert!(VerifyingKey::from_spki(&spki[..spki.len() - 1]).is_err());
        assert!(VerifyingKey::from_spki(&[&spki[..], &[0]].concat()).is_err());
        assert!(SigningKey::from_pkcs8_pem("no key").is_err());
    }
}
