//! ML-KEM-768 ([FIPS 203](https://csrc.nist.gov/pubs/fips/203/final)).

use core::fmt;

use ml_kem::B32;
use ml_kem::Seed;
use ml_kem::kem::Decapsulate as _;
use ml_kem::kem::KeyExport as _;
use ml_kem::ml_kem_768::Ciphertext;
use ml_kem::ml_kem_768::DecapsulationKey;
use ml_kem::ml_kem_768::EncapsulationKey;
use zeroize::Zeroize as _;

use super::CryptoRng;
use super::Error;
use super::random;
use super::secret::Secret;

/// The length of an encapsulation key in bytes.
pub const ENCAPSULATION_KEY_LEN: usize = 1184;
/// The length of a ciphertext in bytes.
pub const CIPHERTEXT_LEN: usize = 1088;

/// A private key, kept with its seed `d ‖ z`.
pub struct KemKey {
    seed: Secret<64>,
    key: Box<DecapsulationKey>,
}

impl KemKey {
    /// A fresh key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_seed(Secret::random(rng))
    }

    /// The key with this seed.
    #[must_use]
    pub fn from_seed(seed: Secret<64>) -> Self {
        let key = Box::new(DecapsulationKey::from_seed(Seed::from(*seed.expose())));
        Self { seed, key }
    }

    /// The seed, for sealing at rest.
    #[must_use]
    pub fn seed(&self) -> &Secret<64> {
        &self.seed
    }

    /// The public key.
    #[must_use]
    pub fn encapsulation_key(&self) -> [u8; ENCAPSULATION_KEY_LEN] {
        self.key.encapsulation_key().to_bytes().into()
    }

    /// The shared secret in a ciphertext. A ciphertext made for another key gives an unrelated
    /// secret and no error (implicit rejection).
    #[must_use]
    pub fn decapsulate(&self, ciphertext: &[u8; CIPHERTEXT_LEN]) -> Secret<32> {
        let mut shared = self.key.decapsulate(&Ciphertext::from(*ciphertext));
        let secret = Secret::new(shared.into());
        shared.zeroize();
        secret
    }
}

impl fmt::Debug for KemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed: _, key: _ } = self;
        f.write_str("KemKey")
    }
}

/// A fresh shared secret and the ciphertext that carries it to the holder of a private key.
///
/// # Errors
/// [`Error::InvalidKey`] if the encapsulation key fails its modulus check (FIPS 203, section 7.2).
pub fn encapsulate(
    encapsulation_key: &[u8; ENCAPSULATION_KEY_LEN],
    rng: &mut impl CryptoRng,
) -> Result<([u8; CIPHERTEXT_LEN], Secret<32>), Error> {
    let key = EncapsulationKey::new(&(*encapsulation_key).into()).map_err(|_| Error::InvalidKey)?;
    let mut message = B32::from(random::<32>(rng));
    let (ciphertext, mut shared) = key.encapsulate_deterministic(&message);
    message.zeroize();
    let secret = Secret::new(shared.into());
    shared.zeroize();
    Ok((ciphertext.into(), secret))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn both_sides_hold_one_secret() {
        let mut rng = StdRng::seed_from_u64(1);
        let key = KemKey::generate(&mut rng);
        let (ciphertext, sent) = encapsulate(&key.encapsulation_key(), &mut rng).unwrap();
        let again = KemKey::from_seed(key.seed().duplicate());
        assert_eq!(again.decapsulate(&ciphertext).expose(), sent.expose());
        let mut flipped = ciphertext;
        flipped[0] ^= 1;
        assert_ne!(again.decapsulate(&flipped).expose(), sent.expose());
    }

    #[test]
    fn a_key_above_the_modulus_is_refused() {
        let mut rng = StdRng::seed_from_u64(2);
        let result = encapsulate(&[0xff; ENCAPSULATION_KEY_LEN], &mut rng);
        assert_eq!(result.map(|_| ()), Err(Error::InvalidKey));
    }
}
