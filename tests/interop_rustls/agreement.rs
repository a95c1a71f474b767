//! Every group and suite, both ways; in pieces; the exporter.

use bauta::handshake::CipherSuite;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::Pin;
use bauta::handshake::client::Offer;
use rustls::SupportedCipherSuite;
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::kx_group;

use crate::groups;
use crate::ours::Ours;
use crate::ours::RELAY;
use crate::theirs::AES_256;
use crate::theirs::CHACHA20;
use crate::theirs::Pinned;
use crate::theirs::Theirs;
use crate::theirs::Willing;
use crate::theirs::client_config;
use crate::theirs::server_config;
use crate::wire::converse;
use crate::wire::converse_in_pieces;

pub(crate) const SUITES: [(CipherSuite, SupportedCipherSuite); 2] =
    [(CipherSuite::Aes256GcmSha384, AES_256), (CipherSuite::ChaCha20Poly1305Sha256, CHACHA20)];

/// A key exchange of ours, and what rustls calls it.
pub(crate) type Both = (KeyExchange, &'static dyn SupportedKxGroup);

pub(crate) const X25519: Both = (KeyExchange::Classical(Group::X25519), kx_group::X25519);

pub(crate) fn groups() -> [Both; 8] {
    [
        X25519,
        (KeyExchange::Classical(Group::P256), kx_group::SECP256R1),
        (KeyExchange::Classical(Group::P384), kx_group::SECP384R1),
        (KeyExchange::Classical(Group::P521), groups::P521),
        (KeyExchange::Hybrid(Group::X25519), kx_group::X25519MLKEM768),
        (KeyExchange::Hybrid(Group::P256), kx_group::SECP256R1MLKEM768),
        (KeyExchange::Hybrid(Group::P384), groups::P384_MLKEM1024),
        (KeyExchange::Hybrid(Group::P521), groups::P521_MLKEM1024),
    ]
}

/// A rustls client and our server that can agree on this only.
pub(crate) fn theirs_to_ours(group: Both, suite: SupportedCipherSuite) -> (Ours, Theirs) {
    let pinned = Pinned::key_of(&RELAY, Pin::new(group.0).curve());
    let config = client_config(Willing::only(group.1, suite), pinned);
    (Ours::server(), Theirs::client(config))
}

/// Our client and a rustls server that can agree on this only.
pub(crate) fn ours_to_theirs(
    group: Both,
    suite: (CipherSuite, SupportedCipherSuite),
) -> (Ours, Theirs) {
    let pin = Pin::new(group.0);
    let willing = Willing::only(group.1, suite.1);
    let config = server_config(willing, &RELAY, pin.curve());
    let ours = Ours::client(Offer { pin, suite: suite.0 }, &RELAY);
    (ours, Theirs::server(config, RELAY.welcome.as_slice()))
}

/// Both directions between both, as fast as there is: X25519 and ChaCha20.
pub(crate) fn fast_pairs() -> [(Ours, Theirs); 2] {
    let group = X25519;
    [theirs_to_ours(group, CHACHA20), ours_to_theirs(group, SUITES[1])]
}

/// The same after the handshake.
pub(crate) fn connected() -> [(Ours, Theirs); 2] {
    fast_pairs().map(|(mut ours, mut theirs)| {
        converse(&mut ours, &mut theirs);
        assert_open(&ours, &theirs);
        theirs.data.clear();
        (ours, theirs)
    })
}

pub(crate) fn assert_open(ours: &Ours, theirs: &Theirs) {
    assert!(ours.is_open(), "{:?}", ours.seen);
    assert!(theirs.is_open(), "{:?}", theirs.error);
}

/// What one says the other hears, and both export the same keys.
pub(crate) fn assert_agreed(ours: &mut Ours, theirs: &mut Theirs) {
    assert_open(ours, theirs);
    theirs.data.clear();
    ours.send(&[1; 4096]);
    theirs.send(&[2; 4096]);
    converse(ours, theirs);
    assert_eq!(theirs.data, [1; 4096]);
    assert_eq!(ours.seen.data, [2; 4096]);
    for (context, len) in [(&b""[..], 32), (b"context", 64), (&[7; 200], 1)] {
        let exported = ours.connection().exporter.export(b"EXPORTER-test", context, len).unwrap();
        let context = Some(context);
        let other =
            theirs.connection.export_keying_material(vec![0; len], b"EXPORTER-test", context);
        assert_eq!(exported.expose(), other.unwrap());
    }
}

#[test]
fn a_rustls_client_agrees_with_our_server_on_every_group_and_suite() {
    for group in groups() {
        for (_, suite) in SUITES {
            let (mut ours, mut theirs) = theirs_to_ours(group, suite);
            converse(&mut ours, &mut theirs);
            assert_eq!(theirs.data, *RELAY.welcome, "{group:?}");
            let chosen = theirs.connection.negotiated_key_exchange_group().unwrap();
            assert_eq!(u16::from(chosen.name()), Pin::new(group.0).group_code());
            assert_agreed(&mut ours, &mut theirs);
        }
    }
}

#[test]
fn our_client_agrees_with_a_rustls_server_on_every_group_and_suite() {
    for group in groups() {
        for suite in SUITES {
            let (mut ours, mut theirs) = ours_to_theirs(group, suite);
            converse(&mut ours, &mut theirs);
            assert_agreed(&mut ours, &mut theirs);
        }
    }
}

#[test]
fn the_groups_have_the_codes_that_rustls_gives_them() {
    for (ours, theirs) in groups() {
        assert_eq!(Pin::new(ours).group_code(), u16::from(theirs.name()));
    }
}

#[test]
fn a_handshake_may_arrive_in_pieces_of_any_size() {
    for len in [1, 2, 3, 5, 7, 64, 1000] {
        for (mut ours, mut theirs) in fast_pairs() {
            converse_in_pieces(&mut ours, &mut theirs, len);
            assert_open(&ours, &theirs);
            ours.send(&[1; 4096]);
            theirs.send(&[2; 4096]);
            converse_in_pieces(&mut ours, &mut theirs, len);
            assert!(theirs.data.ends_with(&[1; 4096]));
            assert_eq!(ours.seen.data, [2; 4096]);
        }
    }
}

#[test]
fn handshake_messages_may_be_cut_into_many_records() {
    let group = X25519;
    for len in [32, 33, 100, 4096] {
        let pinned = Pinned::key_of(&RELAY, Pin::new(group.0).curve());
        let mut config = client_config(Willing::only(group.1, CHACHA20), pinned);
        config.max_fragment_size = Some(len);
        let (mut ours, mut theirs) = (Ours::server(), Theirs::client(config));
        converse(&mut ours, &mut theirs);
        assert_agreed(&mut ours, &mut theirs);

        let pin = Pin::new(group.0);
        let mut config = server_config(Willing::only(group.1, CHACHA20), &RELAY, pin.curve());
        config.max_fragment_size = Some(len);
        let mut ours = Ours::client(Offer { pin, suite: SUITES[1].0 }, &RELAY);
        let mut theirs = Theirs::server(config, RELAY.welcome.as_slice());
        converse(&mut ours, &mut theirs);
        assert_agreed(&mut ours, &mut theirs);
    }
}
