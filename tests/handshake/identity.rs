//! The one-pin rule: which key sets are believed, and what stops hard.

use bauta::codec::base32;
use bauta::crypto::sign::Curve;
use bauta::crypto::sign::SigningKey;
use bauta::handshake::SigningKeys;
use bauta::handshake::identity::Follow;
use bauta::handshake::identity::IdentityError;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::NetworkId;
use bauta::handshake::identity::SignedKeySet;

use crate::support::*;

fn parts(signed: &SignedKeySet) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    (signed.network_key().to_vec(), signed.key_set().to_vec(), signed.signature().to_vec())
}

fn verify(parts: (Vec<u8>, Vec<u8>, Vec<u8>)) -> Result<(), IdentityError> {
    let (network_key, key_set, signature) = parts;
    SignedKeySet::from_parts(network_key, key_set, signature).verify(None).map(drop)
}

/// Signs any bytes with the relay's network key.
fn signed(key_set: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let signature = RELAY.network.sign(key_set);
    (RELAY.signed.network_key().to_vec(), key_set.to_vec(), signature)
}

#[test]
fn a_network_is_known_by_the_hash_of_its_key() {
    let spki = RELAY.network.spki().unwrap();
    let id = bauta::crypto::hash::sha256(&[b"bauta network v1", &spki]);
    let verified = RELAY.signed.verify(None).unwrap();
    assert_eq!(verified.network_id().as_bytes(), &id);
    assert_eq!(RELAY.signed.verify(Some(&NetworkId::from_bytes(id))), Ok(verified.clone()));
    let text = verified.network_id().to_string();
    assert_eq!(base32::decode_key(&text), Ok((base32::FINGERPRINT_VERSION, id)));
}

#[test]
fn a_key_set_is_written_as_described() {
    let mut bytes = b"bauta keyset v1\0".to_vec();
    bytes.extend(5_u64.to_be_bytes());
    for curve in Curve::ALL {
        bytes.extend(vec16(RELAY.keys.spki(curve)));
    }
    assert_eq!(RELAY.signed.key_set(), bytes);
    let key_set = KeySet::parse(&bytes).unwrap();
    assert_eq!(key_set, KeySet::new(5, &RELAY.keys));
    assert_eq!(key_set.to_bytes(), bytes);
    assert_eq!(RELAY.verified.sequence(), 5);
    assert_eq!(RELAY.verified.digest(), bauta::crypto::hash::sha256(&[&bytes]));
}

#[test]
fn another_network_is_named_if_its_signature_holds() {
    let stranger = Relay::new(103);
    let pinned = RELAY.verified.network_id();
    let found = stranger.verified.network_id();
    let error = IdentityError::OtherNetwork { found };
    assert_eq!(stranger.signed.verify(Some(&pinned)), Err(error));
    assert!(error.to_string().contains(&found.to_string()));
    // Somebody who only shows another network's key is not that network.
    let (network_key, ..) = parts(&stranger.signed);
    let (_, key_set, signature) = parts(&RELAY.signed);
    let posing = SignedKeySet::from_parts(network_key, key_set, signature);
    assert_eq!(posing.verify(Some(&pinned)), Err(IdentityError::BadSignature));
}

#[test]
fn a_key_set_that_the_network_key_did_not_sign_is_refused() {
    let (network_key, key_set, signature) = parts(&RELAY.signed);
    let unsigned = (network_key.clone(), key_set.clone(), vec![]);
    assert_eq!(verify(unsigned), Err(IdentityError::BadSignature));
    let stranger = Relay::new(104);
    let by_another = (network_key.clone(), key_set.clone(), stranger.network.sign(&key_set));
    assert_eq!(verify(by_another), Err(IdentityError::BadSignature));
    let with_own_key = (network_key, key_set.clone(), RELAY.keys.key(Curve::P521).sign(&key_set));
    assert_eq!(verify(with_own_key), Err(IdentityError::BadSignature));
    let p256_network = (
        RELAY.keys.spki(Curve::P256).to_vec(),
        key_set.clone(),
        RELAY.keys.key(Curve::P256).sign(&key_set),
    );
    assert_eq!(verify(p256_network), Err(IdentityError::Malformed));
    assert_eq!(verify((vec![], key_set, signature)), Err(IdentityError::Malformed));
}

#[test]
fn every_flipped_byte_of_a_signed_key_set_is_noticed() {
    let whole = parts(&RELAY.signed);
    for at in (0..whole.0.len()).step_by(3) {
        let mut flipped = whole.clone();
        flipped.0[at] ^= 1;
        assert_eq!(verify(flipped), Err(IdentityError::Malformed), "network key, byte {at}");
    }
    for at in (0..whole.1.len()).step_by(5) {
        let mut flipped = whole.clone();
        flipped.1[at] ^= 1;
        assert_eq!(verify(flipped), Err(IdentityError::BadSignature), "key set, byte {at}");
    }
    for at in 0..whole.2.len() {
        let mut flipped = whole.clone();
        flipped.2[at] ^= 1;
        assert_eq!(verify(flipped), Err(IdentityError::BadSignature), "signature, byte {at}");
    }
}

/// The network key itself can sign nonsense: it is no key set for that.
#[test]
fn signed_bytes_that_are_no_key_set_are_refused() {
    let whole = RELAY.signed.key_set();
    for len in (0..whole.len()).step_by(7) {
        assert_eq!(verify(signed(&whole[..len])), Err(IdentityError::Malformed), "cut to {len}");
    }
    assert_eq!(verify(signed(&[whole, &[0]].concat())), Err(IdentityError::Malformed));
    assert_eq!(
        verify(signed(&[b"bauta keyset v2\0", &whole[16..]].concat())),
        Err(IdentityError::Malformed)
    );
    // The right keys in the wrong places.
    let [a, b, c] = Curve::ALL.map(|curve| vec16(RELAY.keys.spki(curve)));
    let swapped = [&whole[..24], &b, &a, &c].concat();
    assert_eq!(verify(signed(&swapped)), Err(IdentityError::Malformed));
    let long = [&whole[..24], &a, &b, &vec16(&[0x30; 317])].concat();
    assert_eq!(verify(signed(&long)), Err(IdentityError::Malformed));
}

#[test]
fn numbers_only_rise_and_each_belongs_to_one_set() {
    let at = |sequence, keys: &SigningKeys| {
        let signed = SignedKeySet::sign(&RELAY.network, &KeySet::new(sequence, keys)).unwrap();
        signed.verify(None).unwrap()
    };
    let last =
        |set: &bauta::handshake::identity::VerifiedKeySet| Some((set.sequence(), set.digest()));
    let (five, six) = (at(5, &RELAY.keys), at(6, &RELAY.keys));
    assert_eq!(five.follows(None), Ok(Follow::First));
    assert_eq!(five.follows(last(&five)), Ok(Follow::Same));
    assert_eq!(six.follows(last(&five)), Ok(Follow::Newer));
    assert_eq!(at(u64::MAX, &RELAY.keys).follows(last(&six)), Ok(Follow::Newer));
    let rolled_back = IdentityError::RolledBack { seen: 6, found: 5 };
    assert_eq!(five.follows(last(&six)), Err(rolled_back));
    let others = SigningKeys::generate(&mut rng(105)).unwrap();
    let doubled = IdentityError::Doubled { sequence: 5 };
    assert_eq!(at(5, &others).follows(last(&five)), Err(doubled));
}

#[test]
fn keys_on_other_curves_than_their_places_are_no_signing_keys() {
    let mut rng = rng(106);
    let mut key = |curve| SigningKey::generate(curve, &mut rng);
    let wrong = SigningKeys::new(key(Curve::P384), key(Curve::P384), key(Curve::P521));
    assert!(wrong.is_err());
}
