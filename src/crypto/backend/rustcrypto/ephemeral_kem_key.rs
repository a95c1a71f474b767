//! ML-KEM for one exchange, from `ml-kem`.

use core::fmt;

use ml_kem::B32;
use ml_kem::Seed;
use ml_kem::kem::Decapsulate as _;
use ml_kem::kem::KeyExport as _;
use ml_kem::ml_kem_1024;
use zeroize::Zeroize as _;

use crate::crypto::CryptoRng;
use crate::crypto::Error;
use crate::crypto::kem::Kem;
use crate::crypto::kem::KemKey;
use crate::crypto::kem::ML_KEM_1024_LEN;
use crate::crypto::kem::encapsulate;
use crate::crypto::random;
use crate::crypto::secret::Secret;

/// A private key for one decapsulation.
pub struct EphemeralKemKey(Inner);

enum Inner {
    MlKem768(KemKey),
    MlKem1024(Box<ml_kem_1024::DecapsulationKey>),
}

impl EphemeralKemKey {
    /// A fresh key.
    pub fn generate(kem: Kem, rng: &mut impl CryptoRng) -> Self {
        Self(match kem {
            Kem::MlKem768 => Inner::MlKem768(KemKey::generate(rng)),
            Kem::MlKem1024 => {
                let seed = Secret::<64>::random(rng);
                let key = ml_kem_1024::DecapsulationKey::from_seed(Seed::from(*seed.expose()));
                Inner::MlKem1024(Box::new(key))
            }
        })
    }

    /// Its parameter set.
    #[must_use]
    pub fn kem(&self) -> Kem {
        match self.0 {
            Inner::MlKem768(_) => Kem::MlKem768,
            Inner::MlKem1024(_) => Kem::MlKem1024,
        }
    }

    /// The public key, in the form that a key share carries.
    #[must_use]
    pub fn encapsulation_key(&self) -> Vec<u8> {
        match &self.0 {
            Inner::MlKem768(key) => key.encapsulation_key().to_vec(),
            Inner::MlKem1024(key) => key.encapsulation_key().to_bytes().to_vec(),
        }
    }

    /// The shared secret in a ciphertext. The private key is gone afterwards. A ciphertext made for
    /// another key gives an unrelated secret and no error (implicit rejection).
    ///
    /// # Errors
    /// [`Error::InvalidLength`] for a ciphertext of another length: the "ciphertext type check" of
    /// FIPS 203, section 7.3.
    pub fn decapsulate(self, ciphertext: &[u8]) -> Result<Secret<32>, Error> {
        match &self.0 {
            Inner::MlKem768(key) => {
                let ciphertext = ciphertext.try_into().map_err(|_| Error::InvalidLength)?;
                Ok(key.decapsulate(ciphertext))
            }
            Inner::MlKem1024(key) => {
                let ciphertext: &[u8; ML_KEM_1024_LEN] =
                    ciphertext.try_into().map_err(|_| Error::InvalidLength)?;
                let mut shared = key.decapsulate(&(*ciphertext).into());
                let secret = Secret::new(shared.into());
                shared.zeroize();
                Ok(secret)
            }
        }
    }
}

impl fmt::Debug for EphemeralKemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EphemeralKemKey({:?})", self.kem())
    }
}

/// A fresh shared secret and the ciphertext that carries it to the holder of a private key of this
/// parameter set.
///
/// # Errors
/// [`Error::InvalidLength`] for an encapsulation key of another length, [`Error::InvalidKey`] for one
/// that fails its modulus check (FIPS 203, section 7.2).
pub fn encapsulate_to(
    kem: Kem,
    encapsulation_key: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<(Vec<u8>, Secret<32>), Error> {
    match kem {
        Kem::MlKem768 => {
            let key = encapsulation_key.try_into().map_err(|_| Error::InvalidLength)?;
            let (ciphertext, secret) = encapsulate(key, rng)?;
            Ok((ciphertext.to_vec(), secret))
        }
        Kem::MlKem1024 => {
            let key: &[u8; ML_KEM_1024_LEN] =
                encapsulation_key.try_into().map_err(|_| Error::InvalidLength)?;
            let (ciphertext, secret) = encapsulate_1024(key, rng)?;
            Ok((ciphertext.to_vec(), secret))
        }
    }
}

/// [`encapsulate`] for ML-KEM-1024.
fn encapsulate_1024(
    encapsulation_key: &[u8; ML_KEM_1024_LEN],
    rng: &mut impl CryptoRng,
) -> Result<([u8; ML_KEM_1024_LEN], Secret<32>), Error> {
    let key = ml_kem_1024::EncapsulationKey::new(&(*encapsulation_key).into())
        .map_err(|_| Error::InvalidKey)?;
    let mut message = B32::from(random::<32>(rng));
    let (ciphertext, mut shared) = key.encapsulate_deterministic(&message);
    message.zeroize();
    let secret = Secret::new(shared.into());
    shared.zeroize();
    Ok((ciphertext.into(), secret))
}
