//! Nothing in common, a key that is not trusted: which alert arrives.

use bauta::crypto::sign::Curve;
use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::Pin;
use bauta::handshake::client::Offer;
use bauta::handshake::error::PeerIncompatible;
use bauta::handshake::error::PeerMisbehaved;
use rustls::AlertDescription;
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::crypto::aws_lc_rs::kx_group;

use crate::agreement::SUITES;
use crate::agreement::assert_open;
use crate::ours::Ours;
use crate::ours::RELAY;
use crate::ours::Relay;
use crate::ours::STRANGER;
use crate::theirs::AES_256;
use crate::theirs::Pinned;
use crate::theirs::Theirs;
use crate::theirs::Willing;
use crate::theirs::client_config;
use crate::theirs::server_config;
use crate::wire::converse;

/// A rustls client against our server.
fn client(willing: Willing, pinned: Pinned) -> (Ours, Theirs) {
    let (mut ours, mut theirs) = (Ours::server(), Theirs::client(client_config(willing, pinned)));
    converse(&mut ours, &mut theirs);
    (ours, theirs)
}

/// Our client, which offers P-384 and AES, against a rustls server.
fn server(
    willing: Willing,
    relay: &'static Relay,
    curve: Curve,
    welcome: &Relay,
) -> (Ours, Theirs) {
    let offer = Offer { pin: Pin::new(KeyExchange::Classical(Group::P384)), suite: SUITES[0].0 };
    let mut ours = Ours::client(offer, &RELAY);
    let config = server_config(willing, relay, curve);
    let mut theirs = Theirs::server(config, welcome.welcome.as_slice());
    converse(&mut ours, &mut theirs);
    (ours, theirs)
}

fn good() -> Willing {
    Willing::only(kx_group::SECP384R1, AES_256)
}

fn told(theirs: &Theirs) -> AlertDescription {
    match &theirs.error {
        Some(rustls::Error::AlertReceived(description)) => *description,
        other => panic!("no alert: {other:?}"),
    }
}

fn told_us(ours: &Ours) -> u8 {
    match ours.seen.error {
        Some(Error::PeerAlert(description)) => description.code(),
        other => panic!("no alert: {other:?}"),
    }
}

#[test]
fn what_the_refused_ones_differ_from_is_accepted() {
    let (ours, theirs) = client(good(), Pinned::key_of(&RELAY, Curve::P384));
    assert_open(&ours, &theirs);
    let (ours, theirs) = server(good(), &RELAY, Curve::P384, &RELAY);
    assert_open(&ours, &theirs);
}

#[test]
fn a_client_with_no_suite_of_ours_is_told_handshake_failure() {
    let willing = Willing::only(kx_group::SECP384R1, TLS13_AES_128_GCM_SHA256);
    let (ours, theirs) = client(willing, Pinned::key_of(&RELAY, Curve::P384));
    assert_eq!(ours.seen.error, Some(PeerIncompatible::CipherSuite.into()));
    assert_eq!(told(&theirs), AlertDescription::HandshakeFailure);
}

#[test]
fn a_client_with_no_group_of_ours_is_told_handshake_failure() {
    let willing = Willing::only(kx_group::MLKEM768, AES_256);
    let (ours, theirs) = client(willing, Pinned::key_of(&RELAY, Curve::P384));
    assert_eq!(ours.seen.error, Some(PeerIncompatible::Group.into()));
    assert_eq!(told(&theirs), AlertDescription::HandshakeFailure);
}

#[test]
fn a_client_without_the_scheme_of_the_groups_curve_is_told_handshake_failure() {
    for schemes in [
        vec![SignatureScheme::ECDSA_NISTP256_SHA256],
        vec![SignatureScheme::ED25519, SignatureScheme::RSA_PSS_SHA512],
    ] {
        let pinned = Pinned { schemes, ..Pinned::key_of(&RELAY, Curve::P384) };
        let (ours, theirs) = client(good(), pinned);
        assert_eq!(ours.seen.error, Some(PeerIncompatible::SignatureScheme.into()));
        assert_eq!(told(&theirs), AlertDescription::HandshakeFailure);
    }
}

#[test]
fn a_rustls_client_with_another_pin_refuses_us() {
    let (ours, theirs) = client(good(), Pinned::key_of(&STRANGER, Curve::P384));
    let refused = rustls::CertificateError::ApplicationVerificationFailure;
    assert_eq!(theirs.error, Some(rustls::Error::InvalidCertificate(refused)));
    assert_eq!(told_us(&ours), u8::from(AlertDescription::AccessDenied));
}

#[test]
fn a_server_whose_key_is_not_in_the_key_set_is_told_certificate_unknown() {
    let (ours, theirs) = server(good(), &STRANGER, Curve::P384, &RELAY);
    assert_eq!(ours.seen.error, Some(PeerMisbehaved::SignerNotInKeySet.into()));
    assert_eq!(told(&theirs), AlertDescription::CertificateUnknown);
    assert!(theirs.connection.is_handshaking());
}

#[test]
fn a_server_of_another_network_is_told_unknown_ca() {
    let (ours, theirs) = server(good(), &STRANGER, Curve::P384, &STRANGER);
    assert_eq!(ours.seen.error, Some(Error::IdentityRefused));
    assert_eq!(told(&theirs), AlertDescription::UnknownCA);
    assert!(theirs.connection.is_handshaking());
}

#[test]
fn a_server_that_has_nothing_of_what_we_offer_tells_us_handshake_failure() {
    for (willing, curve) in [
        (Willing::only(kx_group::SECP384R1, SUITES[1].1), Curve::P384),
        (Willing::only(kx_group::SECP256R1, AES_256), Curve::P384),
        (good(), Curve::P256),
        (good(), Curve::P521),
    ] {
        let (ours, theirs) = server(willing, &RELAY, curve, &RELAY);
        assert_eq!(told_us(&ours), u8::from(AlertDescription::HandshakeFailure));
        assert!(theirs.error.is_some());
    }
}
