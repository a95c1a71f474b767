//! One backend against the other: what either makes the other takes, and what either refuses the
//! other refuses for the same reason. Compiled with the feature `aws-lc` only, where there are two.
#![cfg(feature = "aws-lc")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use bauta::crypto::Error;
use bauta::crypto::aead::Algorithm;
use bauta::crypto::backend::aws_lc;
use bauta::crypto::backend::rustcrypto;
use bauta::crypto::group::Group;
use bauta::crypto::kem::Kem;
use bauta::crypto::sign::Curve;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const GROUPS: [Group; 4] = [Group::P256, Group::P384, Group::P521, Group::X25519];
const NIST: [Group; 3] = [Group::P256, Group::P384, Group::P521];
const ALGORITHMS: [Algorithm; 3] =
    [Algorithm::Aes128Gcm, Algorithm::Aes256Gcm, Algorithm::ChaCha20Poly1305];
const KEMS: [Kem; 2] = [Kem::MlKem768, Kem::MlKem1024];

fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// What both say to this scalar and this peer: the public key and the secret, or why not.
fn agree(group: Group, scalar: &[u8], peer: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let one = rustcrypto::EphemeralKey::from_scalar(group, scalar).and_then(|key| {
        let public = key.public_key();
        Ok((public, key.agree(peer)?.expose().to_vec()))
    });
    let other = aws_lc::EphemeralKey::from_scalar(group, scalar).and_then(|key| {
        let public = key.public_key();
        Ok((public, key.agree(peer)?.expose().to_vec()))
    });
    assert_eq!(one, other, "{group:?}, scalar of {} bytes, peer {peer:02x?}", scalar.len());
    one
}

/// A scalar that is in range for every group of its length.
fn scalar(group: Group, seed: u64) -> Vec<u8> {
    let mut scalar = vec![0; group.scalar_len()];
    rng(seed).fill_bytes(&mut scalar);
    scalar[0] = 0;
    scalar
}

#[test]
fn fresh_keys_of_either_agree_with_the_others() {
    for group in GROUPS {
        for seed in 0..8 {
            let one = rustcrypto::EphemeralKey::generate(group, &mut rng(seed));
            let other = aws_lc::EphemeralKey::generate(group, &mut rng(seed + 100));
            assert_eq!((one.group(), other.group()), (group, group));
            let (one_public, other_public) = (one.public_key(), other.public_key());
            assert_eq!(one_public.len(), other_public.len());
            let secret = one.agree(&other_public).unwrap();
            assert_eq!(secret.expose(), other.agree(&one_public).unwrap().expose());
        }
    }
}

#[test]
fn ephemeral_keys_of_nist_curves_are_never_twice_the_same() {
    for group in NIST {
        let public = || aws_lc::EphemeralKey::generate(group, &mut rng(1)).public_key();
        assert_ne!(public(), public());
    }
    // X25519 takes what it is given.
    let key = || aws_lc::EphemeralKey::generate(Group::X25519, &mut rng(1)).public_key();
    assert_eq!(key(), key());
}

#[test]
fn bad_points_are_refused_alike() {
    for group in NIST {
        let own = scalar(group, 1);
        let good = aws_lc::EphemeralKey::generate(group, &mut rng(2)).public_key();
        agree(group, &own, &good).unwrap();
        let half = good.len() / 2;
        let compressed = [&[2 | (good[good.len() - 1] & 1)][..], &good[1..=half]].concat();
        let hybrid = [&[6 | (good[good.len() - 1] & 1)][..], &good[1..]].concat();
        let mut off_curve = good.clone();
        off_curve[half] ^= 1;
        let mut above_the_prime = good.clone();
        above_the_prime[1..].fill(0xff);
        let long = [&good[..], &[0]].concat();
        let spki = rustcrypto::SigningKey::generate(curve(group), &mut rng(3)).spki().unwrap();
        let zero = vec![0; good.len()];
        let no_identity = [&[4][..], &zero[1..]].concat();
        let mut bad = vec![compressed, hybrid, off_curve, above_the_prime, long, spki];
        bad.extend([zero, no_identity, vec![0], vec![], vec![4]]);
        bad.extend([1, 32, half, half + 1, good.len() - 1].map(|len| good[..len].to_vec()));
        for peer in bad {
            assert_eq!(agree(group, &own, &peer), Err(Error::InvalidPoint));
        }
    }
}

#[test]
fn points_of_low_order_are_refused_alike() {
    let own = scalar(Group::X25519, 1);
    // RFC 7748, section 6.1, and the list of Bernstein's that stands behind it: orders 1, 2, 4, 8
    // in every encoding, with and without the bit that is to be ignored.
    let mut order_8 = [0; 32];
    order_8.copy_from_slice(&[
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ]);
    let near_the_prime = |last: u8| {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (last, 0x7f);
        point
    };
    let mut one = [0; 32];
    one[0] = 1;
    let low =
        [[0; 32], one, order_8, near_the_prime(0xec), near_the_prime(0xed), near_the_prime(0xee)];
    for mut point in low {
        assert_eq!(agree(Group::X25519, &own, &point), Err(Error::NonContributory));
        point[31] |= 0x80;
        assert_eq!(agree(Group::X25519, &own, &point), Err(Error::NonContributory));
    }
    for len in [0, 31, 33, 44] {
        assert_eq!(agree(Group::X25519, &own, &vec![9; len]), Err(Error::InvalidPoint));
    }
}

#[test]
fn bad_scalars_are_refused_alike() {
    for group in NIST {
        let peer = rustcrypto::EphemeralKey::generate(group, &mut rng(1)).public_key();
        let good = scalar(group, 2);
        let bad = [
            vec![0; good.len()],
            vec![0xff; good.len()],
            good[1..].to_vec(),
            [&[0][..], &good].concat(),
            vec![],
        ];
        for scalar in bad {
            assert_eq!(agree(group, &scalar, &peer), Err(Error::InvalidKey), "{}", scalar.len());
        }
        let mut one = vec![0; good.len()];
        *one.last_mut().unwrap() = 1;
        assert_eq!(agree(group, &one, &peer).unwrap().1, peer[1..=good.len()]);
    }
}

#[test]
fn x25519_keys_are_the_same_keys() {
    for seed in 0..8 {
        let one = rustcrypto::X25519Key::generate(&mut rng(seed));
        let other = aws_lc::X25519Key::generate(&mut rng(seed));
        assert_eq!(one.public(), other.public());
        assert_eq!(one.secret_bytes().expose(), other.secret_bytes().expose());
        let read = aws_lc::X25519Key::from_bytes(one.secret_bytes().expose());
        assert_eq!(read.public(), one.public());
        let mut peer = [0; 32];
        rng(seed + 100).fill_bytes(&mut peer);
        assert_eq!(one.agree(&peer).unwrap().expose(), other.agree(&peer).unwrap().expose());
        let refused = [one.agree(&[0; 32]).unwrap_err(), other.agree(&[0; 32]).unwrap_err()];
        assert_eq!(refused, [Error::NonContributory; 2]);
    }
}

fn curve(group: Group) -> Curve {
    match group {
        Group::P256 | Group::X25519 => Curve::P256,
        Group::P384 => Curve::P384,
        Group::P521 => Curve::P521,
    }
}

/// One key in both backends.
fn signers(curve: Curve, seed: u64) -> (rustcrypto::SigningKey, aws_lc::SigningKey) {
    let one = rustcrypto::SigningKey::generate(curve, &mut rng(seed));
    let other = aws_lc::SigningKey::from_pkcs8_pem(&one.to_pkcs8_pem().unwrap()).unwrap();
    assert_eq!(one.spki().unwrap(), other.spki().unwrap());
    assert_eq!(one.to_pkcs8_pem().unwrap(), other.to_pkcs8_pem().unwrap());
    assert_eq!((one.curve(), other.curve()), (curve, curve));
    (one, other)
}

/// Whether both take the signature.
fn verifies(spki: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let one = rustcrypto::VerifyingKey::from_spki(spki).unwrap().verify(message, signature);
    let other = aws_lc::VerifyingKey::from_spki(spki).unwrap().verify(message, signature);
    assert_eq!(one, other, "{signature:02x?}");
    assert!(matches!(one, Ok(()) | Err(Error::InvalidSignature)));
    one.is_ok()
}

#[test]
fn signatures_of_either_verify_in_both() {
    for curve in Curve::ALL {
        for seed in 0..4 {
            let (one, other) = signers(curve, seed);
            let spki = one.spki().unwrap();
            for signature in [one.sign(b"message"), other.sign(b"message")] {
                assert!(verifies(&spki, b"message", &signature));
                assert!(!verifies(&spki, b"massage", &signature));
            }
            // RFC 6979 here, chance there.
            assert_eq!(one.sign(b"message"), one.sign(b"message"));
            assert_ne!(other.sign(b"message"), other.sign(b"message"));
        }
    }
}

#[test]
fn every_flip_and_cut_of_a_signature_is_refused_by_both() {
    for curve in Curve::ALL {
        let (one, other) = signers(curve, 5);
        let spki = one.spki().unwrap();
        for signature in [one.sign(b"message"), other.sign(b"message")] {
            for at in 0..signature.len() {
                let mut flipped = signature.clone();
                flipped[at] ^= 1;
                assert!(!verifies(&spki, b"message", &flipped), "{curve:?} {at}");
                assert!(!verifies(&spki, b"message", &signature[..at]));
            }
            assert!(!verifies(&spki, b"message", &[&signature[..], &[0]].concat()));
        }
    }
}

/// DER of r and s, which are written as they are given.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| [&[2, u8::try_from(number.len()).unwrap()][..], number].concat();
    sequence(&[integer(r), integer(s)].concat())
}

fn sequence(body: &[u8]) -> Vec<u8> {
    let len = u8::try_from(body.len()).unwrap();
    match len {
        0..128 => [&[0x30, len][..], body].concat(),
        _ => [&[0x30, 0x81, len][..], body].concat(),
    }
}

/// r and s of a DER signature, as they stand in it.
fn numbers(signature: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let body = if signature[1] == 0x81 { &signature[3..] } else { &signature[2..] };
    let r_len = usize::from(body[1]);
    (body[2..2 + r_len].to_vec(), body[4 + r_len..].to_vec())
}

#[test]
fn r_and_s_out_of_range_and_other_encodings_are_refused_by_both() {
    for curve in Curve::ALL {
        let (one, _) = signers(curve, 6);
        let spki = one.spki().unwrap();
        let signature = one.sign(b"message");
        let (r, s) = numbers(&signature);
        assert_eq!(der(&r, &s), signature);
        let len = match curve {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        };
        let too_large = [&[0][..], &vec![0xff; len]].concat();
        let longer = |number: &[u8]| [&[0][..], number].concat();
        let negative = |number: &[u8]| [&[number[0] | 0x80][..], &number[1..]].concat();
        let body = &signature[signature.len() - (r.len() + s.len() + 4)..];
        let bad = [
            der(&[0], &s),
            der(&r, &[0]),
            der(&[], &s),
            der(&too_large, &s),
            der(&r, &too_large),
            der(&longer(&longer(&r)), &s),
            der(&r, &longer(&longer(&s))),
            der(&negative(&r), &s),
            der(&s, &r),
            // Not DER: indefinite length, a length of more bytes than it needs, trailing bytes.
            [&[0x30, 0x80][..], body, &[0, 0]].concat(),
            [&[0x30, 0x82, 0, u8::try_from(body.len()).unwrap()][..], body].concat(),
            sequence(&[body, &[5, 0]].concat()),
            [&r[..], &s].concat(),
            vec![],
        ];
        for signature in bad {
            assert!(!verifies(&spki, b"message", &signature), "{curve:?}");
        }
    }
}

#[test]
fn ml_kem_of_either_opens_the_others() {
    for kem in KEMS {
        let one = rustcrypto::EphemeralKemKey::generate(kem, &mut rng(1));
        let other = aws_lc::EphemeralKemKey::generate(kem, &mut rng(1));
        assert_eq!((one.kem(), other.kem()), (kem, kem));
        let (ciphertext, secret) =
            aws_lc::encapsulate_to(kem, &one.encapsulation_key(), &mut rng(2)).unwrap();
        assert_eq!(one.decapsulate(&ciphertext).unwrap().expose(), secret.expose());
        let (ciphertext, secret) =
            rustcrypto::encapsulate_to(kem, &other.encapsulation_key(), &mut rng(2)).unwrap();
        assert_eq!(other.decapsulate(&ciphertext).unwrap().expose(), secret.expose());
    }
}

#[test]
fn what_is_no_ml_kem_key_or_ciphertext_is_refused_alike() {
    for kem in KEMS {
        let good = rustcrypto::EphemeralKemKey::generate(kem, &mut rng(1)).encapsulation_key();
        let mut above_the_modulus = good.clone();
        above_the_modulus[..3].fill(0xff);
        let long = [&good[..], &[0]].concat();
        for (key, error) in [
            (&above_the_modulus[..], Error::InvalidKey),
            (&vec![0xff; good.len()], Error::InvalidKey),
            (&good[1..], Error::InvalidLength),
            (&long, Error::InvalidLength),
            (&[], Error::InvalidLength),
        ] {
            let one = rustcrypto::encapsulate_to(kem, key, &mut rng(2)).map(|_| ());
            let other = aws_lc::encapsulate_to(kem, key, &mut rng(2)).map(|_| ());
            assert_eq!((one, other), (Err(error), Err(error)), "{kem:?} {} bytes", key.len());
        }
        for len in [0, 1, kem.ciphertext_len() - 1, kem.ciphertext_len() + 1] {
            let one = rustcrypto::EphemeralKemKey::generate(kem, &mut rng(3));
            let other = aws_lc::EphemeralKemKey::generate(kem, &mut rng(3));
            assert_eq!(one.decapsulate(&vec![1; len]).unwrap_err(), Error::InvalidLength);
            assert_eq!(other.decapsulate(&vec![1; len]).unwrap_err(), Error::InvalidLength);
        }
    }
}

#[test]
fn ciphers_of_either_open_the_others() {
    for algorithm in ALGORITHMS {
        for len in [0, 1, 15, 16, 17, 63, 64, 65, 255, 4096, 4097, 1 << 14] {
            let key: Vec<u8> = (0..).take(algorithm.key_len()).collect();
            let text: Vec<u8> = (0..=255).cycle().take(len).collect();
            sealed_alike(algorithm, &key, &[3; 12], b"header", &text);
        }
        for len in (0..40).filter(|len| *len != algorithm.key_len()) {
            let one = rustcrypto::AeadKey::new(algorithm, &vec![0; len]).unwrap_err();
            let other = aws_lc::AeadKey::new(algorithm, &vec![0; len]).unwrap_err();
            assert_eq!((one, other), (Error::InvalidLength, Error::InvalidLength));
        }
    }
}

/// Both seal to the same bytes, open them, and refuse them under another header or tag.
fn sealed_alike(algorithm: Algorithm, key: &[u8], nonce: &[u8; 12], aad: &[u8], text: &[u8]) {
    let one = rustcrypto::AeadKey::new(algorithm, key).unwrap();
    let other = aws_lc::AeadKey::new(algorithm, key).unwrap();
    let (mut sealed, mut theirs) = (text.to_vec(), text.to_vec());
    let tag = one.seal_in_place(nonce, aad, &mut sealed).unwrap();
    assert_eq!(other.seal_in_place(nonce, aad, &mut theirs), Ok(tag));
    assert_eq!(sealed, theirs);
    let mut flipped = tag;
    flipped[15] ^= 1;
    let wrong_aad = [aad, &[0]].concat();
    for (aad, tag, expected) in [
        (aad, tag, Ok(())),
        (&wrong_aad, tag, Err(Error::Decrypt)),
        (aad, flipped, Err(Error::Decrypt)),
    ] {
        let (mut ours, mut theirs) = (sealed.clone(), sealed.clone());
        assert_eq!(one.open_in_place(nonce, aad, &mut ours, &tag), expected);
        assert_eq!(other.open_in_place(nonce, aad, &mut theirs, &tag), expected);
        if expected.is_ok() {
            assert!(ours == text && theirs == text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_scalar_and_any_peers_scalar_agree_alike(
        group in prop::sample::select(&GROUPS[..]),
        (own, peer) in (any::<u64>(), any::<u64>()),
    ) {
        let peer_key = rustcrypto::EphemeralKey::from_scalar(group, &scalar(group, peer)).unwrap();
        agree(group, &scalar(group, own), &peer_key.public_key()).unwrap();
    }

    #[test]
    fn any_bytes_are_taken_or_refused_alike_as_a_peers_key(
        group in prop::sample::select(&GROUPS[..]),
        mut peer in prop::collection::vec(any::<u8>(), 0..140),
        fits in any::<bool>(),
    ) {
        if fits {
            peer.resize(group.public_key_len(), 0x5a);
            peer[0] = 4;
        }
        let _ = agree(group, &scalar(group, 1), &peer);
    }

    #[test]
    fn any_bytes_are_taken_or_refused_alike_as_a_signature(
        curve in prop::sample::select(&Curve::ALL[..]),
        signature in prop::collection::vec(any::<u8>(), 0..145),
    ) {
        let spki = signers(curve, 9).0.spki().unwrap();
        prop_assert!(!verifies(&spki, b"message", &signature));
    }

    #[test]
    fn any_text_is_sealed_and_opened_alike(
        algorithm in prop::sample::select(&ALGORITHMS[..]),
        key in any::<[u8; 32]>(),
        nonce in any::<[u8; 12]>(),
        aad in prop::collection::vec(any::<u8>(), 0..40),
        text in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        sealed_alike(algorithm, &key[..algorithm.key_len()], &nonce, &aad, &text);
    }

    #[test]
    fn any_ciphertext_opens_to_the_same_refusal_or_secret_length(
        kem in prop::sample::select(&KEMS[..]),
        fill in any::<u8>(),
    ) {
        let ciphertext = vec![fill; kem.ciphertext_len()];
        let key = aws_lc::EphemeralKemKey::generate(kem, &mut rng(1));
        prop_assert_eq!(key.decapsulate(&ciphertext).unwrap().expose().len(), 32);
        let key = rustcrypto::EphemeralKemKey::generate(kem, &mut rng(1));
        prop_assert_eq!(key.decapsulate(&ciphertext).unwrap().expose().len(), 32);
    }
}
