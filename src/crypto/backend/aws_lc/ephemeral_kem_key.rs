//! ML-KEM for one exchange.

use core::fmt;

use aws_lc_rs::kem;
use aws_lc_rs::kem::Ciphertext;
use aws_lc_rs::kem::DecapsulationKey;
use aws_lc_rs::kem::EncapsulationKey;

use crate::crypto::CryptoRng;
use crate::crypto::Error;
use crate::crypto::kem::Kem;
use crate::crypto::secret::Secret;

/// A private key for one decapsulation.
pub struct EphemeralKemKey {
    kem: Kem,
    key: DecapsulationKey,
    public: Vec<u8>,
}

impl EphemeralKemKey {
    /// A fresh key, drawn from AWS-LC's randomness: the argument is not used, see the module above.
    #[expect(
        clippy::expect_used,
        reason = "AWS-LC aborts where it has no randomness; what else fails is memory, as for any Box"
    )]
    pub fn generate(kem: Kem, _: &mut impl CryptoRng) -> Self {
        let (key, public) = generate(kem).expect("a parameter set has keys");
        Self { kem, key, public }
    }

    /// Its parameter set.
    #[must_use]
    pub fn kem(&self) -> Kem {
        self.kem
    }

    /// The public key, in the form that a key share carries.
    #[must_use]
    pub fn encapsulation_key(&self) -> Vec<u8> {
        self.public.clone()
    }

    /// The shared secret in a ciphertext. The private key is gone afterwards. A ciphertext made for
    /// another key gives an unrelated secret and no error (implicit rejection).
    ///
    /// # Errors
    /// [`Error::InvalidLength`] for a ciphertext of another length: the "ciphertext type check" of
    /// FIPS 203, section 7.3.
    pub fn decapsulate(self, ciphertext: &[u8]) -> Result<Secret<32>, Error> {
        let shared = self.key.decapsulate(Ciphertext::from(ciphertext));
        Secret::from_slice(shared.map_err(|_| Error::InvalidLength)?.as_ref())
    }
}

impl fmt::Debug for EphemeralKemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kem, key: _, public: _ } = self;
        write!(f, "EphemeralKemKey({kem:?})")
    }
}

/// A fresh shared secret and the ciphertext that carries it to the holder of a private key of this
/// parameter set. It is drawn from AWS-LC's randomness: the argument is not used.
///
/// # Errors
/// [`Error::InvalidLength`] for an encapsulation key of another length, [`Error::InvalidKey`] for one
/// that fails its modulus check (FIPS 203, section 7.2).
pub fn encapsulate_to(
    kem: Kem,
    encapsulation_key: &[u8],
    _: &mut impl CryptoRng,
) -> Result<(Vec<u8>, Secret<32>), Error> {
    if encapsulation_key.len() != kem.encapsulation_key_len() {
        return Err(Error::InvalidLength);
    }
    let key = EncapsulationKey::new(algorithm(kem), encapsulation_key);
    let key = key.map_err(|_| Error::InvalidKey)?;
    let (ciphertext, shared) = key.encapsulate().map_err(|_| Error::InvalidKey)?;
    Ok((ciphertext.as_ref().to_vec(), Secret::from_slice(shared.as_ref())?))
}

fn generate(kem: Kem) -> Option<(DecapsulationKey, Vec<u8>)> {
    let key = DecapsulationKey::generate(algorithm(kem)).ok()?;
    let public = key.encapsulation_key().ok()?.key_bytes().ok()?.as_ref().to_vec();
    Some((key, public))
}

fn algorithm(kem: Kem) -> &'static kem::Algorithm {
    match kem {
        Kem::MlKem768 => &kem::ML_KEM_768,
        Kem::MlKem1024 => &kem::ML_KEM_1024,
    }
}
