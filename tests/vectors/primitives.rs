//! The ground: HKDF, ECDH, ECDSA, X25519, ChaCha20-Poly1305.

use bauta::crypto::aead::AeadKey;
use bauta::crypto::aead::Algorithm;
use bauta::crypto::group::EphemeralKey;
use bauta::crypto::group::Group;
use bauta::crypto::hash::Hash;
use bauta::crypto::hkdf::extract;
use bauta::crypto::sign::SigningKey;
use bauta::crypto::x25519::X25519Key;

use super::values::Values;

/// Appendices A.1 to A.3; those behind them have SHA-1.
#[test]
fn rfc_5869_hkdf() {
    let values = Values::parse(include_str!("../data/rfc5869.txt"));
    for case in 1..=3 {
        let get = |name| values.get(&format!("{name}_{case}"));
        let prk = extract(Hash::Sha256, get("salt"), get("ikm"));
        assert_eq!(prk.as_bytes(), get("prk"));
        let mut okm = vec![0; get("okm").len()];
        prk.expand(get("info"), &mut okm).unwrap();
        assert_eq!(okm, get("okm"));
    }
}

/// Section 8: the shared secret is the x of g^ir.
#[test]
fn rfc_5903_ecdh() {
    let values = Values::parse(include_str!("../data/rfc5903.txt"));
    for (group, bits) in [(Group::P256, 256), (Group::P384, 384), (Group::P521, 521)] {
        let get = |name| values.get(&format!("{name}_{bits}"));
        for (own, own_public, peer_public) in [("i", "gi", "gr"), ("r", "gr", "gi")] {
            let key = EphemeralKey::from_scalar(group, get(own)).unwrap();
            assert_eq!(key.public_key(), [&[4], get(own_public)].concat());
            let secret = key.agree(&[&[4], get(peer_public)].concat()).unwrap();
            assert_eq!(secret.expose(), get("gir"));
        }
    }
}

/// Appendices A.2.5 to A.2.7, each curve with its own hash: equal to the byte, as nothing in these
/// signatures is left to chance. AWS-LC leaves something to it, and is only asked whether it takes them.
#[test]
fn rfc_6979_ecdsa() {
    let values = Values::parse(include_str!("../data/rfc6979.txt"));
    for (group, bits, pem) in [
        (Group::P256, 256, include_str!("../data/rfc6979-p256.pem")),
        (Group::P384, 384, include_str!("../data/rfc6979-p384.pem")),
        (Group::P521, 521, include_str!("../data/rfc6979-p521.pem")),
    ] {
        let get = |name| values.get(&format!("{name}_{bits}"));
        let key = SigningKey::from_pkcs8_pem(pem).unwrap();
        let public_key = EphemeralKey::from_scalar(group, get("key")).unwrap().public_key();
        assert!(key.spki().unwrap().ends_with(&public_key));
        for message in ["sample", "test"] {
            let signature = der(get(message));
            if !cfg!(feature = "aws-lc") {
                assert_eq!(key.sign(message.as_bytes()), signature, "{bits}, {message}");
            }
            key.verifying_key().verify(message.as_bytes(), &signature).unwrap();
        }
    }
}

/// Sections 5.2 and 6.1. Of the iterations the first and the thousandth; a million take a minute.
#[test]
fn rfc_7748_x25519() {
    let values = Values::parse(include_str!("../data/rfc7748.txt"));
    let get = |name| <&[u8; 32]>::try_from(values.get(name)).unwrap();
    for (scalar, u, product) in [
        ("scalar_1", "u_1", "product_1"),
        ("scalar_2", "u_2", "product_2"),
        ("alice_private", "bob_public", "shared"),
        ("bob_private", "alice_public", "shared"),
    ] {
        assert_eq!(times(get(scalar), get(u)), *get(product));
    }
    for (private, public) in [("alice_private", "alice_public"), ("bob_private", "bob_public")] {
        assert_eq!(X25519Key::from_bytes(get(private)).public(), *get(public));
    }
    let mut k = [0; 32];
    k[0] = 9;
    let mut u = k;
    for round in 1..=1000 {
        (k, u) = (times(&k, &u), k);
        if round == 1 {
            assert_eq!(k, *get("after_1"));
        }
    }
    assert_eq!(k, *get("after_1000"));
}

/// Section 2.8.2 and appendix A.5.
#[test]
fn rfc_8439_chacha20_poly1305() {
    let values = Values::parse(include_str!("../data/rfc8439.txt"));
    for case in 1..=2 {
        let get = |name| values.get(&format!("{name}_{case}"));
        let key = AeadKey::new(Algorithm::ChaCha20Poly1305, get("key")).unwrap();
        let nonce = get("nonce").try_into().unwrap();
        let sealed = [get("ciphertext"), get("tag")].concat();
        assert_eq!(key.seal(nonce, get("aad"), get("plaintext")).unwrap(), sealed);
        let opened = key.open(nonce, get("aad"), &sealed).unwrap();
        assert_eq!(opened.expose(), get("plaintext"));
    }
}

fn times(k: &[u8; 32], u: &[u8; 32]) -> [u8; 32] {
    *X25519Key::from_bytes(k).agree(u).unwrap().expose()
}

/// `SEQUENCE { r INTEGER, s INTEGER }`, the two written one behind the other with equal lengths.
fn der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    tagged(0x30, [integer(r), integer(s)].concat())
}

/// As few bytes as can be, the first of them without its highest bit.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap();
    let sign: &[u8] = if bytes[first] < 0x80 { &[] } else { &[0] };
    tagged(0x02, [sign, &bytes[first..]].concat())
}

fn tagged(tag: u8, content: Vec<u8>) -> Vec<u8> {
    let len = u8::try_from(content.len()).unwrap();
    let len: &[u8] = if len < 0x80 { &[len] } else { &[0x81, len] };
    [&[tag], len, &content].concat()
}
