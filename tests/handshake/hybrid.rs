//! Two halves that belong together: cut, swapped, stripped, unlike.

use bauta::crypto::group::EphemeralKey;
use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::Pin;
use bauta::handshake::client::Offer;
use bauta::handshake::error::Forged;
use bauta::handshake::error::PeerIncompatible;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::record::ContentType;

use crate::choices::GROUPS_;
use crate::choices::Hello;
use crate::choices::SCHEMES;
use crate::choices::SHARES;
use crate::choices::share;
use crate::flips::is_above_the_modulus;
use crate::forgery::as_a_client;
use crate::forgery::as_a_server;
use crate::forgery::bad_points;
use crate::forgery::low_order;
use crate::forgery::server_with_share;
use crate::forgery::with_share;
use crate::support::*;

const INVALID: Error = Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);

/// The share at the end of a ClientHello.
fn client_share(offer: Offer, hello: &[u8]) -> &[u8] {
    &hello[hello.len() - share_lens(offer.pin.exchange()).0..]
}

/// The share that a server answers this ClientHello with.
fn server_share(offer: Offer, hello: &[u8]) -> Vec<u8> {
    let (_, flight) = serve(hello).answered();
    let server_hello = &split_records(&flight)[0];
    server_hello[server_hello.len() - share_lens(offer.pin.exchange()).1..].to_vec()
}

/// What both sides make of a share with these halves in the place of the honest ones.
fn both_refuse(offer: Offer, hello: &[u8], curve: impl Fn(&[u8]) -> Vec<u8>, what: &str) {
    let group = offer.pin.exchange().group();
    let rebuilt = |whole: &[u8]| {
        let (curve_half, kem_half) = halves(group, whole);
        in_order(group, &curve(curve_half), kem_half)
    };
    let bad = rebuilt(client_share(offer, hello));
    assert_eq!(serve(&with_share(hello, offer, &bad)).refused(), INVALID, "{offer:?} {what}");
    let bad = rebuilt(&server_share(offer, hello));
    assert_eq!(server_with_share(offer, &bad), INVALID, "{offer:?} {what}");
}

#[test]
fn the_shares_tests_build_are_the_ones_that_are_answered() {
    for group in GROUPS {
        let (_, hello) = client(hybrid(group));
        let same = with_share(&hello, hybrid(group), client_share(hybrid(group), &hello));
        assert_eq!(same, hello);
        serve(&same).answered();
    }
}

#[test]
fn shares_cut_anywhere_are_refused_by_both_sides() {
    let offer = p256_mlkem768();
    let (_, hello) = client(offer);
    let (ours, theirs) = (client_share(offer, &hello), server_share(offer, &hello));
    // Around the seam and at both ends each length, between them some.
    let lens = |whole: usize| (1..70).chain((70..whole - 3).step_by(53)).chain(whole - 3..whole);
    for len in lens(ours.len()) {
        let cut = with_share(&hello, offer, &ours[..len]);
        assert_eq!(serve(&cut).refused(), INVALID, "cut to {len}");
    }
    for len in lens(theirs.len()) {
        assert_eq!(server_with_share(offer, &theirs[..len]), INVALID, "cut to {len}");
    }
}

#[test]
fn shares_of_another_length_are_refused_on_every_curve() {
    for group in GROUPS {
        let offer = hybrid(group);
        let (_, hello) = client(offer);
        let classical = EphemeralKey::generate(group, &mut rng(70)).public_key();
        let spoilt = |whole: &[u8]| {
            let (curve_half, kem_half) = halves(group, whole);
            [
                whole[..whole.len() - 1].to_vec(),
                whole[1..].to_vec(),
                [whole, &[0]].concat(),
                [whole, whole].concat(),
                // A group's code with the share of the curve alone, or of ML-KEM alone.
                curve_half.to_vec(),
                kem_half.to_vec(),
                classical.clone(),
            ]
        };
        for bad in spoilt(client_share(offer, &hello)) {
            let error = serve(&with_share(&hello, offer, &bad)).refused();
            assert_eq!(error, INVALID, "{group:?}, {} bytes", bad.len());
        }
        for bad in spoilt(&server_share(offer, &hello)) {
            assert_eq!(server_with_share(offer, &bad), INVALID, "{group:?}, {} bytes", bad.len());
        }
    }
}

#[test]
fn a_classical_group_takes_no_hybrid_share() {
    for group in GROUPS {
        let (_, hybrid_hello) = client(hybrid(group));
        let (_, hello) = client(classical(group));
        let ours = client_share(hybrid(group), &hybrid_hello);
        assert_eq!(serve(&with_share(&hello, classical(group), ours)).refused(), INVALID);
        let theirs = server_share(hybrid(group), &hybrid_hello);
        assert_eq!(server_with_share(classical(group), &theirs), INVALID);
    }
}

/// The halves the wrong way round: the first bytes of a ciphertext or key are no point, but with
/// X25519 every 32 bytes are one; there the key is above the modulus, or the secrets differ.
#[test]
fn halves_in_the_other_order_get_nobody_further() {
    for group in GROUPS {
        let offer = hybrid(group);
        let (client_, hello) = client(offer);
        let swapped = |whole: &[u8]| {
            let (curve_half, kem_half) = halves(group, whole);
            match group {
                Group::X25519 => [curve_half, kem_half].concat(),
                _ => [kem_half, curve_half].concat(),
            }
        };
        let ours = swapped(client_share(offer, &hello));
        match serve(&with_share(&hello, offer, &ours)) {
            ServerEnd::Refused(failure) => assert_eq!(checked(failure), INVALID, "{group:?}"),
            ServerEnd::Answered(_, flight) => {
                assert!(group == Group::X25519 && !is_above_the_modulus(&ours[..1184]));
                assert_eq!(drive_client(client_, &flight).refused(), Error::Decrypt);
            }
            other => panic!("{other:?}"),
        }
        let theirs = swapped(&server_share(offer, &hello));
        let expected = if group == Group::X25519 { Error::Decrypt } else { INVALID };
        assert_eq!(server_with_share(offer, &theirs), expected, "{group:?}");
    }
}

#[test]
fn a_bad_point_beside_a_good_kem_half_is_refused_by_both_sides() {
    for group in [Group::P256, Group::P384, Group::P521] {
        let offer = hybrid(group);
        let (_, hello) = client(offer);
        let good = EphemeralKey::generate(group, &mut rng(62)).public_key();
        for point in bad_points(&good) {
            both_refuse(offer, &hello, |_| point.clone(), &format!("{point:02x?}"));
        }
    }
}

/// ML-KEM's half would be a secret still: the share is refused all the same.
#[test]
fn a_point_of_low_order_beside_a_good_kem_half_is_refused_by_both_sides() {
    let offer = hybrid(Group::X25519);
    let (_, hello) = client(offer);
    for point in low_order() {
        both_refuse(offer, &hello, |_| point.to_vec(), &format!("{point:02x?}"));
    }
}

#[test]
fn an_encapsulation_key_above_the_modulus_is_refused() {
    for group in GROUPS {
        let offer = hybrid(group);
        let (_, hello) = client(offer);
        let (point, key) = halves(group, client_share(offer, &hello));
        let last = key.len() - 32 - 3;
        for (at, three) in [
            // 3329 and 4095, in the first and in the last coefficient.
            (0, [0x01, 0x0d, 0x00]),
            (last, [0x00, 0x10, 0xd0]),
            (last, [0x00, 0xf0, 0xff]),
            (0, [0xff, 0x0f, 0x00]),
        ] {
            let mut above = key.to_vec();
            above[at..at + 3].copy_from_slice(&three);
            let bad = with_share(&hello, offer, &in_order(group, point, &above));
            assert_eq!(serve(&bad).refused(), INVALID, "{group:?}, byte {at}");
        }
        // 3328, the highest there is, is a key: whose, only its owner knows.
        let mut highest = key.to_vec();
        highest[..3].copy_from_slice(&[0x00, 0x0d, 0xd0]);
        serve(&with_share(&hello, offer, &in_order(group, point, &highest))).answered();
    }
}

#[test]
fn every_bad_share_earns_illegal_parameter() {
    assert_eq!(alert(INVALID).code(), 47);
}

/// Either half exchanged for one that is as good: the secrets differ, and the first sealed record
/// shows. Neither half is there for show.
#[test]
fn either_half_of_somebody_else_gives_other_keys() {
    for group in GROUPS {
        let offer = hybrid(group);
        let (_, hello) = client(offer);
        let own = server_share(offer, &hello);
        let (_, flight) = serve_with(&RELAY.keys, &hello, 71).answered();
        let other = &split_records(&flight)[0];
        let other = &other[other.len() - own.len()..];
        let ((own_point, own_ct), (other_point, other_ct)) =
            (halves(group, &own), halves(group, other));
        for (point, ct) in [(own_point, other_ct), (other_point, own_ct)] {
            let (client, _) = client(offer);
            let (_, flight) = serve(&hello).answered();
            let mut records = split_records(&flight);
            let at = records[0].len() - own.len();
            records[0][at..].copy_from_slice(&in_order(group, point, ct));
            assert_eq!(drive_client(client, &records.concat()).refused(), Error::Decrypt);
        }
    }
}

/// Somebody between takes ML-KEM out of the offer: the server would answer the curve alone, and the
/// client accepts nothing but what it offered.
#[test]
fn a_man_in_the_middle_who_strips_the_hybrid_is_refused() {
    for group in GROUPS {
        let (client_, hello) = client(hybrid(group));
        let (own_point, _) = halves(group, client_share(hybrid(group), &hello));
        // The ClientHello that a classical client would have sent, with the random and the point of
        // this one.
        let (_, like) = client(classical(group));
        let mut stripped = with_share(&like, classical(group), own_point);
        stripped[11..43].copy_from_slice(&hello[11..43]);
        let (_, flight) = serve(&stripped).answered();
        let error = drive_client(client_, &flight).refused();
        assert_eq!(error, PeerMisbehaved::ChoseUnoffered.into(), "{group:?}");
    }
}

/// Towards the server somebody between is a classical client, towards the client a hybrid server:
/// everything but the server's signature can be made to fit.
#[test]
fn a_man_in_the_middle_cannot_sell_a_classical_handshake_as_a_hybrid_one() {
    for group in GROUPS {
        let (_, classical_hello) = client(classical(group));
        let (_, messages) = as_a_client(classical(group), &classical_hello);
        let (client, hello) = client(hybrid(group));
        let relayed = as_a_server(hybrid(group), &hello, &messages);
        let error = drive_client(client, &relayed).refused();
        assert_eq!(error, Forged::CertificateVerify.into(), "{group:?}");
    }
}

/// A client that asks for the curve alone is not given more, nor one that asks for both less.
#[test]
fn neither_exchange_of_a_curve_is_taken_for_the_other() {
    let unoffered = PeerMisbehaved::ChoseUnoffered.into();
    for group in GROUPS {
        for (asked, given) in [(classical(group), hybrid(group)), (hybrid(group), classical(group))]
        {
            let (_, hello) = client(given);
            let flight = Puppet::new(given, &hello).flight(Liar::Server, |_, _| {});
            let (client, _) = client(asked);
            assert_eq!(drive_client(client, &flight.to_bytes()).refused(), unoffered);
        }
    }
}

fn foreign(groups: &[u16], shares: &[Vec<u8>]) -> Hello {
    let codes: Vec<u8> = groups.iter().flat_map(|group| group.to_be_bytes()).collect();
    let mut hello = Hello::good();
    hello.extensions[GROUPS_] = extension(10, &vec16(&codes));
    hello.extensions[SCHEMES] = extension(13, &vec16(&[4, 3, 5, 3, 6, 3]));
    hello.extensions[SHARES] = extension(51, &vec16(&shares.concat()));
    hello
}

fn code(exchange: KeyExchange) -> u16 {
    Pin::new(exchange).group_code()
}

fn share_of(exchange: KeyExchange) -> Vec<u8> {
    share(code(exchange), &PuppetKey::generate(exchange, &mut rng(72)).share())
}

/// The group in a ServerHello, behind an empty session id.
fn answered_group(hello: &Hello) -> u16 {
    let (_, flight) = serve(&hello.record()).answered();
    u16::from_be_bytes([flight[5 + 54], flight[5 + 55]])
}

#[test]
fn codes_are_those_of_the_registry_and_of_the_private_range() {
    let codes = KeyExchange::ALL.map(code);
    assert_eq!(codes, [0x11eb, 0x11ed, 0xfeed, 0x11ec, 23, 24, 25, 29]);
    for exchange in KeyExchange::ALL {
        assert_eq!(Pin::from_group_code(code(exchange)), Some(Pin::new(exchange)));
    }
}

#[test]
fn a_client_that_offers_several_gets_the_first_of_its_shares() {
    let all = KeyExchange::ALL;
    let groups = all.map(code);
    for first in all {
        let mut order = vec![first];
        order.extend(all.into_iter().filter(|exchange| *exchange != first));
        let shares: Vec<_> = order.into_iter().map(share_of).collect();
        assert_eq!(answered_group(&foreign(&groups, &shares)), code(first));
    }
    // A share at hand is better than another round for a group that stands before it.
    let curve = KeyExchange::Classical(Group::P256);
    assert_eq!(answered_group(&foreign(&groups, &[share_of(curve)])), code(curve));
}

#[test]
fn a_hybrid_group_without_a_share_is_asked_for_and_served() {
    for exchange in KeyExchange::ALL {
        let groups = [0x6399, code(exchange), 21];
        let unknown = share(0x6399, &[7; 1216]);
        let (state, request) = serve(&foreign(&groups, &[unknown]).record()).retried();
        assert_eq!(request[request.len() - 2..], code(exchange).to_be_bytes());
        let second = foreign(&groups, &[share_of(exchange)]);
        let (_, flight) = drive_server(state, &RELAY.keys, &second.record(), 2).answered();
        assert_eq!(flight[5 + 54..][..2], code(exchange).to_be_bytes());
    }
}

#[test]
fn the_share_that_was_asked_for_is_judged_like_any_other() {
    for group in GROUPS {
        let exchange = KeyExchange::Hybrid(group);
        let groups = [code(exchange), code(KeyExchange::Classical(group))];
        let first = foreign(&groups, &[]);
        let then = |share_: Vec<u8>| {
            let (state, _) = serve(&first.record()).retried();
            let second = foreign(&groups, &[share_]);
            drive_server(state, &RELAY.keys, &second.record(), 2).refused()
        };
        let point = EphemeralKey::generate(group, &mut rng(73)).public_key();
        assert_eq!(then(share(code(exchange), &point)), INVALID);
        let other = share_of(KeyExchange::Classical(group));
        assert_eq!(then(other), PeerMisbehaved::ChangedClientHello.into());
    }
}

#[test]
fn a_client_does_not_let_itself_be_talked_out_of_its_group() {
    let random = bauta::crypto::hash::sha256(&[b"HelloRetryRequest"]);
    for asked in KeyExchange::ALL {
        for offered in [hybrid(Group::P256), hybrid(Group::P521), classical(Group::X25519)] {
            let (client, _) = client(offered);
            let key_share = extension(51, &code(asked).to_be_bytes());
            let extensions = vec16(&[extension(43, &[3, 4]), key_share].concat());
            let body = [&[3, 3][..], &random, &[0, 0x13, 0x02, 0], &extensions].concat();
            let request = plain(ContentType::Handshake, &message(2, &body));
            let error = drive_client(client, &request).refused();
            assert_eq!(error, PeerMisbehaved::UnneededHelloRetryRequest.into());
        }
    }
}

#[test]
fn groups_beside_the_known_ones_are_not_known() {
    // X25519Kyber768Draft00, ML-KEM alone, the neighbours of what is known.
    for unknown in [0x6399, 0x0200, 0x0201, 0x0202, 0x11ea, 0x11ee, 0xfeec, 0xfeee, 0xfe00] {
        let hello = foreign(&[unknown], &[share(unknown, &[9; 1216])]);
        assert_eq!(serve(&hello.record()).refused(), PeerIncompatible::Group.into());
    }
}
