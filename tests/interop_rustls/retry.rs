//! HelloRetryRequest: a client whose first group is not one of ours.

use bauta::handshake::Pin;
use rustls::HandshakeKind;
use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::kx_group;

use crate::agreement::Both;
use crate::agreement::SUITES;
use crate::agreement::X25519;
use crate::agreement::assert_open;
use crate::agreement::groups;
use crate::ours::Ours;
use crate::ours::RELAY;
use crate::theirs::Pinned;
use crate::theirs::Theirs;
use crate::theirs::Willing;
use crate::theirs::client_config;
use crate::wire::converse;
use crate::wire::converse_in_pieces;

/// A client that sends a share of ML-KEM-768 alone, and lists another group behind it.
fn client(group: Both, suite: SupportedCipherSuite) -> Theirs {
    let willing = Willing { groups: vec![kx_group::MLKEM768, group.1], suites: vec![suite] };
    Theirs::client(client_config(willing, Pinned::key_of(&RELAY, Pin::new(group.0).curve())))
}

#[test]
fn a_client_without_a_share_of_ours_is_asked_for_one() {
    for group in groups() {
        for (_, suite) in SUITES {
            let (mut ours, mut theirs) = (Ours::server(), client(group, suite));
            converse(&mut ours, &mut theirs);
            assert_open(&ours, &theirs);
            let kind = theirs.connection.handshake_kind();
            assert_eq!(kind, Some(HandshakeKind::FullWithHelloRetryRequest));
            let chosen = theirs.connection.negotiated_key_exchange_group().unwrap();
            assert_eq!(chosen.name(), group.1.name());
            assert_eq!(theirs.data, *RELAY.welcome);
        }
    }
}

#[test]
fn it_may_come_byte_by_byte() {
    let (mut ours, mut theirs) = (Ours::server(), client(X25519, SUITES[0].1));
    converse_in_pieces(&mut ours, &mut theirs, 1);
    assert_open(&ours, &theirs);
    assert_eq!(theirs.connection.handshake_kind(), Some(HandshakeKind::FullWithHelloRetryRequest));
}
