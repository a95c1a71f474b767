//! What the server proves itself with: a bare key or a certificate, and with which of its keys.

use bauta::crypto::sign::Curve;
use bauta::handshake::Error;
use bauta::handshake::error::PeerIncompatible;
use bauta::handshake::error::PeerMisbehaved;

use crate::choices::Hello;
use crate::choices::SCHEMES;
use crate::choices::SHARES;
use crate::choices::TYPES;
use crate::support::*;

const RAW: &[u8] = &[1, 2];
const P256: [u8; 2] = [4, 3];
const P384: [u8; 2] = [5, 3];
const P521: [u8; 2] = [6, 3];
/// rsa_pss_rsae_sha256 and ed25519: what stock clients list besides.
const OTHERS: [u8; 4] = [8, 4, 8, 7];

/// A client with a P-256 share that takes these certificate types and these schemes.
fn hello(types: Option<&[u8]>, schemes: &[u8]) -> Hello {
    let mut hello = Hello::good();
    hello.extensions[SCHEMES] = extension(13, &vec16(schemes));
    match types {
        Some(types) => hello.extensions[TYPES] = extension(20, types),
        None => drop(hello.extensions.remove(TYPES)),
    }
    hello
}

/// EncryptedExtensions and Certificate as they should be, and the scheme behind them.
fn expected(announced: &[u8], entry: &[u8], scheme: [u8; 2]) -> Vec<u8> {
    let list = [&vec24(entry)[..], &[0, 0]].concat();
    let certificate = message(11, &[&[0][..], &vec24(&list)].concat());
    [&message(8, &vec16(announced))[..], &certificate].concat().into_iter().chain(scheme).collect()
}

/// The same as the server sent it.
fn shown(hello: &Hello) -> Vec<u8> {
    let record = hello.record();
    let (_, flight) = serve(&record).answered();
    let key = PuppetKey::generate(p256().pin.exchange(), &mut rng(4));
    shown_in(&open_sealed(&record, &flight, key))
}

fn shown_in(messages: &[u8]) -> Vec<u8> {
    let len = |at: usize| {
        4 + usize::try_from(
            u32::from_be_bytes(messages[at..at + 4].try_into().unwrap()) & 0xff_ffff,
        )
        .unwrap()
    };
    let certificate = len(0);
    let verify = certificate + len(certificate);
    [&messages[..verify], &messages[verify + 4..verify + 6]].concat()
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_client_that_takes_no_bare_key_is_shown_a_certificate() {
    let certificate = RELAY.keys.certificate(Curve::P256);
    let schemes = [&OTHERS[..], &P256].concat();
    assert_eq!(shown(&hello(None, &schemes)), expected(&[], certificate, P256));
    let announced = extension(20, &[0]);
    for types in [&[1, 0][..], &[2, 1, 0]] {
        assert_eq!(shown(&hello(Some(types), &P256)), expected(&announced, certificate, P256));
    }
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_client_that_takes_both_is_shown_the_bare_key() {
    let key = RELAY.keys.spki(Curve::P256);
    for types in [RAW, &[2, 2, 0], &[2, 0, 2], &[3, 1, 0, 2]] {
        let shown = shown(&hello(Some(types), &P256));
        assert_eq!(shown, expected(&extension(20, &[2]), key, P256));
    }
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_certificate_has_the_scheme_of_the_group_or_the_first_that_a_key_has() {
    for (schemes, scheme, curve) in [
        ([P521, P384, P256], P256, Curve::P256),
        ([[8, 4], P521, P384], P521, Curve::P521),
        ([P384, P521, [8, 4]], P384, Curve::P384),
    ] {
        let shown = shown(&hello(None, &schemes.concat()));
        assert_eq!(shown, expected(&[], RELAY.keys.certificate(curve), scheme));
    }
    // A bare key never has another scheme than the group's.
    let scheme = Error::from(PeerIncompatible::SignatureScheme);
    for types in [RAW, &[2, 2, 0]] {
        let hello = hello(Some(types), &[P521, P384].concat());
        assert_eq!(serve(&hello.record()).refused(), scheme);
    }
    for types in [None, Some(&[1, 0][..])] {
        assert_eq!(serve(&hello(types, &OTHERS).record()).refused(), scheme);
    }
}

#[test]
fn a_client_that_was_asked_for_a_share_is_shown_the_same() {
    let mut first = hello(None, &[P521, P384].concat());
    first.extensions[SHARES - 1] = extension(51, &[0, 0]);
    let (state, _) = serve(&first.record()).retried();
    let second = hello(None, &[P521, P384].concat());
    let (_, flight) = drive_server(state, &RELAY.keys, &second.record(), 2).answered();
    // What it proves itself with is sealed here; its length tells the curve.
    let records = split_records(&flight);
    let len = |curve| {
        let end = 5 + 4 + 48 + 1 + 16;
        4 + 2 + 4 + 1 + 3 + 3 + RELAY.keys.certificate(curve).len() + 2 + 4 + 2 + 2 + end
    };
    let signature = records[1].len() - len(Curve::P521);
    assert!((130..=139).contains(&signature), "{signature}");
}

#[test]
fn a_certificate_is_no_bare_key() {
    for curve in Curve::ALL {
        let edit = |step, certificate: &mut Vec<u8>| {
            if step == Step::Certificate {
                let entry = [&vec24(RELAY.keys.certificate(curve))[..], &[0, 0]].concat();
                *certificate = message(11, &[&[0][..], &vec24(&entry)].concat());
            }
        };
        let error = client_against(p256(), Liar::Server, edit).refused();
        assert_eq!(error, PeerMisbehaved::InvalidPublicKey.into());
    }
}
