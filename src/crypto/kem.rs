//! ML-KEM ([FIPS 203](https://csrc.nist.gov/pubs/fips/203/final)).
//!
//! | parameter set | encapsulation key | ciphertext | shared secret |
//! |---|---|---|---|
//! | ML-KEM-768 | 1,184 bytes | 1,088 bytes | 32 bytes |
//! | ML-KEM-1024 | 1,568 bytes | 1,568 bytes | 32 bytes |
//!
//! [`KemKey`], [`RemoteKemKey`] and [`encapsulate`] are ML-KEM-768 with lengths that are known when compiling: what two
//! people use. [`EphemeralKemKey`] and [`encapsulate_to`] take the set as a value: what the channel
//! uses.

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
pub use super::backend::chosen::EphemeralKemKey;
pub use super::backend::chosen::encapsulate_to;
use super::random;
use super::secret::Secret;

/// The length of an ML-KEM-768 encapsulation key in bytes.
pub const ENCAPSULATION_KEY_LEN: usize = 1184;
/// The length of an ML-KEM-768 ciphertext in bytes.
pub const CIPHERTEXT_LEN: usize = 1088;
/// The length of an ML-KEM-1024 encapsulation key in bytes, and of a ciphertext.
pub(super) const ML_KEM_1024_LEN: usize = 1568;

/// An ML-KEM-768 private key, kept with its seed `d ‖ z`.
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
        let mut copy = Seed::from(*seed.expose());
        let key = Box::new(DecapsulationKey::from_seed(copy));
        copy.zeroize();
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

/// A peer's ML-KEM-768 encapsulation key, which has passed its check.
pub struct RemoteKemKey(Box<EncapsulationKey>);

impl RemoteKemKey {
    /// The key with these bytes.
    ///
    /// # Errors
    /// [`Error::InvalidKey`] if it fails its modulus check (FIPS 203, section 7.2).
    pub fn from_bytes(bytes: &[u8; ENCAPSULATION_KEY_LEN]) -> Result<Self, Error> {
        let key = EncapsulationKey::new(&(*bytes).into()).map_err(|_| Error::InvalidKey)?;
        Ok(Self(Box::new(key)))
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ENCAPSULATION_KEY_LEN] {
        self.0.to_bytes().into()
    }

    /// A fresh shared secret and the ciphertext that carries it to the holder of the key.
    pub fn encapsulate(&self, rng: &mut impl CryptoRng) -> ([u8; CIPHERTEXT_LEN], Secret<32>) {
        let mut message = B32::from(random::<32>(rng));
        let (ciphertext, mut shared) = self.0.encapsulate_deterministic(&message);
        message.zeroize();
        let secret = Secret::new(shared.into());
        shared.zeroize();
        (ciphertext.into(), secret)
    }
}

impl fmt::Debug for RemoteKemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("RemoteKemKey")
    }
}

/// The same for a key that is used once.
///
/// # Errors
/// As [`RemoteKemKey::from_bytes`].
pub fn encapsulate(
    encapsulation_key: &[u8; ENCAPSULATION_KEY_LEN],
    rng: &mut impl CryptoRng,
) -> Result<([u8; CIPHERTEXT_LEN], Secret<32>), Error> {
    Ok(RemoteKemKey::from_bytes(encapsulation_key)?.encapsulate(rng))
}

/// A parameter set (FIPS 203, section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kem {
    /// ML-KEM-768, category 3.
    MlKem768,
    /// ML-KEM-1024, category 5.
    MlKem1024,
}

impl Kem {
    /// Its specification's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MlKem768 => "ML-KEM-768",
            Self::MlKem1024 => "ML-KEM-1024",
        }
    }

    /// The length of an encapsulation key in bytes.
    #[must_use]
    pub fn encapsulation_key_len(self) -> usize {
        match self {
            Self::MlKem768 => ENCAPSULATION_KEY_LEN,
            Self::MlKem1024 => ML_KEM_1024_LEN,
        }
    }

    /// The length of a ciphertext in bytes.
    #[must_use]
    pub fn ciphertext_len(self) -> usize {
        match self {
            Self::MlKem768 => CIPHERTEXT_LEN,
            Self::MlKem1024 => ML_KEM_1024_LEN,
        }
    }
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
        let result = RemoteKemKey::from_bytes(&[0xff; ENCAPSULATION_KEY_LEN]);
        assert_eq!(result.map(|_| ()), Err(Error::InvalidKey));
    }

    const KEMS: [Kem; 2] = [Kem::MlKem768, Kem::MlKem1024];

    #[test]
    fn both_sides_hold_one_secret_in_either_set() {
        let mut rng = StdRng::seed_from_u64(3);
        for kem in KEMS {
            for flip in [0, 1] {
                let key = EphemeralKemKey::generate(kem, &mut rng);
                let public = key.encapsulation_key();
                assert_eq!(public.len(), kem.encapsulation_key_len());
                let (mut ciphertext, sent) = encapsulate_to(kem, &public, &mut rng).unwrap();
                assert_eq!(ciphertext.len(), kem.ciphertext_len());
                ciphertext[0] ^= flip;
                let is_one = key.decapsulate(&ciphertext).unwrap().expose() == sent.expose();
                assert_eq!(is_one, flip == 0);
            }
        }
    }

    #[test]
    fn other_lengths_are_refused_before_anything_is_parsed() {
        let mut rng = StdRng::seed_from_u64(5);
        for kem in KEMS {
            let other = |len| [0, 1, len - 1, len + 1];
            for len in other(kem.encapsulation_key_len()) {
                let result = encapsulate_to(kem, &vec![0; len], &mut rng);
                assert_eq!(result.map(|_| ()), Err(Error::InvalidLength));
            }
            for len in other(kem.ciphertext_len()) {
                let key = EphemeralKemKey::generate(kem, &mut rng);
                let result = key.decapsulate(&vec![0; len]);
                assert_eq!(result.map(|_| ()), Err(Error::InvalidLength));
            }
        }
    }

    #[test]
    fn every_coefficient_is_held_against_the_modulus() {
        let mut rng = StdRng::seed_from_u64(6);
        for kem in KEMS {
            let good = EphemeralKemKey::generate(kem, &mut rng).encapsulation_key();
            // Two coefficients of twelve bits in three bytes, then the seed of 32 bytes.
            for at in (0..good.len() - 32).step_by(3) {
                let mut first = good.clone();
                // 3329, the modulus, little-endian.
                first[at] = 0x01;
                first[at + 1] = first[at + 1] & 0xf0 | 0x0d;
                let mut second = good.clone();
                second[at + 1] = second[at + 1] & 0x0f | 0x10;
                second[at + 2] = 0xd0;
                for key in [first, second] {
                    let result = encapsulate_to(kem, &key, &mut rng);
                    assert_eq!(result.map(|_| ()), Err(Error::InvalidKey), "{kem:?} at {at}");
                }
            }
            let mut seed = good.clone();
            *seed.last_mut().unwrap() ^= 0xff;
            encapsulate_to(kem, &seed, &mut rng).unwrap();
        }
    }
}
